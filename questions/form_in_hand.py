"""A form in the hands of one verb: held, looked at as a whole before it is done, and what was there before kept.

Every verb that changes a form does so inside ``changing``, so that two organisers change it one after the other, no
condition ever points at nothing, and each change can be taken back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import select

from accounts.models import Staff
from accounts.permissions import Permission, reach_of
from audit.record import record
from campaigns.models import Campaign, Stop
from questions.changes import (
    consequences,
    difference,
    refuse_broken,
    snapshot,
)
from questions.errors import (
    NotYourPart,
    SaysFirst,
    TooManyQuestions,
)
from questions.library import Ready
from questions.lookups import pages_of, questions_of
from questions.models import (
    CampaignForm,
    FormChange,
    Question,
    QuestionPage,
)
from shared.clock import now
from shared.db import db
from shared.errors import NotFound

MOST_QUESTIONS = 120
STEP = 10


def may_change_whole(staff: Staff, campaign: Campaign) -> bool:
    """Whether ``staff`` may change the campaign's form and not only add to his own stops."""
    reach = reach_of(staff, Permission.PLAN_CAMPAIGNS)
    return reach.covers(host_city_id=campaign.host_city_id, campaign_id=campaign.id)


class FormInHand:
    """A form in the hands of one verb."""

    def __init__(self, campaign: Campaign, act: str, subject: str, by: Staff) -> None:
        self.campaign, self.act, self.subject, self.by = campaign, act, subject, by
        self.before = snapshot(campaign.id)

    def may(self, stop_id: int | None) -> None:
        """Raise NotYourPart unless the organiser reaches the whole campaign, or the stop whose addition it is."""
        if may_change_whole(self.by, self.campaign):
            if stop_id is not None and db.session.get_one(Stop, stop_id).campaign_id != self.campaign.id:
                raise NotFound
            return
        stop = db.session.get(Stop, stop_id) if stop_id is not None else None
        reach = reach_of(self.by, Permission.PLAN_CAMPAIGNS)
        if (
            stop is None
            or stop.campaign_id != self.campaign.id
            or not reach.covers(host_city_id=stop.host_city_id, stop_id=stop.id)
        ):
            raise NotYourPart

    def new_key(self) -> str:
        """A name for answers that no question of this campaign ever had."""
        taken = {row["key"] for row in self.before["questions"].values()}
        taken |= {one.key for one in questions_of(self.campaign.id, archived=True)}
        numbers = [int(found[1]) for key in taken if (found := re.fullmatch(r"q(\d+)", key))]
        return f"q{max(numbers, default=0) + 1}"

    def standing_keys(self) -> set[str]:
        """The keys of the questions that are asked."""
        return {one.key for one in questions_of(self.campaign.id)}

    def new_page(self, title_zh: str, title_en: str) -> QuestionPage:
        """A page at the end."""
        positions = [page.position for page in pages_of(self.campaign.id)]
        page = QuestionPage(
            campaign_id=self.campaign.id,
            title_zh=title_zh,
            title_en=title_en,
            position=max(positions, default=0) + STEP,
        )
        db.session.add(page)
        db.session.flush()
        return page

    def put(self, question: Question, *, page_id: int | None, after_id: int | None) -> None:
        """Add a question behind another one, at the end of a page, or of the last one."""
        standing = questions_of(self.campaign.id)
        if len(standing) >= MOST_QUESTIONS:
            raise TooManyQuestions
        behind = next((i for i, one in enumerate(standing) if one.id == after_id), None)
        pages = [page.id for page in pages_of(self.campaign.id)]
        if behind is not None:
            page_id = standing[behind].page_id
        elif page_id not in pages:
            page_id = pages[-1]
        following = standing[behind + 1] if behind is not None and behind + 1 < len(standing) else None
        question.page_id = page_id
        question.position = 1_000_000
        db.session.add(question)
        db.session.flush()
        before_id = following.id if following is not None and following.page_id == page_id else None
        self.place(question, question.page_id, before_id=before_id)

    def put_ready(
        self, ready: Ready, *, page_id: int | None, after_id: int | None, reason: str = ""
    ) -> Question:
        """Add or bring back a question of the library."""
        known = {one.key: one for one in questions_of(self.campaign.id, archived=True)}
        if ready.key in known:
            question = known[ready.key]
            if question.archived_at is not None:
                question.archived_at = None
            return question
        condition = ready.condition
        if condition is not None and not ready.names_questions <= self.standing_keys():
            condition = None
        question = Question(
            campaign_id=self.campaign.id,
            key=ready.key,
            kind=ready.kind,
            label_zh=ready.label[0],
            label_en=ready.label[1],
            help_zh=reason or ready.help[0],
            help_en="" if reason else ready.help[1],
            required=ready.required,
            asked_when=ready.asked_when,
            options=ready.options,
            condition=condition,
            purpose=ready.purpose,
            restricted=ready.restricted,
        )
        self.put(question, page_id=page_id, after_id=after_id)
        return question

    def place(self, question: Question, page_id: int, *, before_id: int | None) -> None:
        """Give a question its place among those of a page; the others keep their order."""
        if page_id not in {page.id for page in pages_of(self.campaign.id)}:
            raise NotFound
        others = [
            one
            for one in questions_of(self.campaign.id, archived=True)
            if one.page_id == page_id and one.id != question.id
        ]
        at = next((i for i, one in enumerate(others) if one.id == before_id), len(others))
        question.page_id = page_id
        lower = others[at - 1].position if at else 0
        upper = others[at].position if at < len(others) else lower + 2 * STEP
        if upper - lower >= 2:
            question.position = (lower + upper) // 2
        else:
            for number, one in enumerate([*others[:at], question, *others[at:]], start=1):
                one.position = number * STEP
        db.session.flush()

    def tell(self, question: Question, *, answered: int, chosen: dict[str, int], agreed: bool) -> None:
        """Raise SaysFirst when answers are touched and nobody has agreed yet."""
        if agreed:
            return
        db.session.flush()
        after = snapshot(self.campaign.id)["questions"][str(question.id)]
        sentences = consequences(
            self.before["questions"][str(question.id)], after, answered=answered, chosen=chosen
        )
        if sentences:
            raise SaysFirst(sentences)


@contextmanager
def changing(campaign_id: int, act: str, *, by: Staff, subject: str = "") -> Iterator[FormInHand]:
    """Hold the form, let the verb change it, look at the whole, and keep what was before."""
    form = db.session.scalar(
        select(CampaignForm)
        .where(CampaignForm.campaign_id == campaign_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    campaign = db.session.get(Campaign, campaign_id)
    if form is None or campaign is None:
        raise NotFound
    # What was read before the wait is of another time.
    for row in db.session.identity_map.values():
        if isinstance(row, Question | QuestionPage):
            db.session.expire(row)
    change = FormInHand(campaign, act, subject, by)
    yield change
    db.session.flush()
    before, after = difference(change.before, snapshot(campaign_id))
    if not before:
        return
    refuse_broken(campaign_id)
    db.session.add(
        FormChange(
            campaign_id=campaign_id,
            at=now(),
            by_staff_id=by.id,
            act=act,
            subject=change.subject,
            before=before,
            after=after,
        )
    )
    record(
        act,
        campaign,
        by=by,
        questions=sorted(map(int, after.get("questions", {}))),
        pages=sorted(map(int, after.get("pages", {}))),
    )
    db.session.refresh(form)


def question_by_id(question_id: int) -> Question:
    """The question, archived or not. Raises NotFound."""
    question = db.session.get(Question, question_id)
    if question is None:
        raise NotFound
    return question


def page_by_id(page_id: int) -> QuestionPage:
    """The page. Raises NotFound."""
    page = db.session.get(QuestionPage, page_id)
    if page is None:
        raise NotFound
    return page

"""Change a campaign's form: pages, questions, their order; and take the last change back.

Every verb holds the form, so that two organisers change it one after the other, and looks at the whole of it before
it is done: no condition may point at nothing. What was there before is kept with each change, for undoing it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from flask_babel import force_locale
from sqlalchemy import delete, select

from accounts.models import Staff
from accounts.permissions import Permission, reach_of
from audit.record import record
from campaigns.models import Campaign, Stop
from questions.changes import (
    consequences,
    difference,
    fingerprint,
    refuse_broken,
    snapshot,
    times_answered,
    times_chosen,
)
from questions.errors import (
    FewerThanTaken,
    FormChangedMeanwhile,
    KindHoldsNoAnswers,
    LastPage,
    NeedsReason,
    NeverLeftOut,
    NothingToTakeBack,
    NotYourPart,
    SaysFirst,
    SealedOrNot,
    TooManyQuestions,
)
from questions.library import READY, Ready, ReadyPage
from questions.lookups import pages_of, places_of, questions_of
from questions.models import (
    ALWAYS_RESTRICTED,
    NEVER_LEFT_OUT,
    WITH_CHOICES,
    AskedWhen,
    CampaignForm,
    Core,
    FormChange,
    Kind,
    Question,
    QuestionPage,
)
from shared.clock import now
from shared.db import db
from shared.errors import NotFound

MOST_QUESTIONS = 120
STEP = 10

_TEXTS = frozenset({Kind.TEXT, Kind.LONG_TEXT})
SURVIVES: dict[Kind, frozenset[Kind]] = {
    Kind.TEXT: frozenset({Kind.LONG_TEXT}),
    **dict.fromkeys(
        (Kind.NAME, Kind.MOBILE, Kind.EMAIL, Kind.WECHAT, Kind.TRIP, Kind.UNIVERSITY, Kind.DATE, Kind.MONTH),
        _TEXTS,
    ),
}
"""Which kinds an answered question may be changed to: those in which every answer given is an answer too."""


@dataclass(frozen=True)
class QuestionPlan:
    """A question as it is typed; ``options`` and ``condition`` have the shapes of engine.py and conditions.py."""

    kind: Kind
    label_zh: str
    label_en: str = ""
    help_zh: str = ""
    help_en: str = ""
    required: bool = False
    asked_when: AskedWhen = AskedWhen.APPLICATION
    stop_id: int | None = None
    options: dict[str, Any] | None = None
    condition: dict[str, Any] | None = None
    purpose: str | None = None
    restricted: bool = False


def may_change_whole(staff: Staff, campaign: Campaign) -> bool:
    """Whether ``staff`` may change the campaign's form and not only add to his own stops."""
    reach = reach_of(staff, Permission.PLAN_CAMPAIGNS)
    return reach.covers(host_city_id=campaign.host_city_id, campaign_id=campaign.id)


def add_question(
    campaign_id: int,
    kind: Kind,
    *,
    by: Staff,
    page_id: int | None = None,
    after_id: int | None = None,
    stop_id: int | None = None,
) -> Question:
    """A new question of ``kind`` behind ``after_id``, else at the page's end, else at the form's.

    Raises NotYourPart or TooManyQuestions.
    """
    with _changing(campaign_id, "add_question", by=by) as change:
        change.may(stop_id)
        zh, en = _in_both(kind)
        question = Question(
            campaign_id=campaign_id,
            stop_id=stop_id,
            key=change.new_key(),
            kind=kind,
            label_zh=zh,
            label_en=en,
            required=kind is Kind.CONSENT,
            restricted=kind in ALWAYS_RESTRICTED,
            options=_first_options(kind),
            purpose=None if kind is Kind.HEADING else "registration",
        )
        change.put(question, page_id=page_id, after_id=after_id)
        change.subject = question.label_zh
    return question


def add_ready(
    campaign_id: int,
    ready: Ready,
    *,
    by: Staff,
    page_id: int | None = None,
    after_id: int | None = None,
    reason: str = "",
) -> Question:
    """A question out of the library; an archived one of that key comes back. Raises NeedsReason or NotYourPart."""
    if ready.needs_reason and not reason.strip():
        raise NeedsReason
    with _changing(campaign_id, "add_ready", by=by, subject=ready.label[0]) as change:
        change.may(None)
        return change.put_ready(ready, page_id=page_id, after_id=after_id, reason=reason.strip())


def insert_ready_form(campaign_id: int, pages: Sequence[ReadyPage], *, by: Staff) -> int:
    """Add a ready form's pages and those of its questions that are not there yet. Returns how many were added.

    The agreement moves to the end of the last page that is asked when registering.
    """
    with _changing(campaign_id, "insert_ready_form", by=by) as change:
        change.may(None)
        added = 0
        last: QuestionPage | None = None
        for ready_page in pages:
            wanted = [READY[key] for key in ready_page.keys if key not in change.standing_keys()]
            if not wanted:
                continue
            page, after_id = None, None
            if ready_page.title[0]:
                page = change.new_page(*ready_page.title)
            else:
                standing = questions_of(campaign_id)
                after_id = next((one.id for one in standing if one.core is Core.EMAIL), None)
            for ready in wanted:
                put = change.put_ready(ready, page_id=page.id if page else None, after_id=after_id)
                after_id = put.id if after_id else None
                added += 1
            if page is not None and any(ready.asked_when is AskedWhen.APPLICATION for ready in wanted):
                last = page
        if last is not None:
            for question in questions_of(campaign_id):
                if question.core is Core.CONSENT:
                    change.place(question, last.id, before_id=None)
    return added


def save_question(
    question_id: int, plan: QuestionPlan, *, seen: str, by: Staff, agreed: bool = False
) -> Question:
    """Change a question. ``seen`` is the fingerprint of what the editor had before him.

    Raises FormChangedMeanwhile, SaysFirst (unless ``agreed``), NeverLeftOut, KindHoldsNoAnswers, FewerThanTaken,
    ConditionBroken or NotYourPart.
    """
    question = _question(question_id)
    with _changing(question.campaign_id, "save_question", by=by) as change:
        db.session.refresh(question)
        change.may(question.stop_id)
        change.may(plan.stop_id)
        if fingerprint(question) != seen:
            raise FormChangedMeanwhile(_last_hand(question, by))
        answered = times_answered(question.campaign_id, [question])[question.id]
        chosen = times_chosen(question) if answered and question.kind in WITH_CHOICES else {}
        options = _options_kept(question, plan, answered=answered, chosen=chosen)
        _refuse_core(question, plan)
        if plan.kind is not question.kind and answered and plan.kind not in SURVIVES.get(question.kind, ()):
            raise KindHoldsNoAnswers
        if answered and (plan.restricted or plan.kind in ALWAYS_RESTRICTED) is not question.restricted:
            raise SealedOrNot
        for name, value in (asdict(plan) | {"options": options}).items():
            if getattr(question, name) != value:
                setattr(question, name, value)
        question.restricted = question.restricted or question.kind in ALWAYS_RESTRICTED
        change.subject = question.label_zh
        change.tell(question, answered=answered, chosen=chosen, agreed=agreed)
    return question


def duplicate_question(question_id: int, *, by: Staff) -> Question:
    """The same question once more, right behind it."""
    original = _question(question_id)
    with _changing(original.campaign_id, "duplicate_question", by=by, subject=original.label_zh) as change:
        change.may(original.stop_id)
        copy = Question(
            campaign_id=original.campaign_id,
            stop_id=original.stop_id,
            key=change.new_key(),
            kind=original.kind,
            label_zh=f"{original.label_zh}（副本）",
            label_en=f"{original.label_en} (copy)" if original.label_en else "",
            help_zh=original.help_zh,
            help_en=original.help_en,
            required=original.required,
            asked_when=original.asked_when,
            options={
                **original.options,
                **(
                    {"choices": [c for c in original.options["choices"] if not c.get("archived")]}
                    if "choices" in original.options
                    else {}
                ),
            },
            condition=original.condition,
            purpose=original.purpose,
            restricted=original.restricted,
        )
        change.put(copy, page_id=original.page_id, after_id=original.id)
    return copy


def archive_question(question_id: int, *, by: Staff, agreed: bool = False) -> None:
    """Ask it of nobody any more; answers given stay. Raises SaysFirst, NeverLeftOut, ConditionBroken, NotYourPart."""
    question = _question(question_id)
    with _changing(question.campaign_id, "archive_question", by=by, subject=question.label_zh) as change:
        db.session.refresh(question)
        change.may(question.stop_id)
        if question.core in NEVER_LEFT_OUT:
            raise NeverLeftOut
        if question.archived_at is not None:
            return
        question.archived_at = now()
        answered = times_answered(question.campaign_id, [question])[question.id]
        change.tell(question, answered=answered, chosen={}, agreed=agreed)


def restore_question(question_id: int, *, by: Staff) -> None:
    """Ask an archived question again, where it stood. Raises ConditionBroken or NotYourPart."""
    question = _question(question_id)
    with _changing(question.campaign_id, "restore_question", by=by, subject=question.label_zh) as change:
        change.may(question.stop_id)
        question.archived_at = None


def move_question(question_id: int, *, by: Staff, page_id: int, before_id: int | None = None) -> None:
    """Put a question on ``page_id`` before another one of it, or at its end. Raises ConditionBroken or NotYourPart."""
    question = _question(question_id)
    with _changing(question.campaign_id, "move_question", by=by, subject=question.label_zh) as change:
        change.may(question.stop_id)
        change.place(question, page_id, before_id=before_id)


def step_question(question_id: int, *, up: bool, by: Staff) -> None:
    """One place up or down, over the edge of a page too. At the very end nothing happens."""
    question = _question(question_id)
    pages = [page.id for page in pages_of(question.campaign_id)]
    standing = [one for one in questions_of(question.campaign_id) if one.page_id == question.page_id]
    place = next((i for i, one in enumerate(standing) if one.id == question.id), None)
    if place is None:
        raise NotFound
    page_at = pages.index(question.page_id)
    if up and place > 0:
        move_question(question_id, by=by, page_id=question.page_id, before_id=standing[place - 1].id)
    elif not up and place < len(standing) - 1:
        behind = standing[place + 2].id if place + 2 < len(standing) else None
        move_question(question_id, by=by, page_id=question.page_id, before_id=behind)
    elif up and page_at > 0:
        move_question(question_id, by=by, page_id=pages[page_at - 1])
    elif not up and page_at < len(pages) - 1:
        first = next(
            (one.id for one in questions_of(question.campaign_id) if one.page_id == pages[page_at + 1]), None
        )
        move_question(question_id, by=by, page_id=pages[page_at + 1], before_id=first)


def add_page(
    campaign_id: int, *, by: Staff, title_zh: str = "新的一页", title_en: str = "New page"
) -> QuestionPage:
    """A page at the end. Raises NotYourPart."""
    with _changing(campaign_id, "add_page", by=by, subject=title_zh) as change:
        change.may(None)
        return change.new_page(title_zh, title_en)


def rename_page(page_id: int, *, title_zh: str, title_en: str, seen: str, by: Staff) -> QuestionPage:
    """Call a page something else. Raises FormChangedMeanwhile or NotYourPart."""
    page = _page(page_id)
    with _changing(page.campaign_id, "rename_page", by=by, subject=title_zh) as change:
        db.session.refresh(page)
        change.may(None)
        if fingerprint(page) != seen:
            raise FormChangedMeanwhile("")
        page.title_zh, page.title_en = title_zh, title_en
    return page


def step_page(page_id: int, *, up: bool, by: Staff) -> None:
    """One page up or down with everything on it. Raises ConditionBroken or NotYourPart."""
    page = _page(page_id)
    with _changing(page.campaign_id, "step_page", by=by, subject=page.title_zh) as change:
        change.may(None)
        pages = pages_of(page.campaign_id)
        place = next(i for i, one in enumerate(pages) if one.id == page_id)
        other = place - 1 if up else place + 1
        if 0 <= other < len(pages):
            pages[place], pages[other] = pages[other], pages[place]
            for number, one in enumerate(pages, start=1):
                one.position = number * STEP


def remove_page(page_id: int, *, by: Staff) -> None:
    """Take a page away; its questions go to the end of the page before, else the start of the next.

    Raises LastPage, ConditionBroken or NotYourPart.
    """
    page = _page(page_id)
    with _changing(page.campaign_id, "remove_page", by=by, subject=page.title_zh) as change:
        change.may(None)
        pages = pages_of(page.campaign_id)
        if len(pages) < 2:
            raise LastPage
        place = next(i for i, one in enumerate(pages) if one.id == page_id)
        into = pages[place - 1 if place else 1]
        everything = questions_of(page.campaign_id, archived=True)
        moved = [one for one in everything if one.page_id == page_id]
        stay = [one for one in everything if one.page_id == into.id]
        for number, one in enumerate(stay + moved if place else moved + stay, start=1):
            one.page_id, one.position = into.id, number * STEP
        db.session.flush()
        db.session.execute(delete(QuestionPage).where(QuestionPage.id == page_id))
        db.session.expunge(page)


def take_back(campaign_id: int, *, by: Staff) -> FormChange:
    """Undo one's own last change. Raises NothingToTakeBack when there is none, or somebody went on from it."""
    last = last_change(campaign_id, by)
    if last is None:
        raise NothingToTakeBack
    with _changing(campaign_id, "take_back", by=by, subject=last.subject) as change:
        for table, rows in last.after.items():
            for row_id, row in rows.items():
                if change.before[table].get(row_id) != row:
                    raise NothingToTakeBack
        _put_back(campaign_id, last.before)
        last.undone_at = now()
    return last


def last_change(campaign_id: int, staff: Staff) -> FormChange | None:
    """The last change of ``staff`` that can be taken back, or None."""
    return db.session.scalar(
        select(FormChange)
        .where(
            FormChange.campaign_id == campaign_id,
            FormChange.by_staff_id == staff.id,
            FormChange.undone_at.is_(None),
            FormChange.act != "take_back",
        )
        .order_by(FormChange.id.desc())
        .limit(1)
    )


# ---- beneath the verbs -----------------------------------------------------------------------------------------


class _Change:
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
            purpose=ready.purpose.value,
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
def _changing(campaign_id: int, act: str, *, by: Staff, subject: str = "") -> Iterator[_Change]:
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
    change = _Change(campaign, act, subject, by)
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


def _question(question_id: int) -> Question:
    question = db.session.get(Question, question_id)
    if question is None:
        raise NotFound
    return question


def _page(page_id: int) -> QuestionPage:
    page = db.session.get(QuestionPage, page_id)
    if page is None:
        raise NotFound
    return page


def _in_both(kind: Kind) -> tuple[str, str]:
    with force_locale("zh_Hans"):
        zh = kind.label
    with force_locale("en"):
        return zh, kind.label


def _first_options(kind: Kind) -> dict[str, Any]:
    if kind in WITH_CHOICES:
        return {
            "choices": [
                {"key": f"c{n}", "label_zh": f"选项{sign}", "label_en": f"Choice {n}"}
                for n, sign in enumerate("一二", start=1)
            ]
        }
    if kind is Kind.FILE:
        return {"accept": ["pdf", "docx"], "largest_mb": 10}
    return {}


def _options_kept(
    question: Question, plan: QuestionPlan, *, answered: int, chosen: dict[str, int]
) -> dict[str, Any]:
    """The options as planned, with every choice that somebody took kept as archived."""
    options = dict(plan.options or {})
    if plan.kind not in WITH_CHOICES or "choices" not in options:
        return options
    places = {choice: row for (_id, choice), row in places_of([question]).items()}
    for choice in options["choices"]:
        row = places.get(choice["key"])
        if row is not None and choice.get("capacity") is not None and choice["capacity"] < row.taken:
            raise FewerThanTaken(choice["label_zh"], row.taken)
    offered = {choice["key"] for choice in options["choices"]}
    for old in question.options.get("choices", ()):
        if old["key"] in offered:
            continue
        may_be_taken = chosen.get(old["key"], 0) or (answered and question.restricted)
        if old.get("archived") or may_be_taken or question.core is Core.EDUCATION:
            kept = {k: v for k, v in old.items() if k != "capacity"}
            options["choices"] = [*options["choices"], kept | {"archived": True}]
    return options


def _refuse_core(question: Question, plan: QuestionPlan) -> None:
    """The columns of a registration are what they are: their questions keep kind, time and place."""
    if question.core is None:
        return
    if plan.kind is not question.kind or plan.asked_when is not AskedWhen.APPLICATION:
        raise NeverLeftOut
    if question.core in NEVER_LEFT_OUT and (
        not plan.required or plan.condition is not None or plan.stop_id is not None
    ):
        raise NeverLeftOut


def _last_hand(question: Question, by: Staff) -> str:
    """Who changed this question last, if it was somebody else."""
    statement = (
        select(Staff.full_name)
        .join(FormChange, FormChange.by_staff_id == Staff.id)
        .where(
            FormChange.campaign_id == question.campaign_id,
            FormChange.by_staff_id != by.id,
            FormChange.after["questions"].has_key(str(question.id)),
        )
        .order_by(FormChange.id.desc())
        .limit(1)
    )
    return db.session.scalar(statement) or ""


def _put_back(campaign_id: int, before: dict[str, Any]) -> None:
    """Bring rows to what they were: pages that come back first, pages that go last."""
    pages, questions = before.get("pages", {}), before.get("questions", {})
    for row_id, values in pages.items():
        if values is not None:
            _write(QuestionPage, int(row_id), campaign_id, values)
    db.session.flush()
    for row_id, values in questions.items():
        if values is not None:
            _write(Question, int(row_id), campaign_id, values)
            continue
        question = _question(int(row_id))
        if times_answered(campaign_id, [question])[question.id]:
            question.archived_at = now()
        else:
            db.session.delete(question)
    db.session.flush()
    for row_id, values in pages.items():
        if values is None:
            if any(str(one.page_id) == row_id for one in questions_of(campaign_id, archived=True)):
                raise NothingToTakeBack
            db.session.delete(_page(int(row_id)))
    db.session.flush()


def _write(
    model: type[Question] | type[QuestionPage], row_id: int, campaign_id: int, values: dict[str, Any]
) -> None:
    row = db.session.get(model, row_id)
    if row is None:
        row = model(id=row_id, campaign_id=campaign_id)
        db.session.add(row)
    for name, value in values.items():
        setattr(row, name, _READ[name](value) if name in _READ and value is not None else value)


_READ: dict[str, Callable[[str], Any]] = {
    "kind": Kind,
    "core": Core,
    "asked_when": AskedWhen,
    "archived_at": datetime.fromisoformat,
}

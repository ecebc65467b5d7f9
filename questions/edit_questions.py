"""Change a campaign's questions: add, save, double, archive, bring back, move."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from flask_babel import force_locale
from sqlalchemy import select

from accounts.models import Staff
from privacy.purposes import CARD, Purpose
from questions.changes import (
    fingerprint,
    times_answered,
    times_chosen,
)
from questions.errors import (
    FewerThanTaken,
    FormChangedMeanwhile,
    KindHoldsNoAnswers,
    NeverLeftOut,
    PurposeWasSaid,
    SealedOrNot,
)
from questions.form_in_hand import changing, question_by_id
from questions.lookups import pages_of, places_of, questions_of
from questions.models import (
    ALWAYS_RESTRICTED,
    NEVER_LEFT_OUT,
    WITH_CHOICES,
    AskedWhen,
    Core,
    FormChange,
    Kind,
    Question,
    first_purpose,
)
from shared.clock import now
from shared.db import db
from shared.errors import NotFound

_TEXTS = frozenset({Kind.TEXT, Kind.LONG_TEXT})
SURVIVES: dict[Kind, frozenset[Kind]] = {
    Kind.TEXT: frozenset({Kind.LONG_TEXT}),
    **dict.fromkeys(
        (Kind.NAME, Kind.MOBILE, Kind.EMAIL, Kind.WECHAT, Kind.TRIP, Kind.UNIVERSITY, Kind.DATE, Kind.MONTH),
        _TEXTS,
    ),
}
"""Which kinds an answered question may be changed to: those in which every answer given is an answer too."""


FIRST_CHOICES = tuple(
    {"key": f"c{n}", "label_zh": f"选项{sign}", "label_en": f"Choice {n}"}
    for n, sign in enumerate("一二", start=1)
)
"""What a new question offers until somebody names the choices."""


def is_unnamed(question: Question) -> bool:
    """Whether a question is still called after its kind."""
    return (question.label_zh, question.label_en) == first_label(question.kind)


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
    purpose: Purpose | None = None
    restricted: bool = False


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
    with changing(campaign_id, "add_question", by=by) as change:
        change.may(stop_id)
        zh, en = first_label(kind)
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
            purpose=first_purpose(kind),
        )
        change.put(question, page_id=page_id, after_id=after_id)
        change.subject = question.label_zh
    return question


def save_question(
    question_id: int, plan: QuestionPlan, *, seen: str, by: Staff, agreed: bool = False
) -> Question:
    """Change a question. ``seen`` is the fingerprint of what the editor had before him.

    Raises FormChangedMeanwhile, SaysFirst (unless ``agreed``), NeverLeftOut, KindHoldsNoAnswers, PurposeWasSaid,
    FewerThanTaken, ConditionBroken or NotYourPart.
    """
    question = question_by_id(question_id)
    with changing(question.campaign_id, "save_question", by=by) as change:
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
        if answered and _kept_days(plan.purpose) > _kept_days(question.purpose):
            raise PurposeWasSaid(question.purpose, _kept_days(question.purpose))
        for name, value in (asdict(plan) | {"options": options}).items():
            if getattr(question, name) != value:
                setattr(question, name, value)
        question.restricted = question.restricted or question.kind in ALWAYS_RESTRICTED
        change.subject = question.label_zh
        change.tell(question, answered=answered, chosen=chosen, agreed=agreed)
    return question


def duplicate_question(question_id: int, *, by: Staff) -> Question:
    """The same question once more, right behind it."""
    original = question_by_id(question_id)
    with changing(original.campaign_id, "duplicate_question", by=by, subject=original.label_zh) as change:
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
    question = question_by_id(question_id)
    with changing(question.campaign_id, "archive_question", by=by, subject=question.label_zh) as change:
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
    question = question_by_id(question_id)
    with changing(question.campaign_id, "restore_question", by=by, subject=question.label_zh) as change:
        change.may(question.stop_id)
        question.archived_at = None


def move_question(question_id: int, *, by: Staff, page_id: int, before_id: int | None = None) -> None:
    """Put a question on ``page_id`` before another one of it, or at its end. Raises ConditionBroken or NotYourPart."""
    question = question_by_id(question_id)
    with changing(question.campaign_id, "move_question", by=by, subject=question.label_zh) as change:
        change.may(question.stop_id)
        change.place(question, page_id, before_id=before_id)


def step_question(question_id: int, *, up: bool, by: Staff) -> None:
    """One place up or down, over the edge of a page too. At the very end nothing happens."""
    question = question_by_id(question_id)
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


def first_label(kind: Kind) -> tuple[str, str]:
    """What a new question of this kind is called in Chinese and in English until somebody names it."""
    with force_locale("zh_Hans"):
        zh = kind.label
    with force_locale("en"):
        return zh, kind.label


def _first_options(kind: Kind) -> dict[str, Any]:
    if kind in WITH_CHOICES:
        return {"choices": [dict(choice) for choice in FIRST_CHOICES]}
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


def _kept_days(purpose: Purpose | None) -> int:
    """For how many days answers given for it are kept; a heading has none."""
    return CARD[purpose].kept_days if purpose is not None else 0

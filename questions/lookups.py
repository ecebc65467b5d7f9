"""Questions to the database about a campaign's form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Row, or_, select

from campaigns.lookups import host_cities
from campaigns.models import Campaign, Stop
from employers.lookups import all_employers
from privacy.purposes import Purpose
from questions.conditions import Reading
from questions.disciplines import DISCIPLINES
from questions.engine import Choice, Field, Page, Questionnaire
from questions.kept_forms import KeptForm, kept_forms
from questions.models import AskedWhen, CampaignForm, ChoicePlaces, Core, Kind, Question, QuestionPage
from shared.db import db


def form_of(campaign_id: int) -> CampaignForm:
    """The campaign's form: every campaign has one."""
    return db.session.scalars(select(CampaignForm).where(CampaignForm.campaign_id == campaign_id)).one()


def pages_of(campaign_id: int) -> list[QuestionPage]:
    """The pages of a campaign's form in order."""
    statement = (
        select(QuestionPage)
        .where(QuestionPage.campaign_id == campaign_id)
        .order_by(QuestionPage.position, QuestionPage.id)
    )
    return list(db.session.scalars(statement))


def questions_of(campaign_id: int, *, archived: bool = False) -> list[Question]:
    """Every question of a campaign with its stops' additions, in order; archived ones too if asked for."""
    statement = (
        select(Question)
        .join(QuestionPage, QuestionPage.id == Question.page_id)
        .where(Question.campaign_id == campaign_id)
        .order_by(QuestionPage.position, QuestionPage.id, Question.position, Question.id)
    )
    if not archived:
        statement = statement.where(Question.archived_at.is_(None))
    return list(db.session.scalars(statement))


def questionnaire_for(
    stop: Stop,
    asked_when: AskedWhen = AskedWhen.APPLICATION,
    *,
    known: Mapping[str, Reading] | None = None,
    archived: bool = False,
) -> Questionnaire:
    """The form that an applicant of ``stop`` is asked, with what is left of its scarce choices.

    ``known`` are readings of the first form, for conditions of the second. ``archived``: with the questions that are
    no longer asked, for reading answers given earlier.
    """
    if archived:
        return _questionnaire(stop.campaign_id, stop.id, asked_when, known or {}, archived=True)
    questionnaire = _kept_questionnaire(stop.campaign_id, stop.id, asked_when)
    return replace(questionnaire, known=known) if known else questionnaire


def questionnaire_of(campaign: Campaign, asked_when: AskedWhen = AskedWhen.APPLICATION) -> Questionnaire:
    """The campaign's form without any stop's additions, for a preview."""
    return _questionnaire(campaign.id, None, asked_when, {})


def has_second_form(stop: Stop) -> bool:
    """Whether anything is asked after approval."""
    statement = select(Question.id).where(
        Question.campaign_id == stop.campaign_id,
        Question.asked_when == AskedWhen.AFTER_APPROVAL,
        Question.kind != Kind.HEADING,
        Question.archived_at.is_(None),
        or_(Question.stop_id.is_(None), Question.stop_id == stop.id),
    )
    return db.session.scalar(statement.limit(1)) is not None


@dataclass(frozen=True)
class WhatIsAsked:
    """What the own page has to know of a stop's form."""

    has_second_form: bool
    second_form_until: datetime | None


def what_is_asked(stop: Stop) -> WhatIsAsked:
    """In one statement, whether anything is asked after approval, and until when."""
    asked = select(Question.id).where(
        Question.campaign_id == stop.campaign_id,
        Question.kind != Kind.HEADING,
        Question.archived_at.is_(None),
        or_(Question.stop_id.is_(None), Question.stop_id == stop.id),
    )
    second = asked.where(Question.asked_when == AskedWhen.AFTER_APPROVAL)
    row = db.session.execute(
        select(second.exists(), CampaignForm.second_form_until).where(
            CampaignForm.campaign_id == stop.campaign_id
        )
    ).one()
    return WhatIsAsked(*row)


def keys_after_approval(campaign_id: int) -> frozenset[str]:
    """The keys of all questions there are or ever were on the form after approval."""
    statement = select(Question.key).where(
        Question.campaign_id == campaign_id, Question.asked_when == AskedWhen.AFTER_APPROVAL
    )
    return frozenset(db.session.scalars(statement))


def fields_by_key(campaign_id: int) -> dict[str, Field]:
    """Every question there is or ever was in a campaign, by key and in order, for reading answers."""
    return {field.key: field for field in fields_of(questions_of(campaign_id, archived=True))}


def fields_of(questions: Sequence[Question]) -> list[Field]:
    """These questions with every choice there is or ever was, also those that are offered no more."""
    given = _given_choices(questions)
    return [_field(question, given, {}, archived=True) for question in questions]


def _kept_questionnaire(campaign_id: int, stop_id: int | None, asked_when: AskedWhen) -> Questionnaire:
    """As ``_questionnaire``, out of memory while its stamp is still the one in the database."""
    stamp = db.session.execute(
        select(CampaignForm.version, CampaignForm.changed_at).where(CampaignForm.campaign_id == campaign_id)
    ).one()
    which = (campaign_id, stop_id, asked_when.value)
    kept = kept_forms().get(which, (stamp.version, stamp.changed_at))
    if kept is None:
        rows = _asked_rows(campaign_id, stop_id, asked_when, archived=False)
        questions = [row[0] for row in rows]
        questionnaire = _made_of(rows, campaign_id, asked_when, {}, {}, archived=False)
        if any(question.options.get("source") == "employers" for question in questions):
            return _with_places(questionnaire, places_of(questions))
        if not rows:
            return questionnaire
        # The stamp that was read together with the questions: a colleague may have changed them between the two.
        kept = KeptForm((rows[0].version, rows[0].changed_at), questionnaire, tuple(_scarce(questions)))
        kept_forms().keep(which, kept)
    return _with_places(kept.questionnaire, _places(kept.scarce)) if kept.scarce else kept.questionnaire


def _with_places(
    questionnaire: Questionnaire, places: Mapping[tuple[int, str], ChoicePlaces]
) -> Questionnaire:
    """The same with what is left of its scarce choices now."""

    def counted(one: Field) -> Field:
        if not any((one.id, choice.key) in places for choice in one.choices):
            return one
        return replace(
            one,
            choices=tuple(
                replace(choice, left=_left(places.get((one.id, choice.key)))) for choice in one.choices
            ),
        )

    return questionnaire.with_fields(counted) if places else questionnaire


def _questionnaire(
    campaign_id: int,
    stop_id: int | None,
    asked_when: AskedWhen,
    known: Mapping[str, Reading],
    *,
    archived: bool = False,
) -> Questionnaire:
    rows = _asked_rows(campaign_id, stop_id, asked_when, archived=archived)
    places = places_of([row[0] for row in rows])
    return _made_of(rows, campaign_id, asked_when, known, places, archived=archived)


def _asked_rows(
    campaign_id: int, stop_id: int | None, asked_when: AskedWhen, *, archived: bool
) -> Sequence[Row[Question, QuestionPage, int, datetime]]:
    statement = (
        select(Question, QuestionPage, CampaignForm.version, CampaignForm.changed_at)
        .join(QuestionPage, QuestionPage.id == Question.page_id)
        .join(CampaignForm, CampaignForm.campaign_id == Question.campaign_id)
        .where(
            Question.campaign_id == campaign_id,
            Question.asked_when == asked_when,
            or_(Question.stop_id.is_(None), Question.stop_id == stop_id),
        )
        .order_by(QuestionPage.position, QuestionPage.id, Question.position, Question.id)
    )
    if not archived:
        statement = statement.where(Question.archived_at.is_(None))
    return db.session.execute(statement).all()


def _made_of(
    rows: Sequence[Row[Question, QuestionPage, int, datetime]],
    campaign_id: int,
    asked_when: AskedWhen,
    known: Mapping[str, Reading],
    places: Mapping[tuple[int, str], ChoicePlaces],
    *,
    archived: bool,
) -> Questionnaire:
    given = _given_choices([row[0] for row in rows])
    pages: dict[int, tuple[QuestionPage, list[Field]]] = {}
    for question, page, _version, _changed_at in rows:
        pages.setdefault(page.id, (page, []))[1].append(_field(question, given, places, archived=archived))
    return Questionnaire(
        version=rows[0][2] if rows else form_of(campaign_id).version,
        pages=tuple(
            Page(page.id, page.title_zh, page.title_en, tuple(fields)) for page, fields in pages.values()
        ),
        asked_when=asked_when,
        known=known,
    )


def places_of(questions: Sequence[Question]) -> dict[tuple[int, str], ChoicePlaces]:
    """The places of these questions' scarce choices; asks the database only when there are any."""
    return _places(_scarce(questions))


def _scarce(questions: Sequence[Question]) -> list[int]:
    return [
        question.id
        for question in questions
        if any(choice.get("capacity") is not None for choice in question.options.get("choices", ()))
    ]


def _places(scarce: Sequence[int]) -> dict[tuple[int, str], ChoicePlaces]:
    if not scarce:
        return {}
    statement = select(ChoicePlaces).where(
        ChoicePlaces.question_id.in_(scarce), ChoicePlaces.capacity.is_not(None)
    )
    return {(places.question_id, places.choice): places for places in db.session.scalars(statement)}


@dataclass(frozen=True)
class AskedForIt:
    """A question as the notice names it; ``notes`` say at which stop, when and how carefully."""

    label: str
    notes: tuple[str, ...]


def asked_by_purpose(campaign: Campaign) -> dict[Purpose, list[AskedForIt]]:
    """What the campaign asks, with its stops' additions, by what it is asked for, in the form's order."""
    cities = {stop.id: stop.city for stop in campaign.stops}
    asked: dict[Purpose, list[AskedForIt]] = {}
    for question in questions_of(campaign.id):
        if question.purpose is None or question.core is Core.CONSENT:
            continue
        notes = (
            cities.get(question.stop_id or 0, ""),
            question.asked_when.label if question.asked_when is AskedWhen.AFTER_APPROVAL else "",
            str(_("kept sealed")) if question.restricted else "",
        )
        asked.setdefault(question.purpose, []).append(
            AskedForIt(question.label, tuple(note for note in notes if note))
        )
    return asked


def _given_choices(questions: Sequence[Question]) -> dict[str, tuple[Choice, ...]]:
    """The choices that no organiser writes, as far as these questions need them."""
    given: dict[str, tuple[Choice, ...]] = {}
    kinds = {question.kind for question in questions}
    if kinds & {Kind.CITY, Kind.CITIES}:
        given["cities"] = tuple(Choice(str(city.id), city.name_zh, city.name_en) for city in host_cities())
    if Kind.DISCIPLINE in kinds:
        given["disciplines"] = tuple(Choice(one.code, one.name_zh, one.name_en) for one in DISCIPLINES)
    if any(question.options.get("source") == "employers" for question in questions):
        given["employers"] = tuple(
            Choice(str(employer.id), employer.name_zh, employer.name_en) for employer in all_employers()
        )
    return given


def _field(
    question: Question,
    given: Mapping[str, tuple[Choice, ...]],
    places: Mapping[tuple[int, str], ChoicePlaces],
    *,
    archived: bool,
) -> Field:
    named = {Kind.CITY: "cities", Kind.CITIES: "cities", Kind.DISCIPLINE: "disciplines"}.get(
        question.kind, str(question.options.get("source", ""))
    )
    choices = given.get(named) or tuple(
        _choice(written, places.get((question.id, str(written["key"]))))
        for written in question.options.get("choices", ())
        if archived or not written.get("archived")
    )
    return Field(
        key=question.key,
        kind=question.kind,
        label_zh=question.label_zh,
        label_en=question.label_en,
        help_zh=question.help_zh,
        help_en=question.help_en,
        required=question.required,
        options=question.options,
        condition=question.condition,
        core=question.core,
        choices=choices,
        restricted=question.restricted,
        purpose=question.purpose,
        id=question.id,
    )


def _choice(written: Mapping[str, Any], places: ChoicePlaces | None) -> Choice:
    return Choice(
        str(written["key"]),
        str(written["label_zh"]),
        str(written.get("label_en", "")),
        written.get("capacity"),
        _left(places),
    )


def _left(places: ChoicePlaces | None) -> int | None:
    return None if places is None or places.capacity is None else places.capacity - places.taken


def without_places(questionnaire: Questionnaire) -> Questionnaire:
    """The same with every place free: for showing a form to somebody who holds places already."""
    return questionnaire.with_fields(
        lambda one: replace(one, choices=tuple(replace(choice, left=None) for choice in one.choices))
    )

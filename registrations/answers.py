"""What somebody has answered, in words: for the desk's page, the applicant's own page and exports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from files.models import StoredFile
from questions.conditions import Reading, readings_of
from questions.engine import Field, Questionnaire
from questions.lookups import fields_by_key, has_second_form, questionnaire_for
from questions.models import AskedWhen, Core, Kind
from questions.papers import masked
from questions.sheet import in_words
from registrations.models import Registration, RegistrationState
from registrations.sealed_answers import unsealed_answers
from shared.db import db

FILES = frozenset({Kind.FILE, Kind.PICTURE})
SEALED = "••••••"


@dataclass(frozen=True)
class Answer:
    """One question with its answer. ``file_token`` opens the file it holds; ``is_sealed``: masked, unless revealed."""

    key: str
    label: str
    words: str
    is_sealed: bool = False
    file_token: str | None = None
    scan_words: str = ""


def answers_of(
    registration: Registration, *, fields: Mapping[str, Field] | None = None, revealed: bool = False
) -> list[Answer]:
    """The answers to the campaign's own questions in the order of the form, archived questions too.

    Restricted answers are masked unless ``revealed``; whoever reveals them records it. ``fields`` saves the questions
    for whoever reads many registrations of one campaign (``fields_by_key``).
    """
    if fields is None:
        if not registration.answers and registration.sealed_answers is None:
            return []
        fields = fields_by_key(registration.stop.campaign_id)
    sealed = unsealed_answers(registration) if registration.sealed_answers is not None else {}
    given = {**registration.answers, **sealed}
    files = _files([given[key] for key, one in fields.items() if one.kind in FILES and key in given])
    found = []
    for key, one in fields.items():
        if key not in given:
            continue
        stored = files.get(str(given[key])) if one.kind in FILES else None
        words = in_words(one, given[key], {str(given[key]): stored.label} if stored else None)
        is_sealed = key in sealed
        if is_sealed and not revealed:
            words = _masked(one, given[key])
        found.append(
            Answer(
                key,
                one.label,
                words,
                is_sealed,
                stored.token if stored and stored.is_open else None,
                stored.scan_state.label if stored else "",
            )
        )
    return found


def exportable(fields: Mapping[str, Field], *, restricted: bool) -> dict[str, Field]:
    """Of a campaign's questions those that a column can hold, in the order of the form: the restricted, or the open."""
    return {
        key: one
        for key, one in fields.items()
        if one.core is None and one.kind is not Kind.HEADING and one.is_sealed is restricted
    }


def answer_in_words(one: Field, registration: Registration, files: Mapping[str, str] | None = None) -> str:
    """The open answer to one question, for a cell of a list. ``files`` name files by their id. Asks nothing."""
    return in_words(one, registration.answers.get(one.key), files)


def file_names_in(registrations: Iterable[Registration], fields: Iterable[Field]) -> dict[str, str]:
    """What the files are called that these people handed in for these questions, by id, in one query at most."""
    keys = [one.key for one in fields if one.kind in FILES]
    found = _files([row.answers[key] for row in registrations for key in keys if key in row.answers])
    return {number: stored.label for number, stored in found.items()}


def everything_said(registration: Registration, questionnaire: Questionnaire) -> dict[str, Any]:
    """All open answers by key, those that have a column of their own included."""
    columns = {
        Core.FULL_NAME: registration.person.full_name,
        Core.MOBILE: registration.person.mobile,
        Core.EMAIL: registration.email,
        Core.UNIVERSITY: registration.university,
        Core.EDUCATION: registration.education.value,
        Core.RESEARCH_FIELD: registration.research_field,
        Core.PREFERRED_CITIES: [str(city_id) for city_id in registration.preferred_city_ids],
        Core.CONSENT: True,
    }
    said = {one.key: columns[one.core] for one in questionnaire if one.core is not None}
    return {**said, **registration.answers}


def known_readings(registration: Registration) -> dict[str, Reading]:
    """What conditions of the second form see of the first."""
    first = questionnaire_for(registration.stop, AskedWhen.APPLICATION, archived=True)
    return readings_of(first, everything_said(registration, first))


def second_form_is_missing(registration: Registration) -> bool:
    """Whether somebody confirmed has still to fill in what is asked after approval."""
    return (
        registration.state is RegistrationState.CONFIRMED
        and registration.second_form_at is None
        and has_second_form(registration.stop)
    )


def standing_of_second_form(registration: Registration) -> str:
    """``filled_in``, ``missing`` or ``none``: for the desk's page."""
    if registration.second_form_at is not None:
        return "filled_in"
    return "missing" if second_form_is_missing(registration) else "none"


def _masked(one: Field, value: Any) -> str:
    if one.kind is Kind.IDENTITY_PAPER:
        return in_words(one, {**value, "number": masked(str(value["number"]))})
    if one.kind is Kind.RESIDENT_ID:
        return masked(str(value))
    return SEALED


def _files(ids: Sequence[Any]) -> dict[str, StoredFile]:
    numbers = [int(one) for one in ids if str(one).isdigit()]
    if not numbers:
        return {}
    rows: Iterable[StoredFile] = db.session.scalars(select(StoredFile).where(StoredFile.id.in_(numbers)))
    return {str(stored.id): stored for stored in rows}

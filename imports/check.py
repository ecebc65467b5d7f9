"""Look through every row of a sheet: what it is to become, or what is wrong with it, in sentences. Writes nothing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from campaigns.lookups import host_cities
from campaigns.models import Stop
from imports.columns import QUESTION, TARGETS
from imports.models import Verdict
from imports.read_sheet import Sheet, complaint
from people.folding import folded
from people.models import Person
from people.pairs import as_row, find_same_within
from questions.engine import Field, Occasion, value_of
from questions.lookups import questionnaire_for
from questions.models import Kind
from registrations.models import STANDING, BadgeClass, Education, Registration, RegistrationState
from shared.clock import in_china, today
from shared.db import db
from shared.fields import MAINLAND_MOBILE, full_name_of, line_of, mail_address_of, mobile_of

PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,60}@(?:[A-Za-z0-9-]{1,60}\.){1,4}[A-Za-z]{2,20}")

EDUCATIONS: dict[str, Education] = {
    "博士研究生": Education.DOCTORAL_STUDENT,
    "在读博士": Education.DOCTORAL_STUDENT,
    "博士在读": Education.DOCTORAL_STUDENT,
    "博士生": Education.DOCTORAL_STUDENT,
    "doctoral student": Education.DOCTORAL_STUDENT,
    "phd student": Education.DOCTORAL_STUDENT,
    "博士": Education.DOCTOR,
    "博士学位": Education.DOCTOR,
    "phd": Education.DOCTOR,
    "doctor": Education.DOCTOR,
    "博士后": Education.POSTDOC,
    "postdoc": Education.POSTDOC,
    "硕士": Education.MASTER,
    "硕士研究生": Education.MASTER,
    "研究生": Education.MASTER,
    "master": Education.MASTER,
    "海外": Education.OVERSEAS,
    "留学": Education.OVERSEAS,
    "overseas": Education.OVERSEAS,
}
CLASSES: dict[str, BadgeClass] = {
    "博士": BadgeClass.DOCTOR,
    "嘉宾": BadgeClass.GUEST,
    "领导": BadgeClass.GUEST,
    "院士": BadgeClass.ACADEMICIAN,
    "用人单位": BadgeClass.EMPLOYER,
    "企业": BadgeClass.EMPLOYER,
    "专家": BadgeClass.EXPERT,
    "工作人员": BadgeClass.STAFF,
    "志愿者": BadgeClass.VOLUNTEER,
    "媒体": BadgeClass.MEDIA,
    "记者": BadgeClass.MEDIA,
}
# What of an entry a registration keeps, and so may be updated.
STORED = (
    "email",
    "university",
    "education",
    "research_field",
    "cities",
    "badge_class",
    "honour",
    "secretary",
    "secretary_mobile",
)


@dataclass
class Looked:
    """One row as it was looked at."""

    number: int
    verdict: Verdict
    problems: list[str] = field(default_factory=list)
    entry: dict[str, Any] | None = None
    cells: list[str] | None = None
    like_number: int | None = None
    like_reasons: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Options:
    """What the organiser has chosen for an import.

    ``existing`` (update, skip) is for who stands on the stop's list, ``earlier`` (new, skip) for who was declined, has
    withdrawn or let an offer run out; ``doubles`` (keep, skip) for who may be the person of an earlier row; ``begins`` the state wanted; ``no_seat`` (wait, refuse) for whom no seat is left.
    """

    existing: str = "skip"
    earlier: str = "skip"
    doubles: str = "keep"
    begins: str = "confirmed"
    no_seat: str = "wait"
    basis: str = "on_paper"
    badge_class: str = "doctor"
    tells: bool = False


def look_through(sheet: Sheet, columns: dict[int, str], options: Options, stop: Stop) -> list[Looked]:
    """Every row with what it is to become; ``columns`` says which column (from 0) is what."""
    questionnaire = questionnaire_for(stop)
    questions = {
        number: question
        for number, key in columns.items()
        if key.startswith(QUESTION) and (question := questionnaire.field(key.removeprefix(QUESTION)))
    }
    labels = {number: sheet.columns[number] for number in columns}
    readers = _readers()
    occasion = Occasion(
        today(), opening=in_china(stop.starts_at).date(), closing=in_china(stop.registration_closes_at).date()
    )
    standing, earlier = _on_the_list(stop.id)
    met: dict[tuple[str, str], int] = {}
    looked: list[Looked] = []
    for number, cells in sheet.rows:
        problems: list[str] = []
        entry: dict[str, Any] = {}
        answers: dict[str, Any] = {}
        for column, key in columns.items():
            cell = cells[column]
            if not cell:
                continue
            if wrong := complaint(cell):
                problems.append(_("Column “%(column)s”: %(problem)s", column=labels[column], problem=wrong))
                continue
            try:
                if column in questions:
                    answer = _answer(questions[column], cell, occasion)
                    if answer is not None:
                        answers[questions[column].key] = answer
                else:
                    entry[key] = readers[key](cell)
            except ValueError as wrong_value:
                problems.append(
                    _(
                        "Column “%(column)s”, “%(cell)s”: %(problem)s",
                        column=labels[column],
                        cell=cell[:40],
                        problem=str(wrong_value),
                    )
                )
        if not problems:
            problems = _missing(entry)
        verdict = Verdict.NEW
        if not problems:
            who = (entry["full_name"], entry.get("mobile") or f"@{entry.get('university', '')}")
            key_of_person = (folded(who[0]), who[1])
            if key_of_person in met:
                problems = [_("The same person stands in row %(row)s already.", row=met[key_of_person])]
            else:
                met[key_of_person] = number
                if key_of_person in standing:
                    verdict = Verdict.UPDATE if options.existing == "update" else Verdict.SKIP
                elif key_of_person in earlier and options.earlier != "new":
                    verdict = Verdict.SKIP
        if answers:
            entry["answers"] = answers
        if problems:
            looked.append(Looked(number, Verdict.ERROR, problems, None, cells))
        else:
            looked.append(Looked(number, verdict, [], None if verdict is Verdict.SKIP else entry))
    _note_doubles(looked, options)
    return looked


def _note_doubles(looked: list[Looked], options: Options) -> None:
    """Say of rows which earlier one may be the same person; only rows that share something are compared at all."""
    coming = [row for row in looked if row.entry is not None]
    shared = Counter(one for row in coming for one in _marks(row.entry or {}))
    some = [row for row in coming if any(shared[one] > 1 for one in _marks(row.entry or {}))]
    compared = [
        as_row(
            full_name=entry["full_name"],
            mobile=entry.get("mobile"),
            email=entry.get("email", ""),
            university=entry.get("university", ""),
        )
        for entry in (row.entry or {} for row in some)
    ]
    for first, later, verdict in find_same_within(compared):
        row = some[later]
        row.like_number = some[first].number
        row.like_reasons = [reason.value for reason in verdict.reasons]
        if options.doubles == "skip":
            row.verdict = Verdict.SKIP


def _marks(entry: dict[str, Any]) -> set[str]:
    return {
        mark
        for mark in (entry.get("mobile"), entry.get("email", "").casefold(), folded(entry["full_name"]))
        if mark
    }


def _missing(entry: dict[str, Any]) -> list[str]:
    """What no registration can do without. Whoever has neither mobile nor e-mail is known by name and unit."""
    problems = []
    if not entry.get("full_name"):
        problems.append(_("The full name is missing."))
    if not entry.get("mobile") and not entry.get("university"):
        problems.append(_("Without a mobile number the unit is needed, to tell people of one name apart."))
    return problems


def _on_the_list(stop_id: int) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """Who stands on the stop's list, and who once did, as (folded name, mobile or @unit)."""
    standing: set[tuple[str, str]] = set()
    earlier: set[tuple[str, str]] = set()
    rows = db.session.execute(
        select(Person.full_name, Person.mobile, Registration.university, Registration.state)
        .join(Registration, Registration.person_id == Person.id)
        .where(Registration.stop_id == stop_id)
    )
    for full_name, mobile, university, state in rows:
        key = (folded(full_name), mobile or f"@{university}")
        (standing if RegistrationState(state) in STANDING else earlier).add(key)
    return standing, earlier - standing


def _readers() -> dict[str, Callable[[str], Any]]:
    cities = {}
    for city in host_cities():
        for name in (city.name_zh, f"{city.name_zh}市", city.name_en.lower()):
            cities[name] = city.id

    @cache
    def city_ids(cell: str) -> list[int]:
        found = []
        for name in re.split(r"[,，、;；/|\s]+", cell):
            if not name:
                continue
            if name.lower() not in cities:
                raise ValueError(_("“%(name)s” is no city of the province.", name=name[:20]))
            found.append(cities[name.lower()])
        return found[:3]

    @cache
    def education(cell: str) -> str:
        wanted = cell.strip().lower()
        for one in Education:
            if wanted in (one.value, str(one.label).lower()):
                return one.value
        if wanted in EDUCATIONS:
            return EDUCATIONS[wanted].value
        return Education.OTHER.value

    @cache
    def badge_class(cell: str) -> str:
        wanted = cell.strip().lower()
        for one in BadgeClass:
            if wanted in (one.value, str(one.label).lower()):
                return one.value
        if wanted in CLASSES:
            return CLASSES[wanted].value
        raise ValueError(
            _("not one of %(classes)s.", classes=str(_(", ")).join(str(one.label) for one in BadgeClass))
        )

    def line(longest: int) -> Callable[[str], str]:
        return lambda cell: line_of(cell, shortest=1, longest=longest)

    readers: dict[str, Callable[[str], Any]] = {
        "full_name": full_name_of,
        "mobile": _mobile,
        "email": _mail_address,
        "university": line(100),
        "education": education,
        "research_field": line(200),
        "cities": city_ids,
        "badge_class": badge_class,
        "honour": line(40),
        "secretary": line(50),
        "secretary_mobile": _mobile,
    }
    assert set(readers) == {target.key for target in TARGETS}  # noqa: S101 - a target without a reader is a slip of ours
    return readers


def _mobile(cell: str) -> str:
    if plain := MAINLAND_MOBILE.fullmatch(cell):
        return f"+86{plain[1]}"
    return mobile_of(cell)


def _mail_address(cell: str) -> str:
    if (
        PLAIN_ADDRESS.fullmatch(cell)
        and ".." not in cell
        and ".@" not in cell
        and "-." not in cell
        and ".-" not in cell
    ):
        local, _at, domain = cell.rpartition("@")
        return f"{local}@{domain.lower()}"
    return mail_address_of(cell)


def _answer(question: Field, cell: str, occasion: Occasion) -> Any:
    """The answer as the form would have taken it; choices are known by their words as well as by their keys."""
    if question.choices:
        words = {
            word.strip().lower(): choice.key
            for choice in question.choices
            for word in (choice.key, choice.label_zh, choice.label_en)
            if word
        }
        several = question.kind in (Kind.SEVERAL, Kind.RANKED, Kind.CITIES)
        parts = [part for part in re.split(r"[,，、;；|]+", cell) if part.strip()] if several else [cell]
        typed = [words.get(part.strip().lower(), part.strip()) for part in parts]
    else:
        typed = [cell]
    return value_of(question, {question.key: typed}, occasion=occasion)

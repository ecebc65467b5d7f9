"""What the gate sees beside name, unit and class: what the organiser ticked for a checkpoint, and nothing else.

A value goes with the scan's own question to the database and into a device's list; what it is called and how it is said
is worked out here, the same for both.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from flask import current_app
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, exists, func, literal, null, select
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by
from sqlalchemy.orm import aliased

from campaigns.models import ProgrammeItem, Stop
from checkin.models import CheckIn, Checkpoint
from people.models import Person
from privacy.purposes import Purpose
from questions.engine import Field
from questions.lookups import fields_by_key
from questions.models import Kind
from questions.sheet import in_words
from registrations.models import BadgeClass, ProgrammeChoice, Registration, RegistrationState
from shared.db import db
from shared.language import in_language

TITLE, FIRST_TIME, PROGRAMME, ANSWER = "title", "first_time", "programme", "answer."
MOST_FIELDS = 6
LONGEST_VALUE = 60
MOST_LOOKED_AT = 500
KEPT_SECONDS = 30.0
"""So long a process takes a campaign's questions as they were: a scan does not ask for them again."""

_OURS = {
    TITLE: _l("Title or office"),
    FIRST_TIME: _l("First time here"),
    PROGRAMME: _l("Signed up for"),
}
_READ_IN_PASSING = frozenset(
    {
        Kind.TEXT,
        Kind.CHOICE,
        Kind.SEVERAL,
        Kind.NUMBER,
        Kind.DATE,
        Kind.UNIVERSITY,
        Kind.DISCIPLINE,
        Kind.RANKED,
        Kind.CITY,
        Kind.CITIES,
        Kind.TRIP,
    }
)
_BIRTH = ("birth", "出生", "生日")


@dataclass(frozen=True, slots=True)
class ShownField:
    """Something that may be shown: its name in ``checkpoints.shown_fields`` and what it is called."""

    name: str
    label: str


def suits(one: Field) -> bool:
    """Whether an answer may be shown at a gate: asked for the seat and the entry, open, short, and nobody's birth date."""
    called = f"{one.key} {one.label_zh} {one.label_en}".casefold()
    return (
        one.purpose is Purpose.REGISTRATION
        and one.core is None
        and not one.is_sealed
        and one.kind in _READ_IN_PASSING
        and not any(word in called for word in _BIRTH)
    )


def offered(campaign_id: int) -> list[ShownField]:
    """All that an organiser may tick, in the order in which it is shown."""
    ours = [ShownField(name, str(label)) for name, label in _OURS.items()]
    own = [one for one in fields_by_key(campaign_id).values() if suits(one)]
    return ours + [ShownField(ANSWER + one.key, one.label) for one in own]


def facts_column(names: Collection[str]) -> ColumnElement[Any]:
    """One JSON column with what ``names`` need of a registration; NULL for none. Asks nothing that is not ticked."""
    parts: list[Any] = []
    if TITLE in names:
        parts += [TITLE, Registration.honour]
    if FIRST_TIME in names:
        other = aliased(Registration)
        parts += [
            FIRST_TIME,
            ~exists()
            .where(
                CheckIn.registration_id == other.id,
                CheckIn.is_arrival,
                CheckIn.voided_at.is_(None),
                other.person_id == Registration.person_id,
                other.id != Registration.id,
            )
            .correlate(Registration),
        ]
    if PROGRAMME in names:
        titles = func.jsonb_build_array(ProgrammeItem.title_zh, ProgrammeItem.title_en)
        parts += [
            PROGRAMME,
            select(func.jsonb_agg(_in_order(titles)))
            .select_from(ProgrammeChoice)
            .join(ProgrammeItem, ProgrammeItem.id == ProgrammeChoice.item_id)
            .where(ProgrammeChoice.registration_id == Registration.id, ProgrammeChoice.cancelled_at.is_(None))
            .correlate(Registration)
            .scalar_subquery(),
        ]
    for name in sorted(names):
        if name.startswith(ANSWER):
            parts += [name, Registration.answers[name.removeprefix(ANSWER)]]
    if not parts:
        return null().label("facts")
    parts = [literal(one) if isinstance(one, str) else one for one in parts]
    return func.jsonb_build_object(*parts, type_=JSONB).label("facts")


def _in_order(titles: ColumnElement[Any]) -> ColumnElement[Any]:
    return aggregate_order_by(titles, ProgrammeItem.starts_at.asc(), ProgrammeItem.id.asc())


class Teller:
    """Says the ticked fields of many people of one campaign in the reader's language."""

    def __init__(self, names: Collection[str], campaign_id: int) -> None:
        own = _kept_fields(campaign_id) if any(name.startswith(ANSWER) for name in names) else {}
        self._own = {ANSWER + key: one for key, one in own.items() if suits(one)}
        order = [*_OURS, *self._own]
        self.fields = [
            ShownField(name, str(_OURS[name]) if name in _OURS else self._own[name].label)
            for name in order
            if name in names
        ]

    @property
    def said_by(self) -> str:
        """The questions by which values are put into words: while they stay, the same facts are said the same way."""
        return repr([self._own[one.name] for one in self.fields if one.name in self._own])

    def values(self, facts: Mapping[str, Any] | None) -> list[str]:
        """The value of each of ``fields``, in their order; "" where there is none."""
        return [self._value(one.name, (facts or {}).get(one.name)) for one in self.fields]

    def told(self, facts: Mapping[str, Any] | None) -> list[dict[str, str]]:
        """Label and value of each that has one."""
        return [
            {"label": one.label, "value": value}
            for one, value in zip(self.fields, self.values(facts), strict=True)
            if value
        ]

    def _value(self, name: str, fact: Any) -> str:
        if fact in (None, "", [], False):
            return ""
        if name == FIRST_TIME:
            return str(_("yes"))
        if name == PROGRAMME:
            words = str(_(", ")).join(in_language(title_zh, title_en) for title_zh, title_en in fact)
        elif name == TITLE:
            words = str(fact)
        else:
            words = in_words(self._own[name], fact)
        line = " ".join(words.split())
        return line if len(line) <= LONGEST_VALUE else f"{line[: LONGEST_VALUE - 1]}…"


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody as a scan would show him: ``told`` holds (name of the field, label, value)."""

    full_name: str
    unit: str
    badge_class: BadgeClass
    note: str | None
    told: list[tuple[str, str, str]]


def fullest_guest(stop: Stop, names: Collection[str]) -> Guest | None:
    """Of the confirmed guests of a stop, MOST_LOOKED_AT of them at most, the one of whom there is most to show."""
    teller = Teller(names, stop.campaign_id)
    rows = db.session.execute(
        select(
            Person.full_name,
            Registration.university,
            Registration.badge_class,
            Registration.gate_note,
            facts_column(names),
        )
        .join(Person, Person.id == Registration.person_id)
        .where(Registration.stop_id == stop.id, Registration.state == RegistrationState.CONFIRMED)
        .order_by(Registration.gate_note.is_(None), Registration.id)
        .limit(MOST_LOOKED_AT)
    )
    guests = [
        Guest(
            name,
            unit,
            badge_class,
            note,
            [(f.name, f.label, value) for f, value in zip(teller.fields, teller.values(facts), strict=True)],
        )
        for name, unit, badge_class, note, facts in rows
    ]
    return max(guests, key=_how_much, default=None)


def _how_much(guest: Guest) -> tuple[int, int]:
    values = [value for _name, _label, value in guest.told if value]
    return len(values) + bool(guest.note), len(guest.full_name + guest.unit + "".join(values))


def all_shown(points: Collection[Checkpoint]) -> set[str]:
    """What any of these checkpoints shows."""
    return {name for point in points for name in point.shown_fields}


def _kept_fields(campaign_id: int) -> Mapping[str, Field]:
    kept: dict[int, tuple[float, Mapping[str, Field]]] = current_app.extensions.setdefault("shown_fields", {})
    made_at, fields = kept.get(campaign_id, (float("-inf"), {}))
    if time.monotonic() - made_at > KEPT_SECONDS:
        fields = fields_by_key(campaign_id)
        kept[campaign_id] = (time.monotonic(), fields)
    return fields

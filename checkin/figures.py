"""What is counted of a stop's arrivals: the one definition behind the gate, the live page, the wall and the day's figures.

Persons are counted, each once, however many registrations and scans are theirs:

- expected: with a confirmed registration of the stop,
- arrived: with an arrival at the stop that was not taken back, whatever became of the registration since,
- awaited: expected and not arrived. Once the stop is over these are the no-shows,
- beyond: arrived without being expected (any more); so arrived = expected - awaited + beyond.

The minute of somebody's arrival is that of the earliest that stands.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Subquery, and_, func, or_, select, text, tuple_

from campaigns.models import Stop
from checkin.lookups import checkpoints_of
from checkin.models import CheckIn, Checkpoint, CheckpointKind, Headcount, Often, Scan, Verdict
from registrations.models import BadgeClass, Registration, RegistrationState
from shared.clock import in_china
from shared.db import db
from shared.language import in_language

MOST_UNITS = 12
"""So many units are named; the others are one line."""
LATELY = timedelta(minutes=10)
"""What a rate speaks of."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Persons of a stop, or of a group of them."""

    expected: int = 0
    arrived: int = 0
    awaited: int = 0

    @property
    def came(self) -> int:
        """Those expected who have arrived."""
        return self.expected - self.awaited

    @property
    def beyond(self) -> int:
        """Those who arrived without being expected (any more)."""
        return self.arrived - self.came


@dataclass(frozen=True, slots=True)
class Group:
    """The persons of one class or unit. ``name`` is a class's value or a unit as it was typed; None: all the others."""

    name: str | None
    counted: Counted

    @property
    def class_label(self) -> str:
        """The class's name in the reader's language."""
        return BadgeClass(self.name or "").label


@dataclass(frozen=True, slots=True)
class Passes:
    """What a checkpoint has seen. ``inside`` is what its capacity speaks of: within now where people go in and out,
    today's where one passes daily, else all. ``lately`` and ``refused`` count scans, ``persons`` people.
    """

    entries: int = 0
    persons: int = 0
    inside: int = 0
    lately: int = 0
    refused: int = 0
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PointFigures:
    """One checkpoint with its figures, as plain values."""

    checkpoint_id: int
    is_open: bool
    often: Often
    capacity: int | None
    passes: Passes
    name_zh: str
    name_en: str
    kind: CheckpointKind

    @property
    def name(self) -> str:
        """Its name in the reader's language, or what it is."""
        return in_language(self.name_zh, self.name_en) or self.kind.label

    @property
    def fill(self) -> float | None:
        """Which part of its room is taken."""
        return None if not self.capacity else self.passes.inside / self.capacity


@dataclass(frozen=True, slots=True)
class StopFigures:
    """A stop's persons: in all, by class, by unit (those that send most first, MOST_UNITS of them)."""

    total: Counted
    classes: list[Group]
    units: list[Group]


def people_of(stop_ids: Collection[int]) -> Subquery:
    """One row for each stop and person who is expected or has arrived: stop_id, person_id, expected, arrived_at, class,
    unit. Class and unit are those of the confirmed registration, where there is one.
    """
    confirmed = Registration.state == RegistrationState.CONFIRMED
    return (
        select(
            Registration.stop_id,
            Registration.person_id,
            func.bool_or(confirmed).label("expected"),
            func.min(CheckIn.arrived_at).label("arrived_at"),
            func.coalesce(
                func.min(Registration.badge_class).filter(confirmed), func.min(Registration.badge_class)
            ).label("badge_class"),
            func.coalesce(
                func.min(Registration.university).filter(confirmed), func.min(Registration.university)
            ).label("unit"),
        )
        .outerjoin(
            CheckIn,
            and_(
                CheckIn.registration_id == Registration.id,
                CheckIn.stop_id == Registration.stop_id,
                CheckIn.is_arrival,
                CheckIn.voided_at.is_(None),
            ),
        )
        .where(Registration.stop_id.in_(stop_ids), or_(confirmed, CheckIn.id.is_not(None)))
        .group_by(Registration.stop_id, Registration.person_id)
        .subquery("people")
    )


def _counts(people: Subquery) -> tuple[Any, Any, Any]:
    columns = people.c
    return (
        func.count().filter(columns.expected),
        func.count(columns.arrived_at),
        func.count().filter(columns.expected, columns.arrived_at.is_(None)),
    )


def counted_by_stop(stop_ids: Collection[int]) -> dict[int, Counted]:
    """Stop → its persons, in one query; nobody counted where a stop has nobody."""
    if not stop_ids:
        return {}
    people = people_of(stop_ids)
    rows = db.session.execute(select(people.c.stop_id, *_counts(people)).group_by(people.c.stop_id))
    found = {row[0]: Counted(*row[1:]) for row in rows}
    return {stop_id: found.get(stop_id, Counted()) for stop_id in stop_ids}


def counted_of(stop: Stop) -> Counted:
    """The persons of one stop."""
    return counted_by_stop([stop.id])[stop.id]


def figures_of(stop_id: int) -> StopFigures:
    """A stop's persons in all, by class and by unit, in one query."""
    people = people_of([stop_id])
    kind, unit = people.c.badge_class, people.c.unit
    rows = db.session.execute(
        select(func.grouping(kind, unit), kind, unit, *_counts(people)).group_by(
            func.grouping_sets(tuple_(), tuple_(kind), tuple_(unit))
        )
    ).all()
    total = Counted()
    classes: list[Group] = []
    units: list[Group] = []
    for level, badge_class, name, *counts in rows:
        counted = Counted(*counts)
        if level == 3:
            total = counted
        elif level == 1:
            classes.append(Group(badge_class, counted))
        else:
            units.append(Group(name, counted))
    order = [one.value for one in BadgeClass]
    classes.sort(key=lambda group: (-group.counted.expected, order.index(group.name or "")))
    units.sort(key=lambda group: (-group.counted.expected, -group.counted.arrived, group.name or ""))
    return StopFigures(total, classes, _the_first(units))


def _the_first(units: list[Group]) -> list[Group]:
    """MOST_UNITS of them and one line for the others."""
    named = [unit for unit in units if unit.name]
    shown = named if len(named) <= MOST_UNITS + 1 else named[:MOST_UNITS]
    others = [unit.counted for unit in units if unit not in shown]
    if not others:
        return shown
    rest = Counted(
        sum(one.expected for one in others),
        sum(one.arrived for one in others),
        sum(one.awaited for one in others),
    )
    return [*shown, Group(None, rest)]


def minutes_by_stop(stop_ids: Collection[int]) -> dict[int, list[tuple[datetime, int]]]:
    """Stop → (full minute, persons who arrived in it), in the order of time, only minutes with arrivals; one query."""
    found: dict[int, list[tuple[datetime, int]]] = {stop_id: [] for stop_id in stop_ids}
    if not found:
        return found
    people = people_of(stop_ids)
    minute = func.date_trunc("minute", people.c.arrived_at).label("minute")
    rows = db.session.execute(
        select(people.c.stop_id, minute, func.count())
        .where(people.c.arrived_at.is_not(None))
        .group_by(people.c.stop_id, text("minute"))
        .order_by(people.c.stop_id, text("minute"))
    )
    for stop_id, at, count in rows:
        found[stop_id].append((at, count))
    return found


def points_of(stop: Stop, moment: datetime) -> list[PointFigures]:
    """Each checkpoint of ``stop`` and what passed there up to ``moment``, in four queries."""
    points = checkpoints_of(stop)
    entries = {
        row[0]: row[1:]
        for row in db.session.execute(
            select(
                CheckIn.checkpoint_id,
                func.count(),
                func.count(Registration.person_id.distinct()),
                func.count().filter(CheckIn.within),
                func.count().filter(CheckIn.day == in_china(moment).date()),
                func.max(CheckIn.arrived_at),
            )
            .join(Registration, Registration.id == CheckIn.registration_id)
            .where(CheckIn.stop_id == stop.id, CheckIn.voided_at.is_(None))
            .group_by(CheckIn.checkpoint_id)
        )
    }
    scans = {
        row[0]: row[1:]
        for row in db.session.execute(
            select(
                Scan.checkpoint_id,
                func.max(Scan.at),
                func.count().filter(Scan.at > moment - LATELY, Scan.at <= moment),
                func.count().filter(Scan.verdict == Verdict.REFUSED),
            )
            .where(Scan.stop_id == stop.id)
            .group_by(Scan.checkpoint_id)
        )
    }
    rooms = {
        (row[0], row[1]): row[2]
        for row in db.session.execute(
            select(Headcount.checkpoint_id, Headcount.day, Headcount.within)
            .join(Checkpoint, Checkpoint.id == Headcount.checkpoint_id)
            .where(Checkpoint.stop_id == stop.id)
        )
    }
    return [_point(point, entries.get(point.id), scans.get(point.id), rooms, moment) for point in points]


def _point(
    point: Checkpoint, entries: Any, scans: Any, rooms: dict[tuple[int, Any], int], moment: datetime
) -> PointFigures:
    count, persons, within, today, last_entry = entries or (0, 0, 0, 0, None)
    last_scan, lately, refused = scans or (None, 0, 0)
    day = in_china(moment).date() if point.often is Often.DAILY else None
    counted = {Often.ONCE: count, Often.DAILY: today, Often.IN_AND_OUT: within}[point.often]
    inside = rooms.get((point.id, day), counted) if point.capacity is not None else counted
    last_at = max((at for at in (last_entry, last_scan) if at is not None), default=None)
    return PointFigures(
        point.id,
        point.ended_at is None and point.is_open_at(moment),
        point.often,
        point.capacity,
        Passes(count, persons, inside, lately, refused, last_at),
        point.name_zh,
        point.name_en,
        point.kind,
    )


def verdicts_of(stop_id: int) -> dict[Verdict, int]:
    """How many scans of a stop came to what, at all its checkpoints; one query."""
    rows = db.session.execute(
        select(Scan.verdict, func.count()).where(Scan.stop_id == stop_id).group_by(Scan.verdict)
    )
    found = {Verdict(verdict): count for verdict, count in rows}
    return {verdict: found.get(verdict, 0) for verdict in Verdict}

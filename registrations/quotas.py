"""Quotas: at most so many seats of a stop for one education, first wish of city, field, university, or one answer to a
question of the campaign (the city somebody comes from).

``falls_into`` says which cells a registration falls into, as the database's own function quota_cells() does; the
database pins them to the registration when it gets its seat and counts them, so a later correction of a field
neither breaks a quota nor frees a place in it. A seat given over a quota with a reason is counted in no cell.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from flask_babel import gettext as _
from sqlalchemy import any_, func, literal, select, text, update

from accounts.models import Staff
from audit.record import record
from campaigns.lookups import host_cities
from campaigns.models import Stop
from questions.engine import Field
from questions.lookups import fields_by_key, fields_of, questions_of
from questions.models import Kind
from questions.sheet import in_words
from registrations.errors import QuotaBelowTaken, QuotaExists
from registrations.models import SEATED, Education, Quota, QuotaDimension, Registration
from shared.db import db, hold
from shared.errors import NotFound


class Applicant(Protocol):
    """What quotas ask of a registration: its row, or some of its columns."""

    @property
    def education(self) -> Any: ...
    @property
    def preferred_city_ids(self) -> Any: ...
    @property
    def research_field(self) -> Any: ...
    @property
    def university(self) -> Any: ...
    @property
    def answers(self) -> Any: ...


def falls_into(quota: Quota, applicant: Applicant) -> bool:
    """Whether a registration counts in this cell; the same rule as quota_cells() in the database."""
    if quota.dimension is QuotaDimension.EDUCATION:
        return bool(quota.value == applicant.education)
    if quota.dimension is QuotaDimension.WISH:
        wishes = applicant.preferred_city_ids
        return bool(wishes) and quota.value == str(wishes[0])
    if quota.dimension is QuotaDimension.FIELD:
        return quota.value.lower() in applicant.research_field.lower()
    if quota.dimension is QuotaDimension.ANSWER:
        key, _sign, choice = quota.value.partition("=")
        return bool((applicant.answers or {}).get(key) == choice)
    return bool(quota.value == applicant.university)


@dataclass
class Room:
    """What a stop can still give: its seats and the rest of each quota, counted down by ``take``."""

    stop_id: int
    seats_left: int
    starts_at: datetime
    ends_at: datetime
    is_cancelled: bool
    quotas: Sequence[Quota] = ()
    left: dict[int, int] = field(default_factory=dict)

    def full_quota(self, applicant: Applicant) -> Quota | None:
        """The first quota in which there is no place left for this registration, or None."""
        for quota in self.quotas:
            if self.left[quota.id] <= 0 and falls_into(quota, applicant):
                return quota
        return None

    def fits(self, applicant: Applicant) -> bool:
        """Whether a seat is free and no quota stands against it."""
        return self.seats_left > 0 and self.full_quota(applicant) is None

    def take(self, applicant: Applicant, *, over_quota: bool = False) -> None:
        """Count one seat as given."""
        self.seats_left -= 1
        if not over_quota:
            for quota in self.quotas:
                if falls_into(quota, applicant):
                    self.left[quota.id] -= 1


def rooms_of(stops: Iterable[Stop]) -> dict[int, Room]:
    """The room of each stop, in one query for all quotas. Whoever means to act holds the stop first."""
    rooms = {
        stop.id: Room(stop.id, stop.seats_left, stop.starts_at, stop.ends_at, stop.cancelled_at is not None)
        for stop in stops
    }
    for quota in db.session.scalars(
        select(Quota)
        .where(Quota.stop_id.in_(rooms))
        .order_by(Quota.id)
        .execution_options(populate_existing=True)
    ):
        room = rooms[quota.stop_id]
        room.quotas = [*room.quotas, quota]
        room.left[quota.id] = quota.most - quota.taken
    return rooms


def room_of(stop: Stop) -> Room:
    """What one stop can still give."""
    return rooms_of([stop])[stop.id]


def quotas_of(stop_id: int) -> list[Quota]:
    """The stop's quotas, by dimension and value."""
    return list(
        db.session.scalars(select(Quota).where(Quota.stop_id == stop_id).order_by(Quota.dimension, Quota.id))
    )


def cell_label(quota: Quota) -> str:
    """What the cell is called: 最高学历：博士, in the reader's language."""
    return cell_labels([quota])[quota.id]


def cell_labels(quotas: Sequence[Quota]) -> dict[int, str]:
    """What each cell is called, by the quota's id; as many queries for many as for one of each dimension."""
    by_dimension = {quota.dimension: quota for quota in quotas}
    cities, fields = dict[str, str](), dict[str, Field]()
    if QuotaDimension.WISH in by_dimension:
        cities = {str(city.id): city.name for city in host_cities()}
    if QuotaDimension.ANSWER in by_dimension:
        # The quotas of one page are those of one stop, or of stops of one campaign.
        stop = db.session.get_one(Stop, by_dimension[QuotaDimension.ANSWER].stop_id)
        fields = fields_by_key(stop.campaign_id)
    return {quota.id: _cell_label(quota, cities, fields) for quota in quotas}


def _cell_label(quota: Quota, cities: Mapping[str, str], fields: Mapping[str, Field]) -> str:
    label, shown = quota.dimension.label, quota.value
    if quota.dimension is QuotaDimension.EDUCATION:
        shown = Education(quota.value).label
    elif quota.dimension is QuotaDimension.WISH:
        shown = cities.get(quota.value, quota.value)
    elif quota.dimension is QuotaDimension.ANSWER:
        key, _sign, choice = quota.value.partition("=")
        if key in fields:
            label, shown = fields[key].label, in_words(fields[key], choice)
    return str(_("%(label)s: %(text)s", label=label, text=shown))


def answer_cells(campaign_id: int) -> dict[str, list[tuple[str, str]]]:
    """The answers that a quota can be set on: for each question, by its label, the cells' values with their labels.

    Only open questions with one answer out of a short list, as the city of origin is.
    """
    return {
        one.label: [(f"{one.key}={choice.key}", choice.label) for choice in one.choices]
        for one in sorted(fields_of(questions_of(campaign_id)), key=lambda one: one.kind is not Kind.CITY)
        if one.kind in (Kind.CITY, Kind.CHOICE) and one.core is None and not one.is_sealed and one.choices
    }


def set_quota(stop_id: int, dimension: QuotaDimension, value: str, *, most: int, by: Staff) -> Quota:
    """A new quota; seats that are taken already count in it.

    Raises NotFound, QuotaExists, or QuotaBelowTaken when more than ``most`` have a seat. The caller holds the
    transaction.
    """
    if hold(Stop, stop_id) is None:
        raise NotFound
    if db.session.scalar(
        select(Quota.id).where(Quota.stop_id == stop_id, Quota.dimension == dimension, Quota.value == value)
    ):
        raise QuotaExists
    taken = _seated_in(stop_id, dimension, value)
    if len(taken) > most:
        raise QuotaBelowTaken(len(taken))
    quota = Quota(stop_id=stop_id, dimension=dimension, value=value, most=most)
    db.session.add(quota)
    db.session.flush()
    db.session.execute(
        update(Registration)
        .where(Registration.id.in_(taken))
        .values(quota_ids=func.array_append(Registration.quota_ids, quota.id))
        .execution_options(synchronize_session=False)
    )
    db.session.refresh(quota)
    record("set_quota", quota, by=by, stop_id=stop_id, dimension=dimension, value=value, most=most)
    return quota


def change_quota(quota_id: int, *, most: int, by: Staff) -> Quota:
    """Another number of seats for a cell. Raises NotFound or QuotaBelowTaken. The caller holds the transaction."""
    quota = _held_quota(quota_id)
    if most < quota.taken:
        raise QuotaBelowTaken(quota.taken)
    before, quota.most = quota.most, most
    record("change_quota", quota, by=by, stop_id=quota.stop_id, before=before, after=most)
    return quota


def lift_quota(quota_id: int, *, by: Staff) -> None:
    """The cell is limited no more. Raises NotFound. The caller holds the transaction."""
    quota = _held_quota(quota_id)
    record("lift_quota", quota, by=by, stop_id=quota.stop_id, dimension=quota.dimension, value=quota.value)
    db.session.execute(
        update(Registration)
        .where(
            Registration.stop_id == quota.stop_id,
            literal(quota.id) == any_(Registration.quota_ids),
        )
        .values(quota_ids=func.array_remove(Registration.quota_ids, quota.id))
        .execution_options(synchronize_session=False)
    )
    db.session.refresh(quota)
    db.session.delete(quota)


def _held_quota(quota_id: int) -> Quota:
    stop_id = db.session.scalar(select(Quota.stop_id).where(Quota.id == quota_id))
    if stop_id is None or hold(Stop, stop_id) is None:
        raise NotFound
    return db.session.get_one(Quota, quota_id, populate_existing=True)


def _seated_in(stop_id: int, dimension: QuotaDimension, value: str) -> list[int]:
    cell = Quota(stop_id=stop_id, dimension=dimension, value=value, most=0)
    rows = db.session.execute(
        select(
            Registration.id,
            Registration.education,
            Registration.preferred_city_ids,
            Registration.research_field,
            Registration.university,
            Registration.answers,
        ).where(
            Registration.stop_id == stop_id,
            Registration.state.in_(SEATED),
            text("NOT over_quota"),
        )
    )
    return [row.id for row in rows if falls_into(cell, row)]

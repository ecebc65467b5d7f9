"""A change of one stop for others as well: this stop, those that follow, or all; shown before, done in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from accounts.models import Staff
from accounts.permissions import Permission, reach_of
from campaigns.errors import StopIsOver, TimesDoNotFit
from campaigns.lookups import host_cities, stops_of
from campaigns.models import Stop
from campaigns.plan import MOVING, StopPlan, refuse_revision, revise_stop
from shared.clock import from_china, in_china, now
from shared.db import db, hold
from shared.display import moment, span
from shared.errors import NotFound, Refusal

# Words that another stop takes over only where it says the same as this one did: a hall in Shanghai is none in Beijing.
_WHERE_THE_SAME = ("venue_zh", "venue_en", "address_zh", "address_en", "host_city_id")
_EVERYWHERE = ("capacity", "needs_approval")


class Scope(StrEnum):
    """For which stops a change is meant."""

    THIS = "this"
    FOLLOWING = "following"
    ALL = "all"

    @property
    def label(self) -> str:
        """The scope in the reader's language."""
        return str(_SCOPE_LABELS[self])


_SCOPE_LABELS = {
    Scope.THIS: _l("This stop only"),
    Scope.FOLLOWING: _l("This one and those that follow"),
    Scope.ALL: _l("All stops of the campaign"),
}


@dataclass(frozen=True)
class Difference:
    """One thing that becomes another, in the reader's words."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class StopChange:
    """What a change does to one stop: its differences, whom it tells by mail, or why it is refused there."""

    stop_id: int
    city: str
    starts_at: datetime
    plan: StopPlan
    differences: list[Difference]
    tells: int
    refusal: str | None


def stops_in(stop: Stop, scope: Scope, *, by: Staff) -> list[Stop]:
    """The stops a change is meant for, this one first and then by time, as far as ``by`` may plan for them."""
    if scope is Scope.THIS:
        return [stop]
    others = [
        one
        for one in stops_of([stop.campaign], reach_of(by, Permission.PLAN_CAMPAIGNS))[stop.campaign_id]
        if one.id != stop.id
    ]
    if scope is Scope.FOLLOWING:
        others = [one for one in others if (one.starts_at, one.id) > (stop.starts_at, stop.id)]
    return [stop, *others]


def changes_of(stop: Stop, plan: StopPlan, scope: Scope, *, by: Staff) -> list[StopChange]:
    """What ``plan`` for ``stop`` would do at each stop of ``scope``; those it does not touch are left out.

    Its day stays each stop's own. Begin and end, the deadline's distance before the day, seats and review are taken
    over where they were changed; venue, address and host only where another stop has the same as this one had.
    """
    stops = stops_in(stop, scope, by=by)
    told = _people_who_come(one.id for one in stops)
    changes = []
    for one in stops:
        its_plan = plan if one.id == stop.id else _plan_for(one, stop, plan)
        differing = {name for name, value in asdict(its_plan).items() if getattr(one, name) != value}
        if not differing:
            continue
        tells = told.get(one.id, 0) if differing & MOVING and one.ends_at > now() else 0
        changes.append(
            StopChange(
                one.id,
                one.city,
                one.starts_at,
                its_plan,
                _differences(one, its_plan, differing),
                tells,
                _refusal(one, its_plan, own=one.id == stop.id, by=by),
            )
        )
    return changes


def seal_of(changes: Iterable[StopChange]) -> str:
    """Tells whether what is done is what was shown."""
    seen = [(one.stop_id, asdict(one.plan), one.differences, one.refusal is None) for one in changes]
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:24]


def change_stops(
    stop_id: int, plan: StopPlan, scope: Scope, *, seal: str, by: Staff
) -> tuple[list[StopChange], list[StopChange]] | None:
    """Do what was shown: the changes made, and those refused with the reason; each stop wholly or not at all.

    None when what would be done is no longer what ``seal`` was made of: then nothing is done and it has to be shown
    again. The stops are held in the order of their ids. Raises NotFound, or the refusal at ``stop_id`` itself. The
    caller holds the transaction.
    """
    stop = db.session.get(Stop, stop_id)
    if stop is None:
        raise NotFound
    for one_id in sorted(one.id for one in stops_in(stop, scope, by=by)):
        hold(Stop, one_id)
    changes = changes_of(stop, plan, scope, by=by)
    if seal_of(changes) != seal:
        return None
    made, refused = [], []
    for change in changes:
        if change.refusal is not None and change.stop_id != stop_id:
            refused.append(change)
            continue
        try:
            with db.session.begin_nested():
                revise_stop(change.stop_id, change.plan, by=by)
                db.session.flush()
        except Refusal as refusal:
            if change.stop_id == stop_id:
                raise
            refused.append(replace(change, refusal=refusal.message))
        else:
            made.append(change)
    return made, refused


def _plan_for(one: Stop, stop: Stop, plan: StopPlan) -> StopPlan:
    """``plan`` as it is meant for another stop."""
    values: dict[str, Any] = {name: getattr(one, name) for name in asdict(plan)}
    for name in _EVERYWHERE:
        if getattr(plan, name) != getattr(stop, name):
            values[name] = getattr(plan, name)
    for name in _WHERE_THE_SAME:
        if getattr(plan, name) != getattr(stop, name) and getattr(one, name) == getattr(stop, name):
            values[name] = getattr(plan, name)
    day = in_china(one.starts_at)
    if _clock(plan.starts_at) != _clock(stop.starts_at):
        values["starts_at"] = _at(day, 0, _clock(plan.starts_at))
    for name in ("ends_at", "registration_closes_at"):
        before = _after(stop.starts_at, getattr(stop, name))
        after = _after(plan.starts_at, getattr(plan, name))
        if before != after:
            values[name] = _at(day, *after)
    return StopPlan(**values)


def _clock(at: datetime) -> str:
    return f"{in_china(at):%H:%M}"


def _after(begins: datetime, at: datetime) -> tuple[int, str]:
    """How many days after the day of the beginning, and at what time of day in China."""
    return (in_china(at).date() - in_china(begins).date()).days, _clock(at)


def _at(day: datetime, days: int, clock: str) -> datetime:
    hour, minute = map(int, clock.split(":"))
    wall = day.replace(hour=hour, minute=minute, second=0, microsecond=0, tzinfo=None)
    return from_china(wall + timedelta(days=days))


def _refusal(stop: Stop, plan: StopPlan, *, own: bool, by: Staff) -> str | None:
    try:
        if not own and stop.ends_at <= now():
            raise StopIsOver
        if plan.ends_at <= plan.starts_at or plan.registration_closes_at > plan.ends_at:
            raise TimesDoNotFit
        refuse_revision(stop, plan, by=by)
    except Refusal as refusal:
        return refusal.message
    return None


def _differences(stop: Stop, plan: StopPlan, differing: set[str]) -> list[Difference]:
    told = []
    if {"starts_at", "ends_at"} & differing:
        told.append(
            Difference(_("When"), span(stop.starts_at, stop.ends_at), span(plan.starts_at, plan.ends_at))
        )
    if "registration_closes_at" in differing:
        told.append(
            Difference(
                _("Registration closes"),
                moment(stop.registration_closes_at),
                moment(plan.registration_closes_at),
            )
        )
    if "host_city_id" in differing:
        names = {city.id: city.name for city in host_cities()}
        told.append(
            Difference(
                _("Hosted by"),
                names.get(stop.host_city_id or 0, _("The province")),
                names.get(plan.host_city_id or 0, _("The province")),
            )
        )
    if "needs_approval" in differing:
        told.append(
            Difference(_("Seats are given"), _how_given(stop.needs_approval), _how_given(plan.needs_approval))
        )
    if {"is_main_venue", "main_stop_id"} & differing:
        told.append(
            Difference(_("Main venue or sub-venue"), stop.venue_label or _("Stands by itself"), _("changed"))
        )
    for name, label in _WORDS:
        if name in differing:
            told.append(Difference(str(label), _shown(getattr(stop, name)), _shown(getattr(plan, name))))
    return told


_WORDS = (
    ("city_zh", _l("City it takes place in")),
    ("city_en", _l("City, in English")),
    ("venue_zh", _l("Venue")),
    ("venue_en", _l("Venue, in English")),
    ("address_zh", _l("Address")),
    ("address_en", _l("Address, in English")),
    ("capacity", _l("Seats")),
    ("details_zh", _l("What to know, in Chinese")),
    ("details_en", _l("What to know, in English")),
)
LONGEST_SHOWN = 60


def _shown(value: Any) -> str:
    text = str(value)
    return f"{text[:LONGEST_SHOWN]}…" if len(text) > LONGEST_SHOWN else text or "–"


def _how_given(needs_approval: bool) -> str:
    return str(_("after review") if needs_approval else _("at once, then the waiting list"))


def _people_who_come(stop_ids: Iterable[int]) -> dict[int, int]:
    """How many people of each stop mean to come. Registrations belong to a package above; their table is asked by name."""
    table = Stop.metadata.tables["registrations"]
    standing = ("applied", "waiting", "offered", "confirmed")
    rows = db.session.execute(
        select(table.c.stop_id, func.count())
        .where(table.c.stop_id.in_(list(stop_ids)), table.c.state.in_(standing))
        .group_by(table.c.stop_id)
    )
    return {stop_id: count for stop_id, count in rows}

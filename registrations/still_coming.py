"""Asking the confirmed whether they still come, and giving on the seats of those who do not answer or do not arrive."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import lazyload

from audit.record import APPLICANT, SYSTEM, Actor, record
from campaigns.errors import StopIsCancelled
from campaigns.models import Stop
from registrations.errors import (
    NobodyWaits,
    NotAsked,
    NotYetReleased,
    StopHasBegun,
    StopIsOver,
    WrongState,
)
from registrations.lookups import seat_rules_of, somebody_waits
from registrations.models import Registration, RegistrationState, SeatRules, StillComing
from registrations.offer import fill_free_seats, held_with_stop
from registrations.step import take_step
from shared.clock import now
from shared.db import db, hold
from shared.errors import NotFound

ROUNDS = (7, 1)
"""So many days before a stop begins its confirmed people are asked."""

ANSWER_UNTIL = timedelta(hours=12)
"""So long before the beginning an answer is wanted at the latest."""

FRESHLY_CONFIRMED = timedelta(days=3)
"""Whoever was confirmed within this time has only just said so and is not asked."""

NO_SHOW_AFTER = 60
"""Minutes after the beginning, where the stop's rules name none."""


def round_due(stop: Stop) -> int | None:
    """Which round of asking is due for a stop now (7 or 1 days before), or None."""
    left = stop.starts_at - now()
    if stop.cancelled_at is not None or left <= ANSWER_UNTIL:
        return None
    due = [days for days in ROUNDS if left <= timedelta(days=days)]
    return min(due) if due else None


def stops_that_ask() -> list[int]:
    """The stops, by id, whose people are to be asked or whose time to answer has run out."""
    return list(
        db.session.scalars(
            select(Stop.id)
            .join(SeatRules, SeatRules.stop_id == Stop.id)
            .where(
                SeatRules.asks_again,
                Stop.cancelled_at.is_(None),
                Stop.starts_at > now(),
                Stop.starts_at <= now() + timedelta(days=max(ROUNDS)),
            )
            .order_by(Stop.starts_at)
        )
    )


def ask_again(stop_id: int) -> list[int]:
    """Ask the confirmed of a stop for the round that is due; returns whom. Asked twice, nobody is asked twice.

    Not whoever has answered in an earlier round, nor whoever was confirmed only lately. The caller holds the
    transaction and writes to them.
    """
    stop = hold(Stop, stop_id)
    if stop is None or not seat_rules_of(stop_id).asks_again:
        return []
    days = round_due(stop)
    if days is None:
        return []
    asked = exists().where(
        StillComing.registration_id == Registration.id,
        (StillComing.days_before == days) | StillComing.answered_at.is_not(None),
    )
    ids = list(
        db.session.scalars(
            select(Registration.id)
            .where(
                Registration.stop_id == stop_id,
                Registration.state == RegistrationState.CONFIRMED,
                Registration.decided_at < now() - FRESHLY_CONFIRMED,
                ~asked,
            )
            .order_by(Registration.id)
        )
    )
    db.session.add_all(
        StillComing(registration_id=number, days_before=days, asked_at=now()) for number in ids
    )
    if ids:
        record("ask_again", stop, by=SYSTEM, days_before=days, people=len(ids))
    return ids


def is_asked(registration: Registration) -> bool:
    """Whether somebody confirmed has been asked and has not answered."""
    if registration.state is not RegistrationState.CONFIRMED or registration.stop.starts_at <= now():
        return False
    answers = db.session.scalars(
        select(StillComing.answered_at).where(StillComing.registration_id == registration.id)
    ).all()
    return bool(answers) and not any(answers)


def say_still_coming(registration_id: int, comes: bool, *, by: Actor | str = APPLICANT) -> Registration:
    """The answer. Who does not come is withdrawn, and the seat goes to the next in line.

    Raises NotFound, NotAsked, WrongState or StopHasBegun. The caller holds the transaction.
    """
    stop, registration = held_with_stop(registration_id)
    if registration.state is not RegistrationState.CONFIRMED:
        raise WrongState
    if stop.starts_at <= now():
        raise StopHasBegun
    asked = db.session.scalars(
        select(StillComing).where(StillComing.registration_id == registration_id)
    ).all()
    if not asked:
        raise NotAsked
    for one in asked:
        one.answered_at, one.comes = now(), comes
    if comes:
        record("still_coming", registration, by=by, stop_id=stop.id)
        return registration
    take_step(registration, RegistrationState.WITHDRAWN, act="not_coming", by=by)
    fill_free_seats(stop.id)
    return registration


def release_unanswered(stop_id: int) -> list[int]:
    """Give on the seats of those who were asked and have not answered by ANSWER_UNTIL before the beginning.

    Only where the stop's rules say so, and only as many as wait: an empty seat helps nobody. Returns whose, by id.
    Done twice, the second time changes nothing. The caller holds the transaction.
    """
    stop = hold(Stop, stop_id)
    moment = now()
    if stop is None or stop.cancelled_at is not None or not seat_rules_of(stop_id).releases_unanswered:
        return []
    if not stop.starts_at - ANSWER_UNTIL <= moment < stop.starts_at:
        return []
    unanswered = exists().where(StillComing.registration_id == Registration.id) & ~exists().where(
        StillComing.registration_id == Registration.id, StillComing.answered_at.is_not(None)
    )
    ids = db.session.scalars(
        select(Registration.id)
        .where(
            Registration.stop_id == stop_id,
            Registration.state == RegistrationState.CONFIRMED,
            unanswered,
        )
        .order_by(Registration.decided_at.desc(), Registration.id.desc())
    ).all()
    return _release(stop, list(ids), act="release_unanswered", by=SYSTEM)


def no_shows(stop: Stop) -> list[int]:
    """Who has a seat and has not arrived, by id; the last confirmed first."""
    check_ins = Registration.metadata.tables["check_ins"]  # of a package above; asked by name
    arrived = exists().where(
        check_ins.c.registration_id == Registration.id,
        check_ins.c.is_arrival,
        check_ins.c.voided_at.is_(None),
    )
    return list(
        db.session.scalars(
            select(Registration.id)
            .where(
                Registration.stop_id == stop.id,
                Registration.state == RegistrationState.CONFIRMED,
                ~arrived,
            )
            .order_by(Registration.decided_at.desc(), Registration.id.desc())
        )
    )


def release_no_shows(stop_id: int, *, by: Actor) -> list[int]:
    """On the day: give the seats of those who have not arrived to those who wait, as many as wait. Returns whose.

    Raises NotFound, StopIsCancelled, StopIsOver, NotYetReleased (before the stop's minute) or NobodyWaits. The caller
    holds the transaction.
    """
    stop = hold(Stop, stop_id)
    if stop is None:
        raise NotFound
    if stop.cancelled_at is not None:
        raise StopIsCancelled
    moment = now()
    if stop.ends_at <= moment:
        raise StopIsOver
    minutes = seat_rules_of(stop_id).no_show_minutes
    if moment < stop.starts_at + timedelta(minutes=NO_SHOW_AFTER if minutes is None else minutes):
        raise NotYetReleased
    if not somebody_waits(stop_id):
        raise NobodyWaits
    return _release(stop, no_shows(stop), act="release_no_show", by=by)


def _release(stop: Stop, candidates: list[int], *, act: str, by: Actor | str) -> list[int]:
    """One seat after the other, as long as giving it on seats somebody who waits; returns whose were given on."""
    released: list[int] = []
    for number in candidates:
        if not somebody_waits(stop.id):
            break
        registration = db.session.scalars(
            select(Registration)
            .where(Registration.id == number)
            .options(lazyload("*"))
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        ).one()
        take_step(registration, RegistrationState.EXPIRED, act=act, by=by)
        fill_free_seats(stop.id, on_the_spot=True)
        released.append(number)
    return released

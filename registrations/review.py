"""What the office decides about a registration: confirm, decline, put on the waiting list, give a free seat on."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import lazyload

from audit.record import SYSTEM, Actor
from campaigns.errors import StopIsCancelled
from campaigns.models import Stop
from registrations.errors import (
    AlreadyRegistered,
    HasArrived,
    ReasonMissing,
    StopIsFull,
    StopIsOver,
    WrongState,
)
from registrations.lookups import arrived_at, standing_registration
from registrations.models import Registration, RegistrationState
from registrations.step import take_step
from shared.clock import now
from shared.db import db, hold
from shared.errors import NotFound


def confirm(registration_id: int, *, by: Actor, reason: str | None = None) -> Registration:
    """Give this person a seat.

    Raises NotFound, WrongState, StopIsCancelled, StopIsOver, StopIsFull or AlreadyRegistered (declined once, and
    registered anew since). The caller holds the transaction.
    """
    stop, registration = held_with_stop(registration_id)
    allowed = (RegistrationState.APPLIED, RegistrationState.WAITING, RegistrationState.DECLINED)
    _refuse_unless(registration, allowed)
    _refuse_unless_held(stop)
    if registration.state is RegistrationState.DECLINED and standing_registration(
        stop.id, registration.person_id
    ):
        raise AlreadyRegistered
    if stop.is_full:
        raise StopIsFull
    take_step(registration, RegistrationState.CONFIRMED, act="confirm", by=by, reason=reason or None)
    return registration


def decline(registration_id: int, *, by: Actor, reason: str) -> Registration:
    """Say no, with the reason; a seat that comes free goes to whoever waits longest.

    Raises NotFound, WrongState, StopIsOver, HasArrived or ReasonMissing. The caller holds the transaction.
    """
    stop, registration = held_with_stop(registration_id)
    before = registration.state
    _refuse_unless(
        registration, (RegistrationState.APPLIED, RegistrationState.WAITING, RegistrationState.CONFIRMED)
    )
    if stop.ends_at <= now():
        raise StopIsOver
    if arrived_at(registration):
        raise HasArrived
    if not reason.strip():
        raise ReasonMissing
    take_step(registration, RegistrationState.DECLINED, act="decline", by=by, reason=reason.strip())
    if before is RegistrationState.CONFIRMED:
        fill_free_seats(registration.stop_id)
    return registration


def put_on_waitlist(registration_id: int, *, by: Actor, reason: str | None = None) -> Registration:
    """Put an applicant at the end of the waiting list.

    Raises NotFound, WrongState, StopIsCancelled or StopIsOver. The caller holds the transaction.
    """
    stop, registration = held_with_stop(registration_id)
    _refuse_unless(registration, (RegistrationState.APPLIED,))
    _refuse_unless_held(stop)
    take_step(registration, RegistrationState.WAITING, act="put_on_waitlist", by=by, reason=reason or None)
    return registration


def fill_free_seats(stop_id: int) -> list[Registration]:
    """Confirm whoever waits longest while seats are free; returns whom. Nobody any more once the stop has begun.

    The caller holds the transaction.
    """
    db.session.flush()  # the seats are counted by the database
    stop = hold(Stop, stop_id)
    if stop is None or stop.cancelled_at is not None or stop.starts_at <= now() or stop.seats_left <= 0:
        return []
    longest_waiting = db.session.scalars(
        select(Registration)
        .where(Registration.stop_id == stop_id, Registration.state == RegistrationState.WAITING)
        .order_by(Registration.waiting_since, Registration.id)
        .limit(stop.seats_left)
        .options(lazyload("*"))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    for registration in longest_waiting:
        take_step(registration, RegistrationState.CONFIRMED, act="confirm", by=SYSTEM)
    db.session.flush()
    db.session.refresh(stop, ["seats_taken"])
    return list(longest_waiting)


def held_with_stop(registration_id: int) -> tuple[Stop, Registration]:
    """A registration and its stop, both held, in the order that everybody keeps. Raises NotFound."""
    stop_id = db.session.scalar(select(Registration.stop_id).where(Registration.id == registration_id))
    stop = hold(Stop, stop_id) if stop_id is not None else None
    registration = hold(Registration, registration_id) if stop is not None else None
    if stop is None or registration is None:
        raise NotFound
    return stop, registration


def _refuse_unless(registration: Registration, allowed: tuple[RegistrationState, ...]) -> None:
    if registration.state not in allowed:
        raise WrongState


def _refuse_unless_held(stop: Stop) -> None:
    if stop.cancelled_at is not None:
        raise StopIsCancelled
    if stop.ends_at <= now():
        raise StopIsOver

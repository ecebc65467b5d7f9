"""What the office decides about a registration: confirm, decline, put on the waiting list, give priority."""

from __future__ import annotations

from audit.record import Actor, record
from campaigns.errors import StopIsCancelled
from campaigns.models import Stop
from registrations.errors import (
    AlreadyRegistered,
    HasArrived,
    ReasonMissing,
    SeatsAreFree,
    StopIsFull,
    StopIsOver,
    WrongState,
)
from registrations.lookups import arrived_at, standing_registration
from registrations.models import SEATED, STANDING, Registration, RegistrationState
from registrations.offer import fill_free_seats as fill_free_seats
from registrations.offer import held_with_stop as held_with_stop
from registrations.step import take_step
from shared.clock import now

CONFIRMABLE = (
    RegistrationState.APPLIED,
    RegistrationState.OFFERED,
    RegistrationState.WAITING,
    RegistrationState.DECLINED,
    RegistrationState.EXPIRED,
)
DECLINABLE = STANDING
CAN_WAIT = (RegistrationState.APPLIED, RegistrationState.EXPIRED)


def confirm(
    registration_id: int, *, by: Actor, reason: str | None = None, note: str | None = None
) -> Registration:
    """Give this person a seat; whoever is offered one has it already.

    Raises NotFound, WrongState, StopIsCancelled, StopIsOver, StopIsFull or AlreadyRegistered (declined once, and
    registered anew since). The caller holds the transaction.
    """
    stop, registration = held_with_stop(registration_id)
    _refuse_unless(registration, CONFIRMABLE)
    _refuse_unless_held(stop)
    _refuse_another(stop, registration)
    if registration.state is not RegistrationState.OFFERED and stop.is_full:
        raise StopIsFull
    take_step(
        registration,
        RegistrationState.CONFIRMED,
        act="confirm",
        by=by,
        reason=reason or None,
        note=note or None,
    )
    return registration


def decline(registration_id: int, *, by: Actor, reason: str, note: str | None = None) -> Registration:
    """Say no, with the reason; a seat that comes free goes to whoever is next in line.

    Raises NotFound, WrongState, StopIsOver, HasArrived or ReasonMissing. The caller holds the transaction.
    """
    stop, registration = held_with_stop(registration_id)
    before = registration.state
    _refuse_unless(registration, DECLINABLE)
    if stop.ends_at <= now():
        raise StopIsOver
    if arrived_at(registration):
        raise HasArrived
    if not reason.strip():
        raise ReasonMissing
    take_step(
        registration,
        RegistrationState.DECLINED,
        act="decline",
        by=by,
        reason=reason.strip(),
        note=note or None,
    )
    if before in SEATED:
        fill_free_seats(registration.stop_id)
    return registration


def put_on_waitlist(
    registration_id: int, *, by: Actor, reason: str | None = None, note: str | None = None
) -> Registration:
    """Put an applicant, or somebody who missed an offer, at the end of the waiting list.

    Raises NotFound, WrongState, StopIsCancelled, StopIsOver, SeatsAreFree or AlreadyRegistered. The caller holds the
    transaction.
    """
    stop, registration = held_with_stop(registration_id)
    _refuse_unless(registration, CAN_WAIT)
    _refuse_unless_held(stop)
    _refuse_another(stop, registration)
    if not stop.is_full:
        raise SeatsAreFree
    take_step(
        registration,
        RegistrationState.WAITING,
        act="put_on_waitlist",
        by=by,
        reason=reason or None,
        note=note or None,
    )
    return registration


def give_priority(registration_id: int, *, priority: int, reason: str, by: Actor) -> Registration:
    """Move somebody up (or back) on the waiting list: 0 is usual, 9 goes first; the reason stays in the record.

    Raises NotFound, WrongState or ReasonMissing. The caller holds the transaction.
    """
    _stop, registration = held_with_stop(registration_id)
    _refuse_unless(registration, (RegistrationState.APPLIED, RegistrationState.WAITING))
    if not reason.strip():
        raise ReasonMissing
    before, registration.priority = registration.priority, priority
    record(
        "give_priority",
        registration,
        by=by,
        before=before,
        after=priority,
        stop_id=registration.stop_id,
        reason=reason.strip(),
    )
    return registration


def _refuse_unless(registration: Registration, allowed: tuple[RegistrationState, ...]) -> None:
    if registration.state not in allowed:
        raise WrongState


def _refuse_another(stop: Stop, registration: Registration) -> None:
    """Nobody stands twice: who was declined or missed an offer may have registered anew since."""
    if registration.state not in STANDING and standing_registration(stop.id, registration.person_id):
        raise AlreadyRegistered


def _refuse_unless_held(stop: Stop) -> None:
    if stop.cancelled_at is not None:
        raise StopIsCancelled
    if stop.ends_at <= now():
        raise StopIsOver

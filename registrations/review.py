"""What the office decides about a registration: confirm, decline, put on the waiting list, give priority."""

from __future__ import annotations

from audit.record import Actor, record
from registrations.errors import ReasonMissing, WrongState
from registrations.judge import case_of, why_not
from registrations.models import SEATED, Act, Registration, RegistrationState
from registrations.offer import fill_free_seats as fill_free_seats
from registrations.offer import held_with_stop as held_with_stop
from registrations.quotas import room_of
from registrations.step import take_step
from shared.errors import Refusal


def confirm(
    registration_id: int,
    *,
    by: Actor,
    reason: str | None = None,
    note: str | None = None,
    over_quota: bool = False,
) -> Registration:
    """Give this person a seat; whoever is offered one has it already.

    ``over_quota`` gives it although a quota is used up, and then ``note`` has to say why. Raises NotFound, WrongState,
    StopIsCancelled, StopIsOver, StopIsFull, OverQuota, ReasonMissing or AlreadyRegistered (declined once, and
    registered anew since). The caller holds the transaction.
    """
    stop, registration = held_with_stop(registration_id)
    case, room = case_of(registration_id), room_of(stop)
    _refuse(why_not(Act.CONFIRM, case, room, over_quota=over_quota))
    if over_quota and case.state is not RegistrationState.OFFERED and room.full_quota(case) is not None:
        if not (note or "").strip():
            raise ReasonMissing
        registration.over_quota = True
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
    _refuse(why_not(Act.DECLINE, case_of(registration_id), room_of(stop)))
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
    _refuse(why_not(Act.WAIT, case_of(registration_id), room_of(stop)))
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
    if registration.state not in (RegistrationState.APPLIED, RegistrationState.WAITING):
        raise WrongState
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


def _refuse(refusal: Refusal | None) -> None:
    if refusal is not None:
        raise refusal

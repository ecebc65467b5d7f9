"""Change to another stop of the same campaign: the new seat is taken before the old one is given back."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from audit.record import Actor, record
from campaigns.models import Stop
from jobs.outbox import announce
from registrations.errors import (
    AlreadyRegistered,
    AnotherCampaign,
    HasArrived,
    NoSeatThere,
    StopHasBegun,
    WrongState,
)
from registrations.lookups import arrived_at
from registrations.models import SEATED, STANDING, Registration, RegistrationState, StateChange
from registrations.offer import fill_free_seats
from registrations.register import first_state, refuse_unless_open
from registrations.step import fact_of
from registrations.tickets import make_first_key
from shared.clock import now
from shared.db import db, hold, violated
from shared.errors import NotFound


def move_to_stop(
    registration_id: int, stop_id: int, *, by: Actor | str, without_seat: bool = False
) -> Registration:
    """Move a registration, with its code and its link, to another stop of the campaign.

    Whoever has a seat goes only where there is one, unless ``without_seat`` says that the waiting list, or a review,
    will do. Both stops are held, the smaller id first. Moving to where one is changes nothing. Raises NotFound,
    AnotherCampaign, WrongState, HasArrived, StopHasBegun, RegistrationClosed, NoSeatThere or AlreadyRegistered.
    The caller holds the transaction.
    """
    old_id = db.session.scalar(select(Registration.stop_id).where(Registration.id == registration_id))
    if old_id is None:
        raise NotFound
    stops = {one: hold(Stop, one) for one in sorted({old_id, stop_id})}
    registration = hold(Registration, registration_id)
    old, new = stops[old_id], stops[stop_id]
    if registration is None or old is None or new is None:
        raise NotFound
    if registration.stop_id == stop_id:
        return registration
    if registration.stop_id != old_id:  # moved elsewhere while we waited
        raise WrongState
    _refuse(registration, old, new)
    after = first_state(new, registration)
    if registration.state in SEATED and after is not RegistrationState.CONFIRMED and not without_seat:
        raise NoSeatThere
    _go(registration, new, after, by=by)
    fill_free_seats(old_id)
    return registration


def other_stops(registration: Registration) -> list[Stop]:
    """The other stops of the campaign that one may change to now, the earliest first."""
    stops = db.session.scalars(
        select(Stop)
        .where(Stop.campaign_id == registration.stop.campaign_id, Stop.id != registration.stop_id)
        .order_by(Stop.starts_at, Stop.id)
    )
    return [stop for stop in stops if stop.is_open]


def may_move(registration: Registration, *, has_arrived: bool | None = None) -> bool:
    """Whether the registration may be moved at all; where to is another question.

    ``has_arrived`` spares the question to the database.
    """
    if registration.state not in STANDING or registration.stop.starts_at <= now():
        return False
    return arrived_at(registration) is None if has_arrived is None else not has_arrived


def _refuse(registration: Registration, old: Stop, new: Stop) -> None:
    if old.campaign_id != new.campaign_id:
        raise AnotherCampaign
    if registration.state not in STANDING:
        raise WrongState
    if arrived_at(registration):
        raise HasArrived
    if old.starts_at <= now():
        raise StopHasBegun
    refuse_unless_open(new)


def _go(registration: Registration, new: Stop, after: RegistrationState, *, by: Actor | str) -> None:
    moment = now()
    before, old_id = registration.state, registration.stop_id
    registration.stop = new
    registration.state = after
    registration.waiting_since = moment if after is RegistrationState.WAITING else None
    registration.offer_expires_at = None
    registration.priority = 0
    registration.edits_until = None
    registration.seat_block_id = None
    registration.over_quota = False
    registration.decided_at = None if after is RegistrationState.APPLIED else moment
    try:
        with db.session.begin_nested():
            db.session.flush()
    except IntegrityError as error:
        if violated(error) == "uq_registrations_standing":
            raise AlreadyRegistered from None
        raise
    db.session.add(
        StateChange(
            registration=registration,
            before=before,
            after=after,
            at=moment,
            by_staff_id=None if isinstance(by, str) else by.id,
            from_stop_id=old_id,
        )
    )
    if after is RegistrationState.CONFIRMED:
        make_first_key()
    record(
        "move_to_stop",
        registration,
        by=by,
        before=before,
        after=after,
        from_stop_id=old_id,
        stop_id=registration.stop_id,
    )
    announce(fact_of(after, registration.id))

"""Free seats given on: offered to whoever is next in line, taken, given back, expired and offered to the next.

The order is that of ``lookups.in_line`` and no other: priority, then who waits longest, then the earlier number.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import lazyload

from audit.record import APPLICANT, SYSTEM, Actor
from campaigns.errors import StopIsCancelled
from campaigns.models import Stop
from registrations.errors import OfferHasExpired, WrongState
from registrations.judge import case_of, why_not
from registrations.lookups import in_line, seat_rules_of
from registrations.models import Act, Registration, RegistrationState
from registrations.quotas import Room, room_of
from registrations.step import take_step
from shared.clock import now
from shared.db import db, hold
from shared.errors import NotFound

USUAL_HOURS = 24
"""How long a seat is held that staff offer by hand at a stop whose rules name no hours."""

SHARE_OF_TIME_LEFT = 4
"""An offer lasts at most a quarter of the time that is left until the stop begins, so that others can still be asked."""

SHORTEST_OFFER = timedelta(hours=2)
"""When an offer could not last so long any more, the next in line is confirmed at once."""


def offer_ends_at(stop: Stop, offer_hours: int | None, at: datetime) -> datetime | None:
    """Until when an offer made ``at`` a moment holds; None when the seat is to be confirmed at once."""
    if not offer_hours:
        return None
    wanted = timedelta(hours=offer_hours)
    lasts = min(wanted, (stop.starts_at - at) / SHARE_OF_TIME_LEFT)
    return at + lasts if lasts >= min(wanted, SHORTEST_OFFER) else None


def fill_free_seats(stop_id: int, *, on_the_spot: bool = False) -> list[Registration]:
    """Give every free seat to the next in line: offered where the stop's rules give time to answer, else confirmed.

    Returns whom. Nobody any more once the stop has begun or is cancelled, unless ``on_the_spot`` says that seats are
    given on at the door; then they are confirmed at once. The caller holds the transaction.
    """
    db.session.flush()  # the seats are counted by the database
    stop = hold(Stop, stop_id)
    moment = now()
    if stop is None or stop.cancelled_at is not None or stop.seats_left <= 0:
        return []
    if (stop.ends_at if on_the_spot else stop.starts_at) <= moment:
        return []
    chosen = _next_in_line(room_of(stop))
    if not chosen:
        return []
    next_in_line = db.session.scalars(
        select(Registration)
        .where(Registration.id.in_(chosen))
        .order_by(*in_line())
        .options(lazyload("*"))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    until = None if on_the_spot else offer_ends_at(stop, seat_rules_of(stop_id).offer_hours, moment)
    for registration in next_in_line:
        if until is None:
            take_step(registration, RegistrationState.CONFIRMED, act="confirm", by=SYSTEM)
        else:
            take_step(
                registration, RegistrationState.OFFERED, act="offer_seat", by=SYSTEM, offer_expires_at=until
            )
    db.session.flush()
    db.session.refresh(stop, ["seats_taken", "seats_held"])
    return list(next_in_line)


def _next_in_line(room: Room) -> list[int]:
    """Who gets the free seats, by id: down the line, passing over those whose quota is used up."""
    waiting = (
        select(
            Registration.id,
            Registration.education,
            Registration.preferred_city_ids,
            Registration.research_field,
            Registration.university,
        )
        .where(Registration.stop_id == room.stop_id, Registration.state == RegistrationState.WAITING)
        .order_by(*in_line())
    )
    if not room.quotas:
        waiting = waiting.limit(room.seats_left)
    chosen: list[int] = []
    for row in db.session.execute(waiting):
        if room.seats_left <= 0:
            break
        if room.fits(row):
            room.take(row)
            chosen.append(row.id)
    return chosen


def offer_seat(
    registration_id: int, *, by: Actor, reason: str | None = None, note: str | None = None
) -> Registration:
    """Hold a free seat for one chosen person, in line or not; confirmed at once where there is no time to answer.

    Raises NotFound, WrongState, StopIsCancelled, StopHasBegun, StopIsFull, OverQuota or AlreadyRegistered. The caller
    holds the transaction.
    """
    stop, registration = held_with_stop(registration_id)
    refusal = why_not(Act.OFFER, case_of(registration_id), room_of(stop))
    if refusal is not None:
        raise refusal
    until = offer_ends_at(stop, seat_rules_of(stop.id).offer_hours or USUAL_HOURS, now())
    take_step(
        registration,
        RegistrationState.CONFIRMED if until is None else RegistrationState.OFFERED,
        act="offer_seat",
        by=by,
        reason=reason or None,
        note=note or None,
        offer_expires_at=until,
    )
    return registration


def accept_offer(registration_id: int, *, by: Actor | str = APPLICANT) -> Registration:
    """Take the seat that is held. Accepting twice changes nothing.

    Raises NotFound, WrongState, OfferHasExpired or StopIsCancelled. The caller holds the transaction.
    """
    stop, registration = held_with_stop(registration_id)
    if registration.state is RegistrationState.CONFIRMED:
        return registration
    _refuse_unless_offered(stop, registration)
    take_step(registration, RegistrationState.CONFIRMED, act="accept_offer", by=by)
    return registration


def decline_offer(registration_id: int, *, by: Actor | str = APPLICANT) -> Registration:
    """Give the held seat back, for the next in line; the registration is withdrawn.

    Raises NotFound, WrongState, OfferHasExpired or StopIsCancelled. The caller holds the transaction.
    """
    stop, registration = held_with_stop(registration_id)
    _refuse_unless_offered(stop, registration)
    take_step(registration, RegistrationState.WITHDRAWN, act="decline_offer", by=by)
    fill_free_seats(stop.id)
    return registration


def expire_offers(stop_id: int) -> list[Registration]:
    """End the offers of a stop whose time has run out, and move on to the next in line; returns whose ended.

    Run twice, the second time changes nothing. The caller holds the transaction.
    """
    stop = hold(Stop, stop_id)
    if stop is None:
        return []
    moment = now()
    statement = select(Registration).where(
        Registration.stop_id == stop_id, Registration.state == RegistrationState.OFFERED
    )
    if stop.starts_at > moment:  # nobody is offered a seat of what has begun, whatever the offer said
        statement = statement.where(Registration.offer_expires_at <= moment)
    ended = db.session.scalars(
        statement.order_by(Registration.id)
        .options(lazyload("*"))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    for registration in ended:
        take_step(registration, RegistrationState.EXPIRED, act="expire_offer", by=SYSTEM)
    if ended:
        fill_free_seats(stop_id)
    return list(ended)


def held_with_stop(registration_id: int) -> tuple[Stop, Registration]:
    """A registration and its stop, both held, in the order that everybody keeps. Raises NotFound."""
    stop_id = db.session.scalar(select(Registration.stop_id).where(Registration.id == registration_id))
    stop = hold(Stop, stop_id) if stop_id is not None else None
    registration = hold(Registration, registration_id) if stop is not None else None
    if stop is None or registration is None or registration.stop_id != stop.id:
        raise NotFound
    return stop, registration


def _refuse_unless_offered(stop: Stop, registration: Registration) -> None:
    if registration.state is RegistrationState.EXPIRED:
        raise OfferHasExpired
    if registration.state is not RegistrationState.OFFERED or registration.offer_expires_at is None:
        raise WrongState
    if stop.cancelled_at is not None:
        raise StopIsCancelled
    if min(registration.offer_expires_at, stop.starts_at) <= now():
        raise OfferHasExpired

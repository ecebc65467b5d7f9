"""Issue somebody's ticket anew: from then on the old one, on the phone, in a mail or on a badge, is refused at the gate."""

from __future__ import annotations

from audit.record import Actor, record
from jobs.outbox import announce
from registrations.errors import ReasonMissing, StopIsOver, TicketReissuedMeanwhile, WrongState
from registrations.facts import TicketReissued
from registrations.models import Registration, RegistrationState, TicketReissue
from shared.clock import now
from shared.db import db, hold
from shared.errors import NotFound


def reissue_ticket(registration_id: int, *, instead_of: int, reason: str, by: Actor) -> Registration:
    """Give the registration a ticket with the next serial, and have it sent.

    ``instead_of`` is the serial that whoever acts has seen: pressing twice, or two at once, is one new ticket. Raises
    NotFound, ReasonMissing, WrongState unless confirmed, StopIsOver or TicketReissuedMeanwhile. The caller holds the
    transaction.
    """
    if not (reason := " ".join(reason.split())):
        raise ReasonMissing
    registration = hold(Registration, registration_id)
    if registration is None:
        raise NotFound
    if registration.state is not RegistrationState.CONFIRMED:
        raise WrongState
    if registration.stop.ends_at <= now():
        raise StopIsOver
    if registration.ticket_serial != instead_of:
        raise TicketReissuedMeanwhile
    registration.ticket_serial += 1
    db.session.add(
        TicketReissue(
            registration_id=registration.id,
            serial=registration.ticket_serial,
            at=now(),
            by_staff_id=by.id,
            reason=reason,
        )
    )
    record(
        "reissue_ticket", registration, by=by, serial=registration.ticket_serial, stop_id=registration.stop_id
    )
    announce(TicketReissued(registration_id=registration.id, serial=registration.ticket_serial))
    return registration

"""One step of a registration from one state to the next, with its trace: whatever moves it moves it here."""

from __future__ import annotations

from datetime import datetime

from audit.record import Actor, record
from jobs.outbox import Fact, announce
from registrations.choices import take_choices
from registrations.facts import (
    OfferExpired,
    RegistrationConfirmed,
    RegistrationDeclined,
    RegistrationReceived,
    RegistrationWaiting,
    RegistrationWithdrawn,
    SeatOffered,
)
from registrations.models import SEATED, STANDING, Registration, RegistrationState, StateChange
from registrations.tickets import make_first_key
from shared.clock import now
from shared.db import db

_FACTS: dict[RegistrationState, type[Fact]] = {
    RegistrationState.APPLIED: RegistrationReceived,
    RegistrationState.CONFIRMED: RegistrationConfirmed,
    RegistrationState.OFFERED: SeatOffered,
    RegistrationState.WAITING: RegistrationWaiting,
    RegistrationState.DECLINED: RegistrationDeclined,
    RegistrationState.WITHDRAWN: RegistrationWithdrawn,
    RegistrationState.EXPIRED: OfferExpired,
}


def take_step(
    registration: Registration,
    after: RegistrationState,
    *,
    act: str,
    by: Actor | str,
    reason: str | None = None,
    note: str | None = None,
    offer_expires_at: datetime | None = None,
    quietly: bool = False,
) -> None:
    """Move ``registration`` to ``after``, or begin it there when it is new; write the history, record, announce.

    ``reason`` is told to the applicant, ``note`` is not; ``offer_expires_at`` belongs to an offer.
    ``quietly`` announces nothing, so that nobody is written to. Whether the step is allowed was asked before. The caller holds the stop and, when it is not new, the registration.
    """
    moment = now()
    before = None if registration.id is None else registration.state
    registration.state = after
    registration.waiting_since = moment if after is RegistrationState.WAITING else None
    if after not in SEATED:
        registration.over_quota = False
        registration.seat_block_id = None  # the seat goes back to the block it was of
    registration.offer_expires_at = offer_expires_at if after is RegistrationState.OFFERED else None
    registration.decided_at = None if after is RegistrationState.APPLIED else moment
    db.session.add(
        StateChange(
            registration=registration,
            before=before,
            after=after,
            at=moment,
            by_staff_id=None if isinstance(by, str) else by.id,
            reason=reason,
            note=note,
        )
    )
    if before is not None and before not in STANDING and after in STANDING and registration.answers:
        take_choices(registration, or_go_without=True)  # what was given back, as far as it is still there
    if after is RegistrationState.CONFIRMED:
        make_first_key()  # whoever has a seat has a ticket, so from the first seat on there is a key
    record(act, registration, by=by, before=before, after=after, stop_id=registration.stop_id)
    if not quietly:
        announce(fact_of(after, registration.id))


def fact_of(after: RegistrationState, registration_id: int) -> Fact:
    """What is announced when a registration has come to ``after``."""
    return _FACTS[after](registration_id=registration_id)  # type: ignore[call-arg]

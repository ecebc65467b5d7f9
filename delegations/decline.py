"""Decline a delegation as a whole: whoever of it has registered is declined, kept seats come free, nobody else gets in."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.models import Staff
from audit.record import record
from delegations.errors import DelegationIsDeclined
from delegations.facts import DelegationDeclined
from delegations.gather import held_with_stop, registered_of
from jobs.outbox import announce
from registrations.errors import ReasonMissing
from registrations.keep_seats import release_seats
from registrations.models import SEATED, STANDING
from registrations.review import decline
from shared.clock import now
from shared.db import db
from shared.errors import Refusal


@dataclass(frozen=True)
class Declined:
    """What came of it: how many registrations were declined, and who stays because he has arrived already."""

    number: int
    stay: list[str]


def decline_delegation(delegation_id: int, *, by: Staff, reason: str) -> Declined:
    """Say no to all of it, with the reason; contact and members are told, each once.

    Raises NotFound, DelegationIsDeclined or ReasonMissing. The caller holds the transaction.
    """
    stop, delegation = held_with_stop(delegation_id)
    if delegation.declined_at is not None:
        raise DelegationIsDeclined
    if not reason.strip():
        raise ReasonMissing
    number, stay = 0, []
    # Who waits goes first, so that no seat that comes free is offered to somebody of the same delegation.
    for registration in sorted(registered_of(delegation), key=lambda one: one.state in SEATED):
        if registration.state not in STANDING:
            continue
        try:
            with db.session.begin_nested():
                decline(registration.id, by=by, reason=reason)
        except Refusal:
            stay.append(registration.person.full_name)
        else:
            number += 1
    delegation.approved_at = delegation.approved_by_id = None
    delegation.declined_at, delegation.declined_by_id = now(), by.id
    delegation.decline_reason = reason.strip()
    if delegation.seat_block_id is not None:
        release_seats(stop, delegation.seat_block_id)
    record("decline_delegation", delegation, by=by, stop_id=stop.id, number=number, stay=len(stay))
    announce(DelegationDeclined(delegation_id=delegation.id))
    return Declined(number, stay)

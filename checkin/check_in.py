"""The gate: a person with a ticket is let in, once."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm.attributes import set_committed_value

from accounts.models import Staff
from accounts.permissions import Permission
from audit.record import record
from campaigns.lookups import stop_for
from campaigns.models import Stop
from checkin.errors import (
    AlreadyCheckedIn,
    NotConfirmed,
    NotForThisStop,
    NotYoursToUndo,
    ScanUsedBefore,
    ScanWasUndone,
    StopCancelled,
    UndoTooLate,
    UnknownCode,
)
from checkin.facts import ArrivalVoided, PersonArrived
from checkin.lookups import earlier_check_in
from checkin.models import CheckIn
from jobs.outbox import announce
from registrations.lookups import registration_for_code
from registrations.models import Registration, RegistrationState
from shared.clock import now
from shared.db import db, hold
from shared.errors import NotFound

UNDO_WITHIN = timedelta(minutes=15)


def check_in(code: str, *, stop: Stop, gate: str, by: Staff, scan_id: UUID | None = None) -> CheckIn:
    """Record that the holder of ``code`` (a ticket's QR code, or the short code) has arrived at ``stop``.

    A scan sent again because its answer was lost carries the same ``scan_id`` and is given the same arrival.
    Raises UnknownCode, StopCancelled, NotForThisStop, NotConfirmed, AlreadyCheckedIn, ScanUsedBefore or
    ScanWasUndone. The caller holds the transaction.
    """
    registration = registration_for_code(code, hold=True)
    if registration is None:
        raise UnknownCode
    if stop.cancelled_at is not None:
        raise StopCancelled
    if registration.stop_id != stop.id:
        raise NotForThisStop(registration)
    if registration.state is not RegistrationState.CONFIRMED:
        raise NotConfirmed(registration)
    if earlier := earlier_check_in(registration.id, scan_id):
        return _same_scan(earlier, registration.id, scan_id)

    # Whoever holds the registration is alone here; the unique indexes stand beneath for whoever does not.
    arrival: CheckIn | None = db.session.scalar(
        insert(CheckIn)
        .values(
            registration_id=registration.id,
            stop_id=stop.id,
            scan_id=scan_id,
            gate=gate,
            scanned_by_id=by.id,
            arrived_at=now(),
        )
        .on_conflict_do_nothing()
        .returning(CheckIn)
    )
    if arrival is None:
        earlier = earlier_check_in(registration.id, scan_id)
        if earlier is None:  # what stood in the way was undone between the two statements
            raise ScanWasUndone
        return _same_scan(earlier, registration.id, scan_id)
    set_committed_value(arrival, "registration", registration)  # it is at hand; the answer names the person
    record("check_in", arrival, by=by, registration_id=registration.id, stop_id=stop.id, gate=gate)
    announce(PersonArrived(registration_id=registration.id))
    return arrival


def _same_scan(earlier: CheckIn, registration_id: int, scan_id: UUID | None) -> CheckIn:
    """``earlier`` when it came of this very scan; else the refusal."""
    if scan_id is None or earlier.scan_id != scan_id:
        raise AlreadyCheckedIn(earlier)
    if earlier.registration_id != registration_id:
        raise ScanUsedBefore
    if earlier.voided_at is not None:
        raise ScanWasUndone
    return earlier


def void_check_in(check_in_id: int, *, by: Staff, reason: str | None = None) -> CheckIn:
    """Take a mistaken arrival back; the person may then be checked in again. Once more is as good as once.

    Within 15 minutes whoever recorded it may, at any time somebody who plans this stop.
    Raises NotFound, NotYoursToUndo or UndoTooLate. The caller holds the transaction.
    """
    arrival = db.session.get(CheckIn, check_in_id)
    if arrival is None:
        raise NotFound
    hold(Registration, arrival.registration_id)
    arrival = hold(CheckIn, check_in_id)
    if arrival is None:
        raise NotFound
    if not _plans(by, arrival.stop_id):
        if arrival.scanned_by_id != by.id:
            raise NotYoursToUndo
        if now() - arrival.arrived_at > UNDO_WITHIN:
            raise UndoTooLate
    if arrival.voided_at is not None:
        return arrival
    arrival.voided_at = now()
    arrival.voided_by_id = by.id
    arrival.void_reason = reason or None
    record("void_check_in", arrival, by=by, registration_id=arrival.registration_id, stop_id=arrival.stop_id)
    announce(ArrivalVoided(registration_id=arrival.registration_id))
    return arrival


def may_undo(arrival: CheckIn, *, by: Staff, plans: bool) -> bool:
    """Whether ``by`` is offered the undo of ``arrival``; ``plans`` says whether he plans its stop."""
    own_and_fresh = arrival.scanned_by_id == by.id and now() - arrival.arrived_at <= UNDO_WITHIN
    return arrival.voided_at is None and (plans or own_and_fresh)


def _plans(staff: Staff, stop_id: int) -> bool:
    try:
        stop_for(staff, stop_id, Permission.PLAN_CAMPAIGNS)
    except NotFound:
        return False
    return True

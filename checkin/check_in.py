"""The gate: a person with a ticket is let in, once; and what was a mistake is taken back."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from accounts.models import Staff
from accounts.permissions import Permission
from audit.record import record
from campaigns.lookups import stop_for
from campaigns.models import Stop
from checkin.errors import NotYoursToUndo, UndoTooLate
from checkin.lookups import arrival_point
from checkin.models import CheckIn, Checkpoint, ScanUndo
from checkin.present import present
from checkin.settle import settle
from registrations.models import Registration
from shared.clock import now
from shared.db import db, hold
from shared.errors import NotFound

UNDO_WITHIN = timedelta(minutes=15)


def check_in(code: str, *, stop: Stop, gate: str, by: Staff, scan_id: UUID | None = None) -> CheckIn:
    """Record that the holder of ``code`` (a ticket's QR code, or the short code) has arrived at ``stop``.

    A scan sent again because its answer was lost carries the same ``scan_id`` and is given the same arrival.
    Raises what ``present()`` refuses with; the refused scan is kept only if the caller commits all the same.
    The caller holds the transaction.
    """
    presented = present(code, checkpoint=arrival_point(stop.id), gate=gate, by=by, scan_id=scan_id)
    if presented.refusal is not None:
        raise presented.refusal
    return db.session.get_one(CheckIn, presented.check_in_id)


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
    checkpoint = db.session.get_one(Checkpoint, arrival.checkpoint_id)
    settle(checkpoint, arrival.registration_id)  # an entry older than the scans has one afterwards
    db.session.execute(
        insert(ScanUndo)
        .values(scan_id=arrival.scan_id, at=now(), staff_id=by.id, reason=reason or None)
        .on_conflict_do_nothing()
    )
    settle(checkpoint, arrival.registration_id)
    record("void_check_in", arrival, by=by, registration_id=arrival.registration_id, stop_id=arrival.stop_id)
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

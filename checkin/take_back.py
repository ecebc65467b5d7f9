"""A device takes a scan back that was a mistake."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from audit.record import record
from checkin.check_in import UNDO_WITHIN
from checkin.errors import NotYoursToUndo, UndoTooLate
from checkin.models import Checkpoint, Device, DeviceRole, Scan, ScanUndo
from checkin.settle import settle
from registrations.models import Registration
from shared.clock import now
from shared.db import db, hold
from shared.errors import NotFound


def take_back(scan_id: UUID, *, device: Device) -> None:
    """Undo one scan; once more is as good as once.

    Its own ones within 15 minutes; whoever supervises, any of its checkpoints' at any time. Raises NotFound,
    NotYoursToUndo or UndoTooLate. The caller holds the transaction.
    """
    scan = db.session.scalar(
        select(Scan).where(
            Scan.id == scan_id, Scan.stop_id == device.stop_id, Scan.checkpoint_id.in_(device.checkpoint_ids)
        )
    )
    if scan is None:
        raise NotFound
    if device.role is not DeviceRole.SUPERVISE:
        if scan.device_id != device.id:
            raise NotYoursToUndo
        if now() - scan.at > UNDO_WITHIN:
            raise UndoTooLate
    if scan.registration_id is not None:
        hold(Registration, scan.registration_id)
    undone = db.session.scalar(
        insert(ScanUndo)
        .values(scan_id=scan.id, at=now(), device_id=device.id, staff_id=device.vouched_by_id)
        .on_conflict_do_nothing()
        .returning(ScanUndo.scan_id)
    )
    if undone is None:
        return
    if scan.registration_id is not None:
        settle(db.session.get_one(Checkpoint, scan.checkpoint_id), scan.registration_id)
    record(
        "take_back_scan",
        device,
        by=device.vouched_by,
        registration_id=scan.registration_id,
        checkpoint_id=scan.checkpoint_id,
    )

"""Somebody presents a ticket at a checkpoint and the server is asked: let in or not, and why. Every scan is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID, uuid4

from sqlalchemy import Table, exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from accounts.models import Staff
from audit.record import record
from checkin.errors import (
    AlreadyCheckedIn,
    NoRoomWithin,
    ScanUsedBefore,
    ScanWasUndone,
    UnknownCode,
    WasNotWithin,
)
from checkin.first_scan import details_of, write_first_scan
from checkin.fold import day_counted, fold
from checkin.groups import Companion
from checkin.holders import holder_of
from checkin.models import CheckIn, Checkpoint, Device, Direction, Often, Scan, ScanUndo, Verdict
from checkin.rules import Holder, objection
from checkin.settle import Known, known_of, settle
from shared.clock import now
from shared.db import db, violated
from shared.errors import Refusal


@dataclass(frozen=True, slots=True)
class Presented:
    """What the scan came to. ``refusal`` is None when somebody was let in (or out); ``check_in_id`` is the entry."""

    scan_id: UUID
    at: datetime
    holder: Holder | None
    refusal: Refusal | None
    check_in_id: int | None = None

    @property
    def let_in(self) -> bool:
        """Whether green is shown."""
        return self.refusal is None


def present(
    code: str | int | Companion,
    *,
    checkpoint: Checkpoint,
    gate: str,
    by: Staff,
    device: Device | None = None,
    direction: Direction = Direction.IN,
    scan_id: UUID | None = None,
) -> Presented:
    """Decide a scan and keep it. A scan sent again because its answer was lost is answered as the first time.

    ``code`` is what a scanner read or somebody typed, or the number of a registration of this stop that a supervisor
    has found by name, or a companion of whose ticket was scanned; ``direction`` counts only where people go in and out.
    Raises ScanUsedBefore or ScanWasUndone for a scan id that cannot be answered. The caller holds the transaction
    and commits it also when somebody is refused: the refusal is kept too.
    """
    scan_id = scan_id or uuid4()
    moment = now()
    scan: dict[str, Any] = {
        "id": scan_id,
        "stop_id": checkpoint.stop_id,
        "checkpoint_id": checkpoint.id,
        "device_id": device.id if device else None,
        "staff_id": by.id,
        "gate": gate,
        "direction": direction if checkpoint.often is Often.IN_AND_OUT else Direction.IN,
        "at": moment,
        "device_at": moment,
        "received_at": moment,
        "asked": True,
    }
    holder = holder_of(code, checkpoint, scan_id=scan_id)
    if holder is None:
        return _refuse(scan, None, UnknownCode(), ticket_hash=hashed(code))

    earlier = known_of(checkpoint.id, holder.registration_id)
    again = next((old for old in earlier if old.scan.id == scan_id), None)
    if again is not None and again.undo is not None:
        raise ScanWasUndone
    if again is not None and again.scan.let_in:
        return Presented(again.scan.id, again.scan.at, holder, None, _entry_id(again.scan))
    refusal = objection(checkpoint, holder, moment) or stands_in_the_way(
        checkpoint, holder, earlier, scan["direction"], moment
    )
    if refusal is None and again is not None:
        if again.scan.reason != NoRoomWithin.code:
            raise ScanUsedBefore  # refused when it was made; a new scan may pass
        refusal = NoRoomWithin(holder.full_name, holder.unit, checkpoint.capacity or 0)
    if refusal is not None:
        return _refuse(scan, holder, refusal)
    return _let_in(scan, holder, checkpoint, by, fresh=not earlier)


def stands_in_the_way(
    checkpoint: Checkpoint, holder: Holder, earlier: Sequence[Known], direction: Direction, at: datetime
) -> Refusal | None:
    """What the ``earlier`` scans of this ticket refuse: passing a second time, or going out without having come in."""
    folded = fold(checkpoint.often, [known.seen for known in earlier])
    if checkpoint.often is not Often.IN_AND_OUT:
        first = folded.entries.get(day_counted(checkpoint.often, at))
    elif direction is Direction.OUT:
        return None if folded.within else WasNotWithin(holder.full_name, holder.unit)
    else:
        first = folded.by
    return (
        _already(holder, next(known.scan for known in earlier if known.scan.id == first)) if first else None
    )


def hashed(code: str | int | Companion) -> bytes:
    """What is kept of a code that belongs to nobody."""
    spelt = code.code if isinstance(code, Companion) else str(code)
    return hashlib.sha256(spelt.encode("utf-8", "surrogatepass")).digest()


# Into the table itself: the ORM would look whether there is more than one row, and take twice as long.
_REFUSED = insert(cast("Table", Scan.__table__)).on_conflict_do_nothing()


def _already(holder: Holder, first: Scan) -> AlreadyCheckedIn:
    return AlreadyCheckedIn(holder.full_name, holder.unit, first.at, first.gate)


def _entry_id(scan: Scan) -> int | None:
    return db.session.scalar(
        select(CheckIn.id)
        .where(
            CheckIn.registration_id == scan.registration_id,
            CheckIn.checkpoint_id == scan.checkpoint_id,
            CheckIn.voided_at.is_(None),
        )
        .order_by(CheckIn.id.desc())
        .limit(1)
    )


def _refuse(
    scan: dict[str, Any], holder: Holder | None, refusal: Refusal, *, ticket_hash: bytes | None = None
) -> Presented:
    db.session.execute(
        _REFUSED,
        {
            **scan,
            "registration_id": holder.registration_id if holder else None,
            "let_in": False,
            "reason": refusal.code,
            "verdict": Verdict.REFUSED,
            "ticket_hash": ticket_hash,
        },
    )
    return Presented(scan["id"], scan["at"], holder, refusal)


def _let_in(
    scan: dict[str, Any], holder: Holder, checkpoint: Checkpoint, by: Staff, *, fresh: bool
) -> Presented:
    shown = {**scan, "registration_id": holder.registration_id, "let_in": True, "verdict": Verdict.FIRST}
    try:
        with db.session.begin_nested() if checkpoint.capacity is not None else nullcontext():
            entry: int | Scan | None = write_first_scan(shown, checkpoint, by) if fresh else None
            if entry is None:
                entry = _write_and_settle(shown, checkpoint, by, fresh=fresh)
    except IntegrityError as error:
        if violated(error) != "ck_headcounts_never_over_asked":
            raise
        return _refuse(scan, holder, NoRoomWithin(holder.full_name, holder.unit, checkpoint.capacity or 0))
    if isinstance(entry, Scan):
        return _refuse(scan, holder, _already(holder, entry))
    return Presented(scan["id"], scan["at"], holder, None, entry)


def _write_and_settle(
    scan: dict[str, Any], checkpoint: Checkpoint, by: Staff, *, fresh: bool
) -> int | Scan | None:
    """The long way: something is known of this ticket at this checkpoint already. A Scan is the one that was first."""
    if fresh:  # an entry without a scan stood there, or the scan was taken back before it came
        first = settle(checkpoint, scan["registration_id"]).entries.get(
            day_counted(checkpoint.often, scan["at"])
        )
        if first is None:
            was_undone = exists().where(ScanUndo.scan_id == scan["id"])
            raise ScanWasUndone if db.session.scalar(select(was_undone)) else ScanUsedBefore
        return db.session.get_one(Scan, first)
    kept = db.session.scalar(insert(Scan).values(**scan).on_conflict_do_nothing().returning(Scan.id))
    if kept is None:
        raise ScanUsedBefore
    settle(checkpoint, scan["registration_id"], asked=kept)
    entry_id = _entry_id(db.session.get_one(Scan, kept))
    record("check_in", CheckIn.__name__, by=by, **details_of(scan))
    return entry_id

"""Bring what is kept of one ticket at one checkpoint in line with its scans: verdicts, the entry, whether it is within."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import lazyload

from checkin.facts import ArrivalVoided, PersonArrived
from checkin.fold import Folded, Seen, fold
from checkin.models import CheckIn, Checkpoint, CheckpointKind, Direction, Often, Scan, ScanUndo, Verdict
from jobs.outbox import announce
from shared.db import db


def settle(checkpoint: Checkpoint, registration_id: int, *, asked: UUID | None = None) -> Folded:
    """Fold all scans that are known and let the rows follow; announces an arrival that came to be or vanished.

    ``asked``: the scan the server is asked about at this moment. Whoever comes in by it needs room; whoever is within
    by anything else is within, also where the room is full. The caller holds the registration and the transaction.
    """
    rows = db.session.scalars(
        select(CheckIn)
        .where(
            CheckIn.registration_id == registration_id,
            CheckIn.checkpoint_id == checkpoint.id,
            CheckIn.voided_at.is_(None),
        )
        .options(lazyload("*"))
        .execution_options(populate_existing=True)
    ).all()
    scans = {scan.id: scan for scan in scans_of(checkpoint.id, registration_id)}
    _scans_of_rows_older_than_scans(rows, scans)
    undone = undos_of(scans)
    folded = fold(
        checkpoint.often,
        [Seen(scan.id, scan.at, scan.let_in, scan.direction, scan.id in undone) for scan in scans.values()],
    )
    for scan in scans.values():
        ruling = folded.rulings[scan.id]
        if (scan.verdict, scan.against_id) != (ruling.verdict, ruling.against):
            scan.verdict, scan.against_id = ruling.verdict, ruling.against
    _let_rows_follow(
        checkpoint, registration_id, {row.day: row for row in rows}, folded, scans, undone, asked
    )
    db.session.flush()
    return folded


def scans_of(checkpoint_id: int, registration_id: int) -> Sequence[Scan]:
    """All scans of one ticket at one checkpoint, as they are now, in no order."""
    return db.session.scalars(
        select(Scan)
        .where(Scan.registration_id == registration_id, Scan.checkpoint_id == checkpoint_id)
        .execution_options(populate_existing=True)
    ).all()


def undos_of(scan_ids: Iterable[UUID]) -> dict[UUID, ScanUndo]:
    """Which of these scans were taken back, and how."""
    ids = list(scan_ids)
    return {
        undo.scan_id: undo for undo in db.session.scalars(select(ScanUndo).where(ScanUndo.scan_id.in_(ids)))
    }


def _scans_of_rows_older_than_scans(rows: Sequence[CheckIn], scans: dict[UUID, Scan]) -> None:
    """An entry written by the release before, or by hand, is a scan like any other from now on."""
    for row in rows:
        if row.scan_id in scans:
            continue
        row.scan_id = row.scan_id or UUID(int=row.id)
        scan = Scan(
            id=row.scan_id,
            stop_id=row.stop_id,
            checkpoint_id=row.checkpoint_id,
            registration_id=row.registration_id,
            staff_id=row.scanned_by_id,
            gate=row.gate,
            direction=Direction.IN,
            at=row.arrived_at,
            device_at=row.arrived_at,
            received_at=row.arrived_at,
            asked=True,
            let_in=True,
            verdict=Verdict.FIRST,
        )
        db.session.add(scan)
        scans[scan.id] = scan


def _let_rows_follow(
    checkpoint: Checkpoint,
    registration_id: int,
    standing: dict[date | None, CheckIn],
    folded: Folded,
    scans: dict[UUID, Scan],
    undone: dict[UUID, ScanUndo],
    asked: UUID | None,
) -> None:
    is_arrival = checkpoint.kind is CheckpointKind.ARRIVAL
    for day in standing.keys() - folded.entries.keys():
        gone = standing.pop(day)
        undo = undone[_number(gone)]  # nothing else takes an entry away
        gone.voided_at, gone.voided_by_id, gone.void_reason = undo.at, undo.staff_id, undo.reason
        if is_arrival:
            announce(ArrivalVoided(registration_id=registration_id))
    db.session.flush()  # the place is free before somebody else takes it
    for day, number in folded.entries.items():
        scan, row = scans[number], standing.get(day)
        within = True
        came_in_by: UUID | None = number
        if checkpoint.often is Often.IN_AND_OUT:
            within, came_in_by = folded.within, folded.by
        if row is None:
            row = CheckIn(
                registration_id=registration_id,
                stop_id=checkpoint.stop_id,
                checkpoint_id=checkpoint.id,
                is_arrival=is_arrival,
                day=day,
                asked=asked is not None and came_in_by == asked,
                scanned_by_id=scan.staff_id,
                within=within,
            )
            db.session.add(row)
            if is_arrival:
                announce(PersonArrived(registration_id=registration_id))
        elif row.scan_id != number or within > row.within:
            row.asked = (
                asked is not None and came_in_by == asked
            )  # else nobody asked when the room was counted
        if row.scan_id != number:
            row.scan_id, row.gate, row.arrived_at = number, scan.gate, scan.at
            row.scanned_by_id = scan.staff_id
        if row.within != within:
            row.within = within


def _number(row: CheckIn) -> UUID:
    if row.scan_id is None:
        raise LookupError("an entry that rests on no scan")
    return row.scan_id

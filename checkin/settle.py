"""Bring what is kept of one ticket at one checkpoint in line with its scans: verdicts, the entry, whether it is within."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlalchemy import Integer, any_, bindparam, select
from sqlalchemy.orm import lazyload

from checkin.facts import ArrivalVoided, PersonArrived
from checkin.fold import Folded, Seen, fold
from checkin.models import (
    CheckIn,
    Checkpoint,
    CheckpointKind,
    Direction,
    Headcount,
    Often,
    Scan,
    ScanUndo,
    Verdict,
)
from jobs.outbox import announce
from shared.db import array_of, db


@dataclass(frozen=True, slots=True)
class Known:
    """A scan that is here and, if it was taken back, how."""

    scan: Scan
    undo: ScanUndo | None

    @property
    def seen(self) -> Seen:
        """The scan as the fold looks at it."""
        scan = self.scan
        return Seen(scan.id, scan.at, scan.let_in, scan.direction, self.undo is not None)


@dataclass(slots=True)
class _Ticket:
    """One ticket at one checkpoint: the entries that stand by day, and its scans by number."""

    checkpoint: Checkpoint
    registration_id: int
    standing: dict[date | None, CheckIn] = field(default_factory=dict)
    known: dict[UUID, Known] = field(default_factory=dict)

    @property
    def is_arrival(self) -> bool:
        """Whether its entry is an arrival."""
        return self.checkpoint.kind is CheckpointKind.ARRIVAL


def settle(checkpoint: Checkpoint, registration_id: int, *, asked: UUID | None = None) -> Folded:
    """Fold all scans of one ticket at one checkpoint; see ``settle_all``."""
    return settle_all([(checkpoint, registration_id)], asked=asked)[checkpoint.id, registration_id]


def settle_all(
    touched: Collection[tuple[Checkpoint, int]], *, asked: UUID | None = None
) -> dict[tuple[int, int], Folded]:
    """Fold all scans that are known and let the rows follow; announces arrivals that came to be or vanished.

    ``touched`` are checkpoints with registrations; the answer is by the numbers of both. As many questions for five
    hundred tickets as for one. ``asked``: the scan the server is asked about at this moment. Whoever comes in by it needs
    room; whoever is within by anything else is within, also where the room is full. The caller holds the registrations and the transaction.
    """
    tickets = {(point.id, number): _Ticket(point, number) for point, number in touched}
    _read(tickets)
    folded = {key: fold(ticket.checkpoint.often, _seen(ticket)) for key, ticket in tickets.items()}
    _hold_rooms(tickets)
    pairs = [(tickets[key], folded[key]) for key in sorted(tickets)]
    for ticket, result in pairs:
        for known in ticket.known.values():
            scan, ruling = known.scan, result.rulings[known.scan.id]
            if (scan.verdict, scan.against_id) != (ruling.verdict, ruling.against):
                scan.verdict, scan.against_id = ruling.verdict, ruling.against
        _void_what_is_gone(ticket, result)
    db.session.flush()  # the place is free before somebody else takes it
    for ticket, result in pairs:
        _let_rows_follow(ticket, result, asked)
    db.session.flush()
    return folded


def _hold_rooms(tickets: dict[tuple[int, int], _Ticket]) -> None:
    """Who counts the people within several rooms takes the rooms in one order, whatever is written first."""
    rooms = {ticket.checkpoint.id for ticket in tickets.values() if ticket.checkpoint.capacity is not None}
    if len(rooms) > 1:
        db.session.execute(
            select(Headcount.checkpoint_id)
            .where(Headcount.checkpoint_id.in_(rooms))
            .order_by(Headcount.checkpoint_id, Headcount.day)
            .with_for_update()
        )


def known_of(checkpoint_id: int, registration_id: int) -> list[Known]:
    """All scans of one ticket at one checkpoint, as they are now, in no order."""
    rows = db.session.execute(
        _KNOWN_OF_ONE, {"checkpoint_id": checkpoint_id, "registration_id": registration_id}
    )
    return [Known(scan, undo) for scan, undo in rows]


_KNOWN = (
    select(Scan, ScanUndo)
    .outerjoin(ScanUndo, ScanUndo.scan_id == Scan.id)
    .execution_options(populate_existing=True)
)
_KNOWN_OF_ONE = _KNOWN.where(
    Scan.registration_id == bindparam("registration_id", type_=Integer),
    Scan.checkpoint_id == bindparam("checkpoint_id", type_=Integer),
)


def _read(tickets: dict[tuple[int, int], _Ticket]) -> None:
    """Ask for the entries and the scans of all of them."""
    point_ids = {point_id for point_id, _ in tickets}
    numbers = sorted({number for _, number in tickets})
    rows = db.session.scalars(
        select(CheckIn)
        .where(
            CheckIn.registration_id == any_(array_of(numbers)),
            CheckIn.checkpoint_id.in_(point_ids),
            CheckIn.voided_at.is_(None),
        )
        .options(lazyload("*"))
        .execution_options(populate_existing=True)
    )
    for row in rows:
        if (ticket := tickets.get((row.checkpoint_id, row.registration_id))) is not None:
            ticket.standing[row.day] = row
    found = db.session.execute(
        _KNOWN.where(Scan.registration_id == any_(array_of(numbers)), Scan.checkpoint_id.in_(point_ids))
    )
    for scan, undo in found:
        if (ticket := tickets.get((scan.checkpoint_id, scan.registration_id or 0))) is not None:
            ticket.known[scan.id] = Known(scan, undo)
    for ticket in tickets.values():
        _scans_of_rows_older_than_scans(ticket)


def _seen(ticket: _Ticket) -> list[Seen]:
    return [known.seen for known in ticket.known.values()]


def _scans_of_rows_older_than_scans(ticket: _Ticket) -> None:
    """An entry written by the release before, or by hand, is a scan like any other from now on."""
    for row in ticket.standing.values():
        if row.scan_id in ticket.known:
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
        ticket.known[scan.id] = Known(scan, db.session.get(ScanUndo, scan.id))


def _void_what_is_gone(ticket: _Ticket, folded: Folded) -> None:
    for day in ticket.standing.keys() - folded.entries.keys():
        gone = ticket.standing.pop(day)
        undo = ticket.known[_number(gone)].undo
        if undo is None:
            raise LookupError("an entry vanished whose scan was not taken back")
        gone.voided_at, gone.voided_by_id, gone.void_reason = undo.at, undo.staff_id, undo.reason
        if ticket.is_arrival:
            announce(ArrivalVoided(registration_id=ticket.registration_id))


def _let_rows_follow(ticket: _Ticket, folded: Folded, asked: UUID | None) -> None:
    for day, number in folded.entries.items():
        scan, row = ticket.known[number].scan, ticket.standing.get(day)
        within = True
        came_in_by: UUID | None = number
        if ticket.checkpoint.often is Often.IN_AND_OUT:
            within, came_in_by = folded.within, folded.by
        if row is None:
            row = CheckIn(
                registration_id=ticket.registration_id,
                stop_id=ticket.checkpoint.stop_id,
                checkpoint_id=ticket.checkpoint.id,
                is_arrival=ticket.is_arrival,
                day=day,
                asked=asked is not None and came_in_by == asked,
                scanned_by_id=scan.staff_id,
                within=within,
            )
            db.session.add(row)
            if ticket.is_arrival:
                announce(PersonArrived(registration_id=ticket.registration_id))
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

"""Somebody presents a ticket at a checkpoint and the server is asked: let in or not, and why. Every scan is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Container, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from flask import g, has_request_context
from sqlalchemy import CTE, ColumnElement, and_, exists, false, func, literal, select
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.exc import IntegrityError

from accounts.models import Staff
from audit.models import AuditEntry
from audit.record import record
from checkin.errors import (
    AlreadyCheckedIn,
    NoRoomWithin,
    ScanUsedBefore,
    ScanWasUndone,
    UnknownCode,
    WasNotWithin,
)
from checkin.facts import PersonArrived
from checkin.fold import Seen, day_counted, fold
from checkin.models import CheckIn, Checkpoint, CheckpointKind, Device, Direction, Often, Scan, Verdict
from checkin.rules import Holder, Shown, objection
from checkin.settle import scans_of, settle, undos_of
from checkin.shown_fields import facts_column
from jobs.models import OutboxJob
from jobs.outbox import promises_of
from people.models import Person
from registrations.models import ProgrammeChoice, Registration, TicketKey
from registrations.ticket_code import SHORTEST_CODE, TicketBody
from registrations.tickets import ticket_on
from shared.clock import now
from shared.codes import LENGTH, as_typed
from shared.db import Model, db, violated
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
    code: str | int,
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
    has found by name; ``direction`` counts only where people go in and out.
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
    holder = holder_of(code, checkpoint)
    if holder is None:
        return _refuse(scan, None, UnknownCode(), ticket_hash=hashed(code))

    earlier = scans_of(checkpoint.id, holder.registration_id)
    undone = undos_of(scan.id for scan in earlier) if earlier else {}
    again = next((old for old in earlier if old.id == scan_id), None)
    if again is not None and again.id in undone:
        raise ScanWasUndone
    if again is not None and again.let_in:
        return Presented(again.id, again.at, holder, None, _entry_id(again))
    refusal = objection(checkpoint, holder, moment) or stands_in_the_way(
        checkpoint, holder, earlier, undone, scan["direction"], moment
    )
    if refusal is None and again is not None:
        if again.reason != NoRoomWithin.code:
            raise ScanUsedBefore  # refused when it was made; a new scan may pass
        refusal = NoRoomWithin(holder.full_name, holder.unit, checkpoint.capacity or 0)
    if refusal is not None:
        return _refuse(scan, holder, refusal)
    return _let_in(scan, holder, checkpoint, by, fresh=not earlier)


def stands_in_the_way(
    checkpoint: Checkpoint,
    holder: Holder,
    earlier: Sequence[Scan],
    undone: Container[UUID],
    direction: Direction,
    at: datetime,
) -> Refusal | None:
    """What the ``earlier`` scans of this ticket refuse: passing a second time, or going out without having come in."""
    folded = fold(
        checkpoint.often, [Seen(s.id, s.at, s.let_in, s.direction, s.id in undone) for s in earlier]
    )
    if checkpoint.often is not Often.IN_AND_OUT:
        first = folded.entries.get(day_counted(checkpoint.often, at))
    elif direction is Direction.OUT:
        return None if folded.within else WasNotWithin(holder.full_name, holder.unit)
    else:
        first = folded.by
    return _already(holder, next(scan for scan in earlier if scan.id == first)) if first else None


def hashed(code: str | int) -> bytes:
    """What is kept of a code that belongs to nobody."""
    return hashlib.sha256(str(code).encode("utf-8", "surrogatepass")).digest()


def holder_of(code: str | int, checkpoint: Checkpoint, *, hold: bool = True) -> Holder | None:
    """Whose ticket ``code`` is; None when it is nobody's. ``hold`` locks the registration until the transaction ends."""
    which: ColumnElement[bool]
    ticket: TicketBody | None = None
    if isinstance(code, int):  # of this stop: numbers can be guessed, codes cannot
        which = and_(Registration.id == code, Registration.stop_id == checkpoint.stop_id)
    elif len(code.strip("\r\n\t")) >= SHORTEST_CODE:
        try:
            ticket = ticket_on(code)
        except UnknownCode:
            return None
        which = Registration.id == ticket.registration_id
    else:
        typed = as_typed(code)
        if len(typed) != LENGTH:
            return None
        which = Registration.code == typed
    statement = (
        (_HELD_HOLDER if hold else _HOLDER)
        .add_columns(*_of_the_checkpoint(checkpoint), facts_column(checkpoint.shown_fields))
        .where(which)
    )
    if ticket is None:
        row = db.session.execute(statement).one_or_none()
        return None if row is None else Holder(*row)
    row = db.session.execute(statement.add_columns(*_of_the_key(ticket.key_id))).one_or_none()
    if row is None:
        return None
    *holder, ends_at, withdrawn_at = row
    return replace(Holder(*holder), ticket=shown(ticket, ends_at, withdrawn_at))


def shown(ticket: TicketBody, key_ends_at: datetime | None, key_withdrawn_at: datetime | None) -> Shown:
    """What the rule looks at of a ticket."""
    return Shown(ticket.serial, ticket.good_through, ticket.issued_at, key_ends_at, key_withdrawn_at)


def _of_the_key(key_id: int) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """Until when the key that signed a ticket holds: asked with each scan, for it may have been withdrawn just now."""
    return (
        select(TicketKey.ends_at).where(TicketKey.id == key_id).scalar_subquery(),
        select(TicketKey.withdrawn_at).where(TicketKey.id == key_id).scalar_subquery(),
    )


def _of_the_checkpoint(checkpoint: Checkpoint) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Whether the holder has chosen what is entered here and has arrived, asked only where the rule looks at it."""
    chose: ColumnElement[bool] = false()
    if checkpoint.programme_item_id is not None:
        chose = (
            exists()
            .where(
                ProgrammeChoice.registration_id == Registration.id,
                ProgrammeChoice.item_id == checkpoint.programme_item_id,
                ProgrammeChoice.cancelled_at.is_(None),
            )
            .correlate(Registration)
        )
    has_arrived: ColumnElement[bool] = false()
    if checkpoint.after_arrival:
        has_arrived = (
            exists()
            .where(
                CheckIn.registration_id == Registration.id, CheckIn.is_arrival, CheckIn.voided_at.is_(None)
            )
            .correlate(Registration)
        )
    return chose, has_arrived


def holders_of(registration_ids: Collection[int]) -> dict[int, Holder]:
    """Whose tickets these registrations' are, by registration, held in the order of their ids.

    Whether somebody has chosen an item or has arrived is not asked here, and said to be not so: see ``chosen_among``
    and ``arrived_among``.
    """
    rows = db.session.execute(
        _HELD_HOLDER.where(Registration.id.in_(registration_ids)).order_by(Registration.id)
    )
    return {row[0]: Holder(*row, chose=False, has_arrived=False) for row in rows}


_HOLDER = select(
    Registration.id,
    Registration.stop_id,
    Registration.state,
    Registration.badge_class,
    Person.full_name,
    Registration.university,
    Registration.gate_note,
    Registration.ticket_serial,
).join(Person, Person.id == Registration.person_id)
_HELD_HOLDER = _HOLDER.with_for_update(key_share=True, of=Registration)


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
        insert(Scan)
        .values(
            **scan,
            registration_id=holder.registration_id if holder else None,
            let_in=False,
            reason=refusal.code,
            verdict=Verdict.REFUSED,
            ticket_hash=ticket_hash,
        )
        .on_conflict_do_nothing()
    )
    return Presented(scan["id"], scan["at"], holder, refusal)


def _let_in(
    scan: dict[str, Any], holder: Holder, checkpoint: Checkpoint, by: Staff, *, fresh: bool
) -> Presented:
    shown = {**scan, "registration_id": holder.registration_id, "let_in": True, "verdict": Verdict.FIRST}
    try:
        with db.session.begin_nested() if checkpoint.capacity is not None else nullcontext():
            entry = _write_at_once(shown, checkpoint, by) if fresh else None
            if entry is None:
                entry = _write_and_settle(shown, checkpoint, by, fresh=fresh)
    except IntegrityError as error:
        if violated(error) != "ck_headcounts_never_over_asked":
            raise
        return _refuse(scan, holder, NoRoomWithin(holder.full_name, holder.unit, checkpoint.capacity or 0))
    if isinstance(entry, Scan):
        return _refuse(scan, holder, _already(holder, entry))
    return Presented(scan["id"], scan["at"], holder, None, entry)


def _write_at_once(scan: dict[str, Any], checkpoint: Checkpoint, by: Staff) -> int | Scan | None:
    """Scan, entry, record and promises of a ticket's first scan in one statement; None when something stood in the way.

    At the rush everybody is scanned for the first time: one way to the database and back instead of five.
    """
    entry = (
        insert(CheckIn)
        .values(
            registration_id=scan["registration_id"],
            stop_id=scan["stop_id"],
            checkpoint_id=checkpoint.id,
            is_arrival=checkpoint.kind is CheckpointKind.ARRIVAL,
            day=day_counted(checkpoint.often, scan["at"]),
            scan_id=scan["id"],
            gate=scan["gate"],
            scanned_by_id=by.id,
            arrived_at=scan["at"],
        )
        .on_conflict_do_nothing()
        .returning(CheckIn.id)
        .cte("entry")
    )
    kept = _from(entry, Scan, scan).on_conflict_do_nothing().returning(Scan.id).cte("kept")
    record = _from(
        entry,
        AuditEntry,
        {
            "at": scan["at"],
            "act": "check_in",
            "staff_id": by.id,
            "by_whom": by.login,
            "subject_kind": CheckIn.__name__,
            "subject_id": entry.c.id,
            "details": _details(scan),
            "request_id": g.get("request_id") if has_request_context() else None,
        },
    ).cte("record")
    promises = [
        _from(entry, OutboxJob, promise).cte(f"promise_{number}")
        for number, promise in enumerate(_promises(checkpoint, scan["registration_id"]))
    ]
    written = db.session.execute(
        select(
            select(entry.c.id).scalar_subquery(), select(func.count()).select_from(kept).scalar_subquery()
        ).add_cte(entry, kept, record, *promises)
    ).one()
    if written[0] is None:
        return None
    if written[1] == 0:
        raise ScanUsedBefore
    return int(written[0])


def _write_and_settle(
    scan: dict[str, Any], checkpoint: Checkpoint, by: Staff, *, fresh: bool
) -> int | Scan | None:
    """The long way: something is known of this ticket at this checkpoint already. A Scan is the one that was first."""
    if fresh:  # an entry without a scan stood there, or the scan's id is another's
        first = settle(checkpoint, scan["registration_id"]).entries.get(
            day_counted(checkpoint.often, scan["at"])
        )
        if first is None:
            raise ScanUsedBefore
        return db.session.get_one(Scan, first)
    kept = db.session.scalar(insert(Scan).values(**scan).on_conflict_do_nothing().returning(Scan.id))
    if kept is None:
        raise ScanUsedBefore
    settle(checkpoint, scan["registration_id"], asked=kept)
    entry_id = _entry_id(db.session.get_one(Scan, kept))
    record("check_in", CheckIn.__name__, by=by, **_details(scan))
    return entry_id


def _details(scan: dict[str, Any]) -> dict[str, Any]:
    return {
        "registration_id": scan["registration_id"],
        "stop_id": scan["stop_id"],
        "gate": scan["gate"],
        "checkpoint_id": scan["checkpoint_id"],
    }


def _promises(checkpoint: Checkpoint, registration_id: int) -> list[dict[str, Any]]:
    if checkpoint.kind is not CheckpointKind.ARRIVAL:
        return []
    return promises_of(PersonArrived(registration_id=registration_id))


def _from(entry: CTE, model: type[Model], values: dict[str, Any]) -> Insert:
    """INSERT INTO the model's table these values, if there is an entry."""
    table = model.__table__
    return insert(model).from_select(
        list(values),
        select(
            *(
                value if isinstance(value, ColumnElement) else literal(value, table.c[name].type)
                for name, value in values.items()
            )
        ).select_from(entry),
    )

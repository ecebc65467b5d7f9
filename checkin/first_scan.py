"""A ticket's first scan at a checkpoint: scan, entry, record and promises in one statement.

At the rush everybody is scanned for the first time: one way to the database and back instead of five. The statement is
made once, when the program starts; a scan only fills in its values.
"""

from __future__ import annotations

from typing import Any

from flask import g, has_request_context
from sqlalchemy import ARRAY, CTE, BindParameter, ColumnElement, String, bindparam, exists, func, select
from sqlalchemy.dialects.postgresql import Insert, insert

from accounts.models import Staff
from audit.models import AuditEntry
from checkin.errors import ScanUsedBefore
from checkin.facts import PersonArrived
from checkin.fold import day_counted
from checkin.models import CheckIn, Checkpoint, CheckpointKind, Scan, ScanUndo
from jobs.models import OutboxJob
from jobs.outbox import promises_of
from shared.db import Model, db


def write_first_scan(scan: dict[str, Any], checkpoint: Checkpoint, by: Staff) -> int | None:
    """Write the green ``scan`` and what it comes to; the entry's id, or None when something stood in the way.

    Raises ScanUsedBefore for a scan's number that is another's. The caller holds registration and transaction.
    """
    is_arrival = checkpoint.kind is CheckpointKind.ARRIVAL
    promises = promises_of(PersonArrived(registration_id=scan["registration_id"])) if is_arrival else []
    entry_id, kept = db.session.execute(
        _WRITTEN,
        {
            **scan,
            "is_arrival": is_arrival,
            "day": day_counted(checkpoint.often, scan["at"]),
            "by_whom": by.login,
            "details": details_of(scan),
            "request_id": g.get("request_id") if has_request_context() else None,
            "tasks": [promise["task"] for promise in promises],
            "arguments": promises[0]["arguments"] if promises else {},
        },
    ).one()
    if entry_id is None:
        return None
    if not kept:
        raise ScanUsedBefore
    return int(entry_id)


def details_of(scan: dict[str, Any]) -> dict[str, Any]:
    """What the record says of somebody who was let in."""
    return {
        "registration_id": scan["registration_id"],
        "stop_id": scan["stop_id"],
        "gate": scan["gate"],
        "checkpoint_id": scan["checkpoint_id"],
    }


def _given(name: str, model: type[Model], column: str | None = None) -> BindParameter[Any]:
    """A value that a scan fills in, of the type of the model's column."""
    return bindparam(name, type_=model.__table__.c[column or name].type)


def _rows(model: type[Model], values: dict[str, ColumnElement[Any]], *, if_any: CTE | None = None) -> Insert:
    """INSERT INTO the model's table these values, if there is an entry."""
    row = select(*values.values())
    return insert(model).from_select(list(values), row if if_any is None else row.select_from(if_any))


_SCAN = (
    "id", "stop_id", "checkpoint_id", "registration_id", "device_id", "staff_id", "gate", "direction", "at", "device_at",
    "received_at", "asked", "let_in", "verdict",
)  # fmt: skip

_ENTRY = (
    insert(CheckIn)
    .from_select(
        ["registration_id", "stop_id", "checkpoint_id", "is_arrival", "day", "scan_id", "gate", "scanned_by_id", "arrived_at"],
        select(
            _given("registration_id", CheckIn),
            _given("stop_id", CheckIn),
            _given("checkpoint_id", CheckIn),
            _given("is_arrival", CheckIn),
            _given("day", CheckIn),
            _given("id", Scan),
            _given("gate", CheckIn),
            _given("staff_id", Scan),
            _given("at", Scan),
        ).where(~exists().where(ScanUndo.scan_id == _given("id", Scan))),  # taken back before it came
    )
    .on_conflict_do_nothing()
    .returning(CheckIn.id)
    .cte("entry")
)  # fmt: skip
_KEPT = (
    _rows(Scan, {name: _given(name, Scan) for name in _SCAN}, if_any=_ENTRY)
    .on_conflict_do_nothing()
    .returning(Scan.id)
    .cte("kept")
)
_RECORD = _rows(
    AuditEntry,
    {
        "at": _given("at", Scan),
        "act": bindparam("act", "check_in", String),
        "staff_id": _given("staff_id", Scan),
        "by_whom": _given("by_whom", AuditEntry),
        "subject_kind": bindparam("subject_kind", CheckIn.__name__, String),
        "subject_id": _ENTRY.c.id,
        "details": _given("details", AuditEntry),
        "request_id": _given("request_id", AuditEntry),
    },
    if_any=_ENTRY,
).cte("record")
_PROMISES = _rows(
    OutboxJob,
    {
        "task": func.unnest(bindparam("tasks", type_=ARRAY(String))),
        "arguments": _given("arguments", OutboxJob),
        "promised_at": _given("at", Scan),
        "due_at": _given("at", Scan),
    },
    if_any=_ENTRY,
).cte("promises")
_WRITTEN = select(
    select(_ENTRY.c.id).scalar_subquery(), select(func.count()).select_from(_KEPT).scalar_subquery()
).add_cte(_ENTRY, _KEPT, _RECORD, _PROMISES)

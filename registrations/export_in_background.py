"""A long export: the lines are put aside a chunk at a time, then made one file, which is kept for a week."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from flask_babel import gettext as _
from sqlalchemy import false, or_, select

from audit.record import record
from jobs.long_work import WorkIsOver, begin, cancel, drop_result, keep_result, results_directory
from jobs.models import LongWork
from registrations.exports import PIECE, Order, file_of, record_export, rows_of, staff_of
from shared.db import db
from shared.errors import NotAllowed

KIND = "export_registrations"


def order_in_background(order: Order, ids: list[int], *, by: object) -> LongWork:
    """Begin the export of ``ids``. The caller holds the transaction."""
    return begin(KIND, by=by, total=len(ids), chunk=PIECE, ids=ids, **order.as_arguments())


def do_chunk(work: LongWork, position: int) -> int | None:
    """Put aside the next lines; after the last ones make the file. ``position`` counts registrations.

    Raises NotAllowed when whoever ordered it may not any more.
    """
    by = staff_of(work.ordered_by_id or 0)
    if by is None:
        raise NotAllowed
    order, ids = Order.of(work.arguments), work.arguments["ids"]
    some = ids[position : position + work.chunk_size]
    rows = list(rows_of(some, order, by=by))
    _put_aside(_part(work.id, position), rows)
    work.done += len(rows)
    work.skipped += len(some) - len(rows)
    following = position + len(some)
    if following < len(ids):
        return following
    parts = [_part(work.id, start) for start in range(0, max(1, len(ids)), work.chunk_size)]
    keep_result(work, order.file_name, file_of(order, _put_together(parts)))
    work.result = {"number": order.number}
    record_export(order, rows=work.done, by=by)
    for part in parts:
        part.unlink(missing_ok=True)
    return None


def forget_exports_of(registration_ids: list[int]) -> int:
    """Take away the kept files in which one of these stands, and end the work that would make one; returns how many.

    Whoever ordered it orders it anew. Run twice it changes nothing. The caller holds the transaction.
    """
    theirs = or_(*(LongWork.arguments["ids"].contains([number]) for number in registration_ids), false())
    found = db.session.scalars(
        select(LongWork)
        .where(
            LongWork.kind == KIND,
            or_(LongWork.result_file.is_not(None), LongWork.finished_at.is_(None)),
            theirs,
        )
        .order_by(LongWork.id)
    ).all()
    for work in found:
        if not work.state.is_over:
            with suppress(WorkIsOver):
                cancel(work.id)
        drop_result(work)
        for part in results_directory().glob(f"{work.id}-part-*"):
            part.unlink(missing_ok=True)
        record("forget_export", work)
    return len(found)


def words_of(work: LongWork) -> list[str]:
    """What came of it."""
    if not work.result:
        return []
    return [
        _(
            "The file carries the number %(number)s in every line. Who took it out, why and how much is recorded.",
            number=work.result["number"],
        )
    ]


def _part(work_id: int, position: int) -> Path:
    return results_directory() / f"{work_id}-part-{position}"


def _put_aside(file: Path, rows: list[list[str]]) -> None:
    """Written anew when a chunk is done again."""
    file.unlink(missing_ok=True)
    with os.fdopen(
        os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
    ) as opened:
        for row in rows:
            opened.write(json.dumps(row, ensure_ascii=False) + "\n")


def _put_together(parts: list[Path]) -> Iterator[list[str]]:
    for part in parts:
        with part.open(encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)

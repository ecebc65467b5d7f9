"""An uploaded sheet is kept, its columns are chosen, and every row is looked through."""

from __future__ import annotations

import json
from dataclasses import asdict

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert as pg_insert

from accounts.models import Staff
from audit.record import record
from campaigns.models import Stop
from imports.check import Looked, Options, look_through
from imports.columns import plain, targets_for
from imports.copy_rows import copy_into
from imports.errors import ColumnsMissing, ColumnsTwice, ImportIsElsewhere
from imports.models import ColumnMemory, ImportRow, ImportRun, ImportState
from imports.read_sheet import Sheet
from questions.lookups import questionnaire_for
from shared.clock import now
from shared.db import db, hold
from shared.errors import NotFound


def take_sheet(sheet: Sheet, *, file_name: str, stop_id: int, by: Staff) -> ImportRun:
    """Keep an uploaded sheet until it is brought in, a week at most. The caller holds the transaction."""
    run = ImportRun(
        stop_id=stop_id,
        by_staff_id=by.id,
        file_name=file_name[:200],
        read_as=sheet.read_as,
        row_count=len(sheet.rows),
        state=ImportState.UPLOADED,
        sheet={"columns": sheet.columns, "rows": [[number, *cells] for number, cells in sheet.rows]},
        columns={},
        options={},
        uploaded_at=now(),
    )
    db.session.add(run)
    record("upload_import", run, by=by, stop_id=stop_id, rows=len(sheet.rows))
    return run


def sheet_of(run: ImportRun) -> Sheet:
    """The sheet that was uploaded. Raises ImportIsElsewhere when its cells have been forgotten."""
    if run.sheet is None:
        raise ImportIsElsewhere
    return Sheet(run.sheet["columns"], [(row[0], row[1:]) for row in run.sheet["rows"]], run.read_as)


def choose_columns(run_id: int, columns: dict[int, str], options: Options, *, by: Staff) -> ImportRun:
    """Say which column is what, and look through every row; may be said anew until the import begins.

    Raises NotFound, ImportIsElsewhere, ColumnsMissing or ColumnsTwice. The caller holds the transaction.
    """
    run = hold(ImportRun, run_id)
    if run is None:
        raise NotFound
    if run.state not in (ImportState.UPLOADED, ImportState.CHECKED):
        raise ImportIsElsewhere
    sheet = sheet_of(run)
    stop = db.session.get_one(Stop, run.stop_id)
    labels = dict(targets_for(questionnaire_for(stop)))
    columns = {
        number: key for number, key in columns.items() if key in labels and number < len(sheet.columns)
    }
    if "full_name" not in columns.values():
        raise ColumnsMissing
    for key in columns.values():
        if list(columns.values()).count(key) > 1:
            raise ColumnsTwice(labels[key])
    looked = look_through(sheet, columns, options, stop)
    run.columns = {str(number): key for number, key in columns.items()}
    run.options = asdict(options)
    run.state = ImportState.CHECKED
    db.session.execute(delete(ImportRow).where(ImportRow.run_id == run.id))
    _write_rows(run.id, looked)
    memory = {plain(sheet.columns[number]): key for number, key in columns.items()}
    db.session.execute(
        pg_insert(ColumnMemory)
        .values(staff_id=by.id, campaign_id=stop.campaign_id, columns=memory)
        .on_conflict_do_update(constraint="uq_column_memories_staff_campaign", set_={"columns": memory})
    )
    record("choose_import_columns", run, by=by, stop_id=run.stop_id)
    return run


def _write_rows(run_id: int, looked: list[Looked]) -> None:
    copy_into(
        "import_rows",
        ["run_id", "number", "verdict", "problems", "entry", "cells", "like_number", "like_reasons"],
        (
            [
                run_id,
                row.number,
                row.verdict,
                json.dumps(row.problems, ensure_ascii=False),
                None if row.entry is None else json.dumps(row.entry, ensure_ascii=False),
                None if row.cells is None else json.dumps(row.cells, ensure_ascii=False),
                row.like_number,
                json.dumps(row.like_reasons),
            ]
            for row in looked
        ),
    )

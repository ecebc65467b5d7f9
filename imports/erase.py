"""Empty the rows of lists that somebody came by or stands in. That a row was brought in is still counted."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, String, and_, cast, delete, func, or_, select, update

from imports.models import ImportRow, ImportRun, ImportState, Verdict
from registrations.erase import erases_at
from shared.db import db, hold


def empty_rows(registration_ids: list[int]) -> None:
    """Remove what these rows say and what they replaced; run twice it changes nothing. The caller holds the transaction."""
    db.session.execute(
        update(ImportRow)
        .where(ImportRow.registration_id.in_(registration_ids))
        .values(entry=None, cells=None, before=None, problems=[])
        .execution_options(synchronize_session=False)
    )


@erases_at
def empty_listed_at(email: str) -> dict[str, int]:
    """What uploaded lists say of whoever is read at this mailbox, also where nobody was brought in yet or was refused.

    Until an import begins the rows are taken out of it; after that they are emptied. The caller holds the transaction.
    """
    address = email.casefold()
    emptied = 0
    runs = db.session.scalars(
        select(ImportRun.id)
        .where(
            ImportRun.sheet.is_not(None),  # after a week nothing is kept of any row
            or_(
                _says(ImportRun.sheet, address),
                select(ImportRow.id)
                .where(
                    ImportRow.run_id == ImportRun.id,
                    or_(
                        _says(ImportRow.entry, address),
                        _says(ImportRow.cells, address),
                        _says(ImportRow.before, address),
                    ),
                )
                .exists(),
            ),
        )
        .order_by(ImportRun.id)
    ).all()
    for run_id in runs:
        run = hold(ImportRun, run_id)
        if run is not None:
            emptied += _empty_in(run, address)
    return {"import_rows": emptied}


def _empty_in(run: ImportRun, address: str) -> int:
    mine = {
        int(row[0])
        for row in (run.sheet or {}).get("rows", [])
        if any(address in str(cell).casefold() for cell in row[1:])
    }
    says = or_(
        _says(ImportRow.entry, address), _says(ImportRow.cells, address), _says(ImportRow.before, address)
    )
    mine |= set(db.session.scalars(select(ImportRow.number).where(ImportRow.run_id == run.id, says)))
    if run.sheet is not None and mine:
        run.sheet = {**run.sheet, "rows": [row for row in run.sheet["rows"] if row[0] not in mine]}
    those = and_(ImportRow.run_id == run.id, ImportRow.number.in_(mine))
    if run.state in (ImportState.UPLOADED, ImportState.CHECKED):
        db.session.execute(delete(ImportRow).where(those).execution_options(synchronize_session=False))
        run.row_count -= len(mine)
    else:
        db.session.execute(
            update(ImportRow)
            .where(those)
            .values(entry=None, cells=None, before=None, problems=[])
            .execution_options(synchronize_session=False)
        )
    return len(mine)


def _says(column: Any, address: str) -> ColumnElement[bool]:
    return func.strpos(func.lower(cast(column, String)), address) > 0


def forget_cells(run_id: int) -> None:
    """A week is over: what was uploaded is forgotten, also what was refused. The caller holds the transaction."""
    run = hold(ImportRun, run_id)
    if run is None:
        return
    run.sheet = None
    db.session.execute(
        update(ImportRow)
        .where(ImportRow.run_id == run_id)
        .values(cells=None, entry=None, before=None)
        .execution_options(synchronize_session=False)
    )
    db.session.execute(  # the sentences quote the cells
        update(ImportRow)
        .where(ImportRow.run_id == run_id, ImportRow.verdict == Verdict.ERROR)
        .values(problems=[])
        .execution_options(synchronize_session=False)
    )

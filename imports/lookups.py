"""Questions about imports. Staff reach one only through the door here: ``import_for``."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import aliased

from accounts.models import Staff
from accounts.permissions import Permission, reach_of
from campaigns.lookups import stops_within
from campaigns.models import Stop
from imports.models import ColumnMemory, ImportRow, ImportRun, ImportState, Outcome, Verdict
from people.models import Reason
from shared.db import db
from shared.errors import NotFound


def import_for(staff: Staff, import_id: int, permission: Permission) -> ImportRun:
    """The only door to an import for staff. Raises NotFound also for one of another city's stop."""
    within = stops_within(reach_of(staff, permission)).with_only_columns(Stop.id)
    run = db.session.scalar(select(ImportRun).where(ImportRun.id == import_id, ImportRun.stop_id.in_(within)))
    if run is None:
        raise NotFound
    return run


def imports_of(stop_id: int) -> Select[ImportRun]:
    """The imports of a stop, the newest first."""
    return select(ImportRun).where(ImportRun.stop_id == stop_id).order_by(ImportRun.id.desc())


def remembered_columns(staff_id: int, campaign_id: int) -> dict[str, str]:
    """Column's plain name -> what it was taken for the last time."""
    kept = db.session.scalar(
        select(ColumnMemory.columns).where(
            ColumnMemory.staff_id == staff_id, ColumnMemory.campaign_id == campaign_id
        )
    )
    return dict(kept or {})


def verdicts_of(run: ImportRun) -> dict[Verdict, int]:
    """How many rows are to become what; every verdict is present."""
    counts = dict.fromkeys(Verdict, 0)
    for verdict, count in db.session.execute(
        select(ImportRow.verdict, func.count()).where(ImportRow.run_id == run.id).group_by(ImportRow.verdict)
    ):
        counts[verdict] = count
    return counts


def outcomes_of(run: ImportRun) -> dict[Outcome, int]:
    """How many rows became what; every outcome is present."""
    counts = dict.fromkeys(Outcome, 0)
    for outcome, count in db.session.execute(
        select(ImportRow.outcome, func.count()).where(ImportRow.run_id == run.id).group_by(ImportRow.outcome)
    ):
        if outcome is not None:
            counts[outcome] = count
    return counts


def rows_with_problems(run: ImportRun) -> Select[ImportRow]:
    """The rows to be told about, in the sheet's order: those something is wrong with; once it was taken back, those that
    stayed.
    """
    rows = _with_problems(run)
    return rows.where(ImportRow.outcome == Outcome.STAYED) if run.state is ImportState.REVERTED else rows


def _with_problems(run: ImportRun) -> Select[ImportRow]:
    return (
        select(ImportRow)
        .where(ImportRow.run_id == run.id, func.jsonb_array_length(ImportRow.problems) > 0)
        .order_by(ImportRow.number)
    )


def refused_rows(run: ImportRun) -> list[ImportRow]:
    """The rows that were refused and whose cells are still kept."""
    return list(db.session.scalars(_with_problems(run).where(ImportRow.cells.is_not(None))))


@dataclass(frozen=True)
class Double:
    """Two rows that may be one person: their lines, names, and what they share in the reader's language."""

    number: int
    name: str
    earlier_number: int
    earlier_name: str
    reasons: list[str]


def doubles_in(run: ImportRun, most: int = 20) -> list[Double]:
    """Rows of a sheet that is looked through that may stand in it twice, in its order."""
    earlier = aliased(ImportRow)
    rows = db.session.execute(
        select(
            ImportRow.number,
            ImportRow.entry["full_name"].astext,
            earlier.number,
            earlier.entry["full_name"].astext,
            ImportRow.like_reasons,
        )
        .join(earlier, and_(earlier.run_id == ImportRow.run_id, earlier.number == ImportRow.like_number))
        .where(ImportRow.run_id == run.id, ImportRow.entry.is_not(None))
        .order_by(ImportRow.number)
        .limit(most)
    )
    return [
        Double(number, name, earlier_number, earlier_name or "", [Reason(one).label for one in reasons])
        for number, name, earlier_number, earlier_name, reasons in rows
    ]


def how_many_doubles(run: ImportRun) -> int:
    """How many rows may be the person of an earlier one."""
    statement = select(func.count()).where(ImportRow.run_id == run.id, ImportRow.like_number.is_not(None))
    return db.session.scalar(statement) or 0


def first_entries(run: ImportRun, most: int = 5) -> list[ImportRow]:
    """A few rows as they would be stored, to be looked at."""
    return list(
        db.session.scalars(
            select(ImportRow)
            .where(ImportRow.run_id == run.id, ImportRow.entry.is_not(None))
            .order_by(ImportRow.number)
            .limit(most)
        )
    )

"""The worker's part: rows are brought in and taken back a chunk at a time; cells are forgotten after a week."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from imports.bring_in import bring_in_rows
from imports.erase import empty_rows, forget_cells
from imports.models import ImportRun, ImportState
from imports.take_back import take_back_rows
from jobs.long_work import WorkEnded, long_work
from jobs.models import LongWork, WorkState
from jobs.outbox import on, task
from registrations.facts import PersonErased
from shared.clock import now
from shared.db import db, hold


def _sentences(work: LongWork) -> list[str]:
    if not work.state.is_over:
        return []
    if work.kind == "revert_import":
        said = [_("%(number)s rows were taken back.", number=work.done)]
        if work.skipped:
            said.append(_("%(number)s stay, because somebody has worked on them since.", number=work.skipped))
        return [str(one) for one in said]
    return [
        str(
            _(
                "%(done)s brought in, %(skipped)s skipped, %(failed)s refused.",
                done=work.done,
                skipped=work.skipped,
                failed=work.failed,
            )
        )
    ]


def _onward(work: LongWork) -> tuple[str, str]:
    return str(_("To the import")), url_for("imports.one_import", import_id=work.arguments["run_id"])


@long_work(
    "import_registrations", _l("Import of registrations"), chunk=500, sentences=_sentences, onward=_onward
)
def bring_in(work: LongWork, position: int) -> int | None:
    """The rows after line ``position``."""
    return bring_in_rows(work, position)


@long_work("revert_import", _l("Taking an import back"), chunk=500, sentences=_sentences, onward=_onward)
def take_back(work: LongWork, position: int) -> int | None:
    """The rows after line ``position`` are taken back."""
    return take_back_rows(work, position)


@on(WorkEnded)
def note_end(work_id: int, kind: str) -> None:
    """An import that was cancelled is done as far as it came; one that was being taken back can be taken back on."""
    if kind not in ("import_registrations", "revert_import"):
        return
    work = db.session.get(LongWork, work_id)
    if work is None or work.state is WorkState.FINISHED:
        return
    run = hold(ImportRun, work.arguments["run_id"])
    if (
        run is not None
        and run.work_id == work_id
        and run.state in (ImportState.RUNNING, ImportState.REVERTING)
    ):
        run.state = ImportState.DONE
        run.done_at = run.done_at or now()


@task
def forget(run_id: int) -> None:
    """A week after the upload."""
    forget_cells(run_id)


@on(PersonErased)
def empty_rows_of_erased(person_id: int, registration_ids: list[int]) -> None:  # noqa: ARG001 - the fact's shape
    """The rows of lists by which somebody came whose data are erased."""
    empty_rows(registration_ids)

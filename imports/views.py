"""The pages of an import: upload, columns, what would be done, progress, what was refused, taking it back."""

from __future__ import annotations

import io
from datetime import timedelta

from flask import Blueprint, flash, g, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from accounts.access import requires
from accounts.permissions import Permission
from audit.record import record
from campaigns.lookups import stop_for
from imports.bring_in import begin_import
from imports.columns import guessed, targets_for
from imports.errors import ImportIsElsewhere
from imports.forms import OptionsForm, UploadForm, chosen_columns
from imports.lookups import (
    doubles_in,
    first_entries,
    how_many_doubles,
    import_for,
    imports_of,
    outcomes_of,
    refused_rows,
    remembered_columns,
    rows_with_problems,
    verdicts_of,
)
from imports.models import ImportRun, ImportState, Verdict
from imports.read_sheet import complaint, read_sheet
from imports.refused import refused_sheet
from imports.take_back import begin_revert
from imports.take_sheet import choose_columns, sheet_of, take_sheet
from imports.tasks import forget
from jobs.outbox import enqueue
from questions.lookups import questionnaire_for
from shared.clock import now
from shared.db import transaction
from shared.errors import Refusal
from shared.pages import page_of

bp = Blueprint("imports", __name__, url_prefix="/desk")
PLAN = Permission.PLAN_CAMPAIGNS
FORGOTTEN_AFTER = timedelta(days=7)


@bp.route("/stops/<int:stop_id>/imports", methods=["GET", "POST"])
@requires(PLAN)
def imports(stop_id: int) -> ResponseReturnValue:
    """Upload a list; the earlier imports of the stop stand beneath."""
    stop = stop_for(g.staff, stop_id, PLAN)
    form = UploadForm()
    status = 200
    if form.is_submitted():
        status = 422
        if form.validate():
            upload = form.sheet.data
            try:
                with upload.stream as stream:  # a large one lies in a temporary file
                    sheet = read_sheet(stream.read(), upload.filename or "")
                with transaction():
                    run = take_sheet(sheet, file_name=upload.filename or "", stop_id=stop.id, by=g.staff)
                    enqueue(forget, due_at=now() + FORGOTTEN_AFTER, run_id=run.id)
            except Refusal as refusal:
                form.sheet.errors = [refusal.message]
                status = refusal.status
            else:
                return redirect(url_for(".columns", import_id=run.id), 303)
    page = page_of(imports_of(stop.id), request.args.get("page", 1, type=int))
    return render_template("imports/imports.html", stop=stop, form=form, page=page), status


@bp.route("/imports/<int:import_id>/columns", methods=["GET", "POST"])
@requires(PLAN)
def columns(import_id: int) -> ResponseReturnValue:
    """Which column is what, and what is done with whom."""
    run = import_for(g.staff, import_id, PLAN)
    if run.state not in (ImportState.UPLOADED, ImportState.CHECKED) or run.sheet is None:
        return redirect(url_for(".one_import", import_id=run.id))
    form = OptionsForm(data=run.options or None)
    if form.is_submitted():
        chosen = chosen_columns()
        if form.validate():
            try:
                with transaction():
                    choose_columns(run.id, chosen, form.options(), by=g.staff)
            except Refusal as refusal:
                form.form_errors.append(refusal.message)
                return _columns_page(run, form, chosen), refusal.status
            return redirect(url_for(".one_import", import_id=run.id), 303)
        return _columns_page(run, form, chosen), 422
    chosen = {int(number): key for number, key in run.columns.items()}
    if not chosen:
        chosen = guessed(
            sheet_of(run).columns,
            questionnaire_for(run.stop),
            remembered_columns(g.staff.id, run.stop.campaign_id),
        )
    return _columns_page(run, form, chosen)


def _columns_page(run: ImportRun, form: OptionsForm, chosen: dict[int, str]) -> str:
    sheet = sheet_of(run)
    samples = [
        [
            cells[number]
            for _line, cells in sheet.rows[:200]
            if cells[number] and not complaint(cells[number])
        ][:3]
        for number in range(len(sheet.columns))
    ]
    return render_template(
        "imports/columns.html",
        run=run,
        stop=run.stop,
        form=form,
        names=sheet.columns,
        samples=samples,
        chosen=chosen,
        targets=targets_for(questionnaire_for(run.stop)),
    )


@bp.get("/imports/<int:import_id>")
@requires(PLAN)
def one_import(import_id: int) -> ResponseReturnValue:
    """What would be done, what is being done, or what came of it."""
    run = import_for(g.staff, import_id, PLAN)
    if run.state is ImportState.UPLOADED and run.sheet is not None:
        return redirect(url_for(".columns", import_id=run.id))
    return render_template(
        "imports/import.html",
        run=run,
        stop=run.stop,
        verdicts=verdicts_of(run),
        outcomes=outcomes_of(run),
        first=first_entries(run) if run.state is ImportState.CHECKED else [],
        doubles=doubles_in(run) if run.state is ImportState.CHECKED else [],
        doubles_count=how_many_doubles(run) if run.state is ImportState.CHECKED else 0,
        page=page_of(rows_with_problems(run), request.args.get("page", 1, type=int)),
        has_refused=bool(refused_rows(run)[:1]),
        own_work=run.work if run.work is not None and run.work.ordered_by_id == g.staff.id else None,
        Verdict=Verdict,
    )


@bp.post("/imports/<int:import_id>/begin")
@requires(PLAN)
def begin(import_id: int) -> ResponseReturnValue:
    """Bring it in."""
    run = import_for(g.staff, import_id, PLAN)
    try:
        with transaction():
            begin_import(run.id, by=g.staff)
    except Refusal as refusal:
        flash(refusal.message, "error")
    return redirect(url_for(".one_import", import_id=run.id), 303)


@bp.post("/imports/<int:import_id>/revert")
@requires(PLAN)
def revert(import_id: int) -> ResponseReturnValue:
    """Take it back as far as nobody has touched it since."""
    run = import_for(g.staff, import_id, PLAN)
    try:
        with transaction():
            begin_revert(run.id, by=g.staff)
    except Refusal as refusal:
        flash(refusal.message, "error")
    return redirect(url_for(".one_import", import_id=run.id), 303)


@bp.post("/imports/<int:import_id>/refused")
@requires(PLAN)
def refused(import_id: int) -> ResponseReturnValue:
    """The refused rows as a sheet; that it was taken stays in the record."""
    run = import_for(g.staff, import_id, PLAN)
    rows = refused_rows(run)
    if not rows or run.sheet is None:
        flash(ImportIsElsewhere().message, "error")
        return redirect(url_for(".one_import", import_id=run.id), 303)
    with transaction():
        record("export_refused_rows", run, by=g.staff, stop_id=run.stop_id, rows=len(rows))
    content = refused_sheet(run.sheet["columns"], rows)
    return send_file(
        io.BytesIO(content),
        mimetype="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        as_attachment=True,
        download_name=f"未导入-{run.id}.xlsx",
        max_age=0,
    )

"""The pages of long work: how far it is, what came of it, everything one has ordered."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import open_to_staff
from audit.record import record
from jobs.long_work import cancel as cancel_verb
from jobs.long_work import label_of, onward_of, result_of, sentences_of
from jobs.models import LongWork
from shared.db import transaction
from shared.errors import NotFound, Refusal
from shared.pages import page_of
from work.lookups import work_for, work_of

bp = Blueprint("work", __name__, url_prefix="/work")


@bp.app_context_processor
def _for_progress() -> dict[str, object]:
    """What the macro of work/_progress.html asks, on whatever page it stands."""
    return {
        "work_label": label_of,
        "work_sentences": sentences_of,
        "work_onward": onward_of,
        "work_has_result": lambda work: result_of(work) is not None,
    }


@bp.get("")
@open_to_staff
def my_work() -> ResponseReturnValue:
    """Everything one has ordered, the newest first."""
    return render_template(
        "work/my_work.html", page=page_of(work_of(g.staff), request.args.get("page", 1, type=int))
    )


@bp.get("/<int:work_id>")
@open_to_staff
def progress_page(work_id: int) -> ResponseReturnValue:
    """How far it is, and what came of it."""
    return render_template("work/progress_page.html", work=work_for(g.staff, work_id))


@bp.get("/<int:work_id>/progress")
@open_to_staff
def progress(work_id: int) -> ResponseReturnValue:
    """The piece of a page that shows the progress, for the script that asks again and again."""
    return render_template("work/progress_piece.html", work=work_for(g.staff, work_id))


@bp.post("/<int:work_id>/cancel")
@open_to_staff
def cancel(work_id: int) -> ResponseReturnValue:
    """Do no further chunk."""
    work: LongWork | None = work_for(g.staff, work_id)
    try:
        with transaction():
            work = cancel_verb(work_id)
            if work is not None:
                record("cancel_work", work, by=g.staff, kind=work.kind, position=work.position)
    except Refusal as refusal:
        flash(refusal.message, "error")
    else:
        flash(_("Cancelled. What was done before stays done."), "success")
    return redirect(url_for(".progress_page", work_id=work_id), 303)


@bp.get("/<int:work_id>/result")
@open_to_staff
def result(work_id: int) -> ResponseReturnValue:
    """The file that came of it, for a week and for nobody but who ordered it."""
    work = work_for(g.staff, work_id)
    file = result_of(work)
    if file is None:
        raise NotFound(_("The file is no longer here: results are kept for a week. Order it again."))
    return send_file(file, as_attachment=True, download_name=work.result_name, max_age=0)

"""The organiser's pages for a stop's checkpoints."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import requires
from accounts.permissions import Permission
from campaigns.lookups import stop_for
from campaigns.models import MovingCodes
from campaigns.views import put_beside
from checkin.checkpoint_forms import CheckpointForm, MovingCodesForm, ShownForm, TrialForm
from checkin.checkpoints import add_checkpoint, change_checkpoint, choose_what_is_shown, end_checkpoint
from checkin.lookups import checkpoint_at, checkpoints_of, passed_by_checkpoint
from checkin.posters import posters_at
from checkin.shown_fields import fullest_guest, offered
from checkin.try_out import Trial, would_pass
from registrations.moving_code import let_codes_move
from shared.db import transaction
from shared.errors import Refusal

bp = Blueprint("checkpoints", __name__, url_prefix="/gate/<int:stop_id>/checkpoints")

PLAN = Permission.PLAN_CAMPAIGNS


@bp.get("")
@requires(PLAN)
def checkpoints(stop_id: int) -> ResponseReturnValue:
    """Every checkpoint of a stop with its rule, and how many have passed."""
    stop = stop_for(g.staff, stop_id, PLAN)
    return render_template(
        "checkin/checkpoints.html",
        stop=stop,
        checkpoints=checkpoints_of(stop),
        passed=passed_by_checkpoint(stop),
        posters=posters_at(stop),
        codes_form=MovingCodesForm(stop),
    )


@bp.post("/codes")
@requires(PLAN)
def codes(stop_id: int) -> ResponseReturnValue:
    """Whether codes on phones change, against pictures that are passed on."""
    stop = stop_for(g.staff, stop_id, PLAN)
    form = MovingCodesForm(stop)
    if form.validate_on_submit():
        with transaction():
            let_codes_move(stop.id, MovingCodes(form.choice.data), by=g.staff)
        flash(_("Saved. Scanners follow within a minute."), "success")
    else:
        flash(_("Choose one."), "error")
    return redirect(url_for(".checkpoints", stop_id=stop_id), 303)


@bp.route("/new", methods=["GET", "POST"])
@requires(PLAN)
def new_checkpoint(stop_id: int) -> ResponseReturnValue:
    """Open a further checkpoint."""
    stop = stop_for(g.staff, stop_id, PLAN)
    form = CheckpointForm(stop)
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                with transaction():
                    add_checkpoint(stop, form.plan(), by=g.staff)
            except Refusal as refusal:
                status = put_beside(form, refusal)
            else:
                flash(_("The checkpoint is open for scanning."), "success")
                return redirect(url_for(".checkpoints", stop_id=stop_id), 303)
    return render_template("checkin/checkpoint.html", stop=stop, checkpoint=None, form=form), status


@bp.route("/<int:checkpoint_id>", methods=["GET", "POST"])
@requires(PLAN)
def checkpoint(stop_id: int, checkpoint_id: int) -> ResponseReturnValue:
    """Change a checkpoint; try tickets at it."""
    stop = stop_for(g.staff, stop_id, PLAN)
    found = checkpoint_at(stop, checkpoint_id)
    form = CheckpointForm(stop, found)
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                with transaction():
                    change_checkpoint(found.id, form.plan(), by=g.staff)
            except Refusal as refusal:
                status = put_beside(form, refusal)
            else:
                flash(_("Saved. Scanners follow within a minute."), "success")
                return redirect(url_for(".checkpoints", stop_id=stop_id), 303)
    asked = "code" in request.args
    trial_form = TrialForm(request.args if asked else None)
    trial: Trial | None = None
    if asked and trial_form.validate():
        trial = would_pass(trial_form.code.data or "", found, trial_form.at.moment)
    page = render_template(
        "checkin/checkpoint.html",
        stop=stop,
        checkpoint=found,
        form=form,
        trial_form=trial_form,
        trial=trial,
        passed=passed_by_checkpoint(stop).get(found.id, (0, 0)),
    )
    return page, status


@bp.route("/<int:checkpoint_id>/seen", methods=["GET", "POST"])
@requires(PLAN)
def shown(stop_id: int, checkpoint_id: int) -> ResponseReturnValue:
    """What whoever scans here sees of a guest; with the one of whom there is most to show as a preview."""
    stop = stop_for(g.staff, stop_id, PLAN)
    found = checkpoint_at(stop, checkpoint_id)
    may = offered(stop.campaign_id)
    form = ShownForm(found, may)
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                with transaction():
                    choose_what_is_shown(
                        found.id, form.fields.data or (), shows_notes=form.shows_notes.data, by=g.staff
                    )
            except Refusal as refusal:
                status = put_beside(form, refusal)
            else:
                flash(_("Saved. Scanners follow within a minute."), "success")
                return redirect(url_for(".shown", stop_id=stop_id, checkpoint_id=checkpoint_id), 303)
    guest = fullest_guest(stop, [one.name for one in may])
    page = render_template("checkin/seen.html", stop=stop, checkpoint=found, form=form, guest=guest, may=may)
    return page, status


@bp.post("/<int:checkpoint_id>/end")
@requires(PLAN)
def end(stop_id: int, checkpoint_id: int) -> ResponseReturnValue:
    """Close a checkpoint down."""
    stop = stop_for(g.staff, stop_id, PLAN)
    found = checkpoint_at(stop, checkpoint_id)
    try:
        with transaction():
            end_checkpoint(found.id, by=g.staff)
    except Refusal as refusal:
        flash(refusal.message, "error")
    else:
        flash(_("The checkpoint is closed down. Its scans stay."), "success")
    return redirect(url_for(".checkpoints", stop_id=stop_id), 303)

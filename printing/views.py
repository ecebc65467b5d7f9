"""The organiser's page of badges printed at the door, and the badge printed by the gate's own browser."""

from __future__ import annotations

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from accounts.access import requires
from accounts.permissions import Permission
from campaigns.lookups import stop_for
from campaigns.models import Stop
from checkin.device_lists import open_checkpoints_of
from checkin.device_views import join_address, join_picture
from checkin.devices import Issued, joins_until, open_code
from checkin.lookups import check_in_at
from checkin.models import DeviceRole
from checkin.stations import stations_at
from printing.badge_pdf import badge_pdf
from printing.forms import GOOD_FOR, USES_OF_A_STATIONS_CODE, StationForm
from printing.lookups import copies_of, counts_of, jobs_of
from printing.models import PrintState
from printing.papers import DEFAULT_PAPER, PAPERS
from printing.print_queue import ask_again, ask_for_badge, drop_waiting, let_print, print_here
from shared.clock import now
from shared.codes import spaced
from shared.db import transaction
from shared.errors import Refusal
from shared.pages import page_of

bp = Blueprint("printing", __name__, url_prefix="/gate/<int:stop_id>")

PLAN = Permission.PLAN_CAMPAIGNS


@bp.get("/printing")
@requires(PLAN)
def printing(stop_id: int) -> ResponseReturnValue:
    """Where badges are asked for, the stations that print them, and every badge of the day."""
    return _page(stop_for(g.staff, stop_id, PLAN))


@bp.post("/printing/code")
@requires(PLAN)
def open_station_code(stop_id: int) -> ResponseReturnValue:
    """A code that makes a computer with a printer a station; it is shown this once."""
    stop = stop_for(g.staff, stop_id, PLAN)
    form = StationForm(open_checkpoints_of(stop))
    if not form.validate_on_submit():
        return _page(stop, form=form), 422
    try:
        with transaction():
            issued = open_code(
                stop,
                name=form.name.data or "",
                role=DeviceRole.STATION,
                checkpoint_ids=form.checkpoints.data or [],
                most_uses=USES_OF_A_STATIONS_CODE,
                lasts=GOOD_FOR,
                by=g.staff,
            )
    except Refusal as refusal:
        form.form_errors.append(refusal.message)
        return _page(stop_for(g.staff, stop_id, PLAN), form=form), refusal.status
    return _page(stop_for(g.staff, stop_id, PLAN), issued=issued)


@bp.post("/printing/checkpoints/<int:checkpoint_id>")
@requires(PLAN)
def let(stop_id: int, checkpoint_id: int) -> ResponseReturnValue:
    """Whoever passes this checkpoint gets a badge printed, or no longer."""
    stop = stop_for(g.staff, stop_id, PLAN)
    with transaction():
        point = let_print(checkpoint_id, prints=request.form.get("prints") == "yes", stop=stop, by=g.staff)
    if point.prints_badge:
        flash(_("Whoever passes “%(name)s” from now on gets a badge printed.", name=point.name), "success")
    else:
        flash(_("No badges are printed for “%(name)s” any more.", name=point.name), "success")
    return redirect(url_for(".printing", stop_id=stop_id), 303)


@bp.post("/printing/jobs/<int:job_id>/again")
@requires(PLAN)
def again(stop_id: int, job_id: int) -> ResponseReturnValue:
    """Print a badge once more."""
    stop = stop_for(g.staff, stop_id, PLAN)
    try:
        with transaction():
            job = ask_again(job_id, stop=stop, by=g.staff)
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        flash(refusal.message, "error")
    else:
        if job.copy > 1:
            flash(_("Copy %(number)s waits to be printed.", number=job.copy), "success")
        else:
            flash(_("The badge waits to be printed again."), "success")
    return redirect(url_for(".printing", stop_id=stop_id), 303)


@bp.post("/printing/drop")
@requires(PLAN)
def drop(stop_id: int) -> ResponseReturnValue:
    """Take out of the queue what no station has in its hands."""
    stop = stop_for(g.staff, stop_id, PLAN)
    with transaction():
        dropped = drop_waiting(stop, by=g.staff)
    flash(
        ngettext(
            "%(num)s badge is not printed any more.", "%(num)s badges are not printed any more.", dropped
        ),
        "success",
    )
    return redirect(url_for(".printing", stop_id=stop_id), 303)


@bp.post("/badges/<int:check_in_id>.pdf")
@requires(Permission.CHECK_IN)
def here(stop_id: int, check_in_id: int) -> ResponseReturnValue:
    """The badge of somebody who has just come in, for the printer of the browser that asks."""
    stop = stop_for(g.staff, stop_id, Permission.CHECK_IN)
    check_in = check_in_at(stop, check_in_id)
    paper = PAPERS.get(request.form.get("paper", DEFAULT_PAPER), PAPERS[DEFAULT_PAPER])
    try:
        with transaction():
            job = print_here(check_in, by=g.staff)
            pdf = badge_pdf(job, paper)  # a badge that cannot be made was not printed
    except Refusal as refusal:
        if request.headers.get("X-Requested-With") == "fetch":
            return {"error": refusal.code, "message": refusal.message}, refusal.status
        flash(refusal.message, "error")
        return redirect(url_for("checkin.arrived", stop_id=stop.id), 303)
    return Response(
        pdf, content_type="application/pdf", headers={"Content-Disposition": "inline; filename=badge.pdf"}
    )


@bp.post("/badges/<int:check_in_id>")
@requires(Permission.CHECK_IN)
def ask(stop_id: int, check_in_id: int) -> ResponseReturnValue:
    """Ask for the badge of somebody who has come in, at the desk where badges come out; once more is a further copy."""
    stop = stop_for(g.staff, stop_id, Permission.CHECK_IN)
    check_in = check_in_at(stop, check_in_id)
    try:
        with transaction():
            job = ask_for_badge(check_in, by=g.staff)
    except Refusal as refusal:
        flash(refusal.message, "error")
        return redirect(url_for("checkin.arrived", stop_id=stop.id), 303)
    if job.copy > 1:
        flash(_("Copy %(number)s waits to be printed.", number=job.copy), "success")
    else:
        flash(_("The badge waits to be printed."), "success")
    return redirect(url_for("checkin.arrived", stop_id=stop.id), 303)


def _page(stop: Stop, *, form: StationForm | None = None, issued: Issued | None = None) -> str:
    points = open_checkpoints_of(stop)
    stations: dict[int, tuple[object, list[str]]] = {}
    names = {point.id: point.name for point in points}
    desks: dict[int, list[str]] = {point.id: [] for point in points}
    for number, station in stations_at(names):
        stations.setdefault(station.device.id, (station, []))[1].append(names[number])
        desks[number].append(station.device.name)
    counts = counts_of(stop)
    return render_template(
        "printing/printing.html",
        stop=stop,
        points=points,
        desks=desks,
        stations=list(stations.values()),
        counts=counts,
        states=PrintState,
        copies=copies_of(stop),
        page=page_of(jobs_of(stop), request.args.get("page", 1, type=int)),
        form=form or StationForm(points, blank=True),
        issued=issued,
        code=spaced(issued.code) if issued else None,
        picture=join_picture(issued) if issued else None,
        address=join_address(DeviceRole.STATION),
        is_over=stop.cancelled_at is not None or joins_until(stop) <= now(),
    )

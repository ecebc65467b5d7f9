"""The figures of a stop's arrivals, to look at, to print and to take along."""

from __future__ import annotations

from flask import Blueprint, Response, abort, g, render_template, request
from flask.typing import ResponseReturnValue

from accounts.access import requires
from accounts.permissions import Permission, reach_of
from arrivals.afterwards import BUSIEST, day_of
from arrivals.afterwards_sheets import file_of_day, meanings
from audit.record import record
from campaigns.lookups import stop_for
from registrations.exports import Format
from shared.clock import in_china, now
from shared.db import transaction

bp = Blueprint("afterwards", __name__, url_prefix="/gate/<int:stop_id>/figures")

SEE = Permission.SEE_FUNNEL


@bp.get("")
@requires(SEE)
def figures(stop_id: int) -> ResponseReturnValue:
    """The curve of arrivals beside earlier stops, by class and checkpoint, no-shows, what each figure counts."""
    stop = stop_for(g.staff, stop_id, SEE)
    moment = now()
    return render_template(
        "arrivals/figures.html",
        stop=stop,
        day=day_of(stop, moment, by=g.staff),
        meanings=meanings(),
        formats=list(Format),
        busiest_minutes=int(BUSIEST.total_seconds() // 60),
        is_over=moment > stop.ends_at,
        may_plan=reach_of(g.staff, Permission.PLAN_CAMPAIGNS).covers(
            host_city_id=stop.host_city_id, campaign_id=stop.campaign_id, stop_id=stop.id
        ),
        moment_now=moment,
    )


@bp.post("/file")
@requires(SEE)
def take_along(stop_id: int) -> ResponseReturnValue:
    """The figures as a file; that somebody took them is recorded. Nobody is named in it."""
    stop = stop_for(g.staff, stop_id, SEE)
    try:
        chosen = Format(request.form.get("format", ""))
    except ValueError:
        abort(400)
    content = file_of_day(day_of(stop, now(), by=g.staff), chosen)
    with transaction():
        record("export_arrival_figures", stop, by=g.staff, format=chosen.value)
    name = f"arrivals-{stop.campaign.slug}-{stop.id}-{in_china(stop.starts_at):%Y%m%d}{chosen.suffix}"
    return Response(
        content,
        mimetype=chosen.mimetype,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )

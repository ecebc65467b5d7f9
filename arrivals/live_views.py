"""The organiser's live page of a stop, and what the stop's own page says of its gate."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from flask import Blueprint, Response, g, render_template, request
from flask.typing import ResponseReturnValue

from accounts.access import requires
from accounts.permissions import Permission, reach_of
from arrivals.live import BEFORE_DOORS, WINDOWS, live_of, silent_devices
from campaigns.lookups import stop_for
from campaigns.models import Stop
from checkin.device_lists import Trouble, trouble_of
from checkin.figures import Counted, counted_of
from shared.clock import now
from shared.language import current_language
from shared.one_answer import one_answer

bp = Blueprint("live", __name__, url_prefix="/gate/<int:stop_id>")

PLAN = Permission.PLAN_CAMPAIGNS


@dataclass(frozen=True, slots=True)
class Piece:
    """The part of the page that moves, as it was written for everybody who asks within a second."""

    html: str
    etag: str
    summary: str


@bp.get("/live")
@requires(PLAN)
def live(stop_id: int) -> ResponseReturnValue:
    """Who has come and how fast, by class and checkpoint, the devices, what needs a look.

    A script asks for the moving part alone and says which it has: nothing is sent while nothing has changed.
    """
    stop = stop_for(g.staff, stop_id, PLAN)
    window = request.args.get("minutes", WINDOWS[0], type=int)
    window = window if window in WINDOWS else WINDOWS[0]
    piece = one_answer(("live", stop.id, window, current_language()), lambda: _piece(stop, window))
    if request.headers.get("X-Requested-With") == "fetch":
        answer = Response(piece.html, mimetype="text/html")
        answer.set_etag(piece.etag)
        # Not "no-store", or no browser would send the mark back; nobody else may keep it.
        answer.headers["Cache-Control"] = "private, no-cache"
        return answer.make_conditional(request)
    return render_template(
        "arrivals/live.html", stop=stop, piece=piece, window=window, windows=WINDOWS, moment_now=now()
    )


def _piece(stop: Stop, window: int) -> Piece:
    moment = now()
    told = live_of(stop, moment, window=window)
    summary = render_template("arrivals/_live_summary.html", live=told).strip()
    html = render_template("arrivals/_live.html", stop=stop, live=told, summary=summary, moment_now=moment)
    return Piece(html, hashlib.sha256(html.encode()).hexdigest()[:32], summary)


@dataclass(frozen=True, slots=True)
class AtTheGate:
    """What the stop's page says of its gate."""

    counted: Counted
    trouble: Trouble
    silent: int


@bp.app_template_global("at_the_gate")
def at_the_gate(stop: Stop) -> AtTheGate | None:
    """The gate's standing for the page that shows a stop; None for whom it is not, and while no door can be open."""
    staff = g.get("staff")
    if staff is None or stop.cancelled_at is not None or now() < stop.starts_at - BEFORE_DOORS:
        return None
    if not reach_of(staff, PLAN).covers(
        host_city_id=stop.host_city_id, campaign_id=stop.campaign_id, stop_id=stop.id
    ):
        return None
    return AtTheGate(counted_of(stop), trouble_of(stop), silent_devices(stop, now()))

"""The screens in the hall: the organiser's page about them, and what a screen itself shows."""

from __future__ import annotations

import hashlib

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    g,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import refresh

from accounts.access import open_to_everyone, requires
from accounts.permissions import Permission
from arrivals.errors import WallIsOff
from arrivals.models import Wall
from arrivals.wall_forms import WallForm
from arrivals.walls import Made, agreed_at, put_up, shown_at, take_down, wall_behind, walls_of
from campaigns.lookups import stop_for
from campaigns.models import Stop
from checkin.devices import joins_until
from checkin.figures import counted_of
from shared.clock import now
from shared.db import transaction
from shared.errors import Refusal
from shared.one_answer import one_answer

bp = Blueprint("walls", __name__, url_prefix="/gate/<int:stop_id>/walls")
public_bp = Blueprint("wall", __name__, url_prefix="/wall")

PLAN = Permission.PLAN_CAMPAIGNS


@bp.get("")
@requires(PLAN)
def walls(stop_id: int) -> ResponseReturnValue:
    """Which screens show a stop's arrivals, and how many agreed to be welcomed by name."""
    return _page(stop_for(g.staff, stop_id, PLAN), WallForm(formdata=None))


@bp.post("")
@requires(PLAN)
def put_up_wall(stop_id: int) -> ResponseReturnValue:
    """Make an address for a screen; it is shown this once."""
    stop = stop_for(g.staff, stop_id, PLAN)
    form = WallForm()
    if not form.validate_on_submit():
        return _page(stop, form), 422
    try:
        with transaction():
            made = put_up(stop, name=form.name.data or "", language=form.language.data, by=g.staff)
    except Refusal as refusal:
        form.form_errors.append(refusal.message)
        return _page(stop_for(g.staff, stop_id, PLAN), form), refusal.status
    return _page(stop_for(g.staff, stop_id, PLAN), WallForm(formdata=None), made)


@bp.post("/<int:wall_id>/end")
@requires(PLAN)
def take_down_wall(stop_id: int, wall_id: int) -> ResponseReturnValue:
    """From now on the screen shows nothing."""
    stop = stop_for(g.staff, stop_id, PLAN)
    with transaction():
        wall = take_down(wall_id, stop=stop, by=g.staff)
    flash(_("%(name)s is switched off; within seconds it shows nothing any more.", name=wall.name), "success")
    return redirect(url_for(".walls", stop_id=stop_id))


@public_bp.get("/<token>")
@open_to_everyone
def wall(token: str) -> ResponseReturnValue:
    """What hangs in the hall: those who have just arrived, by name where they agreed, and how many have come.

    Its own script asks for the moving part alone. An address that is off says so; nothing else is told.
    """
    by_script = request.headers.get("X-Requested-With") == "fetch"
    try:
        found = wall_behind(token)
    except WallIsOff as refusal:
        if by_script:
            return {"error": refusal.code}, refusal.status
        return _alone(
            make_response(render_template("arrivals/wall_off.html", refusal=refusal), refusal.status)
        )
    g.language = found.language
    refresh()
    html, mark = one_answer(("wall", found.stop_id, found.language), lambda: _piece(found))
    if not by_script:
        return _alone(make_response(render_template("arrivals/wall.html", stop=found.stop, piece=html)))
    answer = Response(html, mimetype="text/html")
    answer.set_etag(mark)
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer.make_conditional(request)


def _piece(wall: Wall) -> tuple[str, str]:
    html = render_template("arrivals/_wall.html", shown=shown_at(wall.stop, now()))
    return html, hashlib.sha256(html.encode()).hexdigest()[:32]


def _alone(answer: Response) -> Response:
    """The address is the key: it stands in no list and is told to no other page."""
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer


def _page(stop: Stop, form: WallForm, made: Made | None = None) -> str:
    moment = now()
    public_url = current_app.config["SETTINGS"].public_url.rstrip("/")
    return render_template(
        "arrivals/walls.html",
        stop=stop,
        form=form,
        walls=walls_of(stop),
        made=made,
        address=f"{public_url}{url_for('wall.wall', token=made.token)}" if made else None,
        path=url_for("wall.wall", token=made.token) if made else None,
        agreed=agreed_at(stop),
        expected=counted_of(stop).expected,
        is_over=stop.cancelled_at is not None or joins_until(stop) <= moment,
        moment_now=moment,
    )

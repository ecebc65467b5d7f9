"""The organiser's pages for a poster at a checkpoint, and the screen in the hall."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup
from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

from accounts.access import requires
from accounts.permissions import Permission
from campaigns.lookups import stop_for
from campaigns.views import put_beside
from checkin.lookups import checkpoint_at
from checkin.models import CheckpointPoster
from checkin.poster_forms import PosterForm
from checkin.posters import (
    address_of,
    came_by_poster,
    change_poster,
    poster_at,
    put_up_poster,
    take_down_poster,
)
from shared.clock import now
from shared.db import transaction
from shared.errors import NotFound, Refusal

bp = Blueprint("posters", __name__, url_prefix="/gate/<int:stop_id>/checkpoints/<int:checkpoint_id>/poster")

PLAN = Permission.PLAN_CAMPAIGNS


@bp.route("", methods=["GET", "POST"])
@requires(PLAN)
def poster(stop_id: int, checkpoint_id: int) -> ResponseReturnValue:
    """Whether a poster hangs at this checkpoint, its window and word, and how many came by it."""
    stop = stop_for(g.staff, stop_id, PLAN)
    checkpoint = checkpoint_at(stop, checkpoint_id)
    hanging = poster_at(checkpoint)
    form = PosterForm(checkpoint, hanging)
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                with transaction():
                    if hanging is None:
                        put_up_poster(checkpoint.id, form.plan(), by=g.staff)
                    else:
                        change_poster(hanging.id, form.plan(), by=g.staff)
            except Refusal as refusal:
                status = put_beside(form, refusal)
            else:
                flash(_("Saved. Guests can check in by the poster within its time."), "success")
                return redirect(url_for(".poster", stop_id=stop_id, checkpoint_id=checkpoint_id), 303)
    page = render_template(
        "checkin/poster.html",
        stop=stop,
        checkpoint=checkpoint,
        poster=hanging,
        form=form,
        came=came_by_poster(checkpoint),
        symbol=_symbol(address_of(hanging)) if hanging and not hanging.is_screen else None,
        address=address_of(hanging) if hanging and not hanging.is_screen else None,
        moment_now=now(),
    )
    return page, status


@bp.post("/down")
@requires(PLAN)
def take_down(stop_id: int, checkpoint_id: int) -> ResponseReturnValue:
    """Nobody checks in by the poster any more."""
    hanging = _hanging(stop_id, checkpoint_id)
    try:
        with transaction():
            take_down_poster(hanging.id, by=g.staff)
    except Refusal as refusal:
        flash(refusal.message, "error")
    else:
        flash(_("The poster is off: nobody checks in by it any more. You may take it down."), "success")
    return redirect(url_for(".poster", stop_id=stop_id, checkpoint_id=checkpoint_id), 303)


@bp.get("/screen")
@requires(PLAN)
def screen(stop_id: int, checkpoint_id: int) -> ResponseReturnValue:
    """The code for a screen in the hall, large; it renews itself, also without scripts."""
    hanging = _hanging(stop_id, checkpoint_id)
    return render_template(
        "checkin/poster_screen.html",
        stop=hanging.checkpoint.stop,
        checkpoint=hanging.checkpoint,
        poster=hanging,
        symbol=_symbol(address_of(hanging)),
        came=came_by_poster(hanging.checkpoint),
        moment_now=now(),
    )


def _hanging(stop_id: int, checkpoint_id: int) -> CheckpointPoster:
    """The poster that hangs there. Raises NotFound, also for another city's."""
    stop = stop_for(g.staff, stop_id, PLAN)
    hanging = poster_at(checkpoint_at(stop, checkpoint_id))
    if hanging is None:
        raise NotFound
    return hanging


def _symbol(address: str) -> Markup:
    """The address as a QR symbol: an SVG drawn by us, black on white with its quiet zone."""
    code = QRCode(error_correction=ERROR_CORRECT_M, border=4)
    code.add_data(address)
    code.make(fit=True)
    rows = code.get_matrix()
    path = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
    side = len(rows)
    return Markup(  # noqa: S704 - numbers, and a sentence of ours that is escaped
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {side} {side}" '
        'shape-rendering="crispEdges"><title>{}</title>'
        f'<rect width="{side}" height="{side}" fill="#fff"/><path fill="#000" d="{path}"/></svg>'
    ).format(_("QR code to check in by"))

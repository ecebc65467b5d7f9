"""The organiser's page for a poster at a checkpoint."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import requires
from accounts.permissions import Permission
from campaigns.lookups import stop_for
from campaigns.views import put_beside
from checkin.lookups import checkpoint_at
from checkin.models import CheckpointPoster
from checkin.poster_forms import PosterForm
from checkin.poster_symbol import symbol_of
from checkin.posters import (
    address_of,
    came_by_poster,
    change_poster,
    poster_at,
    put_up_poster,
    screen_address,
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
        symbol=symbol_of(address_of(hanging)) if hanging and not hanging.is_screen else None,
        address=address_of(hanging) if hanging and not hanging.is_screen else None,
        screen=screen_address(hanging) if hanging and hanging.is_screen else None,
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


def _hanging(stop_id: int, checkpoint_id: int) -> CheckpointPoster:
    """The poster that hangs there. Raises NotFound, also for another city's."""
    stop = stop_for(g.staff, stop_id, PLAN)
    hanging = poster_at(checkpoint_at(stop, checkpoint_id))
    if hanging is None:
        raise NotFound
    return hanging

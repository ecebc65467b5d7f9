"""For whoever plans a stop: take an item that people have chosen out of the programme, with word to them."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import requires
from accounts.permissions import Permission
from campaigns.forms import CancelForm
from campaigns.lookups import programme_item_of, stop_for
from registrations.cancel_item import cancel_item as cancel
from shared.clock import now
from shared.db import transaction
from shared.errors import Refusal

bp = Blueprint("programme_desk", __name__, url_prefix="/desk/registrations/programme")


@bp.route("/<int:stop_id>/<int:item_id>/cancel", methods=["GET", "POST"])
@requires(Permission.PLAN_CAMPAIGNS)
def cancel_item(stop_id: int, item_id: int) -> ResponseReturnValue:
    """Cancel an item for good, with a reason that its people read."""
    stop = stop_for(g.staff, stop_id, Permission.PLAN_CAMPAIGNS)
    item = programme_item_of(stop, item_id)
    form = CancelForm()
    if form.validate_on_submit():
        told = item.seats_taken
        try:
            with transaction():
                cancel(item_id, stop_id=stop_id, reason=form.reason.data or "", by=g.staff)
        except Refusal as refusal:
            flash(refusal.message, "error")
        else:
            flash(
                _("Cancelled. %(number)s people had chosen it and are told by e-mail.", number=told)
                if told
                else _("Cancelled. Nobody had chosen it."),
                "success",
            )
        return redirect(url_for("campaigns.programme", stop_id=stop_id))
    page = render_template(
        "registrations/cancel_item.html", stop=stop, item=item, form=form, has_begun=stop.starts_at <= now()
    )
    return page, 422 if form.errors else 200

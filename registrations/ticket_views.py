"""The desk's part in a ticket: issue it anew when it has come into other hands."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import requires
from accounts.permissions import Permission
from registrations.forms import ReissueForm
from registrations.lookups import registration_for
from registrations.reissue import reissue_ticket
from registrations.staff_views import registration_page
from shared.db import transaction
from shared.errors import Refusal

bp = Blueprint("tickets_desk", __name__, url_prefix="/desk/registrations")


@bp.post("/<int:registration_id>/ticket")
@requires(Permission.REVIEW_REGISTRATIONS)
def reissue(registration_id: int) -> ResponseReturnValue:
    """Give the person a new ticket; the old one is refused from now on."""
    found = registration_for(g.staff, registration_id, Permission.REVIEW_REGISTRATIONS)
    form = ReissueForm()
    if not form.validate_on_submit():
        return registration_page(found, reissue_form=form), 422
    try:
        with transaction():
            reissue_ticket(
                found.id, instead_of=form.instead_of.data or 0, reason=form.reason.data or "", by=g.staff
            )
    except Refusal as refusal:
        if refusal.field == "reason":
            form.reason.errors = [refusal.message]
            return registration_page(found, reissue_form=form), refusal.status
        flash(refusal.message, "error")
    else:
        flash(
            _("%(name)s has a new ticket; the earlier one is refused.", name=found.person.full_name),
            "success",
        )
    return redirect(url_for("registrations_staff.registration", registration_id=registration_id), 303)

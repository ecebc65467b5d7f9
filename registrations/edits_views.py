"""The desk's part in an applicant's changes: let one person change the answers longer, and set a new name's mark aside."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import requires
from accounts.permissions import Permission
from registrations.amend import extend_edits, note_new_badge
from registrations.lookups import registration_for
from registrations.own_forms import ExtendForm
from shared.db import transaction

bp = Blueprint("registrations_edits", __name__, url_prefix="/desk/registrations")


@bp.post("/<int:registration_id>/edits")
@requires(Permission.REVIEW_REGISTRATIONS)
def extend(registration_id: int) -> ResponseReturnValue:
    """Until when this person may change the answers; empty: as long as the stop says."""
    found = registration_for(g.staff, registration_id, Permission.REVIEW_REGISTRATIONS)
    form = ExtendForm()
    if form.validate_on_submit():
        with transaction():
            extend_edits(found.id, form.until.data, by=g.staff)
        flash(_("The time for changes is set."), "success")
    else:
        flash(str(next(iter(form.until.errors), _("Give day and time, like 2026-05-28 09:00."))), "error")
    return redirect(url_for("registrations_staff.registration", registration_id=registration_id), 303)


@bp.post("/<int:registration_id>/new-badge")
@requires(Permission.REVIEW_REGISTRATIONS)
def new_badge(registration_id: int) -> ResponseReturnValue:
    """The badge with the new name is printed: the mark goes."""
    found = registration_for(g.staff, registration_id, Permission.REVIEW_REGISTRATIONS)
    with transaction():
        note_new_badge(found.id, by=g.staff)
    flash(_("Noted."), "success")
    return redirect(url_for("registrations_staff.registration", registration_id=registration_id), 303)

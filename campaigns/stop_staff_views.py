"""The page of a stop's own staff."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import requires
from accounts.models import Role
from campaigns.forms import StopStaffForm
from campaigns.lookups import stop_for
from campaigns.stop_staff import give_role, roles_to_give, staff_of, take_role
from campaigns.views import PLAN, bp, put_beside
from shared.db import transaction
from shared.errors import Refusal


@bp.route("/stops/<int:stop_id>/staff", methods=["GET", "POST"])
@requires(PLAN)
def stop_staff(stop_id: int) -> ResponseReturnValue:
    """Who works for this one stop, and a form to give a colleague a role."""
    stop = stop_for(g.staff, stop_id, PLAN)
    roles = roles_to_give(g.staff, stop)
    form = StopStaffForm(roles)
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                with transaction():
                    give_role(stop, form.login.data or "", Role(form.role.data), by=g.staff)
            except Refusal as refusal:
                status = put_beside(form, refusal)
                stop = stop_for(g.staff, stop_id, PLAN)
            else:
                flash(_("The role is given. It holds for this stop and for nothing else."), "success")
                return redirect(url_for(".stop_staff", stop_id=stop_id))
    page = render_template(
        "campaigns/stop_staff.html", stop=stop, form=form, roles=roles, people=staff_of(stop)
    )
    return page, status


@bp.post("/stops/<int:stop_id>/staff/<int:grant_id>/remove")
@requires(PLAN)
def take_stop_role(stop_id: int, grant_id: int) -> ResponseReturnValue:
    """Take a role for this stop back."""
    stop = stop_for(g.staff, stop_id, PLAN)
    try:
        with transaction():
            take_role(stop, grant_id, by=g.staff)
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        flash(refusal.message, "error")
    else:
        flash(_("The role is taken back; it ends at once."), "success")
    return redirect(url_for(".stop_staff", stop_id=stop_id))

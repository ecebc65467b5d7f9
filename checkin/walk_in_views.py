"""The gate's page for somebody who has not registered."""

from __future__ import annotations

from uuid import uuid4

from flask import Blueprint, flash, g, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import requires
from accounts.permissions import Permission, reach_of
from campaigns.lookups import stop_for
from campaigns.models import Stop
from checkin.errors import RegisteredAlready, WalkInsNotTaken
from checkin.forms import VolunteersForm, WalkInForm
from checkin.models import CheckIn
from checkin.walk_in import let_volunteers, may_take_walk_ins
from checkin.walk_in import walk_in as walk_in_verb
from registrations.models import BadgeClass
from shared.db import transaction
from shared.errors import Refusal
from shared.language import current_language

bp = Blueprint("walk_in", __name__, url_prefix="/gate")


@bp.get("/<int:stop_id>/walk-in")
@requires(Permission.CHECK_IN)
def walk_in(stop_id: int) -> ResponseReturnValue:
    """The form: name, mobile, unit, consent."""
    stop = stop_for(g.staff, stop_id, Permission.CHECK_IN)
    if not may_take_walk_ins(g.staff, stop):
        raise WalkInsNotTaken
    return _page(stop, _empty_form())


@bp.post("/<int:stop_id>/walk-in")
@requires(Permission.CHECK_IN)
def register_and_let_in(stop_id: int) -> ResponseReturnValue:
    """Register on the spot and record the arrival."""
    stop = stop_for(g.staff, stop_id, Permission.CHECK_IN)
    if not may_take_walk_ins(g.staff, stop):
        raise WalkInsNotTaken
    form = WalkInForm()
    if not form.validate_on_submit():
        return _page(stop, form), 422
    gate = form.gate.data or _gate_name()
    try:
        with transaction():
            arrival = walk_in_verb(
                form.application(current_language()),
                stop=stop,
                submission_id=form.submission,
                badge_class=BadgeClass(form.badge_class.data),
                gate=gate,
                by=g.staff,
            )
    except RegisteredAlready as refusal:
        return _page(stop, form, already=refusal), refusal.status
    except Refusal as refusal:
        errors = form[refusal.field].errors if refusal.field in form else form.form_errors
        errors.append(refusal.message)
        return _page(stop, form), refusal.status
    session["gate"] = gate
    return _page(stop, _empty_form(BadgeClass(form.badge_class.data)), arrival=arrival)


@bp.post("/<int:stop_id>/walk-in/volunteers")
@requires(Permission.PLAN_CAMPAIGNS)
def volunteers(stop_id: int) -> ResponseReturnValue:
    """Let the stop's volunteers register people on the spot, or no longer."""
    stop = stop_for(g.staff, stop_id, Permission.PLAN_CAMPAIGNS)
    form = VolunteersForm()
    if form.validate_on_submit():
        with transaction():
            let_volunteers(stop.id, take_walk_ins=bool(form.allowed.data), by=g.staff)
        flash(
            _("Volunteers may now register people at this stop.")
            if form.allowed.data
            else _("Volunteers no longer register people at this stop."),
            "success",
        )
    return redirect(url_for(".walk_in", stop_id=stop.id), 303)


def _page(
    stop: Stop, form: WalkInForm, *, arrival: CheckIn | None = None, already: RegisteredAlready | None = None
) -> str:
    def may(permission: Permission) -> bool:
        return reach_of(g.staff, permission).covers(
            host_city_id=stop.host_city_id, campaign_id=stop.campaign_id, stop_id=stop.id
        )

    return render_template(
        "checkin/walk_in.html",
        stop=stop,
        form=form,
        arrival=arrival,
        already=already,
        plans=may(Permission.PLAN_CAMPAIGNS),
        prints=may(Permission.PRINT_BADGES),
        gate_name=form.gate.data or _gate_name(),
        scan_id=str(uuid4()),
    )


def _empty_form(badge_class: BadgeClass = BadgeClass.DOCTOR) -> WalkInForm:
    return WalkInForm(
        formdata=None, submission_id=str(uuid4()), gate=_gate_name(), badge_class=badge_class.value
    )


def _gate_name() -> str:
    return str(session.get("gate") or _("Main entrance"))

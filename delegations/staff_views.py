"""The organiser's pages: the delegations to a stop, one of them, approved as a whole or lent seats."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import requires
from accounts.permissions import Permission
from campaigns.lookups import stop_for
from delegations.decline import decline_delegation
from delegations.entry_forms import DeclineForm, LendForm
from delegations.gather import approve_delegation
from delegations.gather import lend_seats as lend_seats_verb
from delegations.lookups import confirmed_of, delegation_for, delegations_of, members_of
from delegations.models import Delegation
from shared.db import transaction
from shared.errors import Refusal
from shared.pages import page_of

bp = Blueprint("delegations_staff", __name__, url_prefix="/desk")
PLAN = Permission.PLAN_CAMPAIGNS


@bp.get("/stops/<int:stop_id>/delegations")
@requires(PLAN)
def delegations(stop_id: int) -> ResponseReturnValue:
    """Every delegation to a stop."""
    stop = stop_for(g.staff, stop_id, PLAN)
    page = page_of(delegations_of(stop.id), request.args.get("page", 1, type=int))
    return render_template(
        "delegations/delegations.html",
        stop=stop,
        page=page,
        confirmed=confirmed_of([delegation.id for delegation in page.rows]),
    )


@bp.get("/delegations/<int:delegation_id>")
@requires(PLAN)
def delegation(delegation_id: int) -> ResponseReturnValue:
    """One delegation with its members."""
    return _page(delegation_for(g.staff, delegation_id, PLAN), LendForm(formdata=None))


@bp.post("/delegations/<int:delegation_id>/approve")
@requires(PLAN)
def approve(delegation_id: int) -> ResponseReturnValue:
    """Keep seats for all of it."""
    found = delegation_for(g.staff, delegation_id, PLAN)
    try:
        with transaction():
            approve_delegation(found.id, by=g.staff)
    except Refusal as refusal:
        flash(refusal.message, "error")
    else:
        flash(
            _("Approved: seats are kept for everybody named, and whoever has registered is confirmed."),
            "success",
        )
    return redirect(url_for(".delegation", delegation_id=found.id), 303)


@bp.post("/delegations/<int:delegation_id>/decline")
@requires(PLAN)
def decline(delegation_id: int) -> ResponseReturnValue:
    """Say no to all of it."""
    found = delegation_for(g.staff, delegation_id, PLAN)
    form = DeclineForm()
    if not form.validate_on_submit():
        return _page(found, LendForm(formdata=None), form), 422
    try:
        with transaction():
            declined = decline_delegation(found.id, by=g.staff, reason=form.reason.checked)
    except Refusal as refusal:
        flash(refusal.message, "error")
    else:
        flash(
            _(
                "Declined: the contact and every member are told, each once. %(number)s registrations were declined.",
                number=declined.number,
            ),
            "success",
        )
        if declined.stay:
            flash(
                _(
                    "These stay, for they have arrived or can no longer be declined: %(names)s.",
                    names=str(_(", ")).join(declined.stay),
                ),
                "error",
            )
    return redirect(url_for(".delegation", delegation_id=found.id), 303)


@bp.post("/delegations/<int:delegation_id>/seats")
@requires(PLAN)
def lend_seats(delegation_id: int) -> ResponseReturnValue:
    """Keep so many seats for it."""
    found = delegation_for(g.staff, delegation_id, PLAN)
    form = LendForm()
    if not form.validate_on_submit():
        return _page(found, form), 422
    try:
        with transaction():
            lend_seats_verb(found.id, int(form.seats.data or 0), by=g.staff)
    except Refusal as refusal:
        form.seats.errors = [refusal.message]
        return _page(found, form), refusal.status
    flash(_("%(number)s seats are kept for the delegation.", number=form.seats.data), "success")
    return redirect(url_for(".delegation", delegation_id=found.id), 303)


def _page(found: Delegation, form: LendForm, decline_form: DeclineForm | None = None) -> str:
    if form.seats.data is None:
        form.seats.data = found.seat_block.seats if found.seat_block else found.members_named
    return render_template(
        "delegations/delegation.html",
        delegation=found,
        stop=found.stop,
        members=members_of(found),
        form=form,
        decline_form=decline_form or DeclineForm(formdata=None),
    )

"""The office's pages for letting people in: invitations and who came by them, guests."""

from __future__ import annotations

from uuid import UUID, uuid4

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import requires
from accounts.permissions import Permission
from campaigns.lookups import stop_for
from registrations.by_invitation import invitation_address
from registrations.enter_guest import enter_guest as enter_guest_verb
from registrations.entry_forms import GuestForm, InvitationForm
from registrations.invite import invite as invite_verb
from registrations.invite import revoke as revoke_verb
from registrations.invite import send_again as send_again_verb
from registrations.lookups import came_by, entered_lately, invitation_for, invitations_of
from registrations.models import BadgeClass, Basis, RegistrationState
from shared.db import transaction
from shared.errors import Refusal
from shared.language import current_language
from shared.pages import page_of

bp = Blueprint("entry", __name__, url_prefix="/desk/stops")
PLAN = Permission.PLAN_CAMPAIGNS


@bp.get("/<int:stop_id>/invitations")
@requires(PLAN)
def invitations(stop_id: int) -> ResponseReturnValue:
    """Every invitation to a stop, how often it was used and by whom."""
    stop = stop_for(g.staff, stop_id, PLAN)
    page = page_of(invitations_of(stop.id), request.args.get("page", 1, type=int))
    return render_template(
        "registrations/invitations.html",
        stop=stop,
        page=page,
        came=came_by([invitation.id for invitation in page.rows]),
        address_of=invitation_address,
    )


@bp.route("/<int:stop_id>/invitations/new", methods=["GET", "POST"])
@requires(PLAN)
def invite(stop_id: int) -> ResponseReturnValue:
    """Invite one person, or make a code for several (``?for=several``)."""
    stop = stop_for(g.staff, stop_id, PLAN)
    personal = request.args.get("for") != "several"
    form = InvitationForm(personal=personal, stop=stop)
    if not form.is_submitted():
        return render_template("registrations/invite.html", stop=stop, form=form, personal=personal)
    if not form.validate():
        return render_template("registrations/invite.html", stop=stop, form=form, personal=personal), 422
    try:
        with transaction():
            invitation = invite_verb(form.plan(), stop_id=stop.id, by=g.staff)
    except Refusal as refusal:
        beside = refusal.field if refusal.field in form else None
        errors = form[beside].errors if beside else form.form_errors
        errors.append(refusal.message)
        return render_template(
            "registrations/invite.html", stop=stop, form=form, personal=personal
        ), refusal.status
    if personal:
        flash(_("%(name)s is invited. The mail is on its way.", name=invitation.full_name), "success")
    else:
        flash(_("The code is %(code)s.", code=invitation.spaced_code), "success")
    return redirect(url_for(".invitations", stop_id=stop.id), 303)


@bp.post("/<int:stop_id>/invitations/<int:invitation_id>/revoke")
@requires(PLAN)
def revoke(stop_id: int, invitation_id: int) -> ResponseReturnValue:
    """Take an invitation back."""
    invitation = invitation_for(g.staff, stop_id, invitation_id, PLAN)
    with transaction():
        revoke_verb(invitation.id, by=g.staff)
    flash(_("Taken back. Whoever came by it before stays registered."), "success")
    return redirect(url_for(".invitations", stop_id=stop_id), 303)


@bp.post("/<int:stop_id>/invitations/<int:invitation_id>/send")
@requires(PLAN)
def send_again(stop_id: int, invitation_id: int) -> ResponseReturnValue:
    """Write to the invited person once more."""
    invitation = invitation_for(g.staff, stop_id, invitation_id, PLAN)
    try:
        with transaction():
            send_again_verb(invitation.id, by=g.staff)
    except Refusal as refusal:
        flash(refusal.message, "error")
    else:
        flash(_("The mail is on its way once more."), "success")
    return redirect(url_for(".invitations", stop_id=stop_id), 303)


@bp.route("/<int:stop_id>/guests/new", methods=["GET", "POST"])
@requires(PLAN)
def enter_guest(stop_id: int) -> ResponseReturnValue:
    """Enter one guest after the other."""
    stop = stop_for(g.staff, stop_id, PLAN)
    form = GuestForm()
    if request.method == "GET":
        chosen = request.args.get("class", "")
        form.badge_class.data = chosen if chosen in set(BadgeClass) else form.badge_class.data
        form.submission_id.data = str(uuid4())
    status = 200
    if form.is_submitted():
        status = 422
        if form.validate():
            try:
                with transaction():
                    guest = enter_guest_verb(
                        form.application(current_language()),
                        stop_id=stop.id,
                        submission_id=_number(form.submission_id.data),
                        badge_class=BadgeClass(form.badge_class.data),
                        basis=Basis(form.basis.data),
                        tells=bool(form.tells.data),
                        by=g.staff,
                        may_wait=bool(form.may_wait.data),
                    )
            except Refusal as refusal:
                errors = form[refusal.field].errors if refusal.field in form else form.form_errors
                errors.append(refusal.message)
                status = refusal.status
            else:
                if guest.state is RegistrationState.WAITING:
                    said = _(
                        "%(name)s is entered and stands on the waiting list.", name=guest.person.full_name
                    )
                else:
                    said = _("%(name)s is entered and has a seat.", name=guest.person.full_name)
                flash(said, "success")
                return redirect(
                    f"{url_for('.enter_guest', stop_id=stop.id)}?class={guest.badge_class.value}", 303
                )
    return render_template(
        "registrations/enter_guest.html", stop=stop, form=form, lately=entered_lately(stop.id)
    ), status


def _number(text: str | None) -> UUID:
    try:
        return UUID(text or "")
    except ValueError:
        return uuid4()

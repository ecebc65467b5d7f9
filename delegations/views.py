"""The contact's and the members' pages."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import open_to_everyone
from campaigns.lookups import campaign_by_slug
from campaigns.models import Stop
from delegations.entry_forms import DelegationForm, MembersForm
from delegations.gather import name_members, open_delegation, remove_member, say_complete
from delegations.links import delegation_link, delegation_on_link, keep_in_hand, member_on_link
from delegations.lookups import members_of
from delegations.models import Delegation
from registrations.errors import TooManyTries
from registrations.knocks import knock
from registrations.register import refuse_unless_open
from shared.clock import now
from shared.db import transaction
from shared.errors import NotFound, Refusal
from shared.language import current_language

bp = Blueprint("delegations", __name__)
HOUR = timedelta(hours=1)
MOST_FROM_ONE_PLACE, MOST_FOR_ONE_MAILBOX = 60, 5
"""An hour. Each opening writes to a mailbox that somebody typed: nobody is flooded through us."""


@bp.after_request
def keep_private(response: Response) -> Response:
    """What is for one group or person is neither stored on the way nor found by a search."""
    if request.path.startswith("/delegation/"):
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


@bp.route("/c/<slug>/stops/<int:stop_id>/delegation", methods=["GET", "POST"])
@open_to_everyone
def open_one(slug: str, stop_id: int) -> ResponseReturnValue:
    """Open a delegation for a stop."""
    stop = _published_stop(slug, stop_id)
    form = DelegationForm()
    if request.method == "GET":
        try:
            refuse_unless_open(stop)
        except Refusal as refusal:
            return render_template("registrations/closed.html", stop=stop, refusal=refusal, now=now())
        return render_template("delegations/open.html", stop=stop, form=form)
    if not form.validate_on_submit():
        return render_template("delegations/open.html", stop=stop, form=form), 422
    plan = form.plan(current_language())
    try:
        with transaction():  # counted also when what follows is refused
            may = knock(
                "delegation.place", request.remote_addr or "", most=MOST_FROM_ONE_PLACE, within=HOUR
            ) and knock(
                "delegation.mailbox", plan.contact_email.casefold(), most=MOST_FOR_ONE_MAILBOX, within=HOUR
            )
        if not may:
            raise TooManyTries
        with transaction():
            delegation = open_delegation(plan, stop_id=stop.id)
    except Refusal as refusal:
        form.form_errors.append(refusal.message)
        return render_template("delegations/open.html", stop=stop, form=form), refusal.status
    flash(_("Your delegation is open. The link to this page is on its way to you by mail."), "success")
    return redirect(url_for(".manage", link=delegation_link(delegation)), 303)


@bp.get("/delegation/<link>")
@open_to_everyone
def manage(link: str) -> ResponseReturnValue:
    """The contact's page: who is named and who has confirmed; of each no more than that."""
    return _manage_page(delegation_on_link(link), link, MembersForm(formdata=None))


@bp.post("/delegation/<link>/members")
@open_to_everyone
def add(link: str) -> ResponseReturnValue:
    """Name members: typed, pasted or as a sheet; all of them or none."""
    delegation = delegation_on_link(link)
    form = MembersForm()
    if not form.validate_on_submit():
        return _manage_page(delegation, link, form), 422
    try:
        people = form.people()
        refuse_unless_open(delegation.stop)
        with transaction():
            named = name_members(delegation.id, people)
    except Refusal as refusal:
        form.lines.errors = [refusal.message]
        return _manage_page(delegation, link, form), refusal.status
    flash(
        _("%(number)s people are named; each gets a mail with a link of his own.", number=len(named)),
        "success",
    )
    return redirect(url_for(".manage", link=link), 303)


@bp.post("/delegation/<link>/remove")
@open_to_everyone
def remove(link: str) -> ResponseReturnValue:
    """Take somebody off who has not confirmed."""
    delegation = delegation_on_link(link)
    chosen = request.form.get("member", "")
    known = {str(member.id): member for member in members_of(delegation)}
    try:
        if chosen not in known:
            raise NotFound
        with transaction():
            remove_member(known[chosen].id)
    except Refusal as refusal:
        flash(refusal.message, "error")
    return redirect(url_for(".manage", link=link), 303)


@bp.post("/delegation/<link>/complete")
@open_to_everyone
def complete(link: str) -> ResponseReturnValue:
    """Everybody is named."""
    delegation = delegation_on_link(link)
    try:
        with transaction():
            delegation = say_complete(delegation.id)
    except Refusal as refusal:
        flash(refusal.message, "error")
    else:
        flash(
            _("Seats are kept for all of you.")
            if delegation.approved_at
            else _(
                "Thank you. As soon as there are seats for all of you, they are kept and you see it here."
            ),
            "success",
        )
    return redirect(url_for(".manage", link=link), 303)


@bp.get("/delegation/member/<link>")
@open_to_everyone
def member(link: str) -> ResponseReturnValue:
    """A member's own page: with whom, to what, and on to the form."""
    found = member_on_link(link)
    if found.registration_id is None:
        keep_in_hand(found)
    return render_template(
        "delegations/member.html", member=found, delegation=found.delegation, stop=found.delegation.stop
    )


def _manage_page(delegation: Delegation, link: str, form: MembersForm) -> str:
    return render_template(
        "delegations/manage.html",
        delegation=delegation,
        stop=delegation.stop,
        members=members_of(delegation),
        link=link,
        form=form,
    )


def _published_stop(slug: str, stop_id: int) -> Stop:
    for stop in campaign_by_slug(slug).stops:
        if stop.id == stop_id:
            return stop
    raise NotFound

"""The office's pages: the list of registrations, one of them with its history, the decisions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import requires
from accounts.permissions import Permission, reach_of
from audit.record import record
from campaigns.lookups import host_cities, stops_for
from messages.lookups import messages_to
from registrations.edits import edits_of
from registrations.forms import DecideForm, ListForm
from registrations.judge import BEGINS_AT, Act
from registrations.lookups import (
    arrived_at,
    counts_within,
    history,
    listed,
    place_in_line,
    programme_chosen,
    registration_for,
)
from registrations.models import Registration, RegistrationState
from registrations.review import confirm as confirm_verb
from registrations.review import decline as decline_verb
from registrations.review import put_on_waitlist as put_on_waitlist_verb
from shared.clock import now
from shared.db import transaction
from shared.errors import Refusal
from shared.pages import page_of

bp = Blueprint("registrations_staff", __name__, url_prefix="/desk/registrations")


@bp.get("")
@requires(Permission.SEE_REGISTRATIONS)
def registration_list() -> ResponseReturnValue:
    """All registrations within reach, narrowed by stop, state and a search."""
    stops = stops_for(g.staff, Permission.SEE_REGISTRATIONS)
    form = ListForm(stops=stops, formdata=request.args)
    form.validate()
    reach = reach_of(g.staff, Permission.SEE_REGISTRATIONS)
    stop_id, state = form.chosen_stop_id, form.chosen_state
    text = "" if form.text.errors else form.text.data or ""
    statement = listed(reach, stop_id=stop_id, state=state, text=text)
    return render_template(
        "registrations/registration_list.html",
        form=form,
        page=page_of(statement, request.args.get("page", 1, type=int)),
        counts=counts_within(reach, stop_id=stop_id),
        stop_id=stop_id,
        chosen=state,
        is_narrowed=bool(text or state or stop_id),
        states=list(RegistrationState),
    )


@bp.get("/<int:registration_id>")
@requires(Permission.SEE_REGISTRATIONS)
def registration(registration_id: int) -> ResponseReturnValue:
    """One registration with its history; mobile and e-mail masked until somebody asks for them."""
    return _page(registration_for(g.staff, registration_id, Permission.SEE_REGISTRATIONS))


@bp.post("/<int:registration_id>/contact")
@requires(Permission.SEE_REGISTRATIONS)
def show_contact(registration_id: int) -> ResponseReturnValue:
    """The same page with mobile and e-mail in full; that somebody looked stays in the record."""
    found = registration_for(g.staff, registration_id, Permission.SEE_REGISTRATIONS)
    with transaction():
        record("see_registration", found, by=g.staff)
    return _page(found, contact_shown=True)


@bp.post("/<int:registration_id>/confirm")
@requires(Permission.REVIEW_REGISTRATIONS)
def confirm(registration_id: int) -> ResponseReturnValue:
    """Give the person a seat."""
    return _decide(
        registration_id, lambda found, _reason: confirm_verb(found.id, by=g.staff), _("Confirmed.")
    )


@bp.post("/<int:registration_id>/waitlist")
@requires(Permission.REVIEW_REGISTRATIONS)
def put_on_waitlist(registration_id: int) -> ResponseReturnValue:
    """Put the person on the waiting list."""
    return _decide(
        registration_id,
        lambda found, _reason: put_on_waitlist_verb(found.id, by=g.staff),
        _("Put on the waiting list."),
    )


@bp.post("/<int:registration_id>/decline")
@requires(Permission.REVIEW_REGISTRATIONS)
def decline(registration_id: int) -> ResponseReturnValue:
    """Say no, with the reason."""
    return _decide(
        registration_id,
        lambda found, reason: decline_verb(found.id, by=g.staff, reason=reason),
        _("Declined."),
    )


def _decide(
    registration_id: int, verb: Callable[[Registration, str], object], done: str
) -> ResponseReturnValue:
    found = registration_for(g.staff, registration_id, Permission.REVIEW_REGISTRATIONS)
    form = DecideForm()
    if not form.validate_on_submit():
        return _page(found, form=form), 422
    try:
        with transaction():
            verb(found, form.reason.data or "")
    except Refusal as refusal:
        if refusal.field == "reason":
            form.reason.errors = [refusal.message]
            return _page(found, form=form), refusal.status
        flash(refusal.message, "error")
    else:
        flash(
            _("%(name)s: %(done)s A mail is on its way.", name=found.person.full_name, done=done), "success"
        )
    return redirect(url_for("registrations_staff.registration", registration_id=registration_id), 303)


def _page(found: Registration, *, form: DecideForm | None = None, contact_shown: bool = False) -> str:
    stop, state = found.stop, found.state
    may_review = reach_of(g.staff, Permission.REVIEW_REGISTRATIONS).covers(
        host_city_id=stop.host_city_id, campaign_id=stop.campaign_id, stop_id=stop.id
    )
    arrival = arrived_at(found)
    is_over = stop.ends_at <= now()
    cities = {city.id: city.name for city in host_cities()}
    context: dict[str, Any] = {
        "registration": found,
        "stop": stop,
        "form": form or DecideForm(),
        "contact_shown": contact_shown,
        "history": history(found),
        "edits": edits_of(found),
        "may_review": may_review,
        "programme": programme_chosen(found),
        "messages": messages_to(found.id),
        "may_read_messages": bool(reach_of(g.staff, Permission.READ_MESSAGES)),
        "cities": [cities[city_id] for city_id in found.preferred_city_ids if city_id in cities],
        "place": place_in_line(found) if state is RegistrationState.WAITING else None,
        "arrived_at": arrival,
        "may_confirm": may_review
        and not is_over
        and stop.cancelled_at is None
        and state in BEGINS_AT[Act.CONFIRM],
        "may_wait": may_review
        and not is_over
        and stop.cancelled_at is None
        and stop.is_full
        and state in BEGINS_AT[Act.WAIT],
        "may_decline": may_review and not is_over and arrival is None and state in BEGINS_AT[Act.DECLINE],
    }
    return render_template("registrations/registration.html", **context)

"""The office's pages: one registration with its history, the decisions about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, g, get_template_attribute, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import requires
from accounts.permissions import Permission, reach_of
from audit.record import record
from campaigns.lookups import host_cities
from messages.lookups import messages_to
from registrations.answers import answers_of, standing_of_second_form
from registrations.assign import Opinions, opinions_on, own_review
from registrations.edits import edits_of
from registrations.errors import OverQuota
from registrations.forms import DecideForm, ReissueForm
from registrations.gate_note import remove_gate_note, write_gate_note
from registrations.judge import BEGINS_AT, case_of, why_not
from registrations.lookups import (
    arrived_at,
    history,
    place_in_line,
    programme_chosen,
    registration_for,
    reissues_of,
)
from registrations.models import Act, Registration, RegistrationState
from registrations.offer import offer_seat
from registrations.queue_forms import GateNoteForm
from registrations.quotas import room_of
from registrations.review import confirm as confirm_verb
from registrations.review import decline as decline_verb
from registrations.review import put_on_waitlist as put_on_waitlist_verb
from shared.clock import now
from shared.db import transaction
from shared.errors import Refusal

bp = Blueprint("registrations_staff", __name__, url_prefix="/desk/registrations")


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
        registration_id,
        lambda found, form: confirm_verb(
            found.id,
            by=g.staff,
            note=form.note.data,
            over_quota=bool(form.over_quota.data) and _may_plan(found),
        ),
        _("Confirmed."),
    )


@bp.post("/<int:registration_id>/waitlist")
@requires(Permission.REVIEW_REGISTRATIONS)
def put_on_waitlist(registration_id: int) -> ResponseReturnValue:
    """Put the person on the waiting list."""
    return _decide(
        registration_id,
        lambda found, form: put_on_waitlist_verb(found.id, by=g.staff, note=form.note.data),
        _("Put on the waiting list."),
    )


@bp.post("/<int:registration_id>/decline")
@requires(Permission.REVIEW_REGISTRATIONS)
def decline(registration_id: int) -> ResponseReturnValue:
    """Say no, with the reason."""
    return _decide(
        registration_id,
        lambda found, form: decline_verb(
            found.id, by=g.staff, reason=form.reason.data or "", note=form.note.data
        ),
        _("Declined."),
    )


@bp.post("/<int:registration_id>/offer")
@requires(Permission.REVIEW_REGISTRATIONS)
def offer(registration_id: int) -> ResponseReturnValue:
    """Hold a seat for the person, in line or not."""
    return _decide(
        registration_id,
        lambda found, form: offer_seat(found.id, by=g.staff, note=form.note.data),
        _("A seat is offered."),
    )


@bp.post("/<int:registration_id>/gate-note")
@requires(Permission.REVIEW_REGISTRATIONS)
def gate_note(registration_id: int) -> ResponseReturnValue:
    """What the gate is to see at the scan of this person; or nothing any more."""
    found = registration_for(g.staff, registration_id, Permission.REVIEW_REGISTRATIONS)
    form = GateNoteForm()
    removes = "remove" in request.form
    if not removes and not form.validate_on_submit():
        return _page(found, gate_note_form=form), 422
    try:
        with transaction():
            if removes:
                remove_gate_note(found.id, by=g.staff)
            else:
                write_gate_note(found.id, form.gate_note.data or "", by=g.staff)
    except Refusal as refusal:
        if refusal.field != "gate_note":
            raise
        form.gate_note.errors = [refusal.message]
        return _page(found, gate_note_form=form), refusal.status
    flash(
        _("The note is removed.") if removes else _("The gate sees it. Scanners follow within a minute."),
        "success",
    )
    return redirect(url_for("registrations_staff.registration", registration_id=registration_id), 303)


def _decide(
    registration_id: int, verb: Callable[[Registration, DecideForm], object], done: str
) -> ResponseReturnValue:
    found = registration_for(g.staff, registration_id, Permission.REVIEW_REGISTRATIONS)
    form = DecideForm()
    if not form.validate_on_submit():
        return _page(found, form=form), 422
    at_once = request.headers.get("X-Requested-With") == "fetch"  # a key in the queue: answered in place
    try:
        with transaction():
            verb(found, form)
    except Refusal as refusal:
        if at_once:
            return {"error": refusal.code, "message": refusal.message}, refusal.status
        if refusal.field == "reason":
            form.reason.errors = [refusal.message]
            return _page(found, form=form), refusal.status
        flash(refusal.message, "error")
    else:
        if at_once:
            pill = get_template_attribute("shared/states.html", "state_pill")
            return {
                "pill": pill(found.state.value, found.state.label),
                "message": _("%(label)s: %(text)s", label=found.person.full_name, text=found.state.label),
            }
        flash(
            _("%(name)s: %(done)s A mail is on its way.", name=found.person.full_name, done=done), "success"
        )
    return redirect(url_for("registrations_staff.registration", registration_id=registration_id), 303)


def opinions_shown(found: Registration) -> Opinions | None:
    """What the reviewers think: for who decides, and for a reviewer once the own points are given."""
    own = own_review(found.id, g.staff)
    if _may_plan(found) and (own is None or own.given_at is not None or own.conflict is not None):
        return opinions_on(found)
    return opinions_on(found) if own is not None and own.given_at is not None else None


def _over_quota(found: Registration) -> str | None:
    """The sentence that a quota stands in the way, if only that does."""
    refusal = why_not(Act.CONFIRM, case_of(found.id), room_of(found.stop))
    return refusal.message if isinstance(refusal, OverQuota) else None


def _may_plan(found: Registration) -> bool:
    """Whether the reader organises this stop: only an organiser goes over a quota."""
    stop = found.stop
    return reach_of(g.staff, Permission.PLAN_CAMPAIGNS).covers(
        host_city_id=stop.host_city_id, campaign_id=stop.campaign_id, stop_id=stop.id
    )


def registration_page(found: Registration, *, reissue_form: ReissueForm) -> str:
    """The page with what was typed about a new ticket, and what is wrong with it."""
    return _page(found, reissue_form=reissue_form)


def _page(
    found: Registration,
    *,
    form: DecideForm | None = None,
    gate_note_form: GateNoteForm | None = None,
    reissue_form: ReissueForm | None = None,
    contact_shown: bool = False,
) -> str:
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
        "gate_note_form": gate_note_form or GateNoteForm(formdata=None, obj=found),
        "contact_shown": contact_shown,
        "history": history(found),
        "edits": edits_of(found),
        "answers": answers_of(found),
        "second_form": standing_of_second_form(found),
        "tickets": reissues_of(found) if found.ticket_serial else [],
        "reissue_form": (reissue_form or ReissueForm(formdata=None, instead_of=found.ticket_serial))
        if may_review and not is_over and stop.cancelled_at is None and state is RegistrationState.CONFIRMED
        else None,
        "may_review": may_review,
        "may_note": may_review and (state in BEGINS_AT[Act.GATE_NOTE] or found.gate_note is not None),
        "programme": programme_chosen(found),
        "messages": messages_to(found.id),
        "may_read_messages": bool(reach_of(g.staff, Permission.READ_MESSAGES)),
        "cities": [cities[city_id] for city_id in found.preferred_city_ids if city_id in cities],
        "place": place_in_line(found) if state is RegistrationState.WAITING else None,
        "arrived_at": arrival,
        "opinions": opinions_shown(found),
        "may_score": may_review and state in BEGINS_AT[Act.REVIEWERS],
        "may_go_over": _may_plan(found),
        "over_quota": _over_quota(found) if may_review and state in BEGINS_AT[Act.CONFIRM] else None,
        "may_offer": may_review
        and not is_over
        and stop.cancelled_at is None
        and not stop.is_full
        and stop.starts_at > now()
        and state in BEGINS_AT[Act.OFFER],
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

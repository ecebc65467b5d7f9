"""The applicant's pages: the form, one's own registration, the privacy notice."""

from __future__ import annotations

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from accounts.access import open_to_everyone
from campaigns.channel import channel_named
from campaigns.lookups import campaign_by_slug
from privacy.purposes import CARDS, Purpose
from privacy.texts import current
from questions.lookups import asked_by_purpose, keys_after_approval, what_is_asked
from registrations.answers import answers_of
from registrations.by_invitation import admission_in_hand, invitation_in_hand
from registrations.calendar_entry import calendar_entry
from registrations.drafts import forget_draft, typed_in
from registrations.errors import ChoiceIsFull
from registrations.filling_in import application_from, blank_sheet, name_files, read_sent
from registrations.form_pages import (
    draft_here,
    forget_here,
    form_page,
    full_again,
    invited_as,
    published_stop,
    token_here,
)
from registrations.forms import RegisterForm
from registrations.links import address_for, link_for, registration_on_link
from registrations.lookups import has_ticket, may_choose_programme, place_in_line, programme_chosen
from registrations.models import STANDING, Registration, RegistrationState
from registrations.offer import accept_offer as accept_offer_verb
from registrations.offer import decline_offer as decline_offer_verb
from registrations.own_page import READS, what_one_may_do
from registrations.own_tickets import remember_tickets
from registrations.own_traces import traces_of
from registrations.register import refuse_unless_admitted
from registrations.register import register as register_verb
from registrations.second_form import second_form_for
from registrations.still_coming import is_asked, say_still_coming
from registrations.ticket_code import qr_svg
from registrations.tickets import ticket_for
from shared.clock import now
from shared.db import transaction
from shared.errors import Refusal
from shared.language import current_language

bp = Blueprint("registrations", __name__)


@bp.after_request
def keep_private(response: Response) -> Response:
    """What is one person's is neither stored on the way nor found by a search."""
    if request.path.startswith(("/r/", "/find/")):
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


@bp.route("/c/<slug>/stops/<int:stop_id>/register", methods=["GET", "POST"])
@open_to_everyone
def register(slug: str, stop_id: int) -> ResponseReturnValue:
    """The registration form of one stop.

    Its token is asked here and not by CSRFProtect, because whoever left the page open for too long gets back what was
    typed instead of an error page.
    """
    stop = published_stop(slug, stop_id)
    sheet = blank_sheet(stop)
    if request.method == "GET":
        token, draft = draft_here(stop.id)
        try:
            refuse_unless_admitted(stop, admission_in_hand(stop))
        except Refusal as refusal:
            return render_template("registrations/closed.html", stop=stop, refusal=refusal, now=now())
        typed = {**invited_as(sheet, invitation_in_hand(stop)), **(typed_in(draft) if draft else {})}
        form = RegisterForm(programme=stop.programme, formdata=MultiDict(typed) if typed else None)
        form.channel.data = channel_named(request.args.get("from")) or ""
        sheet.take_over(typed)
        name_files(sheet)
        return form_page(stop, form, sheet, token, draft)
    token = token_here(stop.id)
    form = RegisterForm(programme=stop.programme)
    sheet.was_sent = True
    is_valid = form.validate()
    if form.was_open_too_long:
        sheet.take_over(request.form.to_dict(flat=False))
        name_files(sheet)
        return form_page(stop, form, sheet, *draft_here(stop.id)), 400
    checked = read_sent(sheet, request)
    if not is_valid or checked.errors or sheet.newly_asked:
        return form_page(stop, form, sheet, *draft_here(stop.id)), 422
    application = application_from(
        checked,
        sheet.questionnaire,
        language=current_language(),
        channel=form.channel.data or None,
        shares_with_employers=bool(form.shares_with_employers.data),
        shows_on_wall=bool(form.shows_on_wall.data),
        programme_item_ids=form.programme.data,
    )
    try:
        with transaction():
            forget_draft(token=token)  # before anybody has to wait for us; whoever is refused still has it
            registration = register_verb(
                application,
                stop_id=stop.id,
                submission_id=form.submission,
                admission=admission_in_hand(stop),
            )
    except ChoiceIsFull as refusal:
        sheet = full_again(stop, sheet)
        sheet.refuse(refusal.key, refusal.message)
        return form_page(stop, form, sheet, *draft_here(stop.id)), refusal.status
    except Refusal as refusal:
        about = sheet.questionnaire.field(refusal.field) if refusal.field else None
        if about is not None:
            sheet.refuse(about.key, refusal.message)
        elif refusal.field is not None and refusal.field in form:
            form[refusal.field].errors = [*form[refusal.field].errors, refusal.message]
        else:
            form.form_errors.append(refusal.message)
        return form_page(stop, form, sheet, *draft_here(stop.id)), refusal.status
    forget_here(stop.id)
    return redirect(url_for("registrations.own_page", link=link_for(registration)), 303)


@bp.get("/r/<link>")
@open_to_everyone
def own_page(link: str) -> ResponseReturnValue:
    """One's own registration: where it stands, the ticket, what comes next."""
    registration = registration_on_link(link)
    state = registration.state
    traces = traces_of(registration, reads=READS)
    arrival = traces.arrived_at
    asked = what_is_asked(registration.stop)
    said = answers_of(registration)
    of_stay = (
        keys_after_approval(registration.stop.campaign_id) if registration.second_form_at else frozenset()
    )
    ticket = None
    if has_ticket(registration) and not registration.stop.codes_move:
        ticket = _symbol(registration)
    page = render_template(
        "registrations/own_page.html",
        registration=registration,
        stop=registration.stop,
        link=link,
        ticket=ticket,
        has_ticket=has_ticket(registration),
        place=place_in_line(registration) if state is RegistrationState.WAITING else None,
        arrived_at=arrival,
        may_withdraw=state in STANDING and registration.stop.starts_at > now() and arrival is None,
        may_register_again=state not in STANDING and registration.stop.is_open,
        address=address_for(registration),
        own_answers=[answer for answer in said if answer.key not in of_stay],
        stay_answers=[answer for answer in said if answer.key in of_stay],
        second_form=second_form_for(registration, asked=asked),
        programme=programme_chosen(registration) if traces.has_chosen else [],
        may_choose=traces.has_programme and may_choose_programme(registration),
        asks_still_coming=traces.was_asked and is_asked(registration),
        **what_one_may_do(registration, traces),
    )
    return _remembering(page, registration)


@bp.post("/r/<link>/still-coming")
@open_to_everyone
def still_coming(link: str) -> ResponseReturnValue:
    """The answer to the question whether one still comes."""
    registration = registration_on_link(link)
    comes = request.form.get("comes") != "no"
    try:
        with transaction():
            say_still_coming(registration.id, comes)
    except Refusal as refusal:
        flash(refusal.message, "error")
    else:
        flash(
            _("Thank you, we look forward to seeing you.")
            if comes
            else _("Thank you for telling us: the seat goes to the next in line."),
            "success",
        )
    return redirect(url_for("registrations.own_page", link=link), 303)


@bp.post("/r/<link>/offer/accept")
@open_to_everyone
def accept_offer(link: str) -> ResponseReturnValue:
    """Take the seat that is held."""
    registration = registration_on_link(link)
    try:
        with transaction():
            accept_offer_verb(registration.id)
    except Refusal as refusal:
        flash(refusal.message, "error")
    else:
        flash(_("The seat is yours. Your ticket is below and on its way to you by mail."), "success")
    return redirect(url_for("registrations.own_page", link=link), 303)


@bp.post("/r/<link>/offer/decline")
@open_to_everyone
def decline_offer(link: str) -> ResponseReturnValue:
    """Leave the seat to the next in line."""
    registration = registration_on_link(link)
    try:
        with transaction():
            decline_offer_verb(registration.id)
    except Refusal as refusal:
        flash(refusal.message, "error")
    else:
        flash(_("Thank you for telling us: the seat goes to the next in line."), "success")
    return redirect(url_for("registrations.own_page", link=link), 303)


@bp.get("/r/<link>/calendar.ics")
@open_to_everyone
def own_calendar(link: str) -> ResponseReturnValue:
    """The stop for one's own calendar."""
    registration = registration_on_link(link)
    text = calendar_entry(
        registration, chosen=programme_chosen(registration), link=address_for(registration), at=now()
    )
    return Response(
        text,
        content_type="text/calendar; charset=utf-8; method=PUBLISH",
        headers={"Content-Disposition": f'attachment; filename="{registration.spaced_code}.ics"'},
    )


@bp.get("/r/<link>/ticket")
@open_to_everyone
def own_ticket(link: str) -> ResponseReturnValue:
    """The ticket alone, large and white, for the entrance; without a seat one is led to one's own page."""
    registration = registration_on_link(link)
    if not has_ticket(registration):
        return redirect(url_for("registrations.own_page", link=link), 303)
    if registration.stop.codes_move:
        return redirect(url_for("moving.moving_code", link=link), 303)
    traces = traces_of(registration, reads=READS)
    page = render_template(
        "registrations/ticket.html",
        registration=registration,
        stop=registration.stop,
        link=link,
        ticket=_symbol(registration),
        arrived_at=traces.arrived_at,
        programme=programme_chosen(registration) if traces.has_chosen else [],
    )
    return _remembering(page, registration)


def _remembering(page: str, registration: Registration) -> Response:
    """The page, and the browser remembers whose ticket was opened in it."""
    answer = make_response(page)
    remember_tickets(answer, [registration])
    return answer


def _symbol(registration: Registration) -> Markup:
    """The ticket's QR code; drawn by us out of a code of ours, so there is no foreign text in it."""
    return Markup(qr_svg(ticket_for(registration), title=_("QR code of your ticket")))  # noqa: S704


@bp.get("/privacy")
@open_to_everyone
def privacy() -> ResponseReturnValue:
    """What is asked, for what, for how long, and how to have it changed or erased; ``?campaign=`` names its questions."""
    slug = request.args.get("campaign", "")
    campaign = campaign_by_slug(slug) if slug else None
    return render_template(
        "registrations/privacy.html",
        campaign=campaign,
        asked=asked_by_purpose(campaign) if campaign is not None else {},
        notice=current(Purpose.REGISTRATION),
        cards=CARDS,
        separate=[(purpose, current(purpose)) for purpose in (Purpose.EMPLOYERS, Purpose.WALL)],
    )

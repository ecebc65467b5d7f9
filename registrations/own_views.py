"""What an applicant does on the own page: put answers right, change the stop, withdraw, agree; and find the page."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from accounts.access import open_to_everyone
from audit.record import APPLICANT
from privacy.consent import give_consent, withdraw_consent
from privacy.purposes import Purpose
from privacy.texts import VERSIONS
from questions.engine import Checked
from questions.sheet import Sheet
from registrations.amend import (
    amend,
    ask_contact_change,
    codes_needed,
    edits_close_at,
    finish_contact_change,
    open_contact_change,
    refuse_unless_editable,
)
from registrations.draft_views import file_kept
from registrations.find import look_for, open_found, opened_by, read_receipt, receipt_for
from registrations.links import link_for, registration_on_link
from registrations.lookups import has_ticket
from registrations.models import SEATED, STANDING, CodeOccasion, Registration
from registrations.move import may_move, move_to_stop, other_stops
from registrations.own_code import send_code, use_codes, waits_for_code
from registrations.own_forms import (
    CodeForm,
    ConsentForm,
    ContactCodesForm,
    FindForm,
    FoundForm,
    MoveForm,
    WithdrawForm,
)
from registrations.own_questions import amendment_from, contact_from, own_questions
from registrations.own_tickets import remember_tickets
from registrations.proof import is_proven, keep_opened, keep_proof, opened_here
from registrations.put_right import put_right
from registrations.register import withdraw as withdraw_verb
from registrations.views import keep_private
from shared.codes import ALPHABET, LENGTH, as_typed
from shared.db import transaction
from shared.display import masked_email
from shared.errors import NotFound, Refusal

bp = Blueprint("own", __name__)
bp.after_request(keep_private)

OPEN_WITHOUT_CODE = frozenset({"own.code", "own.send_own_code"})


@bp.before_app_request
def ask_for_code() -> ResponseReturnValue | None:
    """Before any page of an own link, where its campaign wants it: first the code, then the page."""
    link = (request.view_args or {}).get("link")
    if link is None or not request.path.startswith("/r/") or request.endpoint in OPEN_WITHOUT_CODE:
        return None
    registration = registration_on_link(link)
    if not registration.stop.campaign.own_page_asks_code or is_proven(registration):
        return None
    return redirect(url_for("own.code", link=link), 303)


@bp.route("/r/<link>/code", methods=["GET", "POST"])
@open_to_everyone
def code(link: str) -> ResponseReturnValue:
    """Have a code sent to the registered address, and type it here."""
    registration = registration_on_link(link)
    after = _after_code(link)
    if is_proven(registration):
        return redirect(after, 303)
    form = CodeForm()
    if not form.is_submitted():
        return _code_page(registration, link, form)
    if not form.validate():
        return _code_page(registration, link, form), 422
    with transaction():
        refusals = use_codes(registration.id, {CodeOccasion.OPEN: form.one_time_code.checked})
    for refusal in refusals.values():
        form.one_time_code.errors = [refusal.message]
        return _code_page(registration, link, form), refusal.status
    return keep_proof(redirect(after, 303), registration.email)  # type: ignore[arg-type]


@bp.post("/r/<link>/code/send")
@open_to_everyone
def send_own_code(link: str) -> ResponseReturnValue:
    """Send a code to the registered address."""
    registration = registration_on_link(link)
    try:
        with transaction():
            send_code(registration.id, CodeOccasion.OPEN)
    except Refusal as refusal:
        flash(refusal.message, "error")
    else:
        flash(_("The code is on its way to %(email)s.", email=masked_email(registration.email)), "success")
    return redirect(url_for("own.code", link=link, then=request.args.get("then")), 303)


@bp.route("/r/<link>/answers", methods=["GET", "POST"])
@open_to_everyone
def answers(link: str) -> ResponseReturnValue:
    """Put one's answers right, until the time for changes is over: the form one registered with, filled in."""
    registration = registration_on_link(link)
    done: list[object] = []

    def page(sheet: Sheet, form: FlaskForm | None = None) -> str:
        return render_template(
            "registrations/own_answers.html",
            registration=registration,
            stop=registration.stop,
            link=link,
            sheet=sheet,
            form=form,
            closes_at=edits_close_at(registration),
        )

    def keep(checked: Checked, sheet: Sheet) -> None:
        email, mobile = contact_from(checked, sheet, registration)
        is_new_contact = (email, mobile) != (registration.email, registration.person.mobile)
        done[:] = [is_new_contact, amend(registration.id, amendment_from(checked, sheet, registration))]
        if is_new_contact:
            ask_contact_change(registration.id, email=email, mobile=mobile)

    if request.method == "GET":
        try:
            refuse_unless_editable(registration)
        except Refusal as refusal:
            flash(refusal.message, "info")
            return redirect(url_for("registrations.own_page", link=link), 303)
        return page(own_questions(registration))
    refused = put_right(registration, blank=own_questions, page=page, keep=keep)
    if refused is not None:
        return refused
    is_new_contact, changed = done
    if is_new_contact:
        return redirect(url_for("own.contact", link=link), 303)
    if changed:
        flash(_("Your answers are changed. A mail that says so is on its way."), "success")
    return redirect(url_for("registrations.own_page", link=link), 303)


@bp.post("/r/<link>/answers/files/<key>")
@open_to_everyone
def send_file(link: str, key: str) -> ResponseReturnValue:
    """Keep a file for one question as soon as it is chosen."""
    registration = registration_on_link(link)
    refuse_unless_editable(registration)
    return file_kept(own_questions(registration), key)


@bp.route("/r/<link>/contact", methods=["GET", "POST"])
@open_to_everyone
def contact(link: str) -> ResponseReturnValue:
    """The codes that a new address or number needs."""
    registration = registration_on_link(link)
    waiting = open_contact_change(registration.id)
    if waiting is None:
        flash(_("There is no new address or number that waits for a code."), "info")
        return redirect(url_for("registrations.own_page", link=link), 303)
    email, mobile = waiting
    needed = codes_needed(registration, email)
    form = ContactCodesForm(needed)
    status = 200
    if form.is_submitted():
        status = 422
        if form.validate():
            try:
                with transaction():
                    refusals = finish_contact_change(registration.id, form.typed)
            except Refusal as refusal:
                flash(refusal.message, "error")
                return redirect(url_for("registrations.own_page", link=link), 303)
            if not refusals:
                flash(_("Your new address and number are taken over."), "success")
                answer = redirect(url_for("registrations.own_page", link=link), 303)
                return keep_proof(answer, email)  # type: ignore[arg-type]
            for occasion, wrong in refusals.items():
                form[form.NAMES[occasion]].errors = [wrong.message]
    page = render_template(
        "registrations/own_contact.html",
        registration=registration,
        link=link,
        form=form,
        new_email=email if CodeOccasion.NEW_ADDRESS in needed else None,
        new_mobile=mobile if mobile != registration.person.mobile else None,
        old_email=masked_email(registration.email) if registration.email else None,
    )
    return page, status


@bp.route("/r/<link>/move", methods=["GET", "POST"])
@open_to_everyone
def move(link: str) -> ResponseReturnValue:
    """Change to another stop of the campaign."""
    registration = registration_on_link(link)
    own_page = url_for("registrations.own_page", link=link)
    stops = other_stops(registration)
    if not stops or not may_move(registration):
        flash(_("There is no other stop to change to at the moment."), "info")
        return redirect(own_page, 303)
    form = MoveForm(stops)
    status = 200
    if form.is_submitted():
        status = 422
        if form.validate():
            try:
                with transaction():
                    moved = move_to_stop(
                        registration.id,
                        form.stop_id.data,
                        by=APPLICANT,
                        without_seat=bool(form.without_seat.data),
                    )
            except Refusal as refusal:
                if refusal.field == "without_seat":
                    form.without_seat.errors = [refusal.message]
                else:
                    form.form_errors.append(refusal.message)
                status = refusal.status
            else:
                flash(
                    _("You have changed to %(city)s. A mail is on its way.", city=moved.stop.city), "success"
                )
                return redirect(own_page, 303)
    page = render_template(
        "registrations/own_move.html",
        registration=registration,
        stop=registration.stop,
        link=link,
        form=form,
        has_seat=registration.state in SEATED,
    )
    return page, status


@bp.route("/r/<link>/withdraw", methods=["GET", "POST"])
@open_to_everyone
def withdraw(link: str) -> ResponseReturnValue:
    """Give up one's own registration, after having read what follows from it."""
    registration = registration_on_link(link)
    own_page = url_for("registrations.own_page", link=link)
    form = WithdrawForm()
    if not form.is_submitted():
        if registration.state not in STANDING:
            return redirect(own_page, 303)
        return _withdraw_page(registration, link, form)
    if not form.validate():
        return _withdraw_page(registration, link, form), 422
    try:
        with transaction():
            withdraw_verb(registration.id, by=APPLICANT, reason=(form.reason.data or "").strip() or None)
    except Refusal as refusal:
        flash(refusal.message, "error")
    else:
        flash(_("Your registration is withdrawn. Thank you for telling us."), "success")
    return redirect(own_page, 303)


@bp.post("/r/<link>/consents")
@open_to_everyone
def consents(link: str) -> ResponseReturnValue:
    """Give an agreement or take it back."""
    registration = registration_on_link(link)
    form = ConsentForm()
    try:
        purpose = Purpose(form.purpose.data or "")
    except ValueError:
        raise NotFound from None
    if purpose not in VERSIONS or not form.validate():
        raise NotFound
    given = form.given.data == "yes"
    if not given and purpose is Purpose.REGISTRATION:
        # Without it the registration cannot be kept: taking it back is withdrawing, or having all erased.
        return redirect(url_for("own.withdraw", link=link), 303)
    with transaction():
        if given:
            give_consent(registration.id, purpose)
        else:
            withdraw_consent(registration.id, purpose)
    flash(_("Thank you, that is noted.") if given else _("You have taken your agreement back."), "success")
    return redirect(url_for("registrations.own_page", link=link, _anchor="agreements"), 303)


@bp.route("/find", methods=["GET", "POST"])
@open_to_everyone
def find() -> ResponseReturnValue:
    """Have the link to one's registration sent once more. Nobody is told whether somebody is registered."""
    form = FindForm()
    if not form.is_submitted():
        return render_template("registrations/find.html", form=form)
    if not form.validate():
        return render_template("registrations/find.html", form=form), 422
    with transaction():
        asked = look_for(form.checked, from_where=request.remote_addr or "")
    if isinstance(asked, Refusal):
        form.who.errors = [asked.message]
        return render_template("registrations/find.html", form=form), asked.status
    receipt = receipt_for(asked, then=here_code(request.args.get("here")))
    return render_template(
        "registrations/find_sent.html", typed=form.who.data, form=FoundForm(receipt=receipt, formdata=None)
    )


@bp.post("/find/code")
@open_to_everyone
def found_code() -> ResponseReturnValue:
    """The six digits of the mail, typed where it was asked for; any five wrong ones end it, for everybody alike."""
    form = FoundForm()
    status = 422
    if form.validate():
        request_id, then = read_receipt(form.receipt.data or "")
        with transaction():
            code = open_found(request_id, form.one_time_code.checked, from_where=request.remote_addr or "")
        if not isinstance(code, Refusal):
            mine = opened_by(code.id)
            target = url_for("here.poster", code=then) if then and mine else url_for("own.found_tickets")
            answer = keep_opened(redirect(target, 303), code.id)  # type: ignore[arg-type]
            remember_tickets(answer, mine)
            return keep_proof(answer, mine[0].email) if mine else answer
        form.one_time_code.errors = [code.message]
        status = code.status
    return render_template("registrations/find_sent.html", typed=None, form=form), status


@bp.get("/find/tickets")
@open_to_everyone
def found_tickets() -> ResponseReturnValue:
    """Everything that stands in the mailbox whose code was typed, each with its way in; for half an hour."""
    code_id = opened_here()
    if code_id is None:
        return redirect(url_for("own.find"), 303)
    found = [(one, link_for(one), has_ticket(one)) for one in opened_by(code_id)]
    return render_template("registrations/found_tickets.html", found=found)


def here_code(typed: str | None) -> str:
    """The code of the poster from which somebody came to find the ticket, or nothing; it looks like one or is dropped."""
    code = as_typed(typed or "")
    return code if len(code) == LENGTH and set(code) <= set(ALPHABET) else ""


def _after_code(link: str) -> str:
    pages = {"data": "own_data.data", "erase": "own_data.erase"}
    return url_for(pages.get(request.args.get("then", ""), "registrations.own_page"), link=link)


def _code_page(registration: Registration, link: str, form: CodeForm) -> str:
    return render_template(
        "registrations/own_code.html",
        link=link,
        form=form,
        then=request.args.get("then"),
        email=masked_email(registration.email),
        is_sent=waits_for_code(registration.id, CodeOccasion.OPEN),
    )


def _withdraw_page(registration: Registration, link: str, form: WithdrawForm) -> str:
    return render_template(
        "registrations/own_withdraw.html",
        registration=registration,
        stop=registration.stop,
        link=link,
        form=form,
        has_seat=registration.state in SEATED,
    )

"""The recruiter's desk: my leads, the pool, one person's page; and what an employer sees of those who signed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from accounts.access import requires
from accounts.permissions import Permission
from checkin.lookups import standing_check_in
from employers.lookups import all_employers
from leads import follow_up, outcome
from leads.errors import AlreadyClaimed, HoldingCapReached, LeadIsOver, NoLeadToClaim, NotSigned, NotYourLead
from leads.follow_up import HOLDING_CAP, may_act
from leads.forms import ContactForm, LetGoForm, SignForm, StartForm
from leads.lookups import (
    counts_of,
    earlier_visits,
    history_of,
    lead_for,
    leads_of,
    pool_listed,
    pool_size,
    referred_but_hidden,
    referred_to,
    wished_cities,
)
from leads.models import OPEN_STAGES, Channel, Lead, Stage
from leads.open_lead import parts_for
from leads.reasons import LetGoReason, in_words
from shared.clock import now
from shared.db import transaction
from shared.display import masked_name
from shared.errors import Refusal
from shared.pages import page_of

bp = Blueprint("leads", __name__, url_prefix="/desk/leads")


@bp.get("")
@requires(Permission.FOLLOW_LEADS)
def my_leads() -> ResponseReturnValue:
    """What is in one's hands, the most overdue first, and the way to the next best lead."""
    over = request.args.get("show") == "over"
    moment = now()
    return render_template(
        "leads/my_leads.html",
        page=page_of(leads_of(g.staff, over=over), _page_number()),
        counts=counts_of(g.staff, moment=moment),
        in_pool=pool_size(g.staff),
        cap=HOLDING_CAP,
        over=over,
        moment=moment,
        open_stages=OPEN_STAGES,
        in_words=in_words,
    )


@bp.get("/pool")
@requires(Permission.FOLLOW_LEADS)
def pool() -> ResponseReturnValue:
    """Who waits for somebody to call: no names, no numbers."""
    return render_template(
        "leads/pool.html",
        page=page_of(pool_listed(g.staff), _page_number()),
        masked_name=masked_name,
        moment=now(),
    )


@bp.post("/claim")
@requires(Permission.FOLLOW_LEADS)
def claim_next() -> ResponseReturnValue:
    """Take the next best lead and go to the person's page."""
    try:
        with transaction():
            lead = follow_up.claim_next(g.staff)
    except (NoLeadToClaim, HoldingCapReached) as refusal:
        flash(refusal.message, "warning")
        return redirect(url_for("leads.my_leads"))
    flash(_("This lead is yours now. Please be in touch within a day."), "success")
    return redirect(url_for("leads.lead", lead_id=lead.id))


@bp.post("/<int:lead_id>/claim")
@requires(Permission.FOLLOW_LEADS)
def claim(lead_id: int) -> ResponseReturnValue:
    """Take this lead out of the pool."""
    try:
        with transaction():
            follow_up.claim(lead_id, by=g.staff)
    except (AlreadyClaimed, HoldingCapReached) as refusal:
        flash(refusal.message, "warning")
        return redirect(url_for("leads.pool"))
    flash(_("This lead is yours now. Please be in touch within a day."), "success")
    return redirect(url_for("leads.lead", lead_id=lead_id))


@bp.get("/<int:lead_id>")
@requires(Permission.FOLLOW_LEADS)
def lead(lead_id: int) -> ResponseReturnValue:
    """One person's page."""
    return _page_of_lead(lead_for(g.staff, lead_id))


@bp.post("/<int:lead_id>/contacts")
@requires(Permission.FOLLOW_LEADS)
def note_contact(lead_id: int) -> ResponseReturnValue:
    """Write down one contact."""
    form = ContactForm(prefix="contact")

    def act() -> None:
        follow_up.note_contact(
            lead_id,
            by=g.staff,
            channel=Channel(form.channel.data),
            reached=form.reached.data == "yes",
            note=form.note.data or "",
            stage=form.chosen_stage,
            next_at=form.next_at,
        )

    return _act(lead_id, act, form, "contact_form", _("The contact is written down."))


@bp.post("/<int:lead_id>/sign")
@requires(Permission.FOLLOW_LEADS)
def sign(lead_id: int) -> ResponseReturnValue:
    """Record a signing."""
    form = SignForm(prefix="sign")
    form.fill_choices(all_employers())

    def act() -> None:
        assert form.signed_on.data is not None  # noqa: S101 - the form asked for it
        outcome.sign(
            lead_id,
            int(form.employer_id.data),
            form.position.data or "",
            form.agreement_number.data or "",
            form.signed_on.data,
            by=g.staff,
        )

    return _act(lead_id, act, form, "sign_form", _("Congratulations! The signing is recorded."))


@bp.post("/<int:lead_id>/start")
@requires(Permission.FOLLOW_LEADS)
def record_start(lead_id: int) -> ResponseReturnValue:
    """Record the first day of work."""
    form = StartForm(prefix="start")

    def act() -> None:
        assert form.started_on.data is not None  # noqa: S101 - the form asked for it
        outcome.record_start(lead_id, form.started_on.data, by=g.staff)

    return _act(lead_id, act, form, "start_form", _("The start of work is recorded."))


@bp.post("/<int:lead_id>/let-go")
@requires(Permission.FOLLOW_LEADS)
def let_go(lead_id: int) -> ResponseReturnValue:
    """End the lead without a signature."""
    form = LetGoForm(prefix="let_go")
    return _act(
        lead_id,
        lambda: outcome.let_go(lead_id, LetGoReason(form.reason.data), form.note.data or "", by=g.staff),
        form,
        "let_go_form",
        _("The lead is closed. You can reopen it at any time."),
    )


@bp.post("/<int:lead_id>/reopen")
@requires(Permission.FOLLOW_LEADS)
def reopen(lead_id: int) -> ResponseReturnValue:
    """Take a lead up again."""
    with transaction():
        outcome.reopen(lead_id, by=g.staff)
    flash(_("The lead is open again."), "success")
    return redirect(url_for("leads.lead", lead_id=lead_id))


@bp.post("/<int:lead_id>/release")
@requires(Permission.FOLLOW_LEADS)
def release(lead_id: int) -> ResponseReturnValue:
    """Give the lead back to the pool."""
    with transaction():
        follow_up.release(lead_id, by=g.staff)
    flash(_("The lead lies in the pool again."), "success")
    return redirect(url_for("leads.my_leads"))


@bp.get("/referred")
@requires(Permission.SEE_REFERRED)
def referred() -> ResponseReturnValue:
    """For an employer's contact: who has signed with one's own house."""
    return render_template(
        "leads/referred.html",
        page=page_of(referred_to(g.staff), _page_number()),
        hidden=referred_but_hidden(g.staff),
    )


def _act(lead_id: int, act: Callable[[], Any], form: FlaskForm, name: str, done: str) -> ResponseReturnValue:
    """Check ``form`` and do ``act``; what is refused stands beside its field, with what was typed kept."""
    found = lead_for(g.staff, lead_id)
    if not may_act(found, g.staff):
        raise NotYourLead
    if name not in _blank_forms(found):  # the page was open while the lead moved on
        raise NotSigned if name == "start_form" else LeadIsOver
    if not form.validate_on_submit():
        return _page_of_lead(found, **{name: form}), 422
    try:
        with transaction():
            act()
    except Refusal as refusal:
        if refusal.field is None or refusal.field not in form:
            raise
        field = form[refusal.field]
        field.errors = [*field.errors, refusal.message]
        return _page_of_lead(lead_for(g.staff, lead_id), **{name: form}), refusal.status
    flash(done, "success")
    return redirect(url_for("leads.lead", lead_id=lead_id))


def _page_of_lead(found: Lead, **forms: FlaskForm) -> str:
    mine = found.owner_id == g.staff.id
    acting = may_act(found, g.staff)
    registration = found.registration
    arrival = standing_check_in(registration.id)
    return render_template(
        "leads/lead.html",
        lead=found,
        registration=registration,
        arrival=arrival,
        mine=mine,
        acting=acting,
        is_open=found.stage in OPEN_STAGES,
        shown_name=found.person.full_name if mine else masked_name(found.person.full_name),
        parts=parts_for(registration, visits=earlier_visits(registration, before=found.opened_at)),
        cities=wished_cities(registration),
        history=history_of(found),
        moment=now(),
        in_words=in_words,
        wrong=next(iter(forms), None),
        **{**(_blank_forms(found) if acting else {}), **forms},
    )


def _blank_forms(found: Lead) -> dict[str, FlaskForm]:
    """The forms that a lead takes at its stage, by their names in the template."""
    if found.stage is Stage.SIGNED:
        return {"start_form": StartForm(formdata=None, prefix="start")}
    if found.stage not in OPEN_STAGES:
        return {}
    sign_form = SignForm(formdata=None, prefix="sign")
    sign_form.fill_choices(all_employers())
    return {
        "contact_form": ContactForm(formdata=None, prefix="contact"),
        "let_go_form": LetGoForm(formdata=None, prefix="let_go"),
        "sign_form": sign_form,
    }


def _page_number() -> int:
    return request.args.get("page", 1, type=int)

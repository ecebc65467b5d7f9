"""My data: a copy of everything, and having everything erased. Both need a code, however the page was opened."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from accounts.access import open_to_everyone
from audit.record import APPLICANT, record
from privacy.copy import Scope, copy_of
from privacy.models import Erasure
from registrations.erase import erase as erase_verb
from registrations.erase import with_the_same_mailbox
from registrations.errors import TooManyTries
from registrations.knocks import knock
from registrations.links import registration_on_link
from registrations.models import CodeOccasion, Registration
from registrations.own_code import send_code, use_codes, waits_for_code
from registrations.own_forms import EraseForm
from registrations.proof import forget_proof, is_proven
from registrations.views import keep_private
from shared.clock import today
from shared.db import db, transaction
from shared.display import masked_email
from shared.disposition import attachment
from shared.errors import NotFound, Refusal

bp = Blueprint("own_data", __name__)
bp.after_request(keep_private)

MOST_COPIES = 10
"""A day, for one registration."""


@bp.get("/r/<link>/data")
@open_to_everyone
def data(link: str) -> ResponseReturnValue:
    """What is kept, and the two buttons. First the code: the copy holds more than this one registration."""
    registration = registration_on_link(link)
    if not is_proven(registration):
        return _to_code(registration, link, "data")
    return render_template(
        "registrations/own_data.html", link=link, registrations=with_the_same_mailbox(registration)
    )


@bp.post("/r/<link>/data/copy.zip")
@open_to_everyone
def copy(link: str) -> ResponseReturnValue:
    """Everything that is kept about the reader, as one ZIP."""
    registration = registration_on_link(link)
    if not is_proven(registration):
        return _to_code(registration, link, "data")
    scope = Scope(
        registration.person_id,
        [one.id for one in with_the_same_mailbox(registration)],
        registration.email,
    )
    with transaction():
        allowed = knock("copy", str(registration.id), most=MOST_COPIES, within=timedelta(days=1))
        if allowed:
            record("download_own_copy", registration, by=APPLICANT, registrations=len(scope.registration_ids))
    if not allowed:
        raise TooManyTries
    answer = Response(copy_of(scope, title=_("My data with Good Scenery")), content_type="application/zip")
    answer.headers["Content-Disposition"] = attachment(f"good-scenery-{today():%Y-%m-%d}.zip")
    return answer


@bp.route("/r/<link>/erase", methods=["GET", "POST"])
@open_to_everyone
def erase(link: str) -> ResponseReturnValue:
    """Have everything erased: what goes, what stays without a name, and a code of its own for it."""
    registration = registration_on_link(link)
    if registration.erased_at is not None:
        raise NotFound
    theirs = with_the_same_mailbox(registration)
    form = EraseForm()
    if not form.is_submitted():
        return _erase_page(registration, link, theirs, form)
    if not form.validate():
        return _erase_page(registration, link, theirs, form), 422
    with transaction():
        refusals = use_codes(registration.id, {CodeOccasion.ERASE: form.one_time_code.checked})
    for refusal in refusals.values():
        form.one_time_code.errors = [refusal.message]
        return _erase_page(registration, link, theirs, form), refusal.status
    with transaction():
        receipt = erase_verb(with_the_same_mailbox(registration)).receipt
    return forget_proof(redirect(url_for("own_data.erased", receipt=receipt), 303))  # type: ignore[arg-type]


@bp.post("/r/<link>/erase/code")
@open_to_everyone
def send_erase_code(link: str) -> ResponseReturnValue:
    """Send the code that erasing needs."""
    registration = registration_on_link(link)
    if not registration.email:
        raise NotFound
    try:
        with transaction():
            send_code(registration.id, CodeOccasion.ERASE)
    except Refusal as refusal:
        flash(refusal.message, "error")
    else:
        flash(_("The code is on its way to %(email)s.", email=masked_email(registration.email)), "success")
    return redirect(url_for("own_data.erase", link=link), 303)


@bp.get("/erased/<receipt>")
@open_to_everyone
def erased(receipt: str) -> ResponseReturnValue:
    """The receipt: what was erased, when, and when the last backup that holds it is gone. It names nobody."""
    erasure = db.session.scalar(select(Erasure).where(Erasure.receipt == receipt))
    if erasure is None:
        raise NotFound
    return render_template("registrations/erased.html", erasure=erasure)


def _to_code(registration: Registration, link: str, then: str) -> ResponseReturnValue:
    if not registration.email:
        flash(
            _("There is no e-mail address with this registration. Please ask the registration desk."), "info"
        )
        return redirect(url_for("registrations.own_page", link=link), 303)
    return redirect(url_for("own.code", link=link, then=then), 303)


def _erase_page(registration: Registration, link: str, theirs: list[Registration], form: EraseForm) -> str:
    return render_template(
        "registrations/own_erase.html",
        registration=registration,
        link=link,
        registrations=theirs,
        form=form,
        email=masked_email(registration.email) if registration.email else None,
        is_sent=waits_for_code(registration.id, CodeOccasion.ERASE),
    )

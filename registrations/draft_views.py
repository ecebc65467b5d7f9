"""What the applicant's form sends while somebody types: the draft, its files, the link to go on elsewhere."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from wtforms.validators import ValidationError

from accounts.access import open_to_everyone
from campaigns.models import Stop
from files.errors import FileRefused
from messages.write import write_message
from questions.engine import check
from questions.models import Core, Kind
from questions.sheet import Sheet
from registrations.by_invitation import admission_in_hand
from registrations.drafts import (
    address_of_draft,
    changes_from,
    draft_on_token,
    forget_draft,
    keep_draft,
    typed_in,
)
from registrations.errors import LinkNotOurs, TooManyTries
from registrations.filling_in import FILES, blank_sheet, keep_answer_file, kept_file
from registrations.form_pages import draft_here, forget_here, published_stop, remember_here
from registrations.knocks import knock
from registrations.models import FormDraft
from registrations.register import refuse_unless_admitted
from shared.clock import now
from shared.db import db, hold, transaction
from shared.errors import NotFound
from shared.fields import mail_address_of
from shared.language import current_language

bp = Blueprint("registration_drafts", __name__)
MAILED_EVERY = timedelta(minutes=10)
HOUR = timedelta(hours=1)
MOST_FROM_ONE_PLACE, MOST_FOR_ONE_MAILBOX = 600, 5
"""Mails an hour: drafts are free to make, mailboxes are somebody's."""
MOST_FILES_FROM_ONE_PLACE = 2_000
"""An hour: three files each of a full hall behind one address, and no disk filled by a program."""


@bp.after_request
def keep_private(response: Response) -> Response:
    """A draft's link is one person's."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


@bp.post("/c/<slug>/stops/<int:stop_id>/register/draft")
@open_to_everyone
def keep(slug: str, stop_id: int) -> ResponseReturnValue:
    """Keep what has changed; with ``page`` also say what is wrong on that page.

    Answers ``{"version", "others", "errors"}``: ``others`` is what another tab or device has written meanwhile.
    """
    stop = published_stop(slug, stop_id)
    refuse_unless_admitted(stop, admission_in_hand(stop))
    token, _draft = draft_here(stop.id)
    sheet = blank_sheet(stop)
    try:
        changes = changes_from(request.form.get("changes", ""), sheet.names_to_keep())
    except ValueError:
        abort(400)
    with transaction():
        draft, others = keep_draft(
            changes, seen=request.form.get("version", 0, type=int), stop_id=stop.id, token=token
        )
    return {
        "version": draft.version,
        "others": others,
        "errors": wrong_on_page(sheet, typed_in(draft), request.form.get("page", 0, type=int)),
    }


def wrong_on_page(
    sheet: Sheet, typed: dict[str, list[str]], number: int, *, registration_id: int | None = None
) -> dict[str, str]:
    """What is wrong with the answers of page ``number`` (from 1), a sentence a key."""
    pages = sheet.pages
    if not 1 <= number <= len(pages):
        return {}
    checked = check(
        sheet.questionnaire,
        typed,
        occasion=sheet.occasion,
        file_of=lambda one, token: kept_file(one, token, registration_id),
    )
    # Agreements are not in a draft, so whether one is missing is said when the form is sent.
    keys = {one.key for one in pages[number - 1].fields if one.kind is not Kind.CONSENT}
    return {key: sentence for key, sentence in checked.errors.items() if key in keys}


@bp.post("/c/<slug>/stops/<int:stop_id>/register/files/<key>")
@open_to_everyone
def send_file(slug: str, stop_id: int, key: str) -> ResponseReturnValue:
    """Keep a file for one question as soon as it is chosen: ``{"value", "label"}``."""
    stop = published_stop(slug, stop_id)
    refuse_unless_admitted(stop, admission_in_hand(stop))
    with transaction():
        may = knock("file.place", request.remote_addr or "", most=MOST_FILES_FROM_ONE_PLACE, within=HOUR)
    if not may:
        raise TooManyTries
    return file_kept(blank_sheet(stop), key)


def file_kept(sheet: Sheet, key: str) -> ResponseReturnValue:
    """Keep the file that was sent for question ``key``; a refusal is answered with its sentence."""
    one = sheet.questionnaire.field(key)
    sent = request.files.get("file")
    if one is None or one.kind not in FILES or sent is None:
        raise NotFound
    try:
        with transaction():
            stored = keep_answer_file(one, sent.stream, name=sent.filename or "")
    except FileRefused as refusal:
        return {"error": refusal.code, "message": refusal.message}, refusal.status
    return {"value": stored.token, "label": stored.label or _("File")}


@bp.get("/drafts/<token>")
@open_to_everyone
def resume(token: str) -> ResponseReturnValue:
    """Go on with a draft on this device."""
    draft = draft_on_token(token)
    stop = db.session.get(Stop, draft.stop_id) if draft else None
    if draft is None or stop is None:
        raise LinkNotOurs
    remember_here(draft.stop_id, token)
    return redirect(url_for("registrations.register", slug=stop.campaign.slug, stop_id=stop.id))


@bp.post("/c/<slug>/stops/<int:stop_id>/register/forget")
@open_to_everyone
def forget(slug: str, stop_id: int) -> ResponseReturnValue:
    """Delete what was typed, here and at the server: for shared computers."""
    stop = published_stop(slug, stop_id)
    token, _draft = draft_here(stop.id)
    with transaction():
        forget_draft(token=token)
    forget_here(stop.id)
    flash(_("What you typed is deleted."), "success")
    return redirect(url_for("registrations.register", slug=slug, stop_id=stop_id), 303)


@bp.post("/c/<slug>/stops/<int:stop_id>/register/mail")
@open_to_everyone
def mail_link(slug: str, stop_id: int) -> ResponseReturnValue:
    """Mail the draft's link to the address that was typed into the form; at most once in ten minutes."""
    stop = published_stop(slug, stop_id)
    refuse_unless_admitted(stop, admission_in_hand(stop))
    token, draft = draft_here(stop.id)
    question = blank_sheet(stop).questionnaire.core(Core.EMAIL)
    typed = typed_in(draft).get(question.key) if draft and question else None
    try:
        recipient = mail_address_of(typed[0] if typed else "")
    except ValidationError:
        return {"message": _("Please type your e-mail address into the form first.")}, 422
    with transaction():
        held = hold(FormDraft, draft.id) if draft else None
        often = not (
            knock("draft.place", request.remote_addr or "", most=MOST_FROM_ONE_PLACE, within=HOUR)
            and knock("draft.mailbox", recipient.casefold(), most=MOST_FOR_ONE_MAILBOX, within=HOUR)
        )
        if held is None or often or (held.mailed_at and held.mailed_at > now() - MAILED_EVERY):
            return {"message": _("The link was mailed a few minutes ago. Please look into your inbox.")}
        held.mailed_at = now()
        write_message(
            "draft_link",
            occasion=f"draft-{held.id}-{held.version}",
            registration_id=None,
            stop_id=stop.id,
            recipient=recipient,
            language=current_language(),
            context={
                "stop": stop,
                "address": address_of_draft(token),
                "until": held.expires_at,
            },
        )
    return {"message": _("The link is on its way to %(email)s.", email=recipient)}

"""The applicant's form after approval, on the own link: it is gone on with on any device that has the link."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from accounts.access import open_to_everyone
from audit.record import APPLICANT
from questions.engine import Checked
from questions.lookups import questionnaire_for
from questions.models import AskedWhen
from questions.sheet import Sheet, typed_from
from registrations.answers import known_readings
from registrations.draft_views import file_kept, wrong_on_page
from registrations.drafts import changes_from, keep_draft, second_draft, typed_in
from registrations.filling_in import (
    file_ids_in,
    name_files,
    occasion_of,
    own_answers,
    tokens_for_ids,
)
from registrations.links import registration_on_link
from registrations.models import Registration
from registrations.own_answers import OwnAnswers
from registrations.put_right import put_right
from registrations.sealed_answers import unsealed_answers
from registrations.second_form import fill_in_second_form, refuse_unless_asked, second_form_closes_at
from registrations.views import keep_private
from shared.db import transaction
from shared.errors import NotFound, Refusal

bp = Blueprint("second_form", __name__)
bp.after_request(keep_private)


@bp.route("/r/<link>/after-approval", methods=["GET", "POST"])
@open_to_everyone
def fill_in(link: str) -> ResponseReturnValue:
    """Fill in, or change, what is asked after approval."""
    registration = registration_on_link(link)
    draft = second_draft(registration.id)

    def page(sheet: Sheet, form: FlaskForm | None = None) -> str:
        return render_template(
            "registrations/second_form.html",
            registration=registration,
            stop=registration.stop,
            link=link,
            sheet=sheet,
            draft=draft,
            form=form,
            closes_at=second_form_closes_at(registration.stop),
        )

    def keep_answers(checked: Checked, sheet: Sheet) -> None:
        answers, restricted = own_answers(checked, sheet.questionnaire)
        own = OwnAnswers(
            [one.key for one in sheet.questionnaire],
            answers,
            restricted,
            file_ids_in({**answers, **restricted}, sheet.questionnaire),
        )
        fill_in_second_form(registration.id, own, by=APPLICANT)

    if request.method == "GET":
        try:
            refuse_unless_asked(registration)
        except Refusal as refusal:
            flash(refusal.message, "error")
            return redirect(url_for("registrations.own_page", link=link), 303)
        sheet = _sheet(registration)
        sheet.take_over({**_typed_before(registration, sheet), **(typed_in(draft) if draft else {})})
        name_files(sheet)
        return page(sheet)
    refused = put_right(registration, blank=_sheet, page=page, keep=keep_answers)
    if refused is not None:
        return refused
    flash(_("Thank you, we have what we need. You may change it here until the time is over."), "success")
    return redirect(url_for("registrations.own_page", link=link), 303)


@bp.post("/r/<link>/after-approval/draft")
@open_to_everyone
def keep(link: str) -> ResponseReturnValue:
    """Keep what has changed; with ``page`` also say what is wrong on that page."""
    registration = registration_on_link(link)
    refuse_unless_asked(registration)
    sheet = _sheet(registration)
    try:
        changes = changes_from(request.form.get("changes", ""), sheet.names_to_keep())
    except ValueError:
        abort(400)
    with transaction():
        draft, others = keep_draft(
            changes,
            seen=request.form.get("version", 0, type=int),
            stop_id=registration.stop_id,
            registration_id=registration.id,
        )
    typed = {**_typed_before(registration, sheet), **typed_in(draft)}
    number = request.form.get("page", 0, type=int)
    errors = wrong_on_page(sheet, typed, number, registration_id=registration.id)
    return {"version": draft.version, "others": others, "errors": errors}


@bp.post("/r/<link>/after-approval/files/<key>")
@open_to_everyone
def send_file(link: str, key: str) -> ResponseReturnValue:
    """Keep a file for one question as soon as it is chosen."""
    registration = registration_on_link(link)
    refuse_unless_asked(registration)
    return file_kept(_sheet(registration), key)


def _sheet(registration: Registration) -> Sheet:
    questionnaire = questionnaire_for(
        registration.stop, AskedWhen.AFTER_APPROVAL, known=known_readings(registration)
    )
    if not questionnaire.pages:
        raise NotFound
    return Sheet(questionnaire, occasion_of(registration.stop))


def _typed_before(registration: Registration, sheet: Sheet) -> dict[str, list[str]]:
    said = {**registration.answers, **unsealed_answers(registration)}
    return typed_from(sheet.questionnaire, tokens_for_ids(sheet.questionnaire, said))

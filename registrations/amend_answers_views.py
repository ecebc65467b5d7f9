"""The applicant puts answers to the campaign's own questions right, on the own link."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from accounts.access import open_to_everyone
from audit.record import APPLICANT
from questions.conditions import readings_of
from questions.lookups import questionnaire_for
from questions.models import Kind
from questions.sheet import Sheet, typed_from
from registrations.amend import edits_close_at, refuse_unless_editable
from registrations.amend_answers import amend_answers
from registrations.answers import everything_said
from registrations.draft_views import file_kept
from registrations.errors import ChoiceIsFull
from registrations.filling_in import (
    file_ids_in,
    name_files,
    occasion_of,
    own_answers,
    read_sent,
    tokens_for_ids,
)
from registrations.links import registration_on_link
from registrations.models import Registration
from registrations.sealed_answers import unsealed_answers
from registrations.views import keep_private
from shared.db import transaction
from shared.errors import NotFound, Refusal

bp = Blueprint("own_form", __name__)
bp.after_request(keep_private)


@bp.route("/r/<link>/form", methods=["GET", "POST"])
@open_to_everyone
def change(link: str) -> ResponseReturnValue:
    """The campaign's own questions with what was answered, to be put right."""
    registration = registration_on_link(link)
    sheet = _sheet(registration)
    if request.method == "GET":
        try:
            refuse_unless_editable(registration)
        except Refusal as refusal:
            flash(refusal.message, "info")
            return redirect(url_for("registrations.own_page", link=link), 303)
        known = {**registration.answers, **unsealed_answers(registration)}
        sheet.take_over(typed_from(sheet.questionnaire, tokens_for_ids(sheet.questionnaire, known)))
        name_files(sheet)
        return _page(registration, link, sheet)
    form = FlaskForm()
    if not form.validate():
        sheet.take_over(request.form.to_dict(flat=False))
        name_files(sheet)
        return _page(registration, link, sheet, form), 400
    checked = read_sent(sheet, request, registration_id=registration.id)
    if checked.errors:
        return _page(registration, link, sheet, form), 422
    answers, restricted = own_answers(checked, sheet.questionnaire)
    try:
        with transaction():
            changed = amend_answers(
                registration.id,
                answers,
                restricted,
                keys=[one.key for one in sheet.questionnaire],
                file_ids=file_ids_in({**answers, **restricted}, sheet.questionnaire),
                by=APPLICANT,
            )
    except ChoiceIsFull as refusal:
        fresh = _sheet(registration)
        fresh.typed, fresh.files = sheet.typed, sheet.files
        fresh.refuse(refusal.key, refusal.message)
        return _page(registration, link, fresh, form), refusal.status
    except Refusal as refusal:
        form.form_errors.append(refusal.message)
        return _page(registration, link, sheet, form), refusal.status
    if changed:
        flash(_("Your answers are changed. A mail that says so is on its way."), "success")
    return redirect(url_for("registrations.own_page", link=link), 303)


@bp.post("/r/<link>/form/files/<key>")
@open_to_everyone
def send_file(link: str, key: str) -> ResponseReturnValue:
    """Keep a file for one question as soon as it is chosen."""
    registration = registration_on_link(link)
    refuse_unless_editable(registration)
    return file_kept(_sheet(registration), key)


def _sheet(registration: Registration) -> Sheet:
    """The first form without the questions that have columns of their own: those are changed on a page of their own."""
    whole = questionnaire_for(registration.stop)
    columns = [one for one in whole if one.core is not None]
    pages = [
        replace(page, fields=tuple(one for one in page.fields if one.core is None)) for page in whole.pages
    ]
    own = replace(
        whole,
        pages=tuple(page for page in pages if any(one.kind is not Kind.HEADING for one in page.fields)),
        known=readings_of(
            [replace(one, condition=None) for one in columns], everything_said(registration, whole)
        ),
    )
    if not own.pages:
        raise NotFound
    return Sheet(own, occasion_of(registration.stop))


def _page(registration: Registration, link: str, sheet: Sheet, form: FlaskForm | None = None) -> str:
    return render_template(
        "registrations/own_form.html",
        registration=registration,
        stop=registration.stop,
        link=link,
        sheet=sheet,
        form=form,
        closes_at=edits_close_at(registration),
    )

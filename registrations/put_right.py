"""A form on the own link, sent: read, refused beside its fields with everything typed still there, or kept."""

from __future__ import annotations

from collections.abc import Callable

from flask import request
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm

from questions.engine import Checked
from questions.sheet import Sheet
from registrations.errors import ChoiceIsFull
from registrations.filling_in import name_files, read_sent
from registrations.models import Registration
from shared.db import transaction
from shared.errors import Refusal


def put_right(
    registration: Registration,
    *,
    blank: Callable[[Registration], Sheet],
    page: Callable[[Sheet, FlaskForm], str],
    keep: Callable[[Checked, Sheet], object],
) -> ResponseReturnValue | None:
    """Read the form that was sent and ``keep`` it in a transaction; None when it is kept, else ``page`` once more.

    ``blank`` makes the sheet, anew where the places of its choices have changed meanwhile. The page's token is asked
    here and not by CSRFProtect, so that whoever left it open for too long loses nothing.
    """
    sheet, form = blank(registration), FlaskForm()
    sheet.was_sent = True
    if not form.validate():
        sheet.take_over(request.form.to_dict(flat=False))
        name_files(sheet)
        return page(sheet, form), 400
    checked = read_sent(sheet, request, registration_id=registration.id)
    if checked.errors or sheet.newly_asked:
        return page(sheet, form), 422
    try:
        with transaction():
            keep(checked, sheet)
    except ChoiceIsFull as refusal:
        again = blank(registration)
        again.typed, again.files = sheet.typed, sheet.files
        again.refuse(refusal.key, refusal.message)
        return page(again, form), refusal.status
    except Refusal as refusal:
        form.form_errors.append(refusal.message)
        return page(sheet, form), refusal.status
    return None

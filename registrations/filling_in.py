"""The form between the page and the register: its sheet, its files, and what it makes of an application."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Request
from flask_babel import gettext as _
from sqlalchemy import select
from wtforms.validators import ValidationError

from audit.record import APPLICANT
from campaigns.models import Stop
from files.errors import FileRefused
from files.keep import keep_file
from files.models import StoredFile
from questions.engine import Checked, Field, Occasion, Questionnaire
from questions.lookups import questionnaire_for
from questions.models import AskedWhen, Core, Kind
from questions.sheet import Sheet
from registrations.models import AnswerFile, Education
from registrations.register import Application
from shared.clock import in_china, now
from shared.db import db, transaction

FILES = frozenset({Kind.FILE, Kind.PICTURE})
PURPOSE = "answer"
"""What ``files`` calls the files of answers."""


def occasion_of(stop: Stop) -> Occasion:
    """The days that the limits of ``stop``'s form are counted from."""
    return Occasion(
        today=in_china(now()).date(),
        opening=in_china(stop.starts_at).date(),
        closing=in_china(stop.registration_closes_at).date(),
    )


def blank_sheet(stop: Stop, asked_when: AskedWhen = AskedWhen.APPLICATION) -> Sheet:
    """The form of ``stop`` with nothing typed."""
    return Sheet(questionnaire_for(stop, asked_when), occasion_of(stop))


def read_sent(sheet: Sheet, request: Request, *, registration_id: int | None = None) -> Checked:
    """Read a sent form into ``sheet``: files that came with it are kept first, so that no error loses them."""
    typed: dict[str, Sequence[str]] = dict(request.form.to_dict(flat=False))
    refused: dict[str, str] = {}
    for one in sheet.questionnaire:
        if one.kind not in FILES:
            continue
        sent = request.files.get(f"{one.key}-file")
        if sent is None or not sent.filename:
            continue
        try:
            with transaction():
                typed[one.key] = [keep_answer_file(one, sent.stream, name=sent.filename).token]
        except FileRefused as refusal:
            refused[one.key] = refusal.message
    checked = sheet.read(typed, file_of=lambda one, token: kept_file(one, token, registration_id))
    checked.errors.update({key: text for key, text in refused.items() if key in checked.asked})
    sheet.errors = dict(checked.errors)
    name_files(sheet)
    return checked


def keep_answer_file(one: Field, stream: Any, *, name: str) -> StoredFile:
    """Keep a file for a question that is not sent yet. Raises a FileRefused. The caller holds the transaction."""
    stored = keep_file(
        stream, name=name, purpose=PURPOSE, by=APPLICANT, kinds=one.file_kinds, largest=one.largest_file
    )
    db.session.flush()
    db.session.add(AnswerFile(file_id=stored.id, registration_id=None))
    return stored


def kept_file(_one: Field, token: str, registration_id: int | None) -> str:
    """The id of the file with this token, if it is nobody else's. Raises ValidationError."""
    row = db.session.execute(
        select(StoredFile.id, AnswerFile.registration_id)
        .join(AnswerFile, AnswerFile.file_id == StoredFile.id)
        .where(StoredFile.token == token, StoredFile.purpose == PURPOSE, StoredFile.removed_at.is_(None))
    ).first()
    if row is None or row.registration_id not in (None, registration_id):
        raise ValidationError(_("This file is no longer here. Please choose it again."))
    return str(row.id)


def name_files(sheet: Sheet) -> None:
    """Give the sheet the names of the files that its answers hold."""
    tokens = [sheet.given(one) for one in sheet.questionnaire if one.kind in FILES and sheet.given(one)]
    if not tokens:
        return
    rows = db.session.execute(
        select(StoredFile.token, StoredFile.label).where(
            StoredFile.token.in_(tokens), StoredFile.removed_at.is_(None)
        )
    )
    sheet.files = {token: label or str(_("File")) for token, label in rows}


def tokens_for_ids(questionnaire: Questionnaire, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Stored answers with the tokens of files instead of their ids, for showing them in the form again."""
    ids = {
        one.key: int(answers[one.key]) for one in questionnaire if one.kind in FILES and answers.get(one.key)
    }
    if not ids:
        return dict(answers)
    rows = db.session.execute(select(StoredFile.id, StoredFile.token).where(StoredFile.id.in_(ids.values())))
    tokens = {file_id: token for file_id, token in rows}
    return {**answers, **{key: tokens.get(file_id, "") for key, file_id in ids.items()}}


def application_from(
    checked: Checked,
    questionnaire: Questionnaire,
    *,
    language: str,
    channel: str | None,
    shares_with_employers: bool = False,
    shows_on_wall: bool = False,
    programme_item_ids: Sequence[int] = (),
) -> Application:
    """What was said, once nothing is wrong with it."""
    core = {one.core: checked.values.get(one.key) for one in questionnaire if one.core is not None}
    answers, restricted = own_answers(checked, questionnaire)
    education, own_word = education_said(core.get(Core.EDUCATION))
    if own_word is not None:
        answers[Core.EDUCATION.value] = own_word
    return Application(
        full_name=str(core[Core.FULL_NAME]),
        mobile=str(core[Core.MOBILE]),
        email=str(core[Core.EMAIL]),
        university=str(core.get(Core.UNIVERSITY) or ""),
        education=education,
        research_field=str(core.get(Core.RESEARCH_FIELD) or ""),
        preferred_city_ids=[int(key) for key in core.get(Core.PREFERRED_CITIES) or ()],
        language=language,
        channel=channel,
        programme_item_ids=list(programme_item_ids),
        shares_with_employers=shares_with_employers,
        shows_on_wall=shows_on_wall,
        answers=answers,
        restricted_answers=restricted,
        form_version=questionnaire.version,
        file_ids=file_ids_in(answers | restricted, questionnaire),
    )


def education_said(value: str | None) -> tuple[Education, str | None]:
    """What the column holds, and the answer itself where it is one of the organiser's own."""
    if value is None or value in list(Education):
        return Education(value or Education.OTHER), None
    return Education.OTHER, value


def file_ids_in(answers: Mapping[str, Any], questionnaire: Questionnaire) -> list[int]:
    """The ids of the files among answers."""
    return [int(answers[one.key]) for one in questionnaire if one.kind in FILES and answers.get(one.key)]


def own_answers(checked: Checked, questionnaire: Questionnaire) -> tuple[dict[str, Any], dict[str, Any]]:
    """The answers to the campaign's own questions: those kept open, and those kept sealed."""
    answers: dict[str, Any] = {}
    restricted: dict[str, Any] = {}
    for one in questionnaire:
        if one.core is None and one.key in checked.values:
            (restricted if one.is_sealed else answers)[one.key] = checked.values[one.key]
    return answers, restricted

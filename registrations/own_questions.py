"""The campaign's own questions on the own page: the form's engine, with what was answered before."""

from __future__ import annotations

from dataclasses import replace

from questions.engine import Checked
from questions.lookups import questionnaire_for
from questions.models import AskedWhen, Kind
from questions.sheet import Sheet, typed_from
from registrations.amend import OwnAnswers
from registrations.answers import known_readings
from registrations.filling_in import file_ids_in, name_files, occasion_of, own_answers, tokens_for_ids
from registrations.models import Registration
from registrations.sealed_answers import unsealed_answers


def own_questions(registration: Registration) -> Sheet:
    """What was asked beside name, address and the like, filled in with the answers; conditions see those as well."""
    whole = questionnaire_for(registration.stop, AskedWhen.APPLICATION, known=known_readings(registration))
    pages = (
        replace(page, fields=tuple(one for one in page.fields if one.core is None)) for page in whole.pages
    )
    questionnaire = replace(
        whole, pages=tuple(page for page in pages if any(one.kind is not Kind.HEADING for one in page.fields))
    )
    sheet = Sheet(questionnaire, occasion_of(registration.stop))
    known = {**registration.answers, **unsealed_answers(registration)}
    sheet.take_over(typed_from(questionnaire, tokens_for_ids(questionnaire, known)))
    name_files(sheet)
    return sheet


def answered(checked: Checked, sheet: Sheet) -> OwnAnswers | None:
    """What is said to them now; None where the campaign asks nothing of its own."""
    keys = [one.key for one in sheet.questionnaire]
    if not keys:
        return None
    answers, restricted = own_answers(checked, sheet.questionnaire)
    return OwnAnswers(keys, answers, restricted, file_ids_in({**answers, **restricted}, sheet.questionnaire))

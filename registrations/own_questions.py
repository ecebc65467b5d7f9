"""The form one registered with, on the own page: the same engine and the same rules, with what was answered before."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from questions.engine import Checked, Field
from questions.lookups import questionnaire_for
from questions.models import Core
from questions.sheet import Sheet, typed_from
from registrations.amend import Amendment
from registrations.answers import everything_said
from registrations.filling_in import (
    education_said,
    file_ids_in,
    name_files,
    occasion_of,
    own_answers,
    tokens_for_ids,
)
from registrations.models import Registration
from registrations.own_answers import OwnAnswers
from registrations.sealed_answers import unsealed_answers

EDUCATION = Core.EDUCATION.value


def own_questions(registration: Registration) -> Sheet:
    """What was asked when registering, filled in with the answers, name and address included.

    The agreement stands on the own page itself. Whoever the office entered without a mobile number or an address is
    not asked for one.
    """
    person = registration.person
    whole = questionnaire_for(registration.stop)

    def is_put_right(one: Field) -> bool:
        return one.core is not Core.CONSENT and not (one.core is Core.MOBILE and person.mobile is None)

    def asked_here(one: Field) -> Field:
        return replace(one, required=bool(registration.email)) if one.core is Core.EMAIL else one

    pages = (replace(page, fields=tuple(filter(is_put_right, page.fields))) for page in whole.pages)
    questionnaire = replace(whole, pages=tuple(page for page in pages if page.fields)).with_fields(asked_here)
    sheet = Sheet(questionnaire, occasion_of(registration.stop))
    said = {**everything_said(registration, questionnaire), **unsealed_answers(registration)}
    sheet.take_over(typed_from(questionnaire, tokens_for_ids(questionnaire, said)))
    mobile = questionnaire.core(Core.MOBILE)
    if mobile is not None:
        sheet.typed[mobile.key] = [person.shown_mobile]
    name_files(sheet)
    return sheet


def amendment_from(checked: Checked, sheet: Sheet, registration: Registration) -> Amendment:
    """What is said now, once nothing is wrong with it; what the form does not ask stays as it was."""
    form = sheet.questionnaire

    def now_said(core: Core, before: Any) -> Any:
        one = form.core(core)
        return before if one is None else checked.values.get(one.key)

    answers, restricted = own_answers(checked, form)
    keys = [one.key for one in form if one.core is None]
    education = registration.education
    if form.core(Core.EDUCATION) is not None:
        education, own_word = education_said(now_said(Core.EDUCATION, None))
        keys.append(EDUCATION)
        answers |= {} if own_word is None else {EDUCATION: own_word}
    return Amendment(
        full_name=str(now_said(Core.FULL_NAME, registration.person.full_name)),
        university=str(now_said(Core.UNIVERSITY, registration.university) or ""),
        education=education,
        research_field=str(now_said(Core.RESEARCH_FIELD, registration.research_field) or ""),
        preferred_city_ids=[
            int(key) for key in now_said(Core.PREFERRED_CITIES, registration.preferred_city_ids) or ()
        ],
        own=OwnAnswers(keys, answers, restricted, file_ids_in({**answers, **restricted}, form)),
    )


def contact_from(checked: Checked, sheet: Sheet, registration: Registration) -> tuple[str, str | None]:
    """The e-mail address and the mobile number that are typed now."""
    email, mobile = sheet.questionnaire.core(Core.EMAIL), sheet.questionnaire.core(Core.MOBILE)
    said_email = registration.email if email is None else str(checked.values.get(email.key) or "")
    return said_email, registration.person.mobile if mobile is None else str(checked.values[mobile.key])

"""Answers to restricted questions: one sealed document a registration, bound to its row."""

from __future__ import annotations

import json
from typing import Any

from jobs.outbox import announce
from privacy.purposes import Purpose
from questions.lookups import fields_by_key
from questions.models import Kind
from questions.papers import Paper
from registrations.facts import RestrictedAnswersGiven
from registrations.models import Registration
from shared.db import db
from shared.reseal import sealed_column
from shared.sealing import seal, unseal_text

OWN_PAPER = "identity_paper"
"""Key of the ready question for one's own paper (questions/library.py)."""

sealed_column("registrations", "sealed_answers", use="registrations.sealed_answers")


def seal_answers(registration: Registration, answers: dict[str, Any]) -> None:
    """Keep ``answers`` to restricted questions by key; none: nothing is kept. The caller holds the transaction."""
    db.session.flush()  # the seal is bound to the id
    registration.sealed_answers = (
        seal(json.dumps(answers, ensure_ascii=False), context=_place(registration)) if answers else None
    )
    if answers and registration.answers_gone_for:
        registration.answers_gone_for = []  # said anew: the purge looks again
    if answers:
        announce(RestrictedAnswersGiven(registration_id=registration.id))


def own_id_number(registration: Registration) -> str | None:
    """The resident ID number that the person has given of himself so that he is known, or None.

    A number asked for tickets, insurance and the hotel serves nothing else: only those asked for the registration count.
    Of several numbers in one form the ready question's is his own; the others may be a companion's.
    """
    answers = unsealed_answers(registration)
    fields = fields_by_key(registration.stop.campaign_id)
    numbers = {
        key: number
        for key, value in answers.items()
        if key in fields
        and fields[key].kind in (Kind.RESIDENT_ID, Kind.IDENTITY_PAPER)
        and fields[key].purpose is Purpose.REGISTRATION
        and (number := _resident_id(value)) is not None
    }
    return next(iter(numbers.values())) if len(numbers) == 1 else numbers.get(OWN_PAPER)


def _resident_id(value: Any) -> str | None:
    if isinstance(value, dict):
        value = value.get("number") if value.get("paper") == Paper.RESIDENT_ID else None
    return value if isinstance(value, str) and value else None


def unsealed_answers(registration: Registration) -> dict[str, Any]:
    """The answers to restricted questions by key. Whoever shows them records it."""
    if registration.sealed_answers is None:
        return {}
    answers: dict[str, Any] = json.loads(
        unseal_text(registration.sealed_answers, context=_place(registration))
    )
    return answers


def _place(registration: Registration) -> str:
    return f"registrations.sealed_answers:{registration.id}"

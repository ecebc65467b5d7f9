"""The answers to a campaign's own questions, kept in the place of those given before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from audit.record import Actor
from files.keep import remove_file
from registrations.choices import attach_files, take_choices
from registrations.models import AnswerFile, Registration
from registrations.sealed_answers import seal_answers, unsealed_answers
from shared.db import db


@dataclass(frozen=True)
class OwnAnswers:
    """Answers to the campaign's own questions ``keys``, those kept open and those kept sealed, and their files."""

    keys: Sequence[str]
    answers: dict[str, Any]
    restricted: dict[str, Any]
    file_ids: Sequence[int] = ()


def take_over(registration: Registration, own: OwnAnswers, *, by: Actor | str) -> dict[str, list[Any]]:
    """Put these answers in the place of those given before; ``{key: [before, after]}`` of what changed.

    A question that is not asked any more has no answer any more; the places of choices and the files that no answer
    holds are given back. Raises ChoiceIsFull. The caller holds the registration and the transaction.
    """
    sealed = unsealed_answers(registration)
    before = {**registration.answers, **sealed}
    after = {**own.answers, **own.restricted}
    changes = {
        key: [before.get(key), after.get(key)] for key in own.keys if before.get(key) != after.get(key)
    }
    if not changes:
        return {}
    kept = {key: value for key, value in registration.answers.items() if key not in own.keys}
    kept_sealed = {key: value for key, value in sealed.items() if key not in own.keys}
    registration.answers = {**kept, **own.answers}
    seal_answers(registration, {**kept_sealed, **own.restricted})
    take_choices(registration)
    attach_files(registration, own.file_ids)
    _let_replaced_files_go(registration, by=by)
    return changes


def _let_replaced_files_go(registration: Registration, *, by: Actor | str) -> None:
    held = {str(value) for value in (registration.answers | unsealed_answers(registration)).values()}
    ids = db.session.scalars(
        select(AnswerFile.file_id).where(AnswerFile.registration_id == registration.id)
    ).all()
    for file_id in ids:
        if str(file_id) not in held:
            remove_file(file_id, by=by)

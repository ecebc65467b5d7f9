"""Change one's answers to the campaign's own questions, as long as answers may be changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from audit.record import Actor
from files.keep import remove_file
from registrations.amend import keep_change, refuse_unless_editable
from registrations.choices import attach_files, take_choices
from registrations.field_names import ANSWERS
from registrations.models import AnswerFile, Registration
from registrations.review import held_with_stop
from registrations.sealed_answers import seal_answers, unsealed_answers
from shared.db import db


def amend_answers(
    registration_id: int,
    answers: dict[str, Any],
    restricted: dict[str, Any],
    *,
    keys: Sequence[str],
    file_ids: Sequence[int],
    by: Actor | str,
) -> list[str]:
    """Keep what is said now in place of the answers to the questions ``keys``; returns the keys that changed.

    What it was before stays, sealed, with the change. Raises NotFound, WrongState, HasArrived, EditsAreClosed or
    ChoiceIsFull. The caller holds the transaction.
    """
    _stop, registration = held_with_stop(registration_id)
    refuse_unless_editable(registration)
    sealed = unsealed_answers(registration)
    before = {**registration.answers, **sealed}
    after = {**answers, **restricted}
    changes = {key: [before.get(key), after.get(key)] for key in keys if before.get(key) != after.get(key)}
    if not changes:
        return []
    registration.answers = {
        **{key: value for key, value in registration.answers.items() if key not in keys},
        **answers,
    }
    seal_answers(
        registration, {**{key: value for key, value in sealed.items() if key not in keys}, **restricted}
    )
    take_choices(registration)
    attach_files(registration, file_ids)
    let_replaced_files_go(registration, by=by)
    keep_change(registration, {f"{ANSWERS}{key}": both for key, both in changes.items()}, by=by)
    return sorted(changes)


def let_replaced_files_go(registration: Registration, *, by: Actor | str) -> None:
    """Remove the files of this registration that no answer holds any more. The caller holds the transaction."""
    held = {str(value) for value in (registration.answers | unsealed_answers(registration)).values()}
    ids = db.session.scalars(
        select(AnswerFile.file_id).where(AnswerFile.registration_id == registration.id)
    ).all()
    for file_id in ids:
        if str(file_id) not in held:
            remove_file(file_id, by=by)

"""The form after approval: travel, lodging, dietary wishes, papers for the insurance. Only from those who come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from audit.record import Actor, record
from campaigns.models import Stop
from questions.lookups import form_of, has_second_form
from registrations.amend_answers import let_replaced_files_go
from registrations.choices import attach_files, take_choices
from registrations.drafts import forget_draft
from registrations.errors import SecondFormClosed, WrongState
from registrations.models import Registration, RegistrationState
from registrations.review import held_with_stop
from registrations.sealed_answers import seal_answers, unsealed_answers
from shared.clock import now
from shared.errors import Refusal


def second_form_closes_at(stop: Stop) -> datetime:
    """Until when it may be filled in and changed: what the organiser says, at the latest when the stop begins."""
    until = form_of(stop.campaign_id).second_form_until
    return stop.starts_at if until is None else min(until, stop.starts_at)


def refuse_unless_asked(registration: Registration) -> None:
    """Raise WrongState unless this person comes, SecondFormClosed once the time is over."""
    if registration.state is not RegistrationState.CONFIRMED or registration.stop.cancelled_at is not None:
        raise WrongState
    if second_form_closes_at(registration.stop) <= now():
        raise SecondFormClosed


@dataclass(frozen=True)
class SecondForm:
    """What the own page says of it: until when it may be filled in or changed, and when it was."""

    closes_at: datetime
    filled_in_at: datetime | None


def second_form_for(registration: Registration) -> SecondForm | None:
    """The form that this person may fill in now, or None."""
    try:
        refuse_unless_asked(registration)
    except Refusal:
        return None
    if not has_second_form(registration.stop):
        return None
    return SecondForm(second_form_closes_at(registration.stop), registration.second_form_at)


def fill_in_second_form(
    registration_id: int,
    answers: dict[str, Any],
    restricted: dict[str, Any],
    *,
    keys: Sequence[str],
    file_ids: Sequence[int],
    by: Actor | str,
) -> Registration:
    """Keep what was answered after approval in place of what was answered before to the questions ``keys``.

    Raises NotFound, WrongState, SecondFormClosed or ChoiceIsFull. The caller holds the transaction.
    """
    _stop, registration = held_with_stop(registration_id)
    refuse_unless_asked(registration)
    kept = {key: value for key, value in registration.answers.items() if key not in keys}
    sealed = {key: value for key, value in unsealed_answers(registration).items() if key not in keys}
    registration.answers = {**kept, **answers}
    seal_answers(registration, {**sealed, **restricted})
    take_choices(registration)
    attach_files(registration, file_ids)
    let_replaced_files_go(registration, by=by)
    is_first = registration.second_form_at is None
    registration.second_form_at = now()
    forget_draft(registration_id=registration.id)
    record("fill_in_second_form", registration, by=by, first=is_first, stop_id=registration.stop_id)
    return registration

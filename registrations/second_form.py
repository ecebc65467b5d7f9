"""The form after approval: travel, lodging, dietary wishes, papers for the insurance. Only from those who come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from audit.record import Actor, record
from campaigns.models import Stop
from questions.lookups import WhatIsAsked, form_of, what_is_asked
from registrations.drafts import forget_draft
from registrations.errors import SecondFormClosed, WrongState
from registrations.models import Registration, RegistrationState
from registrations.own_answers import OwnAnswers, take_over
from registrations.review import held_with_stop
from shared.clock import now


def second_form_closes_at(stop: Stop) -> datetime:
    """Until when it may be filled in and changed: what the organiser says, at the latest when the stop begins."""
    return _closes_at(stop, form_of(stop.campaign_id).second_form_until)


def _closes_at(stop: Stop, until: datetime | None) -> datetime:
    return stop.starts_at if until is None else min(until, stop.starts_at)


def refuse_unless_asked(registration: Registration) -> None:
    """Raise WrongState unless this person comes, SecondFormClosed once the time is over."""
    if not _comes(registration):
        raise WrongState
    if second_form_closes_at(registration.stop) <= now():
        raise SecondFormClosed


@dataclass(frozen=True)
class SecondForm:
    """What the own page says of it: until when it may be filled in or changed, and when it was."""

    closes_at: datetime
    filled_in_at: datetime | None


def second_form_for(registration: Registration, *, asked: WhatIsAsked | None = None) -> SecondForm | None:
    """The form that this person may fill in now, or None. ``asked`` spares the question to the database."""
    if not _comes(registration):
        return None
    asked = asked or what_is_asked(registration.stop)
    closes_at = _closes_at(registration.stop, asked.second_form_until)
    if not asked.has_second_form or closes_at <= now():
        return None
    return SecondForm(closes_at, registration.second_form_at)


def _comes(registration: Registration) -> bool:
    return registration.state is RegistrationState.CONFIRMED and registration.stop.cancelled_at is None


def fill_in_second_form(registration_id: int, own: OwnAnswers, *, by: Actor | str) -> Registration:
    """Keep what is answered after approval in place of what was answered before.

    Raises NotFound, WrongState, SecondFormClosed or ChoiceIsFull. The caller holds the transaction.
    """
    _stop, registration = held_with_stop(registration_id)
    refuse_unless_asked(registration)
    take_over(registration, own, by=by)
    is_first = registration.second_form_at is None
    registration.second_form_at = now()
    forget_draft(registration_id=registration.id)
    record("fill_in_second_form", registration, by=by, first=is_first, stop_id=registration.stop_id)
    return registration

"""The story of one registration as its owner reads it: every step in plain words, the earliest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import select

from campaigns.models import Stop
from messages.lookups import messages_to
from messages.models import MessageState
from privacy.models import Consent
from privacy.purposes import Purpose
from registrations.field_names import field_names
from registrations.models import AnswerChange, Registration, RegistrationState, StateChange
from registrations.own_traces import OwnTraces
from shared.db import db

S = RegistrationState


@dataclass(frozen=True)
class StoryLine:
    """One thing that happened; ``more`` is a second, quieter sentence."""

    at: datetime
    words: str
    more: str = ""


def story_of(registration: Registration, consents: Sequence[Consent], traces: OwnTraces) -> list[StoryLine]:
    """Registered, decided, moved, changed, written to, agreed, arrived: in the reader's language."""
    lines = _steps(registration)
    if traces.has_changed_answers:
        lines += _changes(registration)
    if traces.was_written_to:
        lines += [
            StoryLine(message.written_at, _("We wrote to you"), message.subject)
            for message in messages_to(registration.id)
            if message.subject and message.kind != "own_code" and message.state is not MessageState.FAILED
        ]
    lines += _agreements(consents)
    if traces.arrived_at is not None:
        lines.append(StoryLine(traces.arrived_at, _("You arrived")))
    return sorted(lines, key=lambda line: line.at)


def _changes(registration: Registration) -> list[StoryLine]:
    return [
        StoryLine(
            change.at,
            _("Answers changed"),
            _(", ").join(field_names(change.fields, campaign_id=registration.stop.campaign_id)),
        )
        for change in db.session.scalars(
            select(AnswerChange).where(AnswerChange.registration_id == registration.id)
        )
    ]


def _steps(registration: Registration) -> list[StoryLine]:
    changes = db.session.scalars(
        select(StateChange).where(StateChange.registration_id == registration.id).order_by(StateChange.id)
    ).all()
    stop_ids = {change.from_stop_id for change in changes if change.from_stop_id is not None}
    stops = (
        {stop.id: stop for stop in db.session.scalars(select(Stop).where(Stop.id.in_(stop_ids)))}
        if stop_ids
        else {}
    )
    return [StoryLine(change.at, _in_words(change, stops), change.reason or "") for change in changes]


def _in_words(change: StateChange, stops: dict[int, Stop]) -> str:
    if change.from_stop_id is not None and change.from_stop_id in stops:
        city = stops[change.from_stop_id].city
        if change.after is S.CONFIRMED:
            return str(_("Changed from %(city)s to this stop, with a seat", city=city))
        return str(_("Changed from %(city)s to this stop: %(state)s", city=city, state=change.after.label))
    by_staff = change.by_staff_id is not None
    if change.before is None:
        words = {
            S.CONFIRMED: _("You registered and got a seat"),
            S.WAITING: _("You registered and joined the waiting list"),
            S.APPLIED: _("You registered; the office looks through it"),
        }
    elif by_staff:
        words = {
            S.CONFIRMED: _("The office confirmed your seat"),
            S.WAITING: _("The office put you on the waiting list"),
            S.DECLINED: _("The office declined"),
            S.WITHDRAWN: _("The office withdrew your registration"),
            S.OFFERED: _("The office offered you a seat"),
        }
    else:
        words = {
            S.CONFIRMED: _("You took the seat")
            if change.before is S.OFFERED
            else _("A seat came free and is yours"),
            S.OFFERED: _("A seat came free and was held for you"),
            S.EXPIRED: _("The offer expired, and the seat went to the next in line")
            if change.before is S.OFFERED
            else _("We had no answer in time, and your seat went to the next in line"),
            S.WITHDRAWN: _("You withdrew"),
        }
    return words.get(change.after) or change.after.label


def _agreements(consents: Sequence[Consent]) -> list[StoryLine]:
    lines = []
    for consent in consents:
        version = _("Version %(version)s", version=consent.text_version)
        if consent.purpose is not Purpose.REGISTRATION:
            lines.append(
                StoryLine(consent.given_at, _("You agreed: %(what)s", what=consent.purpose.label), version)
            )
        if consent.withdrawn_at is not None:
            lines.append(
                StoryLine(
                    consent.withdrawn_at, _("You took back: %(what)s", what=consent.purpose.label), version
                )
            )
    return lines

"""What applicants are told, when, and in which language."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from audit.record import APPLICANT
from campaigns.facts import SeatsAdded, StopCancelled, StopMoved
from campaigns.models import Stop
from jobs.outbox import announce
from messages.models import Message
from registrations.links import link_for
from registrations.models import Registration, RegistrationState
from registrations.register import register, withdraw
from registrations.review import confirm, decline, put_on_waitlist
from registrations.tickets import forget_keys
from shared.clock import now
from shared.db import db, transaction
from tests.factories import accounts, campaigns, registrations
from tests.promises import keep_promises
from tests.registrations.applications import application

S = RegistrationState


def registered(stop: Stop, language: str = "zh") -> Registration:
    with transaction():
        return register(application(language=language), stop_id=stop.id, submission_id=uuid4())


def told(registration: Registration) -> list[Message]:
    keep_promises()
    return list(
        db.session.scalars(
            select(Message).where(Message.registration_id == registration.id).order_by(Message.id)
        )
    )


@pytest.mark.parametrize("language", ["zh", "en"])
def test_somebody_confirmed_gets_the_ticket_in_the_language_of_the_form(app: Flask, language: str) -> None:
    registration = registered(campaigns.stop(), language)
    (message,) = told(registration)
    stop = registration.stop
    assert (message.kind, message.language, message.recipient) == ("confirmed", language, registration.email)
    assert message.inline_png is not None
    assert message.inline_png.startswith(b"\x89PNG")
    for body in (message.body_text, message.body_html):
        assert registration.spaced_code in body
        assert f"http://localhost/r/{link_for(registration)}" in body
        assert (stop.venue_en if language == "en" else stop.venue_zh) in body
        assert (stop.venue_zh if language == "en" else stop.venue_en) not in body
    assert (stop.campaign.name_en if language == "en" else stop.campaign.name_zh) in message.subject


def test_each_step_is_told_once(app: Flask) -> None:
    stop = campaigns.stop(capacity=1, needs_approval=True)
    reviewer = accounts.staff()
    registration = registered(stop)
    assert [m.kind for m in told(registration)] == ["received"]
    guest = registrations.registration(S.CONFIRMED, at=stop)
    with transaction():
        put_on_waitlist(registration.id, by=reviewer)
    assert [m.kind for m in told(registration)] == ["received", "waiting"]
    with transaction():
        withdraw(guest.id, by=APPLICANT)  # and so the seat is free
    told(registration)
    with transaction():
        decline(registration.id, by=reviewer, reason="场地有限")
    assert [m.kind for m in told(registration)] == ["received", "waiting", "confirmed", "declined"]
    assert "场地有限" in told(registration)[-1].body_text
    with transaction():
        confirm(registration.id, by=reviewer)
    assert [m.kind for m in told(registration)][-1] == "confirmed"
    with transaction():
        withdraw(registration.id, by=APPLICANT)
    messages = told(registration)
    assert [m.kind for m in messages][-1] == "withdrawn"
    assert len({m.message_id for m in messages}) == len(messages) == 6


def test_somebody_whose_registration_has_moved_on_is_not_told_of_the_earlier_step(app: Flask) -> None:
    registration = registered(campaigns.stop())
    with transaction():
        withdraw(registration.id, by=APPLICANT)
    assert [m.kind for m in told(registration)] == ["withdrawn"]


def test_somebody_on_the_waiting_list_is_told_the_place_in_line_and_then_of_the_seat(app: Flask) -> None:
    stop = campaigns.stop(capacity=1)
    first, _second, third = (registered(stop, "en") for _ in range(3))
    assert "number 2" in told(third)[0].body_text
    stop.capacity = 3
    with transaction():
        announce(SeatsAdded(stop_id=stop.id))
    assert [m.kind for m in told(third)] == ["waiting", "confirmed"]
    assert len(told(first)) == 1


def test_everybody_who_means_to_come_hears_that_a_stop_has_moved_and_then_that_it_is_cancelled(
    app: Flask,
) -> None:
    stop = campaigns.stop()
    coming = [registrations.registration(state, at=stop) for state in (S.CONFIRMED, S.WAITING, S.APPLIED)]
    gone = [registrations.registration(state, at=stop) for state in (S.DECLINED, S.WITHDRAWN)]
    stop.starts_at += timedelta(hours=1)
    for fact in (StopMoved(stop_id=stop.id), StopCancelled(stop_id=stop.id)):
        with transaction():
            announce(fact)
        keep_promises()
    for registration in coming:
        assert [m.kind for m in told(registration)] == ["moved", "cancelled"]
    for registration in gone:
        assert told(registration) == []


def test_whoever_got_a_seat_just_before_the_stop_was_cancelled_hears_only_that_it_is_cancelled(
    app: Flask,
) -> None:
    stop = campaigns.stop()
    registration = registered(stop)
    with transaction():
        announce(StopMoved(stop_id=stop.id))
        stop.cancelled_at = now()
        announce(StopCancelled(stop_id=stop.id))
    assert [m.kind for m in told(registration)] == ["cancelled"]


def test_a_ticket_is_told_though_the_secret_was_changed_after_the_seat_was_given(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    registration = registered(campaigns.stop())
    monkeypatch.setitem(app.config, "SECRET_KEY", "another-secret-of-the-tests")
    forget_keys()
    assert [m.kind for m in told(registration)] == ["confirmed"]
    forget_keys()

"""Registering and withdrawing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import func, select

from audit.models import AuditEntry
from audit.record import APPLICANT
from campaigns.models import Stop
from people.models import Person
from registrations.errors import AlreadyRegistered, RegistrationClosed, StopHasBegun, WrongState
from registrations.models import Registration, RegistrationState, StateChange, TicketKey
from registrations.register import register, withdraw
from shared.clock import now
from shared.db import db, transaction
from shared.errors import NotFound
from tests.factories import campaigns, registrations
from tests.registrations.applications import application

S = RegistrationState


def in_stop(stop: Stop, **changes: Any) -> Registration:
    with transaction():
        return register(application(**changes), stop_id=stop.id, submission_id=uuid4())


def states(stop: Stop) -> list[RegistrationState]:
    return list(
        db.session.scalars(
            select(Registration.state).where(Registration.stop_id == stop.id).order_by(Registration.id)
        )
    )


def test_somebody_who_registers_while_there_are_seats_is_confirmed_and_takes_one(app: Flask) -> None:
    stop = campaigns.stop(capacity=2)
    registration = in_stop(stop)
    db.session.refresh(stop)
    assert registration.state is S.CONFIRMED
    assert stop.seats_taken == 1
    assert registration.decided_at is not None
    assert registration.consented_at is not None
    assert db.session.scalar(select(func.count()).select_from(TicketKey)) == 1


def test_the_first_step_and_the_record_say_that_the_applicant_registered(app: Flask) -> None:
    registration = in_stop(campaigns.stop())
    change = db.session.scalars(
        select(StateChange).where(StateChange.registration_id == registration.id)
    ).one()
    assert (change.before, change.after, change.by_staff_id) == (None, S.CONFIRMED, None)
    entry = db.session.scalars(
        select(AuditEntry).where(
            AuditEntry.subject_kind == "Registration", AuditEntry.subject_id == registration.id
        )
    ).one()
    assert (entry.act, entry.by_whom, entry.details["after"]) == ("register", APPLICANT, "confirmed")


def test_somebody_who_registers_for_a_full_stop_waits_in_line(app: Flask) -> None:
    stop = campaigns.stop(capacity=1)
    in_stop(stop)
    second = in_stop(stop)
    assert second.state is S.WAITING
    assert second.waiting_since is not None
    db.session.refresh(stop)
    assert stop.seats_taken == 1


def test_where_the_office_reviews_a_registration_is_applied_even_when_the_stop_is_full(app: Flask) -> None:
    stop = campaigns.stop(capacity=0, needs_approval=True)
    assert in_stop(stop).state is S.APPLIED


def test_the_same_form_sent_twice_is_one_registration(app: Flask) -> None:
    stop = campaigns.stop()
    form, submission_id = application(), uuid4()
    with transaction():
        first = register(form, stop_id=stop.id, submission_id=submission_id)
    with transaction():
        second = register(form, stop_id=stop.id, submission_id=submission_id)
    assert first.id == second.id
    assert states(stop) == [S.CONFIRMED]


def test_a_page_gone_back_to_and_sent_for_a_colleague_registers_the_colleague(app: Flask) -> None:
    stop = campaigns.stop()
    submission_id = uuid4()
    colleague = application(full_name="赵一凡")
    with transaction():
        first = register(application(), stop_id=stop.id, submission_id=submission_id)
    with transaction():
        second = register(colleague, stop_id=stop.id, submission_id=submission_id)
    with transaction():
        again = register(colleague, stop_id=stop.id, submission_id=submission_id)
    assert second.id == again.id != first.id
    assert second.person.full_name == "赵一凡"


def test_the_same_person_registers_only_once_for_a_stop(app: Flask) -> None:
    stop = campaigns.stop()
    form = application()
    with transaction():
        register(form, stop_id=stop.id, submission_id=uuid4())
    with pytest.raises(AlreadyRegistered), transaction():
        register(form, stop_id=stop.id, submission_id=uuid4())
    assert states(stop) == [S.CONFIRMED]


def test_the_same_person_at_two_stops_is_one_person(app: Flask) -> None:
    form = application()
    for stop in (campaigns.stop(), campaigns.stop()):
        with transaction():
            register(form, stop_id=stop.id, submission_id=uuid4())
    assert (
        db.session.scalar(select(func.count()).select_from(Person).where(Person.mobile == form.mobile)) == 1
    )


def test_after_withdrawing_one_may_register_again(app: Flask) -> None:
    stop = campaigns.stop()
    form = application()
    with transaction():
        first = register(form, stop_id=stop.id, submission_id=uuid4())
    with transaction():
        withdraw(first.id, by=APPLICANT)
    with transaction():
        second = register(form, stop_id=stop.id, submission_id=uuid4())
    assert states(stop) == [S.WITHDRAWN, S.CONFIRMED]
    assert second.id != first.id


@pytest.mark.parametrize(
    "changes",
    [
        {"registration_opened_at": None},
        {"registration_opened_at": now() + timedelta(days=1)},
        {"registration_closes_at": now() - timedelta(minutes=1)},
        {"cancelled_at": now()},
    ],
    ids=["not opened", "opens later", "too late", "cancelled"],
)
def test_nobody_registers_for_a_stop_that_is_not_open(app: Flask, changes: dict[str, Any]) -> None:
    stop = campaigns.stop(**changes)
    with pytest.raises(RegistrationClosed):
        in_stop(stop)
    assert states(stop) == []


def test_nobody_registers_for_a_draft_or_a_stop_that_does_not_exist(app: Flask) -> None:
    with pytest.raises(RegistrationClosed):
        in_stop(campaigns.stop(of=campaigns.campaign(published_at=None)))
    with pytest.raises(NotFound), transaction():
        register(application(), stop_id=999_999, submission_id=uuid4())


def test_a_seat_given_back_goes_to_whoever_waits_longest(app: Flask) -> None:
    stop = campaigns.stop(capacity=1)
    first, second, third = (in_stop(stop) for _ in range(3))
    with transaction():
        withdraw(first.id, by=APPLICANT)
    db.session.expire_all()
    assert [first.state, second.state, third.state] == [S.WITHDRAWN, S.CONFIRMED, S.WAITING]
    assert stop.seats_taken == 1


def test_when_seats_are_added_those_who_wait_come_before_a_newcomer(app: Flask) -> None:
    stop = campaigns.stop(capacity=1)
    in_stop(stop)
    waiting = in_stop(stop)
    stop.capacity = 2
    db.session.commit()
    newcomer = in_stop(stop)
    db.session.refresh(waiting)
    assert (waiting.state, newcomer.state) == (S.CONFIRMED, S.WAITING)


def test_somebody_who_waits_withdraws_without_freeing_a_seat(app: Flask) -> None:
    stop = campaigns.stop(capacity=1)
    in_stop(stop)
    waiting = in_stop(stop)
    with transaction():
        withdraw(waiting.id, by=APPLICANT)
    db.session.refresh(stop)
    assert waiting.waiting_since is None
    assert stop.seats_taken == 1


def test_nobody_withdraws_twice_or_after_the_stop_has_begun(app: Flask) -> None:
    registration = registrations.registration(S.WITHDRAWN)
    with pytest.raises(WrongState), transaction():
        withdraw(registration.id, by=APPLICANT)
    begun = campaigns.stop(
        starts_at=now() - timedelta(hours=1),
        ends_at=now() + timedelta(hours=7),
        registration_closes_at=now() - timedelta(days=1),
    )
    late = registrations.registration(S.CONFIRMED, at=begun)
    with pytest.raises(StopHasBegun), transaction():
        withdraw(late.id, by=APPLICANT)

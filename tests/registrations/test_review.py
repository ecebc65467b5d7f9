"""What the office decides."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from audit.record import APPLICANT
from campaigns.errors import StopIsCancelled
from checkin.check_in import check_in
from registrations.errors import (
    AlreadyRegistered,
    HasArrived,
    ReasonMissing,
    StopIsFull,
    StopIsOver,
    WrongState,
)
from registrations.models import Registration, RegistrationState, StateChange
from registrations.register import register, withdraw
from registrations.review import confirm, decline, fill_free_seats, put_on_waitlist
from shared.clock import now
from shared.db import db, transaction
from shared.errors import NotFound
from tests.factories import accounts, campaigns, registrations
from tests.registrations.applications import application

S = RegistrationState


def history(
    registration: Registration,
) -> list[tuple[RegistrationState | None, RegistrationState, int | None, str | None]]:
    rows = db.session.scalars(
        select(StateChange).where(StateChange.registration_id == registration.id).order_by(StateChange.id)
    )
    return [(row.before, row.after, row.by_staff_id, row.reason) for row in rows]


@pytest.mark.parametrize("before", [S.APPLIED, S.WAITING, S.DECLINED])
def test_confirming_gives_a_seat_and_says_who_did_it(app: Flask, before: RegistrationState) -> None:
    reviewer = accounts.staff()
    registration = registrations.registration(before)
    with transaction():
        confirm(registration.id, by=reviewer, reason="学历已核实")
    db.session.refresh(registration.stop)
    assert registration.state is S.CONFIRMED
    assert registration.stop.seats_taken == 1
    assert history(registration) == [(before, S.CONFIRMED, reviewer.id, "学历已核实")]


@pytest.mark.parametrize("before", [S.CONFIRMED, S.WITHDRAWN])
def test_nobody_is_confirmed_twice_or_after_withdrawing(app: Flask, before: RegistrationState) -> None:
    registration = registrations.registration(before)
    with pytest.raises(WrongState), transaction():
        confirm(registration.id, by=accounts.staff())
    assert history(registration) == []


def test_nobody_is_confirmed_for_a_full_stop(app: Flask) -> None:
    stop = campaigns.stop(capacity=1)
    registrations.registration(S.CONFIRMED, at=stop)
    applicant = registrations.registration(S.APPLIED, at=stop)
    with pytest.raises(StopIsFull), transaction():
        confirm(applicant.id, by=accounts.staff())


def test_nobody_is_confirmed_or_kept_waiting_for_a_stop_that_is_cancelled_or_over(app: Flask) -> None:
    over = campaigns.stop(
        starts_at=now() - timedelta(days=2),
        ends_at=now() - timedelta(days=1),
        registration_closes_at=now() - timedelta(days=3),
    )
    cancelled = campaigns.stop(cancelled_at=now())
    for stop, refusal in ((cancelled, StopIsCancelled), (over, StopIsOver)):
        applicant = registrations.registration(S.APPLIED, at=stop)
        for verb in (confirm, put_on_waitlist):
            with pytest.raises(refusal), transaction():
                verb(applicant.id, by=accounts.staff())


def test_a_declined_person_who_registered_anew_is_not_confirmed_a_second_time(app: Flask) -> None:
    declined = registrations.registration(S.DECLINED)
    registrations.registration(S.CONFIRMED, at=declined.stop, person=declined.person)
    with pytest.raises(AlreadyRegistered), transaction():
        confirm(declined.id, by=accounts.staff())


def test_declining_wants_a_reason_and_keeps_it(app: Flask) -> None:
    reviewer = accounts.staff()
    registration = registrations.registration(S.APPLIED)
    with pytest.raises(ReasonMissing), transaction():
        decline(registration.id, by=reviewer, reason="  ")
    with transaction():
        decline(registration.id, by=reviewer, reason="专业不符")
    assert history(registration) == [(S.APPLIED, S.DECLINED, reviewer.id, "专业不符")]


def test_the_seat_of_somebody_declined_goes_to_whoever_waits_longest(app: Flask) -> None:
    stop = campaigns.stop(capacity=1)
    first = registrations.registration(S.CONFIRMED, at=stop)
    later = registrations.registration(S.WAITING, at=stop, waiting_since=now())
    longest = registrations.registration(S.WAITING, at=stop, waiting_since=now() - timedelta(days=1))
    with transaction():
        decline(first.id, by=accounts.staff(), reason="重复报名")
    db.session.expire_all()
    assert (first.state, longest.state, later.state) == (S.DECLINED, S.CONFIRMED, S.WAITING)
    assert stop.seats_taken == 1


def test_an_applicant_is_put_at_the_end_of_the_waiting_list(app: Flask) -> None:
    registration = registrations.registration(S.APPLIED, at=campaigns.stop(capacity=0))
    with transaction():
        put_on_waitlist(registration.id, by=accounts.staff())
    assert registration.state is S.WAITING
    with pytest.raises(WrongState), transaction():
        put_on_waitlist(registration.id, by=accounts.staff())


def test_free_seats_are_filled_in_the_order_of_the_waiting_list_and_no_further(app: Flask) -> None:
    stop = campaigns.stop(capacity=0)
    waiting = [
        registrations.registration(S.WAITING, at=stop, waiting_since=now() - timedelta(hours=hours))
        for hours in (1, 3, 2)
    ]
    stop.capacity = 2
    db.session.commit()
    with transaction():
        promoted = fill_free_seats(stop.id)
    assert [r.id for r in promoted] == [waiting[1].id, waiting[2].id]
    assert stop.seats_taken == 2
    with transaction():
        assert fill_free_seats(stop.id) == []


@pytest.mark.parametrize("changes", [{"cancelled_at": now()}, {"starts_at": now() - timedelta(minutes=1)}])
def test_no_seat_is_filled_once_the_stop_is_cancelled_or_has_begun(
    app: Flask, changes: dict[str, Any]
) -> None:
    stop = campaigns.stop(**changes)
    registrations.registration(S.WAITING, at=stop)
    with transaction():
        assert fill_free_seats(stop.id) == []


def test_an_unknown_registration_is_not_found(app: Flask) -> None:
    with pytest.raises(NotFound), transaction():
        confirm(999_999, by=accounts.staff())


def test_a_refused_act_leaves_nothing_behind(app: Flask) -> None:
    stop = campaigns.stop(capacity=1)
    with transaction():
        register(application(), stop_id=stop.id, submission_id=uuid4())
    applicant = registrations.registration(S.APPLIED, at=stop)
    with pytest.raises(StopIsFull), transaction():
        confirm(applicant.id, by=accounts.staff())
    db.session.refresh(applicant)
    assert applicant.state is S.APPLIED
    assert history(applicant) == []


def arrive(registration: Registration) -> None:
    """Somebody scans the ticket."""
    check_in(registration.code, stop=registration.stop, gate="东门", by=accounts.staff())


def test_somebody_who_has_arrived_is_neither_declined_nor_withdraws(app: Flask) -> None:
    registration = registrations.registration(S.CONFIRMED)
    with transaction():
        arrive(registration)
    with pytest.raises(HasArrived), transaction():
        decline(registration.id, by=accounts.staff(), reason="重复报名")
    with pytest.raises(HasArrived), transaction():
        withdraw(registration.id, by=APPLICANT)
    db.session.refresh(registration)
    assert registration.state is S.CONFIRMED


def test_after_a_stop_is_over_nobody_is_declined(app: Flask) -> None:
    over = campaigns.stop(
        starts_at=now() - timedelta(days=2),
        ends_at=now() - timedelta(days=1),
        registration_closes_at=now() - timedelta(days=3),
    )
    registration = registrations.registration(S.CONFIRMED, at=over)
    with pytest.raises(StopIsOver), transaction():
        decline(registration.id, by=accounts.staff(), reason="重复报名")

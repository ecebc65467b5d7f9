"""Free seats given on: offered in a fair order, taken, given back, expired, moved on by themselves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from audit.record import APPLICANT
from campaigns.errors import StopIsCancelled
from campaigns.facts import StopMoved
from campaigns.models import Stop
from jobs.models import OutboxJob
from jobs.outbox import announce
from messages.models import Message
from registrations.errors import OfferHasExpired, ReasonMissing, SeatsAreFree, WrongState
from registrations.links import link_for
from registrations.lookups import place_in_line
from registrations.models import Registration, RegistrationState, SeatRules
from registrations.offer import (
    accept_offer,
    decline_offer,
    expire_offers,
    fill_free_seats,
    offer_ends_at,
)
from registrations.register import withdraw
from registrations.review import confirm, decline, give_priority, put_on_waitlist
from shared.clock import now
from shared.db import db, transaction
from tests.conftest import Browser
from tests.factories import accounts, campaigns, registrations
from tests.promises import keep_promises

S = RegistrationState


def offering(capacity: int = 1, hours: int | None = 24, **changes: Any) -> Stop:
    """A stop whose free seats are offered for ``hours``."""
    stop = campaigns.stop(capacity=capacity, **changes)
    db.session.add(SeatRules(stop_id=stop.id, offer_hours=hours))
    db.session.commit()
    return stop


def in_line(stop: Stop, people: int) -> list[Registration]:
    """So many people on the waiting list, the first waiting longest."""
    return [
        registrations.registration(S.WAITING, at=stop, waiting_since=now() - timedelta(hours=people - n))
        for n in range(people)
    ]


def offered(stop: Stop, people: int = 3) -> list[Registration]:
    """The first of so many people is offered the stop's only seat."""
    line = in_line(stop, people)
    with transaction():
        fill_free_seats(stop.id)
    assert line[0].state is S.OFFERED
    return line


def time_runs_out(registration: Registration) -> None:
    """The offer's time is over."""
    registration.offer_expires_at = now() - timedelta(seconds=1)
    db.session.commit()


def states(line: list[Registration]) -> list[RegistrationState]:
    db.session.expire_all()
    return [registration.state for registration in line]


def test_a_held_offer_takes_the_seat_until_it_is_accepted_or_given_back(app: Flask) -> None:
    stop = offering()
    line = offered(stop)
    assert (stop.seats_taken, stop.seats_left) == (1, 0)
    assert line[0].offer_expires_at is not None
    with transaction():
        accept_offer(line[0].id)
        accept_offer(line[0].id)  # a second click
    assert states(line) == [S.CONFIRMED, S.WAITING, S.WAITING]
    with transaction():
        withdraw(line[0].id, by=APPLICANT)
    assert states(line) == [S.WITHDRAWN, S.OFFERED, S.WAITING]
    with transaction():
        decline_offer(line[1].id)
    assert states(line) == [S.WITHDRAWN, S.WITHDRAWN, S.OFFERED]
    assert stop.seats_taken == 1


def test_priority_goes_before_waiting_and_needs_a_reason(app: Flask) -> None:
    stop = offering(capacity=0)
    line = in_line(stop, 3)
    staff = accounts.staff()
    with pytest.raises(ReasonMissing), transaction():
        give_priority(line[2].id, priority=5, reason=" ", by=staff)
    with transaction():
        give_priority(line[2].id, priority=5, reason="省重点引进对象", by=staff)
    assert [place_in_line(registration) for registration in line] == [2, 3, 1]
    stop.capacity = 1
    db.session.commit()
    with transaction():
        fill_free_seats(stop.id)
    assert states(line) == [S.WAITING, S.WAITING, S.OFFERED]


def test_an_expired_offer_moves_on_by_itself_once(app: Flask) -> None:
    stop = offering()
    line = offered(stop)
    time_runs_out(line[0])
    for act in (accept_offer, decline_offer):
        with pytest.raises(OfferHasExpired), transaction():
            act(line[0].id)
    for _twice in range(2):
        with transaction():
            expire_offers(stop.id)
        assert states(line) == [S.EXPIRED, S.OFFERED, S.WAITING]
    with pytest.raises(OfferHasExpired), transaction():
        accept_offer(line[0].id)
    with pytest.raises(WrongState), transaction():
        accept_offer(line[2].id)
    assert stop.seats_taken == 1


def test_the_promise_to_end_an_offer_is_due_when_it_ends_and_everybody_is_told(app: Flask) -> None:
    stop = offering()
    line = offered(stop)
    keep_promises()
    due = dict(
        db.session.execute(select(OutboxJob.task, OutboxJob.due_at).where(OutboxJob.done_at.is_(None))).all()
    )
    assert due["registrations.tasks.end_offers"] == line[0].offer_expires_at
    assert now() < due["registrations.tasks.tell_offer_ends"] < due["registrations.tasks.end_offers"]
    for job in db.session.scalars(
        select(OutboxJob).where(OutboxJob.done_at.is_(None)).order_by(OutboxJob.due_at)
    ):
        job.due_at = now()
    time_runs_out(line[0])
    keep_promises()
    assert states(line) == [S.EXPIRED, S.OFFERED, S.WAITING]
    told = db.session.execute(select(Message.registration_id, Message.kind).order_by(Message.id)).all()
    assert [(line[0].id, "offered"), (line[0].id, "offer_expired"), (line[1].id, "offered")] == [
        tuple(row) for row in told
    ]


def test_near_the_beginning_an_offer_shrinks_and_then_seats_are_confirmed_at_once(app: Flask) -> None:
    stop, moment = campaigns.stop(), now()
    for left, hours, lasts in (
        (timedelta(days=10), 24, timedelta(hours=24)),
        (timedelta(days=2), 24, timedelta(hours=12)),
        (timedelta(hours=8), 24, timedelta(hours=2)),
        (timedelta(hours=7), 24, None),
        (timedelta(hours=4), 1, timedelta(hours=1)),
        (timedelta(hours=3), 1, None),
        (timedelta(days=10), None, None),
    ):
        stop.starts_at = moment + left
        ends_at = offer_ends_at(stop, hours, moment)
        assert (None if ends_at is None else ends_at - moment) == lasts, left
    soon = offering(starts_at=now() + timedelta(hours=3), registration_closes_at=now())
    line = in_line(soon, 2)
    with transaction():
        fill_free_seats(soon.id)
    assert states(line) == [S.CONFIRMED, S.WAITING]


def test_an_offer_ends_with_the_beginning_though_the_stop_was_moved_before_its_time(app: Flask) -> None:
    stop = offering()
    line = offered(stop, 2)
    stop.starts_at = now() - timedelta(minutes=1)
    with transaction():
        announce(StopMoved(stop_id=stop.id))
    with pytest.raises(OfferHasExpired), transaction():
        accept_offer(line[0].id)
    keep_promises()
    assert states(line) == [S.EXPIRED, S.WAITING]


def test_staff_decide_about_an_offer_too(app: Flask) -> None:
    stop = offering()
    line = offered(stop)
    staff = accounts.staff()
    with transaction():
        decline(line[0].id, by=staff, reason="重复报名", note="电话确认过")
    assert states(line) == [S.DECLINED, S.OFFERED, S.WAITING]
    with transaction():
        confirm(line[1].id, by=staff)  # the seat is held already, so that the stop is full does not matter
    assert states(line) == [S.DECLINED, S.CONFIRMED, S.WAITING]
    assert stop.seats_taken == 1


def test_nobody_is_made_to_wait_while_a_seat_is_free(app: Flask) -> None:
    applicant = registrations.registration(S.APPLIED)
    with pytest.raises(SeatsAreFree), transaction():
        put_on_waitlist(applicant.id, by=accounts.staff())


def test_an_offer_of_a_cancelled_stop_is_not_accepted(app: Flask) -> None:
    stop = offering()
    line = offered(stop)
    stop.cancelled_at = now()
    db.session.commit()
    with pytest.raises(StopIsCancelled), transaction():
        accept_offer(line[0].id)


def test_the_offer_is_answered_on_the_own_page(client: Browser) -> None:
    line = offered(offering(capacity=2), 3)
    link, other = link_for(line[0]), link_for(line[1])
    page = client.get(f"/r/{link}").text
    assert f"/r/{link}/offer/accept" in page
    assert f"/r/{link}/offer/decline" in page
    assert "名额已归您" in client.post(f"/r/{link}/offer/accept", follow_redirects=True).text
    assert states(line) == [S.CONFIRMED, S.OFFERED, S.WAITING]
    assert client.post(f"/r/{other}/offer/decline").status_code == 303
    assert states(line) == [S.CONFIRMED, S.WITHDRAWN, S.OFFERED]
    time_runs_out(line[2])
    assert "已过期" in client.post(f"/r/{link_for(line[2])}/offer/accept", follow_redirects=True).text

"""The life of registrations, at random: whatever happens, no seat is given twice and none is free while somebody waits."""

from __future__ import annotations

import random
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import any_, create_engine, func, literal, select, text

from accounts.models import Staff
from audit.record import APPLICANT
from campaigns.models import Stop
from registrations.judge import BEGINS_AT
from registrations.models import (
    SEATED,
    STANDING,
    Act,
    Quota,
    QuotaDimension,
    Registration,
    RegistrationState,
    SeatRules,
)
from registrations.move import move_to_stop
from registrations.offer import accept_offer, decline_offer, expire_offers, fill_free_seats, offer_seat
from registrations.quotas import change_quota, room_of, set_quota
from registrations.register import register, withdraw
from registrations.review import confirm, decline, give_priority, put_on_waitlist
from shared.clock import now
from shared.db import db, hold, transaction
from shared.errors import Refusal
from tests.conftest import settings_for
from tests.factories import accounts, campaigns
from tests.registrations.applications import application

S = RegistrationState
EDUCATIONS = ("doctor", "master")


def give_capacity(stop_id: int, capacity: int) -> None:
    """What planning a stop anew does to its seats: never below those taken, and new ones are given on."""
    stop = hold(Stop, stop_id)
    if stop is not None and capacity >= stop.seats_taken:
        stop.capacity = capacity
        fill_free_seats(stop_id)


def let_offers_run_out(stop_id: int) -> None:
    """Time passes: every offer of the stop ends."""
    hold(Stop, stop_id)
    for registration in db.session.scalars(
        select(Registration).where(Registration.stop_id == stop_id, Registration.state == S.OFFERED)
    ):
        registration.offer_expires_at = now() - timedelta(seconds=1)
    db.session.flush()
    expire_offers(stop_id)


class Life(RuleBasedStateMachine):
    """Two stops, one of them reviewed and one with a quota, and everything that may happen to those who register."""

    staff: Staff

    @initialize(capacity=st.integers(0, 3), hours=st.sampled_from((None, 24)), reviewed=st.booleans())
    def open(self, capacity: int, hours: int | None, reviewed: bool) -> None:
        tour = campaigns.campaign()
        self.stops = [
            campaigns.stop(of=tour, capacity=capacity, needs_approval=reviewed),
            campaigns.stop(of=tour, capacity=2),
        ]
        db.session.add(SeatRules(stop_id=self.stops[0].id, offer_hours=hours))
        db.session.commit()
        with transaction():
            self.quota = set_quota(
                self.stops[1].id, QuotaDimension.EDUCATION, "master", most=1, by=self.staff
            )
        self.ids: list[int] = []
        for number in range(6):  # more than there are seats, so that from the beginning somebody waits
            self.two_register(number % 2, EDUCATIONS[number % 3 == 0])
            if reviewed and number % 2 == 0:
                self.act(confirm, number, BEGINS_AT[Act.CONFIRM], by=self.staff)
                self.act(put_on_waitlist, number, BEGINS_AT[Act.WAIT], by=self.staff)

    def act(self, verb: Any, which: int, states: tuple[RegistrationState, ...], **arguments: Any) -> None:
        """Do something to one of those in these states; one in ten times to anybody, who may then be refused."""
        fitting = db.session.scalars(
            select(Registration.id)
            .where(Registration.id.in_(self.ids), Registration.state.in_(states))
            .order_by(Registration.id)
        ).all()
        chosen = self.ids if which % 10 == 9 else fitting
        if chosen:
            with suppress(Refusal), transaction():
                verb(chosen[which % len(chosen)], **arguments)

    @rule(which=st.integers(0, 1), education=st.sampled_from(EDUCATIONS))
    def two_register(self, which: int, education: str) -> None:
        for _ in range(2):
            with suppress(Refusal), transaction():
                form = application(mobile=f"+861{uuid4().int % 10**10:010d}", education=education)
                self.ids.append(register(form, stop_id=self.stops[which].id, submission_id=uuid4()).id)

    @rule(which=st.integers(0, 30), over=st.booleans())
    def confirmed(self, which: int, over: bool) -> None:
        self.act(confirm, which, BEGINS_AT[Act.CONFIRM], by=self.staff, over_quota=over, note="特邀")

    @rule(which=st.integers(0, 30))
    def declined(self, which: int) -> None:
        self.act(decline, which, STANDING, by=self.staff, reason="不符合条件")

    @rule(which=st.integers(0, 30))
    def made_to_wait(self, which: int) -> None:
        self.act(put_on_waitlist, which, BEGINS_AT[Act.WAIT], by=self.staff)

    @rule(which=st.integers(0, 30))
    def offered(self, which: int) -> None:
        self.act(offer_seat, which, BEGINS_AT[Act.OFFER], by=self.staff)

    @rule(which=st.integers(0, 30), priority=st.integers(0, 9))
    def preferred(self, which: int, priority: int) -> None:
        self.act(
            give_priority, which, (S.APPLIED, S.WAITING), priority=priority, reason="重点对象", by=self.staff
        )

    @rule(which=st.integers(0, 30))
    def accepts(self, which: int) -> None:
        self.act(accept_offer, which, (S.OFFERED,))

    @rule(which=st.integers(0, 30))
    def gives_back(self, which: int) -> None:
        self.act(decline_offer, which, (S.OFFERED,))

    @rule(which=st.integers(0, 30))
    def withdraws(self, which: int) -> None:
        self.act(withdraw, which, STANDING, by=APPLICANT)

    @rule(which=st.integers(0, 30), to=st.integers(0, 1), without_seat=st.booleans())
    def moves(self, which: int, to: int, without_seat: bool) -> None:
        self.act(
            lambda number: move_to_stop(number, self.stops[to].id, by=APPLICANT, without_seat=without_seat),
            which,
            STANDING,
        )

    @rule(which=st.integers(0, 1))
    def time_passes(self, which: int) -> None:
        with transaction():
            let_offers_run_out(self.stops[which].id)

    @rule(which=st.integers(0, 1), capacity=st.integers(0, 4))
    def seats_change(self, which: int, capacity: int) -> None:
        with transaction():
            give_capacity(self.stops[which].id, capacity)

    @rule(most=st.integers(0, 3))
    def quota_changes(self, most: int) -> None:
        with suppress(Refusal), transaction():
            change_quota(self.quota.id, most=most, by=self.staff)
        with transaction():
            fill_free_seats(self.quota.stop_id)

    @rule()
    def cancelled(self) -> None:
        """The first stop does not take place: nothing moves any more."""
        if len(self.ids) > 12:
            with transaction():
                self.stops[0].cancelled_at = now()

    @invariant()
    def every_seat_is_given_once_and_none_lies_idle(self) -> None:
        if not hasattr(self, "stops"):
            return
        db.session.expire_all()
        for stop in self.stops:
            states = Counter(
                db.session.scalars(select(Registration.state).where(Registration.stop_id == stop.id))
            )
            assert states[S.CONFIRMED] + states[S.OFFERED] == stop.seats_taken <= stop.capacity
            if stop.cancelled_at is None:
                room = room_of(stop)
                waiting = db.session.scalars(
                    select(Registration).where(
                        Registration.stop_id == stop.id, Registration.state == S.WAITING
                    )
                )
                assert not [one.id for one in waiting if room.fits(one)]
        taken = db.session.scalar(
            select(func.count()).where(
                literal(self.quota.id) == any_(Registration.quota_ids),
                Registration.state.in_(SEATED),
            )
        )
        assert taken == db.session.get_one(Quota, self.quota.id).taken <= self.quota.most


def test_whatever_happens_seats_are_given_once_and_none_is_free_while_somebody_waits(app: Flask) -> None:
    staff = accounts.staff()
    Life.staff = staff
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=12,
            stateful_step_count=20,
            deadline=None,
            phases=(Phase.generate,),  # a failing life is told as it was: making it shorter takes minutes
            suppress_health_check=list(HealthCheck),
        ),
    )


# The same at once: clients who cancel, accept, decline, register and change the seats, all mixed.

CLIENTS, TURNS = 8, 18


def _mixed(app: Flask, stop_id: int, staff_id: int, seed: int, errors: list[str]) -> None:
    dice = random.Random(seed)
    for _turn in range(TURNS):
        with app.app_context():
            try:
                _one_act(dice, stop_id, staff_id)
            except Refusal:
                pass
            except Exception as error:
                errors.append(f"{type(error).__name__}: {error}")


def _one_act(dice: random.Random, stop_id: int, staff_id: int) -> None:
    staff = db.session.get_one(Staff, staff_id)
    ids = list(
        db.session.scalars(
            select(Registration.id).where(
                Registration.stop_id == stop_id, Registration.state.in_((*SEATED, S.WAITING))
            )
        )
    )
    act = dice.choice(("register", "register", "withdraw", "accept", "decline", "confirm", "seats", "time"))
    with transaction():
        if act == "register" or not ids:
            form = application(mobile=f"+861{uuid4().int % 10**10:010d}")
            register(form, stop_id=stop_id, submission_id=uuid4())
        elif act == "withdraw":
            withdraw(dice.choice(ids), by=APPLICANT)
        elif act == "accept":
            accept_offer(dice.choice(ids))
        elif act == "decline":
            decline(dice.choice(ids), by=staff, reason="名额有限")
        elif act == "confirm":
            confirm(dice.choice(ids), by=staff)
        elif act == "seats":
            give_capacity(stop_id, dice.randint(3, 9))
        else:
            let_offers_run_out(stop_id)


def rush(url: str, directory: Path) -> tuple[int, int, Counter[str], list[str]]:
    """Let them loose; the seats there are, those counted, the states at the end, and what went wrong."""
    from app import create_app

    app = create_app(settings_for(url, directory))
    with app.app_context():
        stop = campaigns.stop(capacity=6)
        db.session.add(SeatRules(stop_id=stop.id, offer_hours=24))
        staff_id, stop_id = accounts.staff().id, stop.id
        db.session.commit()
        for _ in range(12):
            with transaction():
                form = application(mobile=f"+861{uuid4().int % 10**10:010d}")
                register(form, stop_id=stop_id, submission_id=uuid4())
        db.session.remove()
        errors: list[str] = []
        threads = [
            Thread(target=_mixed, args=(app, stop_id, staff_id, seed, errors)) for seed in range(CLIENTS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        db.engine.dispose()
    engine = create_engine(url)
    with engine.connect() as connection:
        capacity, taken = connection.execute(text("SELECT capacity, seats_taken FROM stops")).one()
        states = Counter(
            {
                row.state: row.many
                for row in connection.execute(
                    text("SELECT state, count(*) AS many FROM registrations GROUP BY state")
                )
            }
        )
    engine.dispose()
    return capacity, taken, states, errors


@pytest.mark.crowd
def test_many_who_cancel_accept_and_change_the_seats_at_once_leave_none_over_and_none_under(
    fresh_database: Any, tmp_path: Path
) -> None:
    capacity, taken, states, errors = rush(fresh_database(), tmp_path)
    assert errors == []
    assert states["confirmed"] + states["offered"] == taken <= capacity
    assert taken == capacity or not states["waiting"]


@pytest.mark.crowd
def test_without_holding_the_stop_the_same_crowd_goes_wrong(
    fresh_database: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control of the test above: no lock and no constraint."""
    url = fresh_database()
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE stops DROP CONSTRAINT ck_stops_never_oversold"))
    engine.dispose()

    def only_read(model: type[Any], row_id: int) -> Any:
        return db.session.get(model, row_id, populate_existing=True)

    for module in ("registrations.offer", "registrations.register", "tests.registrations.test_life"):
        monkeypatch.setattr(f"{module}.hold", only_read)
    capacity, taken, states, errors = rush(url, tmp_path)
    seated = states["confirmed"] + states["offered"]
    assert errors or seated > capacity or (taken < capacity and states["waiting"]), (
        "the crowd is not crowded enough"
    )

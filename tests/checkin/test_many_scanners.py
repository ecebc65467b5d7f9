"""Twelve scanners on one ticket at once, with real threads and a connection each; and what happens without the rules.

The two controls at the end take the rules away one after the other: without them the test must see two people in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Barrier, Thread
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import create_engine, func, select, text

from accounts.models import Role, Staff
from campaigns.models import Stop
from checkin import check_in as gate
from checkin import holders, present
from checkin.errors import AlreadyCheckedIn
from checkin.models import CheckIn
from checkin.settle import Known, known_of
from jobs.models import OutboxJob
from registrations.models import Registration
from registrations.tickets import make_first_key, ticket_for
from shared.db import db, hold, transaction
from tests.conftest import settings_for
from tests.factories import accounts, campaigns, registrations

SCANNERS = 12
ROUNDS = 20

pytestmark = pytest.mark.crowd


@pytest.fixture
def hall(fresh_database: Callable[[], str], tmp_path: Path) -> Iterator[Flask]:
    """The product on a database of its own, whose commits are commits, with a connection for every scanner."""
    from app import create_app

    app = create_app(settings_for(fresh_database(), tmp_path))
    with app.app_context():
        db.engine.dispose()
        db._app_engines[app][None] = create_engine(
            app.config["SETTINGS"].database_url, pool_size=SCANNERS + 2
        )
        with transaction():
            make_first_key()
        yield app
        db.session.remove()
        db.engine.dispose()


def at_once(app: Flask, acts: list[Callable[[], Any]]) -> list[Any]:
    """Do all ``acts`` at the same time, each in a thread and a transaction of its own; what each gave or raised."""
    answers: list[Any] = [None] * len(acts)
    start = Barrier(len(acts))

    def run(number: int) -> None:
        with app.app_context():
            try:
                db.session.execute(text("SELECT 1"))  # the connection is open before the start
                db.session.rollback()
                start.wait(10)
                with transaction():
                    answers[number] = acts[number]()
            except Exception as error:  # every answer counts
                answers[number] = error
            finally:
                db.session.remove()

    threads = [Thread(target=run, args=(number,)) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive(), "a scanner hangs"
    return answers


def scan(code: str, stop: Stop, staff: Staff, at: str, scan_id: UUID | None = None) -> Callable[[], int]:
    """One scan as a request does it: with rows of its own session."""

    def act() -> int:
        own_stop, own_staff = db.session.get_one(Stop, stop.id), db.session.get_one(Staff, staff.id)
        return gate.check_in(code, stop=own_stop, gate=at, by=own_staff, scan_id=scan_id).id

    return act


def twelve_scans(app: Flask) -> tuple[Registration, Counter[str], list[Any]]:
    """One person's ticket before twelve scanners at twelve gates."""
    stop = campaigns.stop()
    volunteer = accounts.staff(Role.GATE_VOLUNTEER, stop_id=stop.id)
    registration = registrations.registration(at=stop)
    ticket = ticket_for(registration)
    answers = at_once(app, [scan(ticket, stop, volunteer, f"{number}号门") for number in range(SCANNERS)])
    kinds = Counter("in" if isinstance(answer, int) else type(answer).__name__ for answer in answers)
    return registration, kinds, answers


def standing(registration: Registration) -> list[CheckIn]:
    """The arrivals that stand, as the database has them now."""
    db.session.rollback()
    return list(
        db.session.scalars(
            select(CheckIn).where(CheckIn.registration_id == registration.id, CheckIn.voided_at.is_(None))
        ).unique()
    )


def without_the_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody holds the registration, and all look whether the person is in before anybody writes."""
    looked = Barrier(SCANNERS)
    ask = known_of
    asked: set[int] = set()

    def all_look_first(checkpoint_id: int, registration_id: int) -> list[Known]:
        earlier = ask(checkpoint_id, registration_id)
        session = id(db.session())
        if session not in asked:
            asked.add(session)
            looked.wait(10)
        return earlier

    question = holders._question
    monkeypatch.setattr(holders, "_question", lambda way, fields, hold: question(way, fields, hold=False))  # noqa: ARG005
    monkeypatch.setattr(present, "known_of", all_look_first)


def test_twelve_scanners_on_one_ticket_let_one_person_in_and_name_time_and_gate_to_the_others(
    hall: Flask,
) -> None:
    for _ in range(ROUNDS):
        registration, kinds, answers = twelve_scans(hall)
        assert kinds == {"in": 1, "AlreadyCheckedIn": SCANNERS - 1}, kinds
        (arrival,) = standing(registration)
        for answer in answers:
            if isinstance(answer, AlreadyCheckedIn):
                assert (answer.gate, answer.arrived_at) == (arrival.gate, arrival.arrived_at)
                assert arrival.gate in answer.message
    told = db.session.scalars(
        select(OutboxJob.arguments).where(OutboxJob.task == "leads.tasks.open_lead_on_arrival")
    ).all()
    assert len(told) in (0, ROUNDS)  # as many facts as people, when somebody listens


def test_one_scan_sent_by_twelve_retries_is_one_arrival_and_no_refusal(hall: Flask) -> None:
    stop = campaigns.stop()
    volunteer = accounts.staff(Role.GATE_VOLUNTEER, stop_id=stop.id)
    for _ in range(5):
        registration, scan_id = registrations.registration(at=stop), uuid4()
        act = scan(registration.code, stop, volunteer, "东门", scan_id)
        answers = at_once(hall, [act] * SCANNERS)
        (arrival,) = standing(registration)
        assert answers == [arrival.id] * SCANNERS


def test_undoing_and_scanning_at_once_leave_at_most_one_arrival(hall: Flask) -> None:
    stop = campaigns.stop()
    volunteer = accounts.staff(Role.GATE_VOLUNTEER, stop_id=stop.id)
    for _ in range(5):
        registration = registrations.registration(at=stop)
        with transaction():
            first = gate.check_in(registration.code, stop=stop, gate="东门", by=volunteer)

        def undo(check_in_id: int = first.id) -> int:
            return gate.void_check_in(check_in_id, by=db.session.get_one(Staff, volunteer.id)).id

        acts: list[Callable[[], Any]] = [scan(registration.code, stop, volunteer, "西门") for _ in range(5)]
        answers = at_once(hall, [*acts, undo])
        assert all(isinstance(answer, int | AlreadyCheckedIn) for answer in answers), answers
        assert len(standing(registration)) <= 1
        db.session.refresh(first)
        assert first.voided_at is not None


def test_the_gate_does_not_wait_for_whoever_holds_the_stop(hall: Flask) -> None:
    """Registering and withdrawing hold the stop, then the registration: a gate that waited for them would deadlock."""
    stop = campaigns.stop()
    volunteer = accounts.staff(Role.GATE_VOLUNTEER, stop_id=stop.id)
    registration = registrations.registration(at=stop)
    with transaction():
        hold(Stop, stop.id)
        (answer,) = at_once(hall, [scan(registration.code, stop, volunteer, "东门")])
        assert isinstance(answer, int), answer
        hold(Registration, registration.id)


def test_without_the_lock_the_index_still_lets_one_in_and_the_others_are_answered_as_before(
    hall: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        with monkeypatch.context() as patched:
            without_the_lock(patched)
            registration, kinds, answers = twelve_scans(hall)
        assert kinds == {"in": 1, "AlreadyCheckedIn": SCANNERS - 1}, answers
        assert len(standing(registration)) == 1


def test_without_lock_and_index_several_come_in_so_this_file_would_see_it(
    hall: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    db.session.execute(text("DROP INDEX uq_check_ins_standing; DROP INDEX uq_check_ins_passed"))
    db.session.commit()
    without_the_lock(monkeypatch)
    registration, kinds, _answers = twelve_scans(hall)
    assert kinds["in"] > 1
    count = select(func.count()).select_from(CheckIn).where(CheckIn.registration_id == registration.id)
    assert db.session.scalar(count) == kinds["in"]

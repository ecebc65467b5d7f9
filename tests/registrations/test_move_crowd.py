"""Many change their stop at once, both ways: nobody has two seats, nobody loses the one, no stop is oversold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from registrations import move as move_module
from registrations import register as register_module
from registrations.models import RegistrationState
from registrations.move import move_to_stop
from shared.db import db, transaction
from shared.errors import Refusal
from tests.conftest import settings_for
from tests.factories import campaigns, registrations

HERE, THERE, CLIENTS = 16, 8, 10


def rush(app: Flask, moves: list[tuple[int, int]]) -> Counter[str]:
    """Make all moves, CLIENTS at a time, as a browser each; counts what they were told."""
    together = Barrier(CLIENTS)

    def one(number: int, registration_id: int, stop_id: int) -> str:
        with app.app_context():
            if number < CLIENTS:
                db.session.connection()
                together.wait(20)
            try:
                with transaction():
                    move_to_stop(registration_id, stop_id, by="applicant")
            except Refusal as refusal:
                return refusal.code
            except Exception as error:
                return type(error).__name__
            finally:
                db.session.remove()
            return "moved"

    with ThreadPoolExecutor(CLIENTS) as pool:
        done = [pool.submit(one, number, *move) for number, move in enumerate(moves)]
        return Counter(future.result() for future in done)


def two_stops(app: Flask) -> tuple[int, int, list[int], list[int]]:
    """A full stop, one with half its seats free, and who has a seat where."""
    with app.app_context():
        tour = campaigns.campaign()
        here, there = campaigns.stop(of=tour, capacity=HERE), campaigns.stop(of=tour, capacity=THERE)
        at_here = [registrations.registration(at=here).id for _ in range(HERE)]
        at_there = [registrations.registration(at=there).id for _ in range(THERE // 2)]
        ids = here.id, there.id, at_here, at_there
        db.session.remove()
    return ids


def seats(app: Flask) -> dict[int, tuple[int, int]]:
    """For each stop what the database's own counter says, and how many have a seat."""
    with app.app_context():
        rows = db.session.execute(
            text(
                "SELECT s.id, s.seats_taken, count(r.id) FROM stops s LEFT JOIN registrations r "
                "ON r.stop_id = s.id AND r.state = 'confirmed' GROUP BY s.id"
            )
        )
        found = {stop_id: (taken, count) for stop_id, taken, count in rows}
        db.session.remove()
    return found


@pytest.fixture
def moving_app(fresh_database: Callable[[], str], tmp_path: Path) -> Any:
    """The product on a database of its own, where commits are real."""
    from app import create_app

    app = create_app(settings_for(fresh_database(), tmp_path))
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.mark.crowd
def test_a_crowd_that_changes_stops_both_ways_neither_gains_nor_loses_a_seat(moving_app: Flask) -> None:
    here, there, at_here, at_there = two_stops(moving_app)
    away = [(one, there) for one in at_here]
    back = [(one, here) for one in at_there]
    told = rush(
        moving_app, [move for pair in zip(away, [*back, *back, *back, *back], strict=True) for move in pair]
    )
    assert set(told) <= {"moved", "no_seat_there"}, told
    counted = seats(moving_app)
    assert counted[here][0] == counted[here][1] <= HERE
    assert counted[there][0] == counted[there][1] <= THERE
    assert counted[here][1] + counted[there][1] == HERE + THERE // 2, "everybody still has one seat"


@pytest.mark.crowd
def test_without_holding_the_stops_the_same_crowd_oversells(
    moving_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: the guard and the constraint beneath it are taken away."""
    _here, there, at_here, _at_there = two_stops(moving_app)
    with moving_app.app_context():
        db.session.execute(text("ALTER TABLE stops DROP CONSTRAINT ck_stops_never_oversold"))
        db.session.commit()
        db.session.remove()
    waits = Barrier(CLIENTS)
    plain_first_state = register_module.first_state

    def first_state(stop: Any, newcomer: Any) -> RegistrationState:
        state = plain_first_state(stop, newcomer)
        try:
            waits.wait(2)
        except Exception:
            waits.abort()
        return state

    monkeypatch.setattr(move_module, "hold", lambda model, row_id: db.session.get(model, row_id))
    monkeypatch.setattr(move_module, "first_state", first_state)
    monkeypatch.setattr(move_module, "fill_free_seats", lambda _stop_id: [])
    rush(moving_app, [(one, there) for one in at_here])
    assert seats(moving_app)[there][1] > THERE, "nobody was oversold: the crowd is not crowded enough"

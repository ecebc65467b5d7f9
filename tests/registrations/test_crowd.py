"""The rush for the last seats: 64 clients, 2,000 attempts, 100 seats.

One round in everyday runs; CROWD_ROUNDS=5 for the whole proof (some 40 s a round on two cores that others use as well).
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from tests.conftest import settings_for
from tests.factories import campaigns
from tests.registrations.crowd import Crowd

SEATS, CLIENTS, ATTEMPTS = 100, 64, 2_000
ROUNDS = int(os.environ.get("CROWD_ROUNDS", "1"))


def stops_in(database_url: str, directory: Path, number: int) -> tuple[int, ...]:
    """So many open stops of one campaign, by id."""
    from app import create_app
    from shared.db import db

    app = create_app(settings_for(database_url, directory))
    with app.app_context():
        tour = campaigns.campaign()
        ids = tuple(campaigns.stop(of=tour, capacity=SEATS).id for _ in range(number))
        db.session.remove()
        db.engine.dispose()
    return ids


def counted(database_url: str) -> list[tuple[int, Counter[str]]]:
    """For each stop what the database's own counter says, and the registrations counted by state."""
    engine = create_engine(database_url)
    with engine.connect() as connection:
        taken = {
            row.id: int(row.seats_taken)
            for row in connection.execute(text("SELECT id, seats_taken FROM stops"))
        }
        counts: dict[int, Counter[str]] = {stop_id: Counter() for stop_id in taken}
        for stop_id, state, many in connection.execute(
            text("SELECT stop_id, state, count(*) FROM registrations GROUP BY stop_id, state")
        ):
            counts[stop_id][state] = many
    engine.dispose()
    return [(taken[stop_id], counts[stop_id]) for stop_id in sorted(taken)]


@pytest.mark.crowd
@pytest.mark.timeout(60 + 120 * ROUNDS)
def test_a_crowd_fills_every_seat_and_not_one_more(fresh_database: Any, tmp_path: Path) -> None:
    url = fresh_database()
    stop_ids = stops_in(url, tmp_path, ROUNDS)
    told = Crowd(url, str(tmp_path), stop_ids, CLIENTS, ATTEMPTS, seconds=120 * ROUNDS).register()
    assert told == {"confirmed": SEATS * ROUNDS, "waiting": (ATTEMPTS - SEATS) * ROUNDS}
    assert counted(url) == [(SEATS, Counter(confirmed=SEATS, waiting=ATTEMPTS - SEATS))] * ROUNDS


@pytest.mark.crowd
def test_without_holding_the_stop_and_without_the_constraint_the_same_crowd_oversells(
    fresh_database: Any, tmp_path: Path
) -> None:
    """The negative control: if this does not oversell, the test above proves nothing."""
    url = fresh_database()
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE stops DROP CONSTRAINT ck_stops_never_oversold"))
    engine.dispose()
    stop_ids = stops_in(url, tmp_path, 1)
    Crowd(url, str(tmp_path), stop_ids, CLIENTS, 320, holds_the_stop=False).register()
    ((taken, counts),) = counted(url)
    assert counts["confirmed"] == taken
    assert counts["confirmed"] > SEATS, "nobody was oversold: the crowd is not crowded enough"

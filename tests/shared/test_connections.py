"""Connections that lost their server are not given out; asking costs nothing where it is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import Pool

from shared import db


@pytest.fixture
def engine(fresh_database: Callable[[], str]) -> Iterator[Engine]:
    """A pool of two connections, both used once."""
    engine = create_engine(fresh_database(), pool_size=2)
    with engine.connect() as one, engine.connect() as two:
        one.execute(text("SELECT 1"))
        two.execute(text("SELECT 1"))
    yield engine
    engine.dispose()


def hang_up(engine: Engine) -> None:
    """The server ends all connections of the pool."""
    other = create_engine(engine.url)
    with other.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    other.dispose()


def answers(engine: Engine) -> int:
    """What the database says."""
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT 7")).scalar_one())


def test_after_the_server_hung_up_the_next_who_asks_notices_nothing(engine: Engine) -> None:
    hang_up(engine)
    assert [answers(engine), answers(engine)] == [7, 7]


def test_without_the_look_at_the_connection_he_would(engine: Engine) -> None:
    event.remove(Pool, "checkout", db._give_out_no_dead_connection)
    try:
        hang_up(engine)
        with pytest.raises(OperationalError):
            answers(engine)
    finally:
        event.listen(Pool, "checkout", db._give_out_no_dead_connection)


def test_a_connection_in_use_is_not_asked_and_one_long_idle_is(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    execute = psycopg.Connection.execute

    def noted(connection: Any, statement: Any, *rest: Any) -> Any:
        asked.append(statement)
        return execute(connection, statement, *rest)

    monkeypatch.setattr(psycopg.Connection, "execute", noted)
    answers(engine)
    assert asked == []
    monkeypatch.setattr(db, "ASKED_AFTER", 0.0)
    answers(engine)
    assert asked == ["SELECT 1"]

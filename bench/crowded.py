"""A house with many registrations, and statements that are recorded once and sent again without anything around them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import event

from bench.figures import Sample
from bench.served import Ground, House

SIZE = int(os.environ.get("BENCH_PEOPLE", "100000"))
"""How many registrations; 1000000 shows that the plans stay as they are."""


@contextmanager
def crowded_house(ground: Ground, size: int = SIZE) -> Iterator[House]:
    """A house with ``size`` registrations on past stops besides the demo."""
    from demo.seed import seed
    from shared.db import db

    with ground.house(ground.fresh_database()) as house:
        began = time.monotonic()
        with house.app.app_context():
            seed(size)
            db.session.remove()
        print(f"{size:,} registrations seeded in {time.monotonic() - began:.0f} s", flush=True)
        yield house


@contextmanager
def recorded(house: House) -> Iterator[list[tuple[str, Any]]]:
    """The statements that SQLAlchemy sends meanwhile, with their values."""
    from shared.db import db

    with house.app.app_context():
        engine = db.engine
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        seen.append((statement, values))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def timed(act: Callable[[], str]) -> Sample:
    """One answer with how long it took."""
    began = time.perf_counter()
    outcome = act()
    return Sample(began, time.perf_counter() - began, outcome)


def sent_again(house: House, turns: list[list[tuple[str, Any]]]) -> list[Sample]:
    """Each turn's statements sent by psycopg, rows fetched; one connection."""
    samples = []
    with psycopg.connect(house.dsn) as connection:

        def send(statements: list[tuple[str, Any]]) -> str:
            for statement, values in statements:
                cursor = connection.execute(statement, values)
                if cursor.description:
                    cursor.fetchall()
            connection.rollback()
            return "ok"

        for statements in turns:
            samples.append(timed(lambda statements=statements: send(statements)))  # type: ignore[misc]
    return samples

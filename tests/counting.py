"""How many queries a page takes: the same for one row as for three, or the list asks once per row.

    def test_the_list_takes_as_many_queries_for_three_as_for_one(client, count_queries):
        ...one row...
        with count_queries() as for_one:
            client.get("/desk/leads")
        ...two rows more...
        with count_queries() as for_three:
            client.get("/desk/leads")
        assert len(for_three) == len(for_one), for_three.listed()

Each request of ``client`` has a session of its own, so nothing is answered out of memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from shared.db import db

# What a transaction is made of; not questions to the database.
_FRAME = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT")


class Queries(list[str]):
    """The statements sent, in order."""

    def listed(self) -> str:
        """One statement a line, shortened, for the message of a failing test."""
        return "\n" + "\n".join(
            f"{number}. {' '.join(sql.split())[:200]}" for number, sql in enumerate(self, 1)
        )


CountQueries = Callable[[], AbstractContextManager[Queries]]


@contextmanager
def queries() -> Iterator[Queries]:
    """Collect what the application of the current context sends to its database."""
    seen = Queries()
    bind: Any = db.engine  # inside a test this is the one connection that the test runs on

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.lstrip().upper().startswith(_FRAME):
            seen.append(statement)

    event.listen(bind, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(bind, "before_cursor_execute", note)


@pytest.fixture
def count_queries(app: Flask) -> CountQueries:
    """``with count_queries() as sent:`` — then ``len(sent)`` and ``sent.listed()``."""
    return queries

"""The reference: the statements that one act sends to the database, sent again by psycopg and nothing else.

They are recorded once, from a real request, and replayed with other people's values in their places; what remains
between the two figures is HTTP, routing, checking, the ORM and the template.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from flask import Flask
from sqlalchemy import event

COMMIT, ROLLBACK = "COMMIT", "ROLLBACK"


@dataclass(frozen=True)
class Step:
    """One statement with its parameters by name, or COMMIT, or ROLLBACK."""

    sql: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Capture:
    """Remember the first column of the first row that a statement beginning with ``sql`` returns, as ``name``."""

    sql: str
    name: str


@contextmanager
def recording(app: Flask) -> Iterator[list[Step]]:
    """Everything ``app`` sends to the database meanwhile, into the list that is given."""
    from shared.db import db

    with app.app_context():
        engine = db.engine
    steps: list[Step] = []

    def executed(
        _connection: Any, _cursor: Any, sql: str, parameters: Any, _context: Any, many: bool
    ) -> None:
        # Rows that are inserted together are one statement with one set of parameters, although "many" is said of it.
        is_one = not many or isinstance(parameters, Mapping)
        for each in [parameters] if is_one else parameters:
            steps.append(Step(sql, dict(each)))

    def committed(_connection: Any) -> None:
        steps.append(Step(COMMIT))

    def rolled_back(_connection: Any) -> None:
        steps.append(Step(ROLLBACK))

    listeners: tuple[tuple[str, Callable[..., None]], ...] = (
        ("before_cursor_execute", executed),
        ("commit", committed),
        ("rollback", rolled_back),
    )
    for name, listener in listeners:
        event.listen(engine, name, listener)
    try:
        yield steps
    finally:
        for name, listener in listeners:
            event.remove(engine, name, listener)


def with_slots(steps: Sequence[Step], values: Mapping[str, Any]) -> list[Step]:
    """The steps with every parameter that equals one of ``values`` replaced by ``Slot(its name)``.

    LookupError for a value that no statement carries: then the recording was of something else.
    """
    found: set[str] = set()

    def slot(value: Any) -> Any:
        if isinstance(value, psycopg.Binary):
            value = value.obj  # the driver's wrapping of bytes, which is equal to nothing
        for name, wanted in values.items():
            if type(value) is type(wanted) and value == wanted:
                found.add(name)
                return Slot(name)
        return value

    made = [Step(step.sql, {name: slot(value) for name, value in step.parameters.items()}) for step in steps]
    if missing := set(values) - found:
        raise LookupError(f"no statement carries {', '.join(sorted(missing))}")
    return made


@dataclass(frozen=True)
class Slot:
    """The place of a value that differs from person to person."""

    name: str


@dataclass
class ReplayLane:
    """One connection that sends a script again and again.

    ``items`` are (script's name, values of its slots). ``captures`` fill slots that only the database knows.
    """

    dsn: str
    scripts: dict[str, list[Step]]
    items: Sequence[tuple[str, dict[str, Any]]]
    captures: Sequence[Capture] = ()
    _connection: psycopg.Connection[Any] | None = None

    def open(self) -> None:
        """Connect, as the product does."""
        self._connection = psycopg.connect(self.dsn, options="-c timezone=UTC")

    def do(self, item: tuple[str, dict[str, Any]]) -> str:
        """Send one script with this person's values."""
        connection = self._connection
        if connection is None:
            raise RuntimeError("open() comes first")
        name, given = item
        values = dict(given)
        try:
            for step in self.scripts[name]:
                self._send(connection, step, values)
        except psycopg.Error:
            connection.rollback()
            raise
        return name

    def _send(self, connection: psycopg.Connection[Any], step: Step, values: dict[str, Any]) -> None:
        if step.sql == COMMIT:
            connection.commit()
            return
        if step.sql == ROLLBACK:
            connection.rollback()
            return
        parameters = {
            name: values[value.name] if isinstance(value, Slot) else value
            for name, value in step.parameters.items()
        }
        cursor = connection.execute(step.sql, parameters)
        if cursor.description is None:
            return
        rows = cursor.fetchall()
        for capture in self.captures:
            if rows and step.sql.startswith(capture.sql):
                values[capture.name] = rows[0][0]

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()

"""Rows into tables by COPY, inside the transaction that is open: the quick way in, with every rule of the schema on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

import psycopg
from psycopg.sql import SQL, Identifier
from sqlalchemy import text

from demo.crowd import COLUMNS, Row
from shared.db import db


def allow_time() -> None:
    """Let this transaction's statements take longer than a page may."""
    db.session.execute(text("SET LOCAL statement_timeout = 0"))


def unused_ids(table: str, count: int) -> Iterator[int]:
    """``count`` ids out of the table's own sequence, so nobody else is given them."""
    statement = text("SELECT nextval(pg_get_serial_sequence(:table, 'id')) FROM generate_series(1, :count)")
    return iter(db.session.scalars(statement, {"table": table, "count": count}).all())


def load(rows: dict[str, list[Row]]) -> int:
    """Copy rows, in the order in which tables need each other; returns how many."""
    db.session.flush()
    connection = _connection()
    for table, columns in COLUMNS.items():
        if rows[table]:
            _copy(connection, table, columns, rows[table])
    return sum(len(part) for part in rows.values())


def _connection() -> psycopg.Connection[Any]:
    return cast("psycopg.Connection[Any]", db.session.connection().connection.dbapi_connection)


def _copy(
    connection: psycopg.Connection[Any], table: str, columns: Sequence[str], rows: Sequence[Row]
) -> None:
    statement = SQL("COPY {} ({}) FROM STDIN").format(
        Identifier(table), SQL(", ").join(map(Identifier, columns))
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)

"""Thousands of rows written in a moment."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from psycopg import sql
from sqlalchemy import text

from shared.db import db


def copy_into(table: str, columns: list[str], rows: Iterable[list[Any]]) -> None:
    """Thousands of rows in a moment: COPY, on this transaction's own connection. Triggers count as ever."""
    db.session.flush()
    driver: Any = db.session.connection().connection.driver_connection
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row([one.value if isinstance(one, StrEnum) else one for one in row])


def new_ids(number: int) -> list[int]:
    """So many numbers for registrations that are about to be written."""
    return list(
        db.session.scalars(
            text(
                "SELECT nextval(pg_get_serial_sequence('registrations', 'id')) FROM generate_series(1, :number)"
            ),
            {"number": number},
        )
    )

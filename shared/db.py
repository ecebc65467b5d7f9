"""The database: the models' base, typed columns, and the one place that commits.

A transaction has one owner, the edge (a view, a task, a command): ``with transaction():`` around a verb.
Verbs add, flush when they need an id, and hold what is scarce; they never commit.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from enum import StrEnum
from select import select
from typing import Annotated, Any, TypeVar

import psycopg
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import ARRAY, BindParameter, Date, DateTime, Engine, Enum, Integer, MetaData, bindparam, event
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import IntegrityError, InvalidatePoolError
from sqlalchemy.orm import DeclarativeBase, lazyload, mapped_column
from sqlalchemy.pool import ConnectionPoolEntry, Pool

Moment = Annotated[datetime, mapped_column(DateTime(timezone=True))]
Day = Annotated[date, mapped_column(Date())]
Document = Annotated[dict[str, Any], mapped_column(JSONB)]


class Model(DeclarativeBase):
    """Base of every table. Constraints are named, because their names come back as refusals."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def state_column(states: type[StrEnum], **options: Any) -> Any:
    """A column holding one of ``states`` by value, guarded by a CHECK instead of a database type.

    A CHECK can be widened by a migration while the older release runs; an enum type cannot be narrowed again.
    """
    kind = Enum(
        states,
        native_enum=False,
        create_constraint=True,
        length=32,
        name=options.pop("name"),
        values_callable=lambda members: [member.value for member in members],
    )
    return mapped_column(kind, **options)


# Rows stay readable after the commit: the page that tells of an act is made after it.
db = SQLAlchemy(metadata=Model.metadata, session_options={"expire_on_commit": False})


Held = TypeVar("Held", bound=Model)


class NestedTransaction(RuntimeError):
    """Somebody below the edge opened a transaction of his own."""


@contextmanager
def transaction() -> Iterator[None]:
    """Commit what happens inside, or nothing of it. Only edges call this."""
    session = db.session()
    if session.info.get("owned"):
        raise NestedTransaction("A transaction begins at the edge, once.")
    session.info["owned"] = True
    try:
        yield
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info["owned"] = False


def abandon() -> None:
    """Give up whatever was read or written: for the handlers that answer after a fault."""
    db.session.rollback()


def hold(model: type[Held], row_id: int) -> Held | None:
    """Lock one row until the transaction ends and read it as it is now, or None.

    Always in the order stop → registration → lead, so that two acts never wait for each other. The lock is
    FOR NO KEY UPDATE: it shuts out every other holder, but not the foreign keys that look whether the row is there.
    With FOR UPDATE a check-in, which holds the registration, would wait for whoever holds the stop, and he for it.
    Only the row itself is read: PostgreSQL locks no outer join, and what is joined would be of the time before the wait.
    """
    return db.session.get(
        model,
        row_id,
        options=[lazyload("*")],
        with_for_update={"key_share": True},
        populate_existing=True,
    )


def array_of(numbers: Sequence[int], kind: type[Integer] = Integer) -> BindParameter[Sequence[int]]:
    """Ids as one value, for ``column == any_(array_of(ids))``: the same statement for one id and for thousands."""
    return bindparam(None, list(numbers), type_=ARRAY(kind), unique=True)


ASKED_AFTER = 5.0
"""Seconds: a connection that lay idle for so long is asked whether its server is still there."""


@event.listens_for(Pool, "checkin")
def _note_when_it_came_back(_connection: Any, entry: ConnectionPoolEntry) -> None:
    entry.info["came_back"] = time.monotonic()


@event.listens_for(Pool, "checkout")
def _give_out_no_dead_connection(connection: Any, entry: ConnectionPoolEntry, _given: Any) -> None:
    """Whoever begins gets a connection whose server is there.

    A server that went away has hung up, and that is seen without asking. Only what lay idle for long, or has something to
    say, is asked: at a gate that scans every second asking each time was an eighth of a scan.
    """
    came_back = entry.info.get("came_back")
    if came_back is None or not isinstance(connection, psycopg.Connection):
        return  # just made
    try:
        waits = select([connection], [], [], 0)[0]
        if waits or time.monotonic() - came_back > ASKED_AFTER:
            as_before = connection.autocommit
            connection.autocommit = True
            connection.execute("SELECT 1")
            connection.autocommit = as_before
    except (psycopg.Error, OSError, ValueError) as gone:
        raise InvalidatePoolError from gone  # the others of this pool have lost the same server


@event.listens_for(Engine, "handle_error")
def _keep_values_out(context: ExceptionContext) -> None:
    """PostgreSQL says in an error's details which values stood in the row: people's names, in logs and in promises."""
    for error in (context.original_exception, context.sqlalchemy_exception):
        if error is not None and error.args:
            first = str(error.args[0]).partition("\nDETAIL:")[0].partition("\nCONTEXT:")[0]
            error.args = (first, *error.args[1:])


def violated(error: IntegrityError) -> str | None:
    """The name of the constraint that refused, so that a verb can say it in words."""
    diagnosis = getattr(error.orig, "diag", None)
    return getattr(diagnosis, "constraint_name", None)

"""Long lists, a page at a time, with as many queries for one row as for a hundred."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar, cast

from sqlalchemy import (
    Column,
    ColumnElement,
    Select,
    SQLColumnExpression,
    and_,
    func,
    inspect,
    literal,
    or_,
    select,
)

from shared.db import db

Row = TypeVar("Row")
PAGE_SIZE = 50


@dataclass(frozen=True)
class Page(Generic[Row]):
    """One page of a list. ``number`` counts from 1; ``total`` is the whole list's length."""

    rows: list[Row]
    number: int
    total: int
    size: int = PAGE_SIZE

    @property
    def pages(self) -> int:
        """How many pages there are; an empty list has one."""
        return max(1, -(-self.total // self.size))

    @property
    def has_previous(self) -> bool:
        """Whether there is a page before this one."""
        return self.number > 1

    @property
    def has_next(self) -> bool:
        """Whether there is a page after this one."""
        return self.number < self.pages


def page_of(statement: Select[Any], number: int, *, size: int = PAGE_SIZE) -> Page[Any]:
    """Page ``number``, or the nearest there is, of ``statement`` (ordered by something unique), in two queries."""
    total = db.session.scalar(select(func.count()).select_from(statement.order_by(None).subquery())) or 0
    number = max(1, min(number, -(-total // size)))
    rows = db.session.scalars(statement.limit(size).offset((number - 1) * size)).unique().all()
    return Page(list(rows), number, total, size)


@dataclass(frozen=True)
class SortKey:
    """One thing a list is ordered by. It must never be NULL, and the last of several must be unique."""

    by: SQLColumnExpression[Any]
    descending: bool = False


@dataclass(frozen=True)
class Slice(Generic[Row]):
    """A piece of a long list. ``before`` and ``after`` lead to the neighbouring pieces; None where there is none."""

    rows: list[Row]
    before: str | None
    after: str | None


def slice_of(
    statement: Select[Any],
    keys: Sequence[SortKey],
    *,
    after: str | None = None,
    before: str | None = None,
    size: int = PAGE_SIZE,
    whole: Select[Any] | None = None,
) -> Slice[Any]:
    """The rows behind ``after`` (or ahead of ``before``) of ``statement`` in the order of ``keys``, in two queries:
    one for which they are, of ids and keys alone, so that ordering many is light; one for the rows themselves, as
    ``whole`` (or else ``statement``) reads them.

    Where a piece begins is said by the last row of the piece before, so that rows which come or go meanwhile neither
    hide nor repeat others, and a late piece is as quick as the first. A mark that is none begins at the beginning.
    """
    number = inspect(statement.column_descriptions[0]["entity"]).primary_key[0]
    backwards = before is not None
    mark = _read_mark(before if backwards else after, len(keys))
    backwards = backwards and mark is not None
    if mark is not None:
        statement = statement.where(_behind(keys, mark, backwards=backwards))
    order = [key.by.desc() if key.descending is not backwards else key.by.asc() for key in keys]
    found = list(
        db.session.execute(
            statement.with_only_columns(number, *(key.by for key in keys))
            .order_by(None)
            .order_by(*order)
            .limit(size + 1)
        )
    )
    more, found = len(found) > size, found[:size]
    if backwards:
        found = found[::-1]
    marks = [_write_mark(row[-len(keys) :]) for row in (found[:1] + found[-1:])]
    has_before = more if backwards else mark is not None
    has_after = True if backwards else more
    return Slice(
        _rows(statement if whole is None else whole, number, [row[0] for row in found]),
        marks[0] if marks and has_before else None,
        marks[-1] if marks and has_after else None,
    )


def _rows(whole: Select[Any], number: Column[Any], ids: Sequence[int]) -> list[Any]:
    """The rows of ``ids`` in their order; whoever has gone in between is left out."""
    if not ids:
        return []
    rows = {
        inspect(row).identity[0]: row for row in db.session.scalars(whole.where(number.in_(ids))).unique()
    }
    return [rows[one] for one in ids if one in rows]


def _behind(keys: Sequence[SortKey], mark: Sequence[Any], *, backwards: bool) -> ColumnElement[bool]:
    choices = []
    for number, (key, value) in enumerate(zip(keys, mark, strict=True)):
        equal = [
            earlier.by == literal(its, _type(earlier))
            for earlier, its in zip(keys[:number], mark[:number], strict=True)
        ]
        end = literal(value, _type(key))
        further = key.by < end if key.descending is not backwards else key.by > end
        choices.append(and_(*equal, further))
    # The first key alone says it less exactly, but so that an index can begin there.
    first, end = keys[0], literal(mark[0], _type(keys[0]))
    return and_(first.by <= end if first.descending is not backwards else first.by >= end, or_(*choices))


def _type(key: SortKey) -> Any:
    return cast(ColumnElement[Any], key.by).type


def _write_mark(values: Sequence[Any]) -> str:
    plain = [{"at": value.isoformat()} if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def _read_mark(text: str | None, length: int) -> list[Any] | None:
    if not text:
        return None
    try:
        plain = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if not isinstance(plain, list) or len(plain) != length:
            return None
        return [datetime.fromisoformat(one["at"]) if isinstance(one, dict) else one for one in plain]
    except (ValueError, KeyError, TypeError, RecursionError, binascii.Error):
        return None

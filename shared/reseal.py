"""After a change of DATA_KEY: what is still under an earlier key, and putting it under the newest, a few rows at a time.

A package names its sealed columns beside its models, ``sealed_column("people", "id_number_sealed", use="people.id_number")``,
and what it keeps as keyed hashes by ``@rehashes("people")``. Each row says by its own first bytes which key it is under,
so that work which was cut off is simply begun again. Rows that somebody holds are passed over and asked for once more:
nobody at the gate waits for this.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import Column, ColumnElement, Table, func, or_, select, update

from shared.db import Model, db
from shared.sealing import Unopened, newest_head, seal, unseal

OpensElse = Callable[[bytes, int], bytes | None]


@dataclass(frozen=True)
class SealedColumn:
    """A column of sealed bytes; its values are bound to ``<use>:<id>``. ``opens_else`` reads an earlier way of sealing."""

    table: str
    column: str
    use: str
    opens_else: OpensElse | None = None

    @property
    def name(self) -> str:
        """``people.id_number_sealed``, as it is shown."""
        return f"{self.table}.{self.column}"


@dataclass
class Done:
    """What some rows came to: the last id looked at (None: no more), how many were changed, how many somebody held,
    which could not be opened or written.
    """

    last_id: int | None
    changed: int = 0
    held: int = 0
    unopened: list[int] = field(default_factory=list)


Rehash = Callable[[int, int], Done]
_columns: dict[str, SealedColumn] = {}
_rehashes: dict[str, Rehash] = {}


def sealed_column(table: str, column: str, *, use: str, opens_else: OpensElse | None = None) -> SealedColumn:
    """Name a column that ``seal`` fills, so that a change of key reaches it."""
    named = SealedColumn(table, column, use, opens_else)
    _columns[named.name] = named
    return named


def rehashes(table: str) -> Callable[[Rehash], Rehash]:
    """Let this function write the keyed hashes of a table anew: (after this id, at most so many rows) -> Done.

    It changes only what differs from what the newest key gives.
    """

    def remember(function: Rehash) -> Rehash:
        _rehashes[table] = function
        return function

    return remember


def sealed_columns() -> list[SealedColumn]:
    """All that were named, in the order of their names."""
    return [_columns[name] for name in sorted(_columns)]


def hashed_tables() -> dict[str, Rehash]:
    """The tables with keyed hashes, and what writes them anew."""
    return dict(sorted(_rehashes.items()))


def left() -> dict[str, int]:
    """How many values of each sealed column are under an earlier key, also those that none opens."""
    counts = {}
    for one in sealed_columns():
        _table, _row, sealed = _parts(one)
        counts[one.name] = db.session.scalar(select(func.count()).where(_is_earlier(one, sealed))) or 0
    return counts


def reseal_some(one: SealedColumn, *, after_id: int, most: int) -> Done:
    """Put the next ``most`` values of a column under the newest key, beginning behind ``after_id``.

    What no key opens stays as it is and is named in ``unopened``. The caller holds the transaction.
    """
    table, row, sealed = _parts(one)
    ids = db.session.scalars(
        select(row).where(row > after_id, _is_earlier(one, sealed)).order_by(row).limit(most)
    ).all()
    if not ids:
        return Done(None)
    # Never waits: whoever holds several rows in another order would wait for us.
    found = db.session.execute(
        select(row, sealed)
        .where(row.in_(ids), _is_earlier(one, sealed))
        .with_for_update(key_share=True, skip_locked=True)
    ).all()
    done = Done(ids[-1], held=len(ids) - len(found))
    for row_id, value in found:
        plain = _opened(one, row_id, value)
        if plain is None:
            done.unopened.append(row_id)
            continue
        db.session.execute(
            update(table)
            .where(row == row_id)
            .values({one.column: seal(plain, context=f"{one.use}:{row_id}")})
        )
        done.changed += 1
    return done


def _opened(one: SealedColumn, row_id: int, value: bytes) -> bytes | None:
    try:
        return unseal(value, context=f"{one.use}:{row_id}")
    except Unopened:
        return one.opens_else(value, row_id) if one.opens_else else None


def _parts(one: SealedColumn) -> tuple[Table, Column[int], Column[bytes]]:
    table = Model.metadata.tables[one.table]
    return table, table.c["id"], table.c[one.column]


def _is_earlier(one: SealedColumn, sealed: Column[bytes]) -> ColumnElement[bool]:
    head = newest_head(one.use)
    return or_(func.length(sealed) < len(head), func.substring(sealed, 1, len(head)) != head)

"""What belongs to a person and goes with him when he turns out to be somebody else.

Every table with a foreign key to ``people`` is moved, whoever made it: its rows are pointed to the one who stays. A
package whose rows need more thought (two registrations for one stop) says so with ``belonging``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Column, Table, select, update
from sqlalchemy.sql.elements import ColumnElement

from people.models import Person, PersonMerge, PersonPair
from shared.db import db


@dataclass(frozen=True)
class Clash:
    """Two rows of which only one may stand once their people are one; ``field`` names the choice in the form.

    ``rows`` are (id, words) of both, the better one first; ``stop_id`` says whose it is to settle.
    """

    field: str
    title: str
    rows: tuple[tuple[int, str], tuple[int, str]]
    stop_id: int
    explanation: str


class Belonging(Protocol):
    """How one package's rows go with their person. All three are called with the people held."""

    table: str

    def clashes(self, survivor_id: int, absorbed_id: int) -> list[Clash]:
        """What has to be chosen between; may raise a Refusal."""
        ...

    def move(self, survivor_id: int, absorbed_id: int, kept: Mapping[str, int], by: Any) -> dict[str, Any]:
        """Move the rows; ``kept`` is the id chosen for each clash. Returns plain values for ``move_back``."""
        ...

    def move_back(self, moved: dict[str, Any], survivor_id: int, absorbed_id: int, by: Any) -> None:
        """Put everything back as ``move`` found it."""
        ...


_belongings: dict[str, Belonging] = {}
_OUR_OWN = (Person.__tablename__, PersonPair.__tablename__, PersonMerge.__tablename__)


def belonging(how: Belonging) -> Belonging:
    """Have ``how`` move the rows of its table."""
    _belongings[how.table] = how
    return how


def clashes_between(survivor_id: int, absorbed_id: int) -> list[Clash]:
    """Everything that has to be chosen between before the two are one."""
    return [clash for how in _belongings.values() for clash in how.clashes(survivor_id, absorbed_id)]


def move_all(survivor_id: int, absorbed_id: int, kept: Mapping[str, int], by: Any) -> dict[str, Any]:
    """Move what belongs to ``absorbed_id`` to ``survivor_id``; what is returned goes to ``move_all_back``."""
    moved: dict[str, Any] = {
        name: how.move(survivor_id, absorbed_id, kept, by) for name, how in _belongings.items()
    }
    for table, column in pointing_to_people():
        if table.name not in _belongings:
            moved[f"{table.name}.{column.name}"] = point(table, column, column == absorbed_id, survivor_id)
    return moved


def move_all_back(moved: dict[str, Any], survivor_id: int, absorbed_id: int, by: Any) -> None:
    """Undo ``move_all``: rows that have gone since stay gone, rows that came since stay where they are."""
    for table, column in pointing_to_people():
        ids = moved.get(f"{table.name}.{column.name}")
        if ids:
            key = next(iter(table.primary_key.columns))
            point(table, column, key.in_(ids) & (column == survivor_id), absorbed_id)
    for name, how in reversed(_belongings.items()):
        if name in moved:
            how.move_back(moved[name], survivor_id, absorbed_id, by)


def pointing_to_people() -> list[tuple[Table, Column[Any]]]:
    """Every table and column with a foreign key to ``people``, but for our own."""
    return [
        (table, key.parent)
        for table in Person.metadata.sorted_tables
        if table.name not in _OUR_OWN
        for key in sorted(table.foreign_keys, key=lambda key: str(key.parent.name))
        if key.column.table.name == Person.__tablename__
    ]


def point(table: Table, column: Column[Any], which: ColumnElement[bool], person_id: int) -> list[int]:
    """Point the rows to ``person_id``; returns their ids."""
    key = next(iter(table.primary_key.columns))
    ids = list(db.session.scalars(select(key).where(which).order_by(key).with_for_update()))
    if ids:
        db.session.execute(update(table).where(key.in_(ids)).values({column.name: person_id}))
    return ids

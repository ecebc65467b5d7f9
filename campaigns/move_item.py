"""Another time or place for an item that people have chosen: shown before whom it touches, and told to them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import func, select

from accounts.models import Staff
from audit.record import record
from campaigns.facts import ItemMoved
from campaigns.models import ProgrammeItem, Stop
from campaigns.programme import MOVING, ProgrammeEntry, held_item, refuse_item, take_over
from jobs.outbox import announce
from shared.db import db, hold
from shared.display import span
from shared.errors import NotFound


@dataclass(frozen=True)
class Clash:
    """Another item at the new time, and how many people have chosen both."""

    title: str
    starts_at: datetime
    ends_at: datetime
    people: int


@dataclass(frozen=True)
class ItemMove:
    """What a change does to those who chose the item: what differs, how many are told, what else they chose then."""

    differences: list[tuple[str, str, str]]
    people: int
    clashes: list[Clash]

    @property
    def seal(self) -> str:
        """Tells whether what is done is what was shown."""
        seen = (
            self.differences,
            self.people,
            [(one.title, one.starts_at, one.people) for one in self.clashes],
        )
        return hashlib.sha256(repr(seen).encode()).hexdigest()[:24]


def moves_people(item: ProgrammeItem, entry: ProgrammeEntry) -> bool:
    """Whether ``entry`` would take the item to a time or place other than its people know."""
    values = entry.columns()
    return item.seats_taken > 0 and any(getattr(item, name) != values[name] for name in MOVING)


def move_of(item: ProgrammeItem, entry: ProgrammeEntry) -> ItemMove:
    """What ``entry`` would do to those who have chosen ``item``. Nothing is changed."""
    differences = []
    if (item.starts_at, item.ends_at) != (entry.starts_at, entry.ends_at):
        differences.append(
            (_("When"), span(item.starts_at, item.ends_at), span(entry.starts_at, entry.ends_at))
        )
    for name, label in (("place_zh", _("Hall or meeting point")), ("route_zh", _("Route or coach"))):
        if getattr(item, name) != getattr(entry, name):
            differences.append((label, getattr(item, name) or "–", getattr(entry, name) or "–"))
    return ItemMove(differences, item.seats_taken, _clashes(item, entry))


def move_item(
    item_id: int, entry: ProgrammeEntry, *, stop_id: int, seal: str, by: Staff
) -> ProgrammeItem | None:
    """Change an item that people have chosen, time and place as well, and let them be told.

    None when it would touch others than ``seal`` was made of: then nothing is done and it has to be shown again. Whoever
    has chosen something else at the new time keeps both and is told so. Raises NotFound, ItemIsCancelled,
    OutsideTheStop, CapacityBelowChoices, or ItemIsChosen when the item would be chosen no more or leave its group. The
    caller holds the transaction.
    """
    stop = hold(Stop, stop_id)
    if stop is None:
        raise NotFound
    item = held_item(item_id, stop)
    refuse_item(stop, item, entry)
    move = move_of(item, entry)
    if move.seal != seal:
        return None
    changed = take_over(item, entry)
    record("move_item", item, by=by, stop_id=stop.id, changed=changed, people=move.people)
    if move.people and MOVING & set(changed):
        announce(ItemMoved(item_id=item.id))
    return item


def _clashes(item: ProgrammeItem, entry: ProgrammeEntry) -> list[Clash]:
    """Choices belong to a package above; their table is asked by name."""
    table = Stop.metadata.tables["programme_choices"]
    own, other = table.alias(), table.alias()
    rows = db.session.execute(
        select(ProgrammeItem, func.count())
        .join(other, other.c.item_id == ProgrammeItem.id)
        .join(own, own.c.registration_id == other.c.registration_id)
        .where(
            own.c.item_id == item.id,
            own.c.cancelled_at.is_(None),
            other.c.cancelled_at.is_(None),
            ProgrammeItem.id != item.id,
            ProgrammeItem.starts_at < entry.ends_at,
            ProgrammeItem.ends_at > entry.starts_at,
        )
        .group_by(ProgrammeItem.id)
        .order_by(ProgrammeItem.starts_at, ProgrammeItem.id)
    )
    return [Clash(one.title, one.starts_at, one.ends_at, people) for one, people in rows]

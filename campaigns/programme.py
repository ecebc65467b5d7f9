"""The programme of a stop: what happens when, which of it applicants choose, and how many may."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from accounts.models import Staff
from audit.record import record
from campaigns.errors import (
    CapacityBelowChoices,
    ItemIsCancelled,
    ItemIsChosen,
    OutsideTheStop,
)
from campaigns.models import ProgrammeItem, ProgrammeKind, Stop
from shared.db import db, hold
from shared.errors import NotFound

MOVING = frozenset({"starts_at", "ends_at", "place_zh", "route_zh"})
"""What of an item is told to those who have chosen it when it changes."""


@dataclass(frozen=True)
class ProgrammeEntry:
    """One thing that is to happen at a stop, as it is typed.

    ``capacity`` (None: no limit) and ``group_zh`` (of which one is chosen) count only where ``is_chosen``; that
    one of the group has to be chosen (``group_is_must``) is said for the whole group.
    """

    kind: ProgrammeKind
    title_zh: str
    starts_at: datetime
    ends_at: datetime
    title_en: str = ""
    place_zh: str = ""
    place_en: str = ""
    route_zh: str = ""
    route_en: str = ""
    is_chosen: bool = False
    capacity: int | None = None
    group_zh: str = ""
    group_en: str = ""
    group_is_must: bool = False

    def columns(self) -> dict[str, object]:
        """The columns of the item; what only a chosen one has is empty otherwise."""
        values = asdict(self)
        if not self.is_chosen:
            values.update(capacity=None, group_zh="", group_en="")
        if not values["group_zh"]:
            values.update(group_is_must=False)
        return values


def add_to_programme(stop_id: int, entry: ProgrammeEntry, *, by: Staff) -> ProgrammeItem:
    """One more item in a stop's programme. Raises OutsideTheStop."""
    stop = _held(stop_id)
    _refuse_outside(stop, entry)
    item = ProgrammeItem(**entry.columns(), stop=stop)
    db.session.add(item)
    item.group_is_must = item.group_is_must or any(one.group_is_must for one in _group_of(item, stop))
    _say_for_group(item, stop)
    record("add_to_programme", item, by=by, stop_id=stop.id)
    return item


def revise_item(item_id: int, entry: ProgrammeEntry, *, stop_id: int, by: Staff) -> ProgrammeItem:
    """Change an item. Raises NotFound, OutsideTheStop, CapacityBelowChoices or ItemIsChosen.

    An item that people have chosen stays one that is chosen, in its group: they were promised it. Another time or place
    for it is ``move_item``, which says before whom it touches and tells them afterwards.
    """
    stop = _held(stop_id)
    item = held_item(item_id, stop)
    refuse_item(stop, item, entry)
    if item.seats_taken and any(getattr(item, name) != getattr(entry, name) for name in MOVING):
        raise ItemIsChosen(item.seats_taken)
    changed = take_over(item, entry)
    record("revise_item", item, by=by, stop_id=stop.id, changed=changed)
    return item


def refuse_item(stop: Stop, item: ProgrammeItem, entry: ProgrammeEntry) -> None:
    """Raise what forbids ``entry`` for ``item`` whoever is told of it; the caller holds both."""
    if item.is_cancelled:
        raise ItemIsCancelled(item.title)
    _refuse_outside(stop, entry)
    if not item.seats_taken:
        return
    if (item.is_chosen, item.group_zh) != (entry.is_chosen, entry.columns()["group_zh"]):
        raise ItemIsChosen(item.seats_taken)
    if entry.capacity is not None and entry.capacity < item.seats_taken:
        raise CapacityBelowChoices(item.seats_taken)


def take_over(item: ProgrammeItem, entry: ProgrammeEntry) -> list[str]:
    """Write ``entry`` onto ``item``; the names of what differs."""
    values = entry.columns()
    changed = [name for name, value in values.items() if getattr(item, name) != value]
    for name in changed:
        setattr(item, name, values[name])
    if "group_is_must" in changed or "group_zh" in changed:
        _say_for_group(item, item.stop)
    return changed


def take_from_programme(item_id: int, *, stop_id: int, by: Staff) -> None:
    """Remove an item; the record keeps its title. Raises NotFound, or ItemIsChosen while somebody has chosen it."""
    stop = _held(stop_id)
    item = held_item(item_id, stop)
    if item.is_cancelled:
        raise ItemIsCancelled(item.title)  # people had chosen it and look where it has gone
    if item.seats_taken:
        raise ItemIsChosen(item.seats_taken)
    record("take_from_programme", item, by=by, stop_id=item.stop_id, title=item.title_zh)
    db.session.delete(item)


def _group_of(item: ProgrammeItem, stop: Stop) -> list[ProgrammeItem]:
    """The other items of its group."""
    return [
        one for one in stop.programme if one is not item and item.group_zh and one.group_zh == item.group_zh
    ]


def _say_for_group(item: ProgrammeItem, stop: Stop) -> None:
    """Whether one of the group has to be chosen is the same at all its items: what was said last holds."""
    for one in _group_of(item, stop):
        one.group_is_must = item.group_is_must


def _held(stop_id: int) -> Stop:
    stop = hold(Stop, stop_id)
    if stop is None:
        raise NotFound
    return stop


def held_item(item_id: int, stop: Stop) -> ProgrammeItem:
    """An item of ``stop``, which the caller holds: nobody chooses it meanwhile. Raises NotFound for another stop's."""
    item = hold(ProgrammeItem, item_id)
    if item is None or item.stop_id != stop.id:
        raise NotFound
    return item


def _refuse_outside(stop: Stop, entry: ProgrammeEntry) -> None:
    if entry.starts_at < stop.starts_at or entry.ends_at > stop.ends_at:
        raise OutsideTheStop

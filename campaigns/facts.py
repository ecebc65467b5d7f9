"""What has happened to a stop, for the packages above to hear."""

from __future__ import annotations

from dataclasses import dataclass

from jobs.outbox import Fact


@dataclass(frozen=True)
class SeatsAdded(Fact):
    """A stop has more seats than before: somebody on the waiting list may move up."""

    stop_id: int


@dataclass(frozen=True)
class StopMoved(Fact):
    """A stop takes place at another time or another place than people were told."""

    stop_id: int


@dataclass(frozen=True)
class ItemCancelled(Fact):
    """An item of a stop's programme does not take place, and whoever had chosen it has to hear."""

    item_id: int


@dataclass(frozen=True)
class ItemMoved(Fact):
    """An item takes place at another time or place than those who chose it were told."""

    item_id: int


@dataclass(frozen=True)
class StopCancelled(Fact):
    """A stop does not take place."""

    stop_id: int

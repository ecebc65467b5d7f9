"""What has happened at the gate."""

from __future__ import annotations

from dataclasses import dataclass

from jobs.outbox import Fact


@dataclass(frozen=True)
class PersonArrived(Fact):
    """Somebody came through the gate."""

    registration_id: int


@dataclass(frozen=True)
class ArrivalVoided(Fact):
    """An arrival was a mistake and was taken back; the person counts as not arrived."""

    registration_id: int

"""Where badges come out: the printing stations of a checkpoint, and whether one of them is listening."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import lazyload

from checkin.models import Checkpoint, Device, DeviceCheckpoint, DeviceRole, DeviceSighting
from shared.clock import now
from shared.db import db

SILENT_AFTER = timedelta(seconds=30)
"""A station asks every two seconds; one that was not heard for so long is closed, asleep or without a network."""


@dataclass(frozen=True, slots=True)
class Station:
    """A joined printing station and what it last said of itself."""

    device: Device
    seen_at: datetime | None
    trouble: str | None

    @property
    def is_silent(self) -> bool:
        """Whether it was not heard lately."""
        return self.seen_at is None or now() - self.seen_at > SILENT_AFTER

    @property
    def in_order(self) -> bool:
        """Whether a badge asked for now would come out."""
        return not self.is_silent and self.trouble is None


@dataclass(frozen=True, slots=True)
class Desk:
    """Where the badges of a checkpoint come out: the names of its stations that print now, or of all when none does."""

    names: tuple[str, ...]
    in_order: bool


def stations_at(checkpoint_ids: Iterable[int]) -> list[tuple[int, Station]]:
    """(checkpoint, station) for every station that may print now, by name; in one question."""
    rows = db.session.execute(
        select(DeviceCheckpoint.checkpoint_id, Device, DeviceSighting.seen_at, DeviceSighting.trouble)
        .join(Device, Device.id == DeviceCheckpoint.device_id)
        .outerjoin(DeviceSighting, DeviceSighting.device_id == Device.id)
        .where(
            DeviceCheckpoint.checkpoint_id.in_(list(checkpoint_ids)),
            Device.role == DeviceRole.STATION,
            Device.revoked_at.is_(None),
            Device.expires_at > now(),
        )
        .order_by(Device.name, Device.id)
        .options(lazyload("*"))
    ).all()
    return [(number, Station(device, seen_at, trouble)) for number, device, seen_at, trouble in rows]


def desks_of(points: Iterable[Checkpoint]) -> dict[int, Desk]:
    """Where the badges come out of those checkpoints that ask for one; no question where none does."""
    printing = [point.id for point in points if point.prints_badge]
    if not printing:
        return {}
    found: dict[int, list[Station]] = {number: [] for number in printing}
    for number, station in stations_at(printing):
        found[number].append(station)
    return {number: _desk(stations) for number, stations in found.items()}


def _desk(stations: list[Station]) -> Desk:
    printing = [one for one in stations if one.in_order]
    names = dict.fromkeys(one.device.name for one in printing or stations)
    return Desk(tuple(names), bool(printing))

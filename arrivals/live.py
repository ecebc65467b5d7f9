"""A stop as it is at this moment: who has come, how fast, what each checkpoint and device does, what needs a look."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from campaigns.models import Stop
from checkin.device_lists import DeviceLine, Trouble, devices_of, trouble_of
from checkin.figures import LATELY, PointFigures, StopFigures, figures_of, minutes_by_stop, points_of
from checkin.models import SCANNING_ROLES, DeviceRole

WINDOWS = (60, 120)
"""How many minutes the bars may show."""
SILENT_AFTER = timedelta(minutes=2)
"""A device speaks every few seconds; one that has not for so long has no network, no battery, or nobody."""
SILENT_FOR = timedelta(hours=12)
"""Who was last seen longer ago went home; it is missed only when scans still lie on it."""
BEFORE_DOORS = timedelta(hours=3)
LEAST_FOR_FORECAST = 5
LONGEST_FORECAST = timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class Bars:
    """Persons who arrived in each of the minutes from ``begins_at`` on; the last one is still going on."""

    begins_at: datetime
    counts: tuple[int, ...]

    @property
    def top(self) -> int:
        """The height of the picture: the most in a minute, at least 4."""
        return max(4, *self.counts)

    @property
    def total(self) -> int:
        """All of them together."""
        return sum(self.counts)

    @property
    def ends_at(self) -> datetime:
        """The end of the last minute."""
        return self.begins_at + timedelta(minutes=len(self.counts))

    def ticks(self, pieces: int = 4) -> list[datetime]:
        """Moments along the axis, the beginning and the end among them."""
        step = len(self.counts) / pieces
        return [self.begins_at + timedelta(minutes=round(step * number)) for number in range(pieces + 1)]

    def in_tens(self) -> list[tuple[datetime, datetime, int]]:
        """Ten minutes a line, the newest first: what the table beside the picture says."""
        return [
            (
                self.begins_at + timedelta(minutes=start),
                self.begins_at + timedelta(minutes=start + 10),
                sum(self.counts[start : start + 10]),
            )
            for start in range(0, len(self.counts), 10)
        ][::-1]


@dataclass(frozen=True, slots=True)
class LiveDevice:
    """One device that may scan. ``seen_at`` is None while it speaks and when it never did; ``is_here`` tells them apart."""

    name: str
    role: DeviceRole
    checkpoints: tuple[str, ...]
    is_here: bool
    is_silent: bool
    seen_at: datetime | None
    pending: int


@dataclass(frozen=True, slots=True)
class Live:
    """Everything that the live page says of a stop."""

    figures: StopFigures
    bars: Bars
    lately: int
    forecast: datetime | None
    points: list[PointFigures]
    devices: list[LiveDevice]
    trouble: Trouble
    first_at: datetime | None
    last_at: datetime | None

    @property
    def silent(self) -> int:
        """How many devices were heard and are not any more."""
        return sum(device.is_silent for device in self.devices)

    @property
    def scanning(self) -> int:
        """How many may scan; stations that print are devices too, and scan nothing."""
        return sum(device.role in SCANNING_ROLES for device in self.devices)

    @property
    def pending(self) -> int:
        """Scans that lie on devices, as they last said."""
        return sum(device.pending for device in self.devices)

    @property
    def per_minute(self) -> float:
        """Persons a minute, over the last ten."""
        return self.lately / (LATELY.total_seconds() / 60)


def live_of(stop: Stop, moment: datetime, *, window: int = WINDOWS[0]) -> Live:
    """``stop`` as it is at ``moment``, with bars for the last ``window`` minutes; in ten questions, however many came."""
    minutes = minutes_by_stop([stop.id])[stop.id]
    figures = figures_of(stop.id)
    lately = in_the_last(minutes, moment)
    return Live(
        figures,
        bars_of(minutes, moment, window),
        lately,
        forecast_of(stop, figures.total.awaited, lately, moment),
        points_of(stop, moment),
        [live_device(line, stop, moment) for line in devices_of(stop) if line.device.is_good_at(moment)],
        trouble_of(stop),
        minutes[0][0] if minutes else None,
        minutes[-1][0] if minutes else None,
    )


def bars_of(minutes: Sequence[tuple[datetime, int]], moment: datetime, window: int) -> Bars:
    """The last ``window`` minutes up to and with the one that ``moment`` lies in."""
    begins_at = moment.replace(second=0, microsecond=0) - timedelta(minutes=window - 1)
    counts = [0] * window
    for at, count in minutes:
        place = int((at - begins_at).total_seconds() // 60)
        if 0 <= place < window:
            counts[place] += count
    return Bars(begins_at, tuple(counts))


def in_the_last(minutes: Sequence[tuple[datetime, int]], moment: datetime) -> int:
    """Persons who arrived in the last ten minutes, the one going on among them."""
    since = moment.replace(second=0, microsecond=0) - LATELY
    return sum(count for at, count in minutes if since < at <= moment)


def forecast_of(stop: Stop, awaited: int, lately: int, moment: datetime) -> datetime | None:
    """When everybody awaited would be in at the pace of the last ten minutes, to the next five minutes.

    None where that says nothing: hardly anybody is coming, nobody is missing, the stop is over, or it would take hours.
    """
    if not awaited or lately < LEAST_FOR_FORECAST or moment >= stop.ends_at:
        return None
    left = LATELY * (awaited / lately)
    if left > LONGEST_FORECAST:
        return None
    fives = math.ceil((moment + left).timestamp() / 300) * 300
    return datetime.fromtimestamp(fives, moment.tzinfo)


def live_device(line: DeviceLine, stop: Stop, moment: datetime) -> LiveDevice:
    """A device as it is at ``moment``: speaking, silent, or never heard."""
    seen = line.seen_at
    is_here = seen is not None and moment - seen <= SILENT_AFTER
    goes_on = stop.starts_at - BEFORE_DOORS <= moment <= stop.ends_at
    is_missed = seen is not None and (
        line.pending > 0 or (goes_on and SILENT_AFTER < moment - seen <= SILENT_FOR)
    )
    return LiveDevice(
        line.device.name,
        line.device.role,
        tuple(line.checkpoints),
        is_here,
        is_missed and not is_here,
        None if is_here else seen,
        line.pending,
    )


def silent_devices(stop: Stop, moment: datetime) -> int:
    """How many devices of ``stop`` were heard and are not any more."""
    return sum(
        live_device(line, stop, moment).is_silent
        for line in devices_of(stop)
        if line.device.is_good_at(moment)
    )

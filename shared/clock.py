"""What time it is. Moments are stored in UTC and shown in the time of China."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

CHINA = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """This moment, with its zone."""
    return datetime.now(UTC)


def in_china(moment: datetime) -> datetime:
    """The same moment as a clock in China shows it."""
    return moment.astimezone(CHINA)


def today() -> date:
    """The day it is in China."""
    return now().astimezone(CHINA).date()


def from_china(wall_clock: datetime) -> datetime:
    """A time typed by somebody in China (no zone) as a moment."""
    return wall_clock.replace(tzinfo=CHINA).astimezone(UTC)

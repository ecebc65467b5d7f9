"""How values are shown in templates: moments in China's time, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask_babel import format_date, format_datetime

from shared.clock import in_china
from shared.language import ENGLISH, current_language
from shared.markdown import as_html


def moment(value: datetime | None) -> str:
    """``2026年5月28日 14:05`` / ``28 May 2026, 14:05``; empty for None."""
    if value is None:
        return ""
    pattern = "d MMM y, HH:mm" if current_language() == ENGLISH else "y年M月d日 HH:mm"
    return str(format_datetime(value, pattern))


def day(value: datetime | None) -> str:
    """``5月28日（周四）`` / ``Thu 28 May``."""
    if value is None:
        return ""
    pattern = "EEE d MMM" if current_language() == ENGLISH else "M月d日（EEE）"
    return str(format_date(in_china(value), pattern))


def short_day(value: datetime | None) -> str:
    """``05-28``: for narrow columns; the year is plain from what stands around it."""
    return "" if value is None else in_china(value).strftime("%m-%d")


def clock(value: datetime | None) -> str:
    """``14:05``."""
    return "" if value is None else in_china(value).strftime("%H:%M")


def span(starts_at: datetime, ends_at: datetime) -> str:
    """A time from–to, naming the second day only when it is another."""
    start, end = in_china(starts_at), in_china(ends_at)
    if start.date() == end.date():
        return f"{moment(starts_at)}–{clock(ends_at)}"
    return f"{moment(starts_at)} – {moment(ends_at)}"


def masked_name(full_name: str) -> str:
    """``李文博`` → ``李**``; ``Anna Müller`` → ``A**``. The stars do not tell how long the name is."""
    return f"{full_name[:1]}**"


def masked_email(address: str) -> str:
    """``l***@tyut.example``: enough to recognise, too little to write to."""
    if not address:
        return ""
    name, _at, domain = address.rpartition("@")
    return f"{name[:1]}***@{domain}"


FILTERS: dict[str, Callable[..., Any]] = {
    "moment": moment,
    "day": day,
    "clock": clock,
    "short_day": short_day,
    "span": span,
    "masked_email": masked_email,
    "markdown": as_html,
}

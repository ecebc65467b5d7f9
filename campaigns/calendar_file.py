"""Stops as a calendar file (RFC 5545), and the lines such files are made of."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from flask_babel import gettext as _

from campaigns.models import ProgrammeItem, Stop
from campaigns.poster import poster_address
from shared.clock import in_china

LONGEST_LINE = 75
"""Octets in a line; longer ones go on in the next, after a blank."""


def calendar_of(stops: Iterable[Stop], *, name: str, at: datetime) -> str:
    """The text of an .ics file with an entry a stop; a cancelled one says so, and takes itself out of the calendar.

    ``at`` is the moment of writing. The same stop has the same UID in every file, so that adding it twice is one entry.
    """
    lines = [f"X-WR-CALNAME:{text_value(name)}", "X-WR-TIMEZONE:Asia/Shanghai"]
    for stop in stops:
        lines += _entry(stop, at)
    return calendar_text(lines)


def calendar_text(lines: Iterable[str]) -> str:
    """A calendar around ``lines``, each folded and ended as the format asks."""
    whole = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Good Scenery//Registration//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        *lines,
        "END:VCALENDAR",
    )
    return "".join(_folded(line) for line in whole)


def moment_value(value: datetime) -> str:
    """A moment as the format writes it, in UTC."""
    return value.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def text_value(value: str) -> str:
    """A text with what the format reads as its own signs escaped."""
    return (
        value.replace("\\", "\\\\")
        .replace(";", "\\;")
        .replace(",", "\\,")
        .replace("\r", "")
        .replace("\n", "\\n")
    )


def place_of(stop: Stop) -> str:
    """Venue and address in one line."""
    return ", ".join(part for part in (stop.venue, stop.address) if part)


def _entry(stop: Stop, at: datetime) -> list[str]:
    address = poster_address(stop, None)
    programme = [_item_line(item) for item in stop.programme]
    return [
        "BEGIN:VEVENT",
        f"UID:stop-{stop.id}@good-scenery",
        f"DTSTAMP:{moment_value(at)}",
        f"DTSTART:{moment_value(stop.starts_at)}",
        f"DTEND:{moment_value(stop.ends_at)}",
        f"SUMMARY:{text_value(f'{stop.campaign.name} · {stop.city}')}",
        f"LOCATION:{text_value(place_of(stop))}",
        f"DESCRIPTION:{text_value(chr(10).join([*programme, address]))}",
        f"URL:{address}",
        f"STATUS:{'CANCELLED' if stop.cancelled_at else 'CONFIRMED'}",
        "END:VEVENT",
    ]


def _item_line(item: ProgrammeItem) -> str:
    line = f"{in_china(item.starts_at):%m-%d %H:%M} {item.title}"
    return f"{line} ({_('Cancelled')})" if item.is_cancelled else line


def _folded(line: str) -> str:
    """The line with CRLF, broken where 75 octets are full but never inside a character."""
    pieces: list[bytes] = []
    piece = b""
    for character in line:
        octets = character.encode()
        if len(piece) + len(octets) > LONGEST_LINE - (1 if pieces else 0):
            pieces.append(piece)
            piece = b""
        piece += octets
    pieces.append(piece)
    return b"\r\n ".join(pieces).decode() + "\r\n"

"""Stops as a calendar file (RFC 5545), and the lines such files are made of.

Times are local ones of Asia/Shanghai, with the zone described in the file: a calendar on a journey shows the hour that
is on the wall of the hall.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from flask_babel import gettext as _

from campaigns.models import ProgrammeItem, Stop
from campaigns.poster import poster_address
from shared.clock import in_china

LONGEST_LINE = 75
"""Octets in a line; longer ones go on in the next, after a blank."""

ZONE = "Asia/Shanghai"
_ZONE_LINES = (
    "BEGIN:VTIMEZONE",
    f"TZID:{ZONE}",
    "BEGIN:STANDARD",
    "DTSTART:19910915T000000",  # since the last summer time of China ended
    "TZOFFSETFROM:+0900",
    "TZOFFSETTO:+0800",
    "TZNAME:CST",
    "END:STANDARD",
    "END:VTIMEZONE",
)


def calendar_of(stops: Iterable[Stop], *, name: str, at: datetime) -> str:
    """The text of an .ics file with an entry a stop; a cancelled one says so, and takes itself out of the calendar.

    ``at`` is the moment of writing. The same stop has the same UID in every file, so that adding it twice is one entry.
    """
    lines: list[str] = []
    for stop in stops:
        lines += _entry(stop, at)
    return calendar_text(lines, name=name)


def calendar_text(lines: Iterable[str], *, method: str = "PUBLISH", name: str | None = None) -> str:
    """A calendar around ``lines``, each folded and ended as the format asks.

    ``method`` is PUBLISH, or CANCEL where ``lines`` are one entry that is to go (RFC 5546).
    """
    whole = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Good Scenery//Registration//EN",
        "CALSCALE:GREGORIAN",
        f"METHOD:{method}",
        *((f"X-WR-CALNAME:{text_value(name)}", f"X-WR-TIMEZONE:{ZONE}") if name is not None else ()),
        *_ZONE_LINES,
        *lines,
        "END:VCALENDAR",
    )
    return "".join(_folded(line) for line in whole)


def moment_value(value: datetime) -> str:
    """A moment as the format writes it, in UTC."""
    return value.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def local_moment(name: str, value: datetime) -> str:
    """A property whose value is a moment as the clocks in China show it: ``DTSTART;TZID=Asia/Shanghai:2026…``."""
    return f"{name};TZID={ZONE}:{in_china(value):%Y%m%dT%H%M%S}"


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
        f"SEQUENCE:{stop.calendar_sequence}",
        local_moment("DTSTART", stop.starts_at),
        local_moment("DTEND", stop.ends_at),
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

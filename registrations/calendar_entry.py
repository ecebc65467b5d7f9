"""A stop as an entry for the applicant's own calendar (RFC 5545)."""

from __future__ import annotations

from datetime import UTC, datetime

from registrations.models import Registration

LONGEST_LINE = 75
"""Octets in a line; longer ones go on in the next, after a blank."""


def calendar_entry(registration: Registration, *, link: str, at: datetime) -> str:
    """The text of an .ics file. ``link`` is the own page's address, ``at`` the moment of writing."""
    stop = registration.stop
    lines = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Good Scenery//Registration//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:registration-{registration.id}@good-scenery",
        f"DTSTAMP:{_moment(at)}",
        f"DTSTART:{_moment(stop.starts_at)}",
        f"DTEND:{_moment(stop.ends_at)}",
        f"SUMMARY:{_text(f'{stop.campaign.name} · {stop.city}')}",
        f"LOCATION:{_text(', '.join(part for part in (stop.venue, stop.address) if part))}",
        f"DESCRIPTION:{_text(registration.spaced_code)}\\n{_text(link)}",
        f"URL:{link}",
        "END:VEVENT",
        "END:VCALENDAR",
    )
    return "".join(_folded(line) for line in lines)


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _text(value: str) -> str:
    return (
        value.replace("\\", "\\\\")
        .replace(";", "\\;")
        .replace(",", "\\,")
        .replace("\r", "")
        .replace("\n", "\\n")
    )


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

"""A stop as an entry for the applicant's own calendar (RFC 5545)."""

from __future__ import annotations

from datetime import datetime

from campaigns.calendar_file import calendar_text, moment_value, place_of, text_value
from registrations.models import Registration


def calendar_entry(registration: Registration, *, link: str, at: datetime) -> str:
    """The text of an .ics file. ``link`` is the own page's address, ``at`` the moment of writing."""
    stop = registration.stop
    return calendar_text(
        (
            "BEGIN:VEVENT",
            f"UID:registration-{registration.id}@good-scenery",
            f"DTSTAMP:{moment_value(at)}",
            f"DTSTART:{moment_value(stop.starts_at)}",
            f"DTEND:{moment_value(stop.ends_at)}",
            f"SUMMARY:{text_value(f'{stop.campaign.name} · {stop.city}')}",
            f"LOCATION:{text_value(place_of(stop))}",
            f"DESCRIPTION:{text_value(registration.spaced_code)}\\n{text_value(link)}",
            f"URL:{link}",
            "END:VEVENT",
        )
    )

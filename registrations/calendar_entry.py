"""A stop, and what was chosen of its programme, as entries for the applicant's own calendar (RFC 5545)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from campaigns.calendar_file import calendar_text, moment_value, place_of, text_value
from campaigns.models import ProgrammeItem
from registrations.models import Registration


def calendar_entry(
    registration: Registration, *, chosen: Iterable[ProgrammeItem] = (), link: str, at: datetime
) -> str:
    """The text of an .ics file. ``link`` is the own page's address, ``at`` the moment of writing.

    Each item of ``chosen`` is an entry of its own; one that was cancelled says so, and takes itself out of the calendar.
    """
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
            f"STATUS:{'CANCELLED' if stop.cancelled_at else 'CONFIRMED'}",
            "END:VEVENT",
            *(line for item in chosen for line in _item_entry(item, registration, link=link, at=at)),
        )
    )


def _item_entry(item: ProgrammeItem, registration: Registration, *, link: str, at: datetime) -> list[str]:
    stop = registration.stop
    where = ", ".join(part for part in (item.route, item.place, place_of(stop)) if part)
    is_off = item.is_cancelled or stop.cancelled_at is not None
    return [
        "BEGIN:VEVENT",
        f"UID:registration-{registration.id}-item-{item.id}@good-scenery",
        f"DTSTAMP:{moment_value(at)}",
        f"DTSTART:{moment_value(item.starts_at)}",
        f"DTEND:{moment_value(item.ends_at)}",
        f"SUMMARY:{text_value(item.title)}",
        f"LOCATION:{text_value(where)}",
        f"DESCRIPTION:{text_value(f'{stop.campaign.name} · {stop.city}')}",
        f"URL:{link}",
        f"STATUS:{'CANCELLED' if is_off else 'CONFIRMED'}",
        "END:VEVENT",
    ]

"""A stop, and what was chosen of its programme, as entries for the applicant's own calendar (RFC 5545, RFC 5546).

The same registration has the same UID for ever, also when it changes to another stop; its SEQUENCE rises with each
change of time, place or seat (counted by triggers), so a calendar takes the later of two files, whatever the order.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from email.utils import parseaddr

from flask import current_app
from flask_babel import gettext as _

from campaigns.calendar_file import calendar_text, local_moment, moment_value, place_of, text_value
from campaigns.models import ProgrammeItem
from registrations.models import STANDING, Registration, RegistrationState

ALARMS = ("-P1D", "-PT2H")
"""Before the stop begins: the evening before one packs, two hours before one sets out."""


def calendar_entry(
    registration: Registration, *, chosen: Iterable[ProgrammeItem] = (), link: str, at: datetime
) -> str:
    """The text of an .ics file. ``link`` is the own page's address, ``at`` the moment of writing.

    Each item of ``chosen`` is an entry of its own; one that was cancelled says so, and takes itself out of the calendar.
    """
    return calendar_text(
        [
            *_stop_entry(registration, link=link, at=at, is_off=False),
            *(line for item in chosen for line in _item_entry(item, registration, link=link, at=at)),
        ]
    )


def calendar_cancellations(
    registration: Registration,
    *,
    items: Iterable[ProgrammeItem] = (),
    with_stop: bool = True,
    link: str,
    at: datetime,
) -> list[str]:
    """The texts of .ics files that take the stop (unless it stays: ``with_stop``) and ``items`` out of the calendar.

    One file an entry: RFC 5546 lets METHOD:CANCEL name one UID.
    """
    entries = [_stop_entry(registration, link=link, at=at, is_off=True)] if with_stop else []
    entries += [_item_entry(item, registration, link=link, at=at, is_off=True) for item in items]
    return [calendar_text(lines, method="CANCEL") for lines in entries]


def _stop_entry(registration: Registration, *, link: str, at: datetime, is_off: bool) -> list[str]:
    stop = registration.stop
    is_off = is_off or stop.cancelled_at is not None or registration.state not in STANDING
    title = f"{stop.campaign.name} · {stop.city}"
    standing = "CONFIRMED" if registration.state is RegistrationState.CONFIRMED else "TENTATIVE"
    words = [
        _("Ticket code: %(code)s", code=registration.spaced_code),
        _("Show this at the entrance: %(link)s", link=link),
    ]
    return [
        "BEGIN:VEVENT",
        f"UID:registration-{registration.id}@good-scenery",
        f"DTSTAMP:{moment_value(at)}",
        f"SEQUENCE:{registration.calendar_sequence + stop.calendar_sequence}",
        local_moment("DTSTART", stop.starts_at),
        local_moment("DTEND", stop.ends_at),
        f"SUMMARY:{text_value(title)}",
        f"LOCATION:{text_value(place_of(stop))}",
        f"DESCRIPTION:{text_value(chr(10).join(words))}",
        f"URL:{link}",
        _organizer(),
        f"STATUS:{'CANCELLED' if is_off else standing}",
        *(() if is_off else _alarms(title, place_of(stop))),
        "END:VEVENT",
    ]


def _item_entry(
    item: ProgrammeItem, registration: Registration, *, link: str, at: datetime, is_off: bool = False
) -> list[str]:
    stop = registration.stop
    where = ", ".join(part for part in (item.route, item.place, place_of(stop)) if part)
    is_off = is_off or item.is_cancelled or stop.cancelled_at is not None
    sequence = registration.calendar_sequence + stop.calendar_sequence + item.calendar_sequence
    return [
        "BEGIN:VEVENT",
        f"UID:registration-{registration.id}-item-{item.id}@good-scenery",
        f"DTSTAMP:{moment_value(at)}",
        f"SEQUENCE:{sequence}",
        local_moment("DTSTART", item.starts_at),
        local_moment("DTEND", item.ends_at),
        f"SUMMARY:{text_value(item.title)}",
        f"LOCATION:{text_value(where)}",
        f"DESCRIPTION:{text_value(f'{stop.campaign.name} · {stop.city}')}",
        f"URL:{link}",
        _organizer(),
        f"STATUS:{'CANCELLED' if is_off else 'CONFIRMED'}",
        "END:VEVENT",
    ]


def _alarms(title: str, where: str) -> list[str]:
    lines: list[str] = []
    for before in ALARMS:
        lines += [
            "BEGIN:VALARM",
            "ACTION:DISPLAY",
            f"TRIGGER:{before}",
            f"DESCRIPTION:{text_value(f'{title}, {where}')}",
            "END:VALARM",
        ]
    return lines


def _organizer() -> str:
    """Whoever the mails come from: a calendar believes a change only of whom it had the entry from."""
    name, address = parseaddr(current_app.config["SETTINGS"].mail_from)
    quoted = name.replace('"', "'")
    return f'ORGANIZER;CN="{quoted}":mailto:{address}' if name else f"ORGANIZER:mailto:{address}"

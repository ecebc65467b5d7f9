"""How each kind of question is offered: its icon, and an example of what is asked with it."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from questions.models import Kind


@dataclass(frozen=True)
class Look:
    """One kind as it is offered."""

    kind: Kind
    icon: str
    example: LazyString | str


PALETTE: tuple[tuple[LazyString, tuple[Look, ...]], ...] = (
    (
        _l("Text and numbers"),
        (
            Look(Kind.TEXT, "writing", _l("Desired post")),
            Look(Kind.LONG_TEXT, "notes", _l("Main results")),
            Look(Kind.NUMBER, "adjustments-horizontal", _l("How many of you come")),
            Look(Kind.DATE, "calendar", _l("Day of arrival")),
            Look(Kind.MONTH, "calendar-event", _l("Month of graduation")),
        ),
    ),
    (
        _l("Choosing"),
        (
            Look(Kind.CHOICE, "circle-check", _l("Single or shared room")),
            Look(Kind.SEVERAL, "clipboard-check", _l("Topics of interest")),
            Look(Kind.RANKED, "award", _l("Employers, in order")),
            Look(Kind.CITY, "map-pin", _l("Where you would work")),
            Look(Kind.CITIES, "map", _l("Cities you could imagine")),
        ),
    ),
    (
        _l("Of this field"),
        (
            Look(Kind.UNIVERSITY, "school", _l("Found by name or short name")),
            Look(Kind.DISCIPLINE, "books", _l("By name or four digits")),
            Look(Kind.RESIDENT_ID, "id", _l("With check digit; sealed")),
            Look(Kind.IDENTITY_PAPER, "id-badge", _l("Passport, permit; sealed")),
            Look(Kind.TRIP, "route", "G602 · MU5278"),
            Look(Kind.WECHAT, "message-circle", _l("To be reached by")),
            Look(Kind.NAME, "user", _l("Emergency contact")),
            Look(Kind.MOBILE, "device-mobile-vibration", _l("Another number")),
            Look(Kind.EMAIL, "mail", _l("Another address")),
        ),
    ),
    (
        _l("Files, agreement, layout"),
        (
            Look(Kind.FILE, "upload", _l("CV as PDF or Word")),
            Look(Kind.PICTURE, "camera", _l("Photograph for the badge")),
            Look(Kind.CONSENT, "shield-check", _l("A separate agreement")),
            Look(Kind.HEADING, "file-text", _l("Structure within a page")),
        ),
    ),
)
_LOOKS = {look.kind: look for _title, looks in PALETTE for look in looks}


def look_of(kind: Kind) -> Look:
    """How this kind is offered."""
    return _LOOKS[kind]

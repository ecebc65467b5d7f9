"""From registrations to badges: whose they are, what needs a look before printing, and the PDF."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import BinaryIO, cast

from accounts.models import Staff
from audit.record import record
from badges.draw import BadgeHolder, draw_badges
from badges.errors import FontsAreMissing, NoBadge, NobodyToPrint
from badges.fit import fit
from badges.fonts import FontsMissing, Typefaces, find_typefaces, tidy
from badges.layout import A6_CARD, BadgeClass, BadgeLayout, Card, TextPlace
from campaigns.models import Stop
from registrations.lookups import confirmed_for_badges
from registrations.models import Registration, RegistrationState
from registrations.tickets import make_first_key, ticket_for
from shared.clock import in_china
from shared.codes import as_typed

IN_MEMORY = 8 * 1024 * 1024
"""Bytes of a PDF that are kept in memory; a longer one goes to a temporary file."""

HARD_TO_READ = 0.6
"""Letters below this share of a place's easy size are worth a look."""


@dataclass(frozen=True)
class ToLookAt:
    """A badge that somebody should look at before it is printed; every badge when ``full_name`` is None.

    ``missing`` are the characters that no font has (their code points will stand in boxes), ``small`` are the
    parts that stand smaller than is easy to read, ``cut`` the parts that lose their end.
    Parts: ``full_name``, ``unit``, ``campaign``, ``stop_line``.
    """

    full_name: str | None
    missing: tuple[str, ...] = ()
    small: tuple[str, ...] = ()
    cut: tuple[str, ...] = ()

    @property
    def missing_named(self) -> str:
        """``ጀ (U+1300)``: whoever has no glyph on paper has often none on the screen either."""
        return " ".join(f"{character} (U+{ord(character):04X})" for character in self.missing)


def holders_at(stop: Stop, *, by: Staff, layout: BadgeLayout) -> list[BadgeHolder]:
    """The badges of everybody confirmed for ``stop``, by pinyin, and the record that they were taken out.

    Raises NobodyToPrint. The caller holds the transaction.
    """
    registrations = confirmed_for_badges(stop)
    if not registrations:
        raise NobodyToPrint
    make_first_key()
    holders = [badge_of(registration, stop) for registration in registrations]
    record("print_badges", stop, by=by, badges=len(holders), layout=layout.key)
    return holders


def holder_of(registration: Registration, *, by: Staff, layout: BadgeLayout) -> BadgeHolder:
    """The badge of one person, and the record that it was taken out.

    Raises NoBadge for a registration that is not confirmed. The caller holds the transaction.
    """
    if registration.state is not RegistrationState.CONFIRMED:
        raise NoBadge
    make_first_key()
    record("print_badge", registration, by=by, layout=layout.key)
    return badge_of(registration, registration.stop)


def badge_of(registration: Registration, stop: Stop) -> BadgeHolder:
    """What stands on the badge of ``registration``, with its ticket's code."""
    return BadgeHolder(
        full_name=registration.person.full_name,
        unit=registration.university,
        badge_class=BadgeClass(registration.badge_class.value),
        campaign=stop.campaign.name_zh or stop.campaign.name_en,
        stop_line=stop_line(stop),
        ticket_code=ticket_for(registration),
    )


def stop_line(stop: Stop) -> str:
    """``太原 · 2026年5月28日 · 中国（太原）煤炭交易中心``: badges speak Chinese first, whoever prints them."""
    day = in_china(stop.starts_at)
    city = stop.city_zh or stop.city_en
    return f"{city} · {day.year}年{day.month}月{day.day}日 · {stop.venue_zh or stop.venue_en}"


def pdf_of(holders: Iterable[BadgeHolder], layout: BadgeLayout, *, title: str) -> BinaryIO:
    """The badges as a PDF, to be read from its beginning and closed. Raises FontsAreMissing.

    Some 400 badges a second; needs no database, so it is called after the transaction.
    """
    typefaces = _typefaces()
    file = cast("BinaryIO", tempfile.SpooledTemporaryFile(max_size=IN_MEMORY, mode="w+b"))  # noqa: SIM115 - the caller reads it
    try:
        draw_badges(holders, layout=layout, out=file, title=title, typefaces=typefaces)
        short = file.tell() <= IN_MEMORY
        file.seek(0)
        if short:
            with file:
                return BytesIO(file.read())
    except BaseException:
        file.close()
        raise
    return file


def to_look_at(registrations: Iterable[Registration], stop: Stop, *, card: Card = A6_CARD) -> list[ToLookAt]:
    """Whose badge needs a look, measured without drawing anything: tens of thousands of people a second.

    What stands on every badge comes first, under the name None. Raises FontsAreMissing.
    """
    faces = _typefaces()
    measured = lru_cache(maxsize=4096)(fit)

    def look(full_name: str | None, *parts: tuple[str, str, TextPlace]) -> ToLookAt | None:
        missing: list[str] = []
        small: list[str] = []
        cut: list[str] = []
        for part, written, place in parts:
            text = tidy(written)
            face = faces.bold if place.bold else faces.regular
            missing += face.missing(text)
            fitted = measured(text, place, face)
            if not fitted.is_whole:
                cut.append(part)
            elif fitted.size < place.easy * HARD_TO_READ:
                small.append(part)
        if not (missing or small or cut):
            return None
        return ToLookAt(full_name, tuple(dict.fromkeys(missing)), tuple(small), tuple(cut))

    campaign = stop.campaign.name_zh or stop.campaign.name_en
    looks = [
        look(None, ("campaign", campaign, card.campaign), ("stop_line", stop_line(stop), card.stop_line))
    ]
    looks += [
        look(
            registration.person.full_name,
            ("full_name", registration.person.full_name, card.name_alone),
            ("unit", registration.university, card.unit),
        )
        for registration in registrations
    ]
    return [one for one in looks if one is not None]


def called(wanted: str, registrations: Iterable[Registration]) -> list[Registration]:
    """Those of ``registrations`` whose name, pinyin, initials or code ``wanted`` may mean."""
    latin, code = "".join(wanted.lower().split()), as_typed(wanted)
    return [
        one
        for one in registrations
        if wanted in one.person.full_name
        or one.person.name_pinyin.startswith(latin)
        or one.person.name_initials == latin
        or one.code == code
    ]


def _typefaces() -> Typefaces:
    try:
        return find_typefaces()
    except FontsMissing as missing:
        raise FontsAreMissing from missing

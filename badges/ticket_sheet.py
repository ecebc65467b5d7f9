"""The applicant's ticket to keep: an A6 sheet as PDF, and the same sheet as a picture for the phone's album."""

from __future__ import annotations

from dataclasses import dataclass, replace
from io import BytesIO
from typing import Final, Protocol

from flask_babel import gettext as _
from reportlab.lib.units import mm

from badges.draw import Drawing
from badges.errors import FontsAreMissing
from badges.fonts import FontsMissing, find_typefaces
from badges.layout import A6_CARD, INK, QUIET_INK, WHITE, Box, Colour, TextPlace
from badges.paged_pdf import PagedCanvas
from badges.picture import Picture
from badges.poster import AZURITE, text_place
from registrations.lookups import programme_chosen
from registrations.models import Registration
from registrations.tickets import ticket_for
from shared.clock import in_china
from shared.display import clock, short_day, span

WIDTH, HEIGHT = 105.0, 148.0
MARGIN = 8.0
_INNER = WIDTH - 2 * MARGIN
MOST_CHOSEN = 4
CODE_SIDE: Final = 46.0
"""Millimetres of the symbol without its quiet zone: 5 pixels a module at 100 dpi."""

_CARD: Final = replace(A6_CARD, width=WIDTH, height=HEIGHT, corner=0)


@dataclass(frozen=True)
class TicketSheet:
    """What stands on a ticket, in the language it is to be read in. ``chosen`` are (time, title) of the
    programme; of a stop that lasts days the time names its day."""

    heading: str
    campaign: str
    full_name: str
    unit: str
    spoken_code: str
    code: str
    when: str
    venue: str
    address: str
    chosen: tuple[tuple[str, str], ...]
    note: str


class Ground(Protocol):
    """What a sheet is drawn on; millimetres from the lower left corner."""

    def words(self, text: str, place: TextPlace) -> None:
        """A text into its place, as large as it fits."""

    def ticket_code(self, code: str, place: Box) -> None:
        """The QR symbol."""

    def block(self, place: Box, colour: Colour) -> None:
        """A filled rectangle."""


def sheet_of(registration: Registration) -> TicketSheet:
    """The sheet of a confirmed registration, in the reader's language. Raises NoTicketKey."""
    stop = registration.stop
    chosen = [item for item in programme_chosen(registration) if not item.is_cancelled]
    lasts_days = in_china(stop.starts_at).date() != in_china(stop.ends_at).date()
    lines = [
        (
            f"{short_day(item.starts_at)} {clock(item.starts_at)}" if lasts_days else clock(item.starts_at),
            item.title,
        )
        for item in chosen[:MOST_CHOSEN]
    ]
    if len(chosen) > MOST_CHOSEN:
        lines[-1] = ("…", _("and %(count)s more, see your page", count=len(chosen) - MOST_CHOSEN + 1))
    return TicketSheet(
        heading=_("Admission ticket"),
        campaign=f"{stop.campaign.name} · {stop.city}",
        full_name=registration.person.full_name,
        unit=registration.university,
        spoken_code=registration.spaced_code,
        code=ticket_for(registration),
        when=span(stop.starts_at, stop.ends_at),
        venue=stop.venue,
        address=stop.address,
        chosen=tuple(lines),
        note=_("Show this at the entrance, on the phone or printed. It is yours alone."),
    )


def ticket_pdf(sheet: TicketSheet) -> bytes:
    """The sheet as a PDF of one A6 page. The same sheet gives the same bytes. Raises FontsAreMissing."""
    out = BytesIO()
    try:
        faces = find_typefaces()
    except FontsMissing:
        raise FontsAreMissing from None
    canvas = PagedCanvas(
        out, size=(WIDTH * mm, HEIGHT * mm), first_font=faces.basic_font, title=sheet.heading
    )
    drawing = Drawing(canvas, _CARD, faces)
    _lay_out(sheet, drawing)
    drawing.save()
    return out.getvalue()


def ticket_png(sheet: TicketSheet) -> bytes:
    """The sheet as a picture of a phone's width. Raises FontsAreMissing."""
    try:
        picture = Picture(WIDTH, HEIGHT, find_typefaces())
    except FontsMissing:
        raise FontsAreMissing from None
    _lay_out(sheet, picture)
    return picture.png()


def _lay_out(sheet: TicketSheet, ground: Ground) -> None:
    ground.block(Box(0, 0, WIDTH, HEIGHT), WHITE)
    ground.block(Box(0, HEIGHT - 17, WIDTH, 17), AZURITE)
    ground.words(sheet.heading, text_place(MARGIN, HEIGHT - 8, _INNER, 5, 8, WHITE))
    ground.words(
        sheet.campaign, text_place(MARGIN, HEIGHT - 15, _INNER, 7.4, 13, WHITE, bold=True, smallest=6)
    )

    code_y = HEIGHT - 21 - CODE_SIDE
    ground.ticket_code(sheet.code, Box((WIDTH - CODE_SIDE) / 2, code_y, CODE_SIDE, CODE_SIDE))
    ground.words(
        sheet.spoken_code, text_place(MARGIN, code_y - 9, _INNER, 6, 14, INK, bold=True, centred=True)
    )
    ground.words(
        sheet.full_name,
        text_place(MARGIN, code_y - 24, _INNER, 14, 27, INK, bold=True, centred=True, lines=2),
    )
    ground.words(sheet.unit, text_place(MARGIN, code_y - 30.5, _INNER, 5.5, 10, QUIET_INK, centred=True))

    top = code_y - 34
    ground.block(Box(MARGIN, top, _INNER, 0.25), QUIET_INK)
    ground.words(sheet.when, text_place(MARGIN, top - 6.8, _INNER, 5.6, 10.5, INK, bold=True))
    ground.words(sheet.venue, text_place(MARGIN, top - 12.6, _INNER, 5.4, 10.5, INK, bold=True))
    ground.words(sheet.address, text_place(MARGIN, top - 17.4, _INNER, 4.6, 8.5, QUIET_INK))
    row = top - 22.6
    time_width = 22 if any(" " in when for when, _title in sheet.chosen) else 12
    for when, title in sheet.chosen:
        ground.words(when, text_place(MARGIN, row, time_width, 4.2, 8, AZURITE, bold=True))
        ground.words(title, text_place(MARGIN + time_width, row, _INNER - time_width, 4.2, 8))
        row -= 4.4
    ground.words(sheet.note, text_place(MARGIN, 3.2, _INNER, 4, 6.5, QUIET_INK, centred=True, smallest=4))

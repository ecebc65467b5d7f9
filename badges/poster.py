"""A poster of A4 in Chinese: what is held, when and where, and the code of one channel to register by."""

from __future__ import annotations

from dataclasses import dataclass, replace
from io import BytesIO
from typing import Final

import qrcode
from qrcode.constants import ERROR_CORRECT_Q
from reportlab.lib.units import mm

from badges.draw import Drawing
from badges.fonts import find_typefaces
from badges.layout import A6_CARD, INK, QUIET_INK, WHITE, Box, Colour, TextPlace
from badges.paged_pdf import PagedCanvas

WIDTH, HEIGHT = 210.0, 297.0
MARGIN = 18.0
MOST_STOPS = 6
AZURITE: Final = Colour.from_hex("1d4e7e")
_CARD: Final = replace(A6_CARD, width=WIDTH, height=HEIGHT, scenery=Box(0, 178, WIDTH, 119), corner=0)
_INNER = WIDTH - 2 * MARGIN


@dataclass(frozen=True)
class Poster:
    """What stands on it. ``stops`` are (city, day and time, venue); ``address`` is what the code holds; ``channel`` says
    in small letters where the poster hangs, for whoever has to take it down."""

    family: str
    title: str
    summary: str
    line: str
    stops: list[tuple[str, str, str]]
    address: str
    channel: str


def text_place(
    x: float, y: float, width: float, height: float, size: float, colour: Colour = INK, *, lines: int = 1,
    bold: bool = False, centred: bool = False, smallest: float = 7,
) -> TextPlace:  # fmt: skip
    """Where a text stands, in millimetres from the lower left corner, and its largest ``size`` in points."""
    return TextPlace(
        Box(x, y, width, height),
        largest=size,
        easy=size * 0.75,
        smallest=smallest,
        colour=colour,
        lines=lines,
        bold=bold,
        centred=centred,
        leading=1.3,
    )


def draw_poster(poster: Poster) -> bytes:
    """The poster as a PDF of one page. The same poster gives the same bytes. Raises FontsMissing."""
    out = BytesIO()
    faces = find_typefaces()
    canvas = PagedCanvas(out, size=(WIDTH * mm, HEIGHT * mm), first_font=faces.basic_font, title=poster.title)
    drawing = Drawing(canvas, _CARD, faces)
    drawing.scenery(AZURITE)
    drawing.words(poster.family, text_place(MARGIN, 268, _INNER, 9, 18, AZURITE))
    drawing.words(poster.title, text_place(MARGIN, 236, _INNER, 32, 44, lines=2, bold=True, smallest=14))
    drawing.words(poster.summary, text_place(MARGIN, 150, _INNER, 22, 14, QUIET_INK, lines=3))
    code_side, code_x, code_y = 66.0, WIDTH - MARGIN - 66, 52.0
    rows_width = code_x - MARGIN - 8
    shown = poster.stops[:MOST_STOPS]
    row = min(24.0, 96 / max(1, len(shown)))
    top = 144.0
    for number, (city, when, where) in enumerate(shown):
        y = top - (number + 1) * row
        drawing.words(city, text_place(MARGIN, y + row * 0.5, 26, row * 0.42, 18, AZURITE, bold=True))
        drawing.words(when, text_place(MARGIN + 28, y + row * 0.5, rows_width - 28, row * 0.4, 13))
        drawing.words(
            where,
            text_place(MARGIN + 28, y + row * 0.1, rows_width - 28, row * 0.38, 11, QUIET_INK, smallest=6),
        )
    if len(poster.stops) > MOST_STOPS:
        drawing.words(
            f"等{len(poster.stops)}场，详见活动页", text_place(MARGIN, 40, rows_width, 7, 11, QUIET_INK)
        )
    drawing.words(
        poster.line or "扫码报名",
        text_place(code_x, code_y + code_side + 3, code_side, 11, 19, AZURITE, bold=True, centred=True),
    )
    address_code(canvas, poster.address, code_x, code_y, code_side)
    drawing.words(
        poster.address,
        text_place(
            code_x - 20, code_y - 12, code_side + 20, 8, 8, QUIET_INK, lines=2, centred=True, smallest=4
        ),
    )
    drawing.words(
        f"渠道：{poster.channel}" if poster.channel else "",
        text_place(MARGIN, 12, _INNER, 5, 8, QUIET_INK, centred=True),
    )
    drawing.save()
    return out.getvalue()


def address_code(canvas: PagedCanvas, address: str, x: float, y: float, side: float) -> None:
    """The address as a QR code on white with its quiet zone; level Q, because posters tear and get wet."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_Q, border=4)
    code.add_data(address)
    code.make(fit=True)
    matrix = code.get_matrix()
    module = side / len(matrix)
    canvas.setFillColorRGB(WHITE.red, WHITE.green, WHITE.blue)
    canvas.rect(x * mm, y * mm, side * mm, side * mm, stroke=0, fill=1)
    canvas.setFillColorRGB(0, 0, 0)
    for number, row in enumerate(matrix):
        start = None
        for place, dark in enumerate([*row, False]):
            if dark and start is None:
                start = place
            elif not dark and start is not None:
                canvas.rect(
                    (x + start * module) * mm,
                    (y + side - (number + 1) * module) * mm,
                    (place - start) * module * mm,
                    module * mm,
                    stroke=0,
                    fill=1,
                )
                start = None

"""The poster that guests scan to check in: A4 or A3, in Chinese with English beneath, one large code."""

from __future__ import annotations

from dataclasses import dataclass, replace
from io import BytesIO
from typing import Final

from reportlab.lib.units import mm

from badges.draw import Drawing
from badges.fonts import find_typefaces
from badges.layout import A6_CARD, INK, QUIET_INK, Box
from badges.paged_pdf import PagedCanvas
from badges.poster import AZURITE, HEIGHT, MARGIN, WIDTH, address_code, text_place

CODE_SIDE: Final = 118.0
"""Millimetres on A4, quiet zone included: read from three metres away by a phone."""

_CARD: Final = replace(A6_CARD, width=WIDTH, height=HEIGHT, scenery=Box(0, 222, WIDTH, 75), corner=0)
_INNER: Final = WIDTH - 2 * MARGIN


@dataclass(frozen=True)
class Paper:
    """A sheet, as many times as large as A4."""

    name: str
    scale: float


A4: Final = Paper("A4", 1.0)
A3: Final = Paper("A3", 420 / 297)


@dataclass(frozen=True)
class CheckInPoster:
    """What stands on it. ``asks_word``: the page will ask for the word that is written up in the hall."""

    campaign: str
    where: str
    checkpoint: str
    when: str
    address: str
    asks_word: bool


def draw_check_in_poster(poster: CheckInPoster, paper: Paper = A4) -> bytes:
    """The poster as a PDF of one page. The same poster gives the same bytes. Raises FontsMissing."""
    out = BytesIO()
    faces = find_typefaces()
    size = (WIDTH * paper.scale * mm, HEIGHT * paper.scale * mm)
    canvas = PagedCanvas(out, size=size, first_font=faces.basic_font, title="扫码签到")
    canvas.scale(paper.scale, paper.scale)
    drawing = Drawing(canvas, _CARD, faces)
    drawing.scenery(AZURITE)
    drawing.words(poster.campaign, text_place(MARGIN, 274, _INNER, 10, 20, AZURITE, bold=True))
    drawing.words(poster.where, text_place(MARGIN, 265, _INNER, 7, 13, QUIET_INK))
    drawing.words("扫码签到", text_place(MARGIN, 196, _INNER, 24, 66, INK, bold=True, centred=True))
    drawing.words("Scan to check in", text_place(MARGIN, 184, _INNER, 10, 24, AZURITE, centred=True))
    drawing.words(poster.checkpoint, text_place(MARGIN, 174, _INNER, 8, 18, QUIET_INK, centred=True))
    address_code(canvas, poster.address, (WIDTH - CODE_SIDE) / 2, 54, CODE_SIDE)
    steps = "用微信或手机相机扫一扫，点“签到”即可" + ("；需输入现场公布的口令" if poster.asks_word else "")
    english = "Scan with your camera and tap “Check in”" + (
        "; the word is written up in the hall" if poster.asks_word else ""
    )
    drawing.words(steps, text_place(MARGIN, 43, _INNER, 9, 19, INK, bold=True, centred=True))
    drawing.words(english, text_place(MARGIN, 35.5, _INNER, 7, 13, QUIET_INK, centred=True))
    drawing.words(poster.when, text_place(MARGIN, 24, _INNER, 7, 14, AZURITE, centred=True))
    drawing.words(
        "没有网络或手机没电？请向工作人员出示入场券或报姓名。",
        text_place(MARGIN, 14, _INNER, 6, 11, QUIET_INK, centred=True),
    )
    drawing.save()
    return out.getvalue()

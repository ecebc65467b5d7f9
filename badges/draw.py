"""Draw badges into a PDF. Needs neither the database nor the network.

What is printed is a name, a unit, a class, the campaign, the stop and the ticket's code. Nothing else is
taken in, so an ID number, a telephone or a birth date can't be printed by mistake.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from threading import Lock
from typing import BinaryIO, Final

from reportlab.lib.units import mm

from badges.fit import POINTS_PER_MM, FittedText, fit
from badges.fonts import Typeface, Typefaces, find_typefaces, tidy
from badges.layout import (
    A6_SINGLE,
    CLASS_BANDS,
    CUT,
    SKY,
    SUN,
    WHITE,
    BadgeClass,
    BadgeLayout,
    Box,
    Card,
    Colour,
    TextPlace,
)
from badges.paged_pdf import PagedCanvas
from badges.ridges import HAZE, RIDGES, SUN_AT, SUN_RADIUS, curve_through
from registrations.ticket_code import QR_MODULES, qr_matrix

PROGRESS_STEP: Final = 50
"""Badges between two calls of ``progress``."""


@dataclass(frozen=True)
class BadgeHolder:
    """Whose badge it is and what stands on it.

    ``stop_line`` is city, day and venue as they shall be read. ``ticket_code`` is None for somebody who
    has no ticket (a driver, a journalist on the day); such a badge has no QR symbol.
    """

    full_name: str
    unit: str
    badge_class: BadgeClass
    campaign: str
    stop_line: str
    ticket_code: str | None
    latin_name: str | None = None


@dataclass(frozen=True)
class MissingGlyph:
    """A character no font has: its code point stands in a box on the badge."""

    badge: int
    """Which badge, counted from 1."""
    full_name: str
    part: str
    """``full_name``, ``latin_name``, ``unit``, ``campaign`` or ``stop_line``."""
    character: str


@dataclass(frozen=True)
class ShortenedText:
    """A text that was cut off because it didn't fit at its smallest size."""

    badge: int
    full_name: str
    part: str


@dataclass
class DrawReport:
    """What was drawn, and what somebody should look at before it is printed."""

    badges: int = 0
    pages: int = 0
    missing: list[MissingGlyph] = field(default_factory=list)
    shortened: list[ShortenedText] = field(default_factory=list)


# reportlab reads a font file from wherever the last reader left it while it embeds the letters used.
_embedding = Lock()


def draw_badges(
    holders: Iterable[BadgeHolder],
    *,
    layout: BadgeLayout = A6_SINGLE,
    out: BinaryIO,
    title: str = "胸牌 Badges",
    progress: Callable[[int], None] | None = None,
    typefaces: Typefaces | None = None,
) -> DrawReport:
    """Write a PDF with one badge for each of ``holders``, in their order, to ``out``.

    ``holders`` is read as the pages are filled and each page is written when it is full, so any number will
    do. ``progress`` is told how many badges are done after every fifty and at the end; whatever it
    raises stops the drawing. If anything is raised, what is in ``out`` is not a PDF. Without any holder the
    PDF has one empty page. The same holders give the same bytes.

    Raises FontsMissing (``find_typefaces``), or ValueError for a ticket code that is no such code.
    """
    faces = typefaces or find_typefaces()
    size = (layout.width * mm, layout.height * mm)
    canvas = PagedCanvas(out, size=size, first_font=faces.basic_font, title=title)
    drawing = Drawing(canvas, layout.card, faces)
    remaining = iter(holders)
    while sheet := list(islice(remaining, len(layout.corners))):
        for corner, holder in zip(layout.corners, sheet, strict=False):
            drawing.badge(holder, corner)
            if progress is not None and drawing.report.badges % PROGRESS_STEP == 0:
                progress(drawing.report.badges)
        drawing.cutting_marks(layout)
        canvas.showPage()
        drawing.report.pages += 1
    if not drawing.report.pages:
        canvas.showPage()
        drawing.report.pages = 1
    with _embedding:
        canvas.save()
    if progress is not None and drawing.report.badges % PROGRESS_STEP:
        progress(drawing.report.badges)
    return drawing.report


class Drawing:
    """One PDF being drawn."""

    def __init__(self, canvas: PagedCanvas, card: Card, faces: Typefaces) -> None:
        self.report = DrawReport()
        self._canvas = canvas
        self._card = card
        self._faces = faces
        self._grounds: dict[tuple[BadgeClass, bool], str] = {}
        # Campaign, stop and unit are the same on many badges.
        self._fit = lru_cache(maxsize=2048)(fit)

    def badge(self, holder: BadgeHolder, corner: tuple[float, float]) -> None:
        """Draw one badge with its lower left corner at ``corner``."""
        self.report.badges += 1
        card = self._card
        self._canvas.saveState()
        self._canvas.translate(corner[0] * mm, corner[1] * mm)
        self._canvas.doForm(self._ground(holder.badge_class, has_code=holder.ticket_code is not None))
        self._part(holder, "campaign", holder.campaign, card.campaign)
        self._part(holder, "stop_line", holder.stop_line, card.stop_line)
        latin_name = tidy(holder.latin_name or "")
        self._part(holder, "full_name", holder.full_name, card.name if latin_name else card.name_alone)
        if latin_name:
            self._part(holder, "latin_name", latin_name, card.latin_name)
        self._part(holder, "unit", holder.unit, card.unit)
        if holder.ticket_code is not None:
            self._code(holder.ticket_code, card.code)
        self._canvas.restoreState()

    def cutting_marks(self, layout: BadgeLayout) -> None:
        """Draw the marks along which a sheet is cut."""
        if layout.cuts:
            self._stroke(CUT)
            self._canvas.setLineWidth(0.25)
            self._canvas.lines([tuple(end * mm for end in cut) for cut in layout.cuts])

    def _part(self, holder: BadgeHolder, part: str, text: str, place: TextPlace) -> None:
        text = tidy(text)
        if not text:
            return
        face = self._faces.bold if place.bold else self._faces.regular
        fitted = self._fit(text, place, face)
        self._set(text, fitted, place, face)
        number = self.report.badges
        self.report.missing += [
            MissingGlyph(number, holder.full_name, part, character) for character in face.missing(text)
        ]
        if not fitted.is_whole:
            self.report.shortened.append(ShortenedText(number, holder.full_name, part))

    def words(self, text: str, place: TextPlace) -> None:
        """Draw a text into its place, as large as it fits."""
        face = self._faces.bold if place.bold else self._faces.regular
        text = tidy(text)
        if text:
            self._set(text, self._fit(text, place, face), place, face)

    def ticket_code(self, code: str, place: Box) -> None:
        """Draw a ticket's QR symbol into ``place``, which has to lie in white."""
        self._code(code, place)

    def block(self, place: Box, colour: Colour) -> None:
        """Fill a rectangle."""
        self._fill(colour)
        self._canvas.rect(*_points(place), stroke=0, fill=1)

    def save(self) -> None:
        """Close the page and write the file."""
        self._canvas.showPage()
        with _embedding:
            self._canvas.save()

    def _ground(self, badge_class: BadgeClass, *, has_code: bool) -> str:
        """Name of the form with all that is the same on the badges of a class. It is drawn once a PDF."""
        key = (badge_class, has_code)
        if key not in self._grounds:
            name = f"{badge_class}-{'code' if has_code else 'plain'}"
            self._canvas.beginForm(name, 0, 0, self._card.width * mm, self._card.height * mm)
            self.scenery(CLASS_BANDS[badge_class].colour)
            self._band(badge_class, has_code=has_code)
            self._canvas.endForm()
            self._grounds[key] = name
        return self._grounds[key]

    def scenery(self, colour: Colour) -> None:
        picture, canvas = self._card.scenery, self._canvas
        canvas.saveState()
        frame = canvas.beginPath()
        frame.roundRect(*_points(picture), self._card.corner * mm)
        canvas.clipPath(frame, stroke=0, fill=0)
        self._fill(SKY.mixed_with(colour, 0.05))
        canvas.rect(*_points(picture), stroke=0, fill=1)
        self._fill(SUN)
        sun_x, sun_y = picture.x + SUN_AT[0] * picture.width, picture.y + SUN_AT[1] * picture.height
        canvas.circle(sun_x * mm, sun_y * mm, SUN_RADIUS * mm, stroke=0, fill=1)
        for ridge, haze in zip(RIDGES, HAZE, strict=True):
            tint = colour.mixed_with(SKY, haze)
            canvas.saveState()
            hill = canvas.beginPath()
            hill.moveTo(picture.x * mm, picture.y * mm)
            hill.lineTo(picture.x * mm, (picture.y + ridge[0][1] * picture.height) * mm)
            pieces = curve_through(ridge, picture)
            for first, second, end in pieces:
                hill.curveTo(*(part * mm for point in (first, second, end) for part in point))
            hill.lineTo(picture.right * mm, picture.y * mm)
            hill.close()
            self._fill(tint)
            canvas.clipPath(hill, stroke=0, fill=1)
            # Lines that follow the ridge below it, as strokes of a dry brush do.
            self._stroke(tint.mixed_with(SKY, 0.35))
            for depth, width in ((0.9, 0.5), (2.1, 0.35), (3.7, 0.25)):
                line = canvas.beginPath()
                line.moveTo(picture.x * mm, (picture.y + ridge[0][1] * picture.height - depth) * mm)
                for first, second, end in pieces:
                    line.curveTo(*(part * mm for x, y in (first, second, end) for part in (x, y - depth)))
                canvas.setLineWidth(width)
                canvas.drawPath(line, stroke=1, fill=0)
            canvas.restoreState()
        canvas.restoreState()

    def _band(self, badge_class: BadgeClass, *, has_code: bool) -> None:
        card, canvas, band = self._card, self._canvas, CLASS_BANDS[badge_class]
        self._fill(band.colour)
        canvas.roundRect(*_points(card.band), card.corner * mm, stroke=0, fill=1)
        for word, place, face in (
            (band.chinese, card.class_chinese, self._faces.bold),
            (band.english, card.class_english, self._faces.regular),
        ):
            self._set(word, self._fit(word, place, face), place, face)
        if has_code:
            self._fill(WHITE)
            canvas.roundRect(*_points(card.code_ground), card.corner / 2 * mm, stroke=0, fill=1)

    def _set(self, text: str, fitted: FittedText, place: TextPlace, face: Typeface) -> None:
        """Draw ``fitted`` in its place, in the middle of its height, and make it copied as ``text``."""
        canvas, size = self._canvas, fitted.size
        box_x, box_y, box_width, box_height = _points(place.box)
        # The square a Chinese character stands in reaches from 0.12 em below the line to 0.88 em above it.
        block = size * (1 + (len(fitted.lines) - 1) * place.leading)
        baseline = box_y + (box_height + block) / 2 - 0.88 * size
        self._fill(place.colour)
        self._stroke(place.colour)
        is_said = _needs_saying(text, fitted, face)
        if is_said:
            as_copied = text.encode("utf-16-be").hex().upper()
            canvas.operators(f"/Span <</ActualText <FEFF{as_copied}>>> BDC")
        for line in fitted.lines:
            width = (face.width(line) + fitted.spread * (len(line) - 1)) * size
            x = box_x + ((box_width - width) / 2 if place.centred else 0)
            for run in face.runs(line):
                if run.font is None:
                    self._code_point(run.text, x, baseline, size)
                else:
                    words = canvas.beginText(x, baseline)
                    words.setFont(run.font.fontName, size)
                    if fitted.spread:
                        words.setCharSpace(fitted.spread * size)
                    if run.thicken:
                        canvas.setLineWidth(size * 0.035)
                        words.setTextRenderMode(2)
                    words.textOut(run.text)
                    if run.thicken:
                        words.setTextRenderMode(0)
                    if fitted.spread:
                        words.setCharSpace(0)
                    canvas.drawText(words)
                x += (face.width(run.text) + fitted.spread * len(run.text)) * size
            baseline -= size * place.leading
        if is_said:
            canvas.operators("EMC")

    def _code_point(self, character: str, x: float, baseline: float, size: float) -> None:
        """Draw a box with a character's number in it, upper digits above lower ones."""
        canvas, digits = self._canvas, f"{ord(character):04X}"
        canvas.setLineWidth(size * 0.035)
        canvas.rect(x + size * 0.07, baseline - size * 0.06, size * 0.86, size * 0.86, stroke=1, fill=0)
        small, half = size * 0.33, len(digits) // 2
        name = self._faces.basic_font
        for part, height in ((digits[:half], 0.43), (digits[half:], 0.07)):
            width = self._faces.regular.width(part) * small
            canvas.setFont(name, small)
            canvas.drawString(x + (size - width) / 2, baseline + height * size, part)

    def _code(self, code: str, place: Box) -> None:
        """Draw the QR symbol as one picture of a bit a module inside the page itself."""
        rows = "".join(
            f"{int(bytes(row).translate(_WHITE_IS_1).ljust(_ROW_BITS, b'1'), 2):0{_ROW_BITS // 4}X}"
            for row in qr_matrix(code)
        )
        x, y, width, height = _points(place)
        self._canvas.operators(
            f"q {width:.3f} 0 0 {height:.3f} {x:.3f} {y:.3f} cm "
            f"BI /W {QR_MODULES} /H {QR_MODULES} /BPC 1 /CS /G /F /AHx ID {rows}> EI Q"
        )

    def _fill(self, colour: Colour) -> None:
        self._canvas.setFillColorRGB(colour.red, colour.green, colour.blue)

    def _stroke(self, colour: Colour) -> None:
        self._canvas.setStrokeColorRGB(colour.red, colour.green, colour.blue)


def _needs_saying(text: str, fitted: FittedText, face: Typeface) -> bool:
    """Would a text be copied wrongly from its glyphs alone: torn by spaces or lines, or as a number in a box?

    Saying it costs the readers built on PDFium (Chrome among them) every character beyond U+FFFF, so a text with
    such characters is left to its glyphs, which they read well.
    """
    if face.missing(text):
        return True
    return (fitted.spread > 0 or len(fitted.lines) > 1) and max(text) <= "\uffff"


_ROW_BITS: Final = -(-QR_MODULES // 8) * 8
"""Each row of a picture fills whole bytes."""

_WHITE_IS_1: Final = bytes.maketrans(b"\x00\x01", b"10")


def _points(box: Box) -> tuple[float, float, float, float]:
    return (
        box.x * POINTS_PER_MM,
        box.y * POINTS_PER_MM,
        box.width * POINTS_PER_MM,
        box.height * POINTS_PER_MM,
    )

"""Draw words and a ticket's code into a picture, with the same fonts and measures as into a PDF."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from typing import Any, Final

from PIL import Image, ImageDraw, ImageFont

from badges.fit import POINTS_PER_MM, FittedText, fit
from badges.fonts import Run, Typeface, Typefaces, tidy
from badges.layout import Box, Colour, TextPlace
from registrations.ticket_code import QR_MODULES, qr_matrix

PIXELS_WIDE: Final = 1080
"""The width of most phones' screens."""

_SHADES: Final = 64
"""Colours that are kept: black, white, one blue, and the steps between them at the edges of letters."""


class Picture:
    """A white sheet of ``width`` × ``height`` millimetres, 1080 pixels wide."""

    def __init__(self, width: float, height: float, faces: Typefaces) -> None:
        self._scale = PIXELS_WIDE / width
        self._height = height
        self._faces = faces
        self._image = Image.new("RGB", (PIXELS_WIDE, round(height * self._scale)), "white")
        self._draw = ImageDraw.Draw(self._image)

    def block(self, place: Box, colour: Colour) -> None:
        """Fill a rectangle."""
        left, top = self._at(place.x, place.top)
        right, bottom = self._at(place.right, place.y)
        self._draw.rectangle((left, top, right - 1, max(top, bottom - 1)), fill=_rgb(colour))

    def ticket_code(self, code: str, place: Box) -> None:
        """Draw a ticket's QR symbol in the middle of ``place``, each module as many whole pixels as there is room for."""
        module = max(1, int(place.width * self._scale) // QR_MODULES)
        spare = (place.width * self._scale - module * QR_MODULES) / 2
        left, top = (round(edge + spare) for edge in self._at(place.x, place.top))
        for y, row in enumerate(qr_matrix(code)):
            for x, dark in enumerate(row):
                if dark:
                    corner = (left + x * module, top + y * module)
                    self._draw.rectangle(
                        (*corner, corner[0] + module - 1, corner[1] + module - 1), fill="black"
                    )

    def words(self, text: str, place: TextPlace) -> None:
        """Draw a text into its place, as large as it fits."""
        face = self._faces.bold if place.bold else self._faces.regular
        if text := tidy(text):
            self._set(fit(text, place, face), place, face)

    def png(self) -> bytes:
        """The picture, small enough for a slow network."""
        out = BytesIO()
        # Quick rather than smallest: a hall full of people asks for theirs at once.
        flat = self._image.quantize(_SHADES, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        flat.save(out, "PNG", compress_level=6)
        return out.getvalue()

    def _set(self, fitted: FittedText, place: TextPlace, face: Typeface) -> None:
        size = fitted.size / POINTS_PER_MM  # millimetres
        block = size * (1 + (len(fitted.lines) - 1) * place.leading)
        baseline = place.box.y + (place.box.height + block) / 2 - 0.88 * size
        for line in fitted.lines:
            width = (face.width(line) + fitted.spread * (len(line) - 1)) * size
            x = place.box.x + ((place.box.width - width) / 2 if place.centred else 0)
            for run in face.runs(line):
                self._run(run, x, baseline, size, place.colour, face)
                x += (face.width(run.text) + fitted.spread * len(run.text)) * size
            baseline -= size * place.leading

    def _run(self, run: Run, x: float, baseline: float, size: float, colour: Colour, face: Typeface) -> None:
        pixels = size * self._scale
        if run.font is None:
            self._code_point(run.text, x, baseline, size, colour)
            return
        font: Any = run.font
        drawn = _font(font.face.filename, pixels)
        for character in run.text:
            self._draw.text(
                self._at(x, baseline),
                character,
                font=drawn,
                fill=_rgb(colour),
                anchor="ls",
                stroke_width=1 if run.thicken else 0,
            )
            x += face.width(character) * size

    def _code_point(self, character: str, x: float, baseline: float, size: float, colour: Colour) -> None:
        """A box with the number of a character that no font has, as on the badge."""
        left, top = self._at(x + size * 0.07, baseline + size * 0.8)
        right, bottom = self._at(x + size * 0.93, baseline - size * 0.06)
        self._draw.rectangle((left, top, right, bottom), outline=_rgb(colour), width=2)
        regular: Any = self._faces.regular.main
        digits = f"{ord(character):04X}"
        half = len(digits) // 2
        for part, height in ((digits[:half], 0.43), (digits[half:], 0.07)):
            self._draw.text(
                self._at(x + size / 2, baseline + height * size),
                part,
                font=_font(regular.face.filename, size * self._scale * 0.33),
                fill=_rgb(colour),
                anchor="ms",
            )

    def _at(self, x: float, y: float) -> tuple[float, float]:
        return x * self._scale, (self._height - y) * self._scale


@lru_cache(maxsize=64)
def _font(file: str, pixels: float) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(file, pixels)


def _rgb(colour: Colour) -> tuple[int, int, int]:
    return round(colour.red * 255), round(colour.green * 255), round(colour.blue * 255)

"""The letters on a badge: which font has a character, and what is done when none has.

The chain, asked character by character:

1. Noto Sans SC (npm ``@expo-google-fonts/noto-sans-sc``, OFL; its integrity stands in package-lock.json),
   all 8,105 characters of the national standard table (通用规范汉字表, 2013);
2. for the Latin, Greek and Cyrillic letters it lacks: DejaVu Sans, if the system has it;
3. for all else: BabelStone Han and HanaMin A and B, if the system has them (Debian
   ``fonts-babelstone-han``, ``fonts-hanazono``): with them every Chinese character up to Extension F.

A character that none of them has is told to the caller, who draws its code point in a box. A blank is
never drawn in its place, so a font that maps a character to an empty outline does not count as having it.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

NOTO: Final = Path(__file__).parent.parent / "node_modules/@expo-google-fonts/noto-sans-sc"
SYSTEM_FONTS: Final = Path("/usr/share/fonts")

_NOTO_REGULAR: Final = "400Regular/NotoSansSC_400Regular.ttf"
_NOTO_BOLD: Final = "700Bold/NotoSansSC_700Bold.ttf"
_RARE_HAN: Final = (
    "truetype/babelstone/BabelStoneHan.ttf",
    "truetype/hanazono/HanaMinA.ttf",
    "truetype/hanazono/HanaMinB.ttf",
)
_LETTERS_REGULAR: Final = "truetype/dejavu/DejaVuSans.ttf"
_LETTERS_BOLD: Final = "truetype/dejavu/DejaVuSans-Bold.ttf"

_WITHOUT_BOLD: Final = frozenset(Path(name).stem for name in _RARE_HAN)

_LAST_LETTER_WITHOUT_SHAPING: Final = 0x052F
"""End of Cyrillic. The scripts after it need shaping or another direction, which reportlab does not do."""


class FontsMissing(Exception):
    """Noto Sans SC is not there; the message says how it comes."""


class BadgeFont(TTFont):
    """A TrueType font whose text can be copied and searched beyond U+FFFF.

    reportlab (5.1.0) writes such code points into the ToUnicode table as five hexadecimal digits, where
    PDF wants UTF-16 (ISO 32000-1, 9.10.3): 𬱖 prints well and is copied as something else. The table is
    written anew here, in blocks of at most 100 as the format asks.
    """

    def addObjects(self, doc: Any) -> None:  # noqa: N802
        subsets = [list(subset) for subset in self.state[doc].subsets]
        names = [self.getSubsetInternalName(number, doc)[1:] for number in range(len(subsets))]
        super().addObjects(doc)
        fonts = doc.idToObject["BasicFonts"].dict
        for name, subset in zip(names, subsets, strict=True):
            table = doc.idToObject[fonts[name].ToUnicode.name]
            table.content = _to_unicode_table(fonts[name].BaseFont, subset)

    def has(self, character: str) -> bool:
        """Is there an outline, or an advance if the character is a space?"""
        face: Any = self.face
        glyph = face.charToGlyph.get(ord(character), 0)
        if glyph == 0:
            return False
        is_drawn: bool = face.glyphPos[glyph + 1] > face.glyphPos[glyph]
        return is_drawn or character.isspace()

    def advance(self, character: str) -> float:
        """How far a character moves on, in em."""
        face: Any = self.face
        width: float = face.charWidths.get(ord(character), face.defaultWidth)
        return width / 1000


@dataclass(frozen=True)
class Run:
    """Neighbouring characters in one font. ``font`` is None for a single character nobody has."""

    text: str
    font: BadgeFont | None
    thicken: bool = False
    """Is this a font without a bold weight standing among bold letters?"""


class Typeface:
    """One weight of the chain. A font is read when the first character is asked that those before it lack."""

    def __init__(self, main: Path, letters: Sequence[Path], rare: Sequence[Path], *, is_bold: bool) -> None:
        self.main = _load(main)
        self._letters = tuple(letters)
        self._rare = tuple(rare)
        self._is_bold = is_bold
        self._known: dict[str, BadgeFont | None] = {}

    def font_for(self, character: str) -> BadgeFont | None:
        """The first font that has ``character``, or None."""
        try:
            return self._known[character]
        except KeyError:
            return self._known.setdefault(character, self._find(character))

    def _find(self, character: str) -> BadgeFont | None:
        # A character of private use means something else in each font, and a mark that
        # could not be joined to its letter would stand beside it.
        if unicodedata.category(character) in {"Co", "Cn", "Cs", "Mn", "Me", "Mc"}:
            return None
        if self.main.has(character):
            return self.main
        is_letter = ord(character) <= _LAST_LETTER_WITHOUT_SHAPING
        for file in self._letters if is_letter else self._rare:
            if (font := _load(file)).has(character):
                return font
        return None

    def missing(self, text: str) -> list[str]:
        """The characters of ``text`` nobody has, in order, each once."""
        return list(dict.fromkeys(character for character in text if self.font_for(character) is None))

    def runs(self, text: str) -> list[Run]:
        """Cut ``text`` where the font changes."""
        runs: list[Run] = []
        for character in text:
            font = self.font_for(character)
            if font is not None and runs and runs[-1].font is font:
                runs[-1] = Run(runs[-1].text + character, font, runs[-1].thicken)
            else:
                is_thin = self._is_bold and font is not None and font.fontName in _WITHOUT_BOLD
                runs.append(Run(character, font, is_thin))
        return runs

    def width(self, text: str) -> float:
        """Width in em, without any spreading. A character nobody has is 1 em wide."""
        return sum(
            1.0 if (font := self.font_for(character)) is None else font.advance(character)
            for character in text
        )


@dataclass(frozen=True)
class Typefaces:
    """The two weights a badge uses."""

    regular: Typeface
    bold: Typeface

    @property
    def basic_font(self) -> str:
        """Name of the font a page begins with."""
        return self.regular.main.fontName


@cache
def find_typefaces(noto: Path = NOTO, system: Path = SYSTEM_FONTS) -> Typefaces:
    """Load the chain once a process.

    ``noto`` is the npm package's directory, ``system`` the root of the system's fonts.
    Raises FontsMissing if Noto Sans SC is not there; the rest is taken if present.
    """
    regular, bold = noto / _NOTO_REGULAR, noto / _NOTO_BOLD
    for file in (regular, bold):
        if not file.is_file():
            raise FontsMissing(
                f"The badge font {file.name} is missing. It comes with the front-end packages: run `npm ci`."
            )
    rare = _present(system, _RARE_HAN)
    return Typefaces(
        regular=Typeface(regular, _present(system, [_LETTERS_REGULAR]), rare, is_bold=False),
        bold=Typeface(bold, _present(system, [_LETTERS_BOLD]), rare, is_bold=True),
    )


def _present(root: Path, names: Sequence[str]) -> list[Path]:
    return [root / name for name in names if (root / name).is_file()]


_JOINED: Final = re.compile(r"[^\W\d_][\u0300-\u036f]+")
_UNSEEN: Final = re.compile(r"[\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def tidy(text: str) -> str:
    """Make ``text`` fit to be drawn: one line, no unseen characters, letters joined with their accents.

    The characters themselves stay as they were typed: Chinese compatibility characters, which NFC would
    exchange for others, are left alone.
    """
    joined = _JOINED.sub(lambda match: unicodedata.normalize("NFC", match[0]), text)
    seen = _UNSEEN.sub("", joined)
    return " ".join(
        "".join(" " if unicodedata.category(character) == "Cc" else character for character in seen).split()
    )


@cache
def _load(file: Path) -> BadgeFont:
    font = BadgeFont(file.stem, str(file), asciiReadable=False)
    pdfmetrics.registerFont(font)
    return font


def _to_unicode_table(name: str, subset: Sequence[int]) -> str:
    lines = [
        f"<{place:02X}> <{chr(code).encode('utf-16-be').hex().upper()}>"
        for place, code in enumerate(subset)
        if code
    ]
    blocks = [lines[start : start + 100] for start in range(0, len(lines), 100)]
    return "\n".join(
        [
            "/CIDInit /ProcSet findresource begin",
            "12 dict begin",
            "begincmap",
            "/CIDSystemInfo",
            f"<< /Registry ({name})",
            f"/Ordering ({name})",
            "/Supplement 0",
            ">> def",
            f"/CMapName /{name} def",
            "/CMapType 2 def",
            "1 begincodespacerange",
            "<00> <FF>",
            "endcodespacerange",
            *(line for block in blocks for line in (f"{len(block)} beginbfchar", *block, "endbfchar")),
            "endcmap",
            "CMapName currentdict /CMap defineresource pop",
            "end",
            "end",
        ]
    )

"""Where everything stands on a badge and on the paper it is printed on. All lengths are millimetres.

A badge is an A6 card, 105 × 148. Its origin is its lower left corner, y grows upwards. Everything
coloured keeps 5 mm away from the edge: office printers can't print there, and a cut that is
a millimetre off does not show.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class BadgeClass(StrEnum):
    """What the holder is at this stop. It decides the colour and the word on the band."""

    DOCTOR = "doctor"
    GUEST = "guest"
    ACADEMICIAN = "academician"
    EMPLOYER = "employer"
    EXPERT = "expert"
    STAFF = "staff"
    VOLUNTEER = "volunteer"
    MEDIA = "media"


@dataclass(frozen=True)
class Colour:
    """Red, green and blue from 0 to 1."""

    red: float
    green: float
    blue: float

    @classmethod
    def from_hex(cls, text: str) -> "Colour":
        """Read ``rrggbb``."""
        red, green, blue = bytes.fromhex(text)
        return cls(red / 255, green / 255, blue / 255)

    def mixed_with(self, other: "Colour", share: float) -> "Colour":
        """Mix in ``share`` (0 … 1) of another colour."""
        return Colour(
            self.red + (other.red - self.red) * share,
            self.green + (other.green - self.green) * share,
            self.blue + (other.blue - self.blue) * share,
        )

    @property
    def luminance(self) -> float:
        """Relative luminance, 0 black … 1 white (WCAG 2.2)."""
        red, green, blue = (
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
            for part in (self.red, self.green, self.blue)
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@dataclass(frozen=True)
class ClassBand:
    """The band of one class: its colour (dark enough for white letters) and its two words."""

    colour: Colour
    chinese: str
    english: str


CLASS_BANDS: Final[dict[BadgeClass, ClassBand]] = {
    BadgeClass.DOCTOR: ClassBand(Colour.from_hex("1d4e7e"), "博士", "PhD"),
    BadgeClass.GUEST: ClassBand(Colour.from_hex("7a5a17"), "嘉宾", "Guest"),
    BadgeClass.ACADEMICIAN: ClassBand(Colour.from_hex("9c2b26"), "院士", "Academician"),
    BadgeClass.EMPLOYER: ClassBand(Colour.from_hex("1c6a4f"), "用人单位", "Employer"),
    BadgeClass.EXPERT: ClassBand(Colour.from_hex("4f3d8f"), "专家", "Expert"),
    BadgeClass.STAFF: ClassBand(Colour.from_hex("36434c"), "工作人员", "Staff"),
    BadgeClass.VOLUNTEER: ClassBand(Colour.from_hex("b24a0e"), "志愿者", "Volunteer"),
    BadgeClass.MEDIA: ClassBand(Colour.from_hex("8a2a5f"), "媒体", "Media"),
}

INK: Final = Colour.from_hex("14212a")
QUIET_INK: Final = Colour.from_hex("46555f")
WHITE: Final = Colour(1, 1, 1)
SKY: Final = Colour.from_hex("f1f4f0")
SUN: Final = Colour.from_hex("e3ab48")
CUT: Final = Colour.from_hex("8a969d")


@dataclass(frozen=True)
class Box:
    """A rectangle by its lower left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def top(self) -> float:
        return self.y + self.height

    def holds(self, other: "Box") -> bool:
        """Is ``other`` wholly inside? A hundredth of a millimetre is forgiven."""
        return (
            other.x >= self.x - 0.01
            and other.y >= self.y - 0.01
            and other.right <= self.right + 0.01
            and other.top <= self.top + 0.01
        )

    def touches(self, other: "Box") -> bool:
        """Do the two have any area in common?"""
        return self.x < other.right and other.x < self.right and self.y < other.top and other.y < self.top


@dataclass(frozen=True)
class TextPlace:
    """Where one text stands and how large it may be. Sizes are points.

    A text stands on one line as long as it is at least ``easy`` large; then it takes more
    lines, up to ``lines``, whatever gives the largest letters down to ``smallest``.
    ``spread`` gives the space after each character, in em, by the number of Chinese
    characters a short text has. ``whole_words`` breaks lines at a space or a · if it can.
    """

    box: Box
    largest: float
    easy: float
    smallest: float
    colour: Colour
    lines: int = 1
    bold: bool = False
    centred: bool = True
    leading: float = 1.25
    spread: tuple[tuple[int, float], ...] = ()
    whole_words: bool = False


@dataclass(frozen=True)
class Card:
    """One badge: its size and what stands where on it.

    ``name_alone`` is the name's place on a badge without a name in Latin letters.
    ``code_ground`` is white and holds the QR symbol and its quiet zone; ``code`` is the
    symbol itself.
    """

    width: float
    height: float
    scenery: Box
    campaign: TextPlace
    stop_line: TextPlace
    name: TextPlace
    name_alone: TextPlace
    latin_name: TextPlace
    unit: TextPlace
    band: Box
    class_chinese: TextPlace
    class_english: TextPlace
    code_ground: Box
    code: Box
    corner: float


@dataclass(frozen=True)
class BadgeLayout:
    """A paper and the cards on it.

    ``corners`` are the lower left corners of the cards on the paper, in the order they are
    filled; ``cuts`` are the lines of the cutting marks, each as (x, y, x, y).
    """

    key: str
    width: float
    height: float
    card: Card
    corners: tuple[tuple[float, float], ...]
    cuts: tuple[tuple[float, float, float, float], ...] = ()


_NAME_SPREAD: Final = ((2, 0.42), (3, 0.16), (4, 0.05))

A6_CARD: Final = Card(
    width=105,
    height=148,
    corner=3,
    scenery=Box(5, 101, 95, 42),
    campaign=TextPlace(
        Box(10.5, 125.5, 84, 13.5),
        largest=16,
        easy=12.5,
        smallest=7,
        colour=INK,
        lines=2,
        bold=True,
        centred=False,
        leading=1.2,
    ),
    stop_line=TextPlace(
        Box(10.5, 118, 70, 6.5), largest=10.5, easy=8, smallest=5, colour=QUIET_INK, lines=2, centred=False
    ),
    name=TextPlace(
        Box(8, 72.5, 89, 24.5),
        largest=62,
        easy=33,
        smallest=8,
        colour=INK,
        lines=3,
        bold=True,
        leading=1.16,
        spread=_NAME_SPREAD,
        whole_words=True,
    ),
    name_alone=TextPlace(
        Box(8, 66.5, 89, 30.5),
        largest=66,
        easy=33,
        smallest=8,
        colour=INK,
        lines=3,
        bold=True,
        leading=1.16,
        spread=_NAME_SPREAD,
        whole_words=True,
    ),
    latin_name=TextPlace(
        Box(10, 63.5, 85, 8),
        largest=15,
        easy=9,
        smallest=5,
        colour=QUIET_INK,
        lines=2,
        whole_words=True,
    ),
    unit=TextPlace(Box(10, 47, 85, 15), largest=15.5, easy=12.5, smallest=6, colour=INK, lines=3),
    band=Box(5, 5, 95, 39),
    class_chinese=TextPlace(
        Box(10.5, 20.5, 50, 18),
        largest=34,
        easy=20,
        smallest=12,
        colour=WHITE,
        bold=True,
        centred=False,
        spread=((2, 0.12), (3, 0.06)),
    ),
    class_english=TextPlace(
        Box(10.5, 10.5, 50, 8), largest=15, easy=10, smallest=6, colour=WHITE, centred=False
    ),
    code_ground=Box(63, 7.4, 34.2, 34.2),
    code=Box(66.1, 10.5, 28, 28),
)

A6_SINGLE: Final = BadgeLayout(key="a6", width=105, height=148, card=A6_CARD, corners=((0, 0),))

# Two cuts, one down and one across, make four cards of an A4 sheet; the marks lie on the cuts,
# in the white between the cards and clear of the paper's edge.
A4_FOUR: Final = BadgeLayout(
    key="a4-four",
    width=210,
    height=297,
    card=A6_CARD,
    corners=((0, 148.75), (105, 148.75), (0, 0.25), (105, 0.25)),
    cuts=(
        (105, 292, 105, 284),
        (105, 13, 105, 5),
        (5, 148.5, 13, 148.5),
        (197, 148.5, 205, 148.5),
        (101, 148.5, 109, 148.5),
        (105, 144.5, 105, 152.5),
    ),
)

LAYOUTS: Final[dict[str, BadgeLayout]] = {layout.key: layout for layout in (A6_SINGLE, A4_FOUR)}

"""The papers that a printing station may have, each with the card that fits it. All lengths are millimetres.

What stands on a badge is the same on all; a page is exactly as large as the badge, so that nothing is fitted or cut.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from badges.layout import A6_CARD, A6_SINGLE, INK, QUIET_INK, BadgeLayout, Box, Card, TextPlace


@dataclass(frozen=True)
class Paper:
    """A paper under its key, as the reader calls it."""

    layout: BadgeLayout
    label: LazyString

    @property
    def size(self) -> str:
        """``90 × 130 mm``."""
        return f"{self.layout.width:g} × {self.layout.height:g} mm"


def _smaller(card: Card, *, share: float, width: float, height: float) -> Card:
    """The same card at ``share`` of its size, in the middle of a paper of ``width`` × ``height``."""
    right, up = (width - card.width * share) / 2, (height - card.height * share) / 2

    def box(one: Box) -> Box:
        return Box(right + one.x * share, up + one.y * share, one.width * share, one.height * share)

    def place(one: TextPlace) -> TextPlace:
        return replace(
            one,
            box=box(one.box),
            largest=one.largest * share,
            easy=one.easy * share,
            smallest=one.smallest * share,
        )

    return Card(
        width=width,
        height=height,
        corner=card.corner * share,
        scenery=box(card.scenery),
        campaign=place(card.campaign),
        stop_line=place(card.stop_line),
        name=place(card.name),
        name_alone=place(card.name_alone),
        latin_name=place(card.latin_name),
        unit=place(card.unit),
        band=box(card.band),
        class_chinese=place(card.class_chinese),
        class_english=place(card.class_english),
        code_ground=box(card.code_ground),
        code=box(card.code),
    )


_CARD_90_130: Final = _smaller(A6_CARD, share=90 / 105, width=90, height=130)

# A label is broad and low: the name over the whole width, beneath it the unit, then the class beside the code.
_LABEL_96_82: Final = Card(
    width=96,
    height=82,
    corner=2,
    scenery=Box(3, 60.5, 90, 18.5),
    campaign=TextPlace(
        Box(6, 72, 68, 6), largest=10.5, easy=8.5, smallest=5.5, colour=INK, bold=True, centred=False
    ),
    stop_line=TextPlace(
        Box(6, 68, 68, 4), largest=7.5, easy=6.5, smallest=4.5, colour=QUIET_INK, centred=False
    ),
    name=replace(A6_CARD.name, box=Box(5, 46.5, 86, 13), largest=40, easy=26, smallest=8, lines=2),
    name_alone=replace(
        A6_CARD.name_alone, box=Box(5, 42, 86, 17.5), largest=50, easy=26, smallest=8, lines=2
    ),
    latin_name=replace(A6_CARD.latin_name, box=Box(6, 41.5, 84, 5), largest=12, easy=8, lines=1),
    unit=replace(A6_CARD.unit, box=Box(5, 33, 86, 8.5), largest=12, easy=10, smallest=5.5, lines=2),
    band=Box(3, 3, 90, 29),
    class_chinese=replace(A6_CARD.class_chinese, box=Box(8, 15.5, 50, 13), largest=28, easy=18),
    class_english=replace(A6_CARD.class_english, box=Box(8, 7.5, 50, 6.5), largest=12, easy=9),
    code_ground=Box(63.5, 4.5, 26, 26),
    code=Box(66, 7, 21, 21),
)


def _single(key: str, card: Card) -> BadgeLayout:
    return BadgeLayout(key=key, width=card.width, height=card.height, card=card, corners=((0, 0),))


PAPERS: Final[dict[str, Paper]] = {
    "a6": Paper(A6_SINGLE, _l("A6 card, 105 × 148 mm")),
    "90x130": Paper(_single("90x130", _CARD_90_130), _l("Badge card, 90 × 130 mm")),
    "96x82": Paper(_single("96x82", _LABEL_96_82), _l("Label, 96 × 82 mm")),
}
DEFAULT_PAPER: Final = "a6"

"""How large a text can stand in its place, and where its lines break. Pure arithmetic."""

import re
from dataclasses import dataclass
from typing import Final

from badges.fonts import Typeface
from badges.layout import TextPlace

POINTS_PER_MM: Final = 72 / 25.4

_HAN: Final = re.compile(r"[\u2e80-\u2fdf\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_NEVER_FIRST: Final = "，。、；：！？）】》〉」』”’…·・•,.;:!?)]}"
_NEVER_LAST: Final = "（【《〈「『“‘([{"
_CUT_SIGN: Final = "…"
_LONGEST: Final = 300
"""Characters; what comes after them could not be read on a badge at any size."""

_SPREAD_WITHOUT_SPACE: Final = 0.16


@dataclass(frozen=True)
class FittedText:
    """A text as it will stand: its size in points, its lines from above, the space after each character
    in em. ``is_whole`` is False if it was so long that its end had to be cut off."""

    size: float
    lines: tuple[str, ...]
    spread: float
    is_whole: bool = True


def fit(text: str, place: TextPlace, face: Typeface) -> FittedText:
    """Find the largest size at which ``text`` stays inside its place, as TextPlace describes."""
    if len(text) > _LONGEST:
        return _cut(text[:_LONGEST], place, face)
    width, height = place.box.width * POINTS_PER_MM, place.box.height * POINTS_PER_MM
    spread = _spread(text, place)
    best: FittedText | None = None
    pieces = _pieces(text, whole_words=place.whole_words)
    for count in range(1, place.lines + 1):
        ceiling = min(place.largest, height / (count * place.leading))
        if count == 1:
            # The last character has no space after it.
            ems = face.width(text) + spread * (len(text) - 1)
            size = min(ceiling, width / ems) if ems else ceiling
            lines: tuple[str, ...] = (text,)
        else:
            spread = 0.0
            found = _largest_size(pieces, place, face, width, ceiling, count)
            if found is None:
                continue
            size, lines = found
        # Rounded down, so that what is written in the PDF does not stick out.
        size = int(size * 10) / 10
        if size >= place.smallest and (best is None or size > best.size):
            best = FittedText(size, lines, spread)
        if best is not None and best.size >= place.easy:
            return best
    if best is not None:
        return best
    return _cut(text, place, face)


def wrap(pieces: list[str], face: Typeface, room: float) -> tuple[str, ...]:
    """Fill lines of ``room`` em from the first on. A piece wider than a line is broken anywhere."""
    lines: list[str] = []
    line = ""
    for piece in pieces:
        if not line or face.width((line + piece).rstrip()) <= room:
            line += piece
        else:
            lines.append(line.rstrip())
            line = piece
        while face.width(line.rstrip()) > room and len(line) > 1:
            end = _last_that_fits(line, face, room)
            lines.append(line[:end].rstrip())
            line = line[end:]
    lines.append(line.rstrip())
    return tuple(lines)


def _spread(text: str, place: TextPlace) -> float:
    if _HAN.sub("", text):
        return 0.0
    spread = dict(place.spread).get(len(text), 0.0)
    # Wider, a reader takes the gap for a space when it copies the text from its glyphs, and
    # characters beyond U+FFFF have to be copied so (see draw._needs_saying).
    return min(spread, _SPREAD_WITHOUT_SPACE) if max(text) > "\uffff" else spread


def _pieces(text: str, *, whole_words: bool) -> list[str]:
    """Cut ``text`` where a line may end; a space stays with what is before it."""
    if whole_words:
        return re.findall(r"[^\s·・•]*[\s·・•]+|[^\s·・•]+", text)
    pieces: list[str] = []
    for piece in re.findall(rf"{_HAN.pattern}|\s+|(?:(?!{_HAN.pattern})\S)+", text):
        joins = pieces and (
            piece.isspace() or piece[0] in _NEVER_FIRST or pieces[-1].rstrip()[-1:] in _NEVER_LAST
        )
        if joins:
            pieces[-1] += piece
        else:
            pieces.append(piece)
    return pieces


def _largest_size(
    pieces: list[str], place: TextPlace, face: Typeface, width: float, ceiling: float, count: int
) -> tuple[float, tuple[str, ...]] | None:
    """Size and lines for at most ``count`` lines, to a tenth of a point.

    A word in letters or a part of a name is broken only if it is too wide at any size.
    """
    widest = _widest_word(pieces, face, whole=place.whole_words)
    if widest and width / widest >= place.smallest:
        ceiling = min(ceiling, width / widest)
    low, high = int(place.smallest * 10), int(ceiling * 10)
    if high < low or len(wrap(pieces, face, width / (low / 10))) > count:
        return None
    while low < high:
        middle = (low + high + 1) // 2
        if len(wrap(pieces, face, width / (middle / 10))) <= count:
            low = middle
        else:
            high = middle - 1
    size = low / 10
    return size, _evened(pieces, face, width / size, whole=place.whole_words)


def _widest_word(pieces: list[str], face: Typeface, *, whole: bool) -> float:
    """Width in em of the widest word that should not be broken; 0 if there is none.

    That is a word written in letters; of a name in several parts (``whole``) each part, with the · it ends in.
    """
    each = whole and len(pieces) > 1
    words = (piece.rstrip() for piece in pieces if each or _HAN.sub("", piece).strip("·・• "))
    return max(map(face.width, words), default=0.0)


def _evened(pieces: list[str], face: Typeface, room: float, *, whole: bool) -> tuple[str, ...]:
    """The same number of lines, as equally long as they can be."""
    lines = wrap(pieces, face, room)
    narrow, wide = max(room / len(lines), min(_widest_word(pieces, face, whole=whole), room)), room
    if len(wrap(pieces, face, narrow)) == len(lines):
        return wrap(pieces, face, narrow)
    for _ in range(8):
        middle = (narrow + wide) / 2
        tried = wrap(pieces, face, middle)
        if len(tried) > len(lines):
            narrow = middle
        else:
            lines, wide = tried, middle
    return lines


def _cut(text: str, place: TextPlace, face: Typeface) -> FittedText:
    """As much of the beginning as stands in the place at its smallest size, and a sign that more was there."""
    size = place.smallest
    height = place.box.height * POINTS_PER_MM
    count = max(1, min(place.lines, int(height / (size * place.leading))))
    room = place.box.width * POINTS_PER_MM / size
    fitting, beyond = 0, len(text) + 1
    while beyond - fitting > 1:
        middle = (fitting + beyond) // 2
        lines = wrap(_pieces(text[:middle] + _CUT_SIGN, whole_words=False), face, room)
        if len(lines) <= count:
            fitting = middle
        else:
            beyond = middle
    lines = wrap(_pieces(text[:fitting].rstrip() + _CUT_SIGN, whole_words=False), face, room)
    return FittedText(size, lines, 0.0, is_whole=False)


def _last_that_fits(line: str, face: Typeface, room: float) -> int:
    used = 0.0
    for place, character in enumerate(line):
        used += face.width(character)
        if used > room:
            return max(place, 1)
    return len(line)

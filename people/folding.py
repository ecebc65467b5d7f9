"""Texts as they are compared: traditional is simplified, full width is half, signs and capitals do not count.

What people typed stays as it is; these forms stand beside it and are never shown.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Any

from shared.universities import university_typed

_LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i"}
)


@lru_cache(maxsize=1)
def _to_simplified() -> Any:
    from opencc import OpenCC  # its dictionaries take a fifth of a second: not before the first name

    return OpenCC("t2s")


@lru_cache(maxsize=20_000)
def simplified(text: str) -> str:
    """Traditional characters in simplified ones; everything else stays, rare characters too."""
    return text if text.isascii() else str(_to_simplified().convert(text))


def folded(text: str) -> str:
    """Letters, characters and digits alone, simplified, half width, small: ``歐陽·Ｗen`` → ``欧阳wen``.

    Every middle dot, blank, hyphen, apostrophe and invisible sign falls away; accents do not.
    """
    plain = simplified(unicodedata.normalize("NFKC", text)).casefold()
    return "".join(c for c in unicodedata.normalize("NFC", plain) if c.isalnum())


def without_accents(text: str) -> str:
    """``lefèvre`` → ``lefevre``, ``müller`` → ``muller``."""
    if text.isascii():
        return text
    parted = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    return "".join(c for c in parted if not unicodedata.combining(c))


def as_pinyin(text: str) -> str:
    """Latin letters in the spelling pinyin has here: ``lü``, ``lyu`` → ``lv``, ``lüe``, ``lue`` → ``lve``."""
    spelling = unicodedata.normalize("NFC", text).replace("ü", "v")
    for typed, ours in (("lyu", "lv"), ("nyu", "nv"), ("lue", "lve"), ("nue", "nve")):
        spelling = spelling.replace(typed, ours)
    return without_accents(spelling)


def folded_email(text: str) -> str:
    """An address as it is compared: small, half width, without what follows a + before the @."""
    local, at, domain = unicodedata.normalize("NFKC", text).strip().casefold().partition("@")
    return local.partition("+")[0] + at + domain


@lru_cache(maxsize=20_000)
def folded_university(text: str) -> str:
    """A university as it is compared: by its own Chinese name when ``text`` is one of its names we know."""
    known = university_typed(text)
    return folded(known.name_zh if known else text)


def is_han(character: str) -> bool:
    """Whether it is a Chinese character, of whichever extension."""
    return character == "〇" or unicodedata.name(character, "").startswith("CJK ")

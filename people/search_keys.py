"""What a person is found by: small numbers in an array, beneath which lies a plain GIN index.

Each key is the checksum of a kind and a text, so one question ("has this array that number?") answers all of: part of
the name, pinyin and initials from any syllable on, the end and the beginning of the mobile, the address, the
university, and one wrong character. Two texts may share a number once in four thousand millions; what is shown is
ranked by the columns themselves. See docs/decisions/0020-search-keys.md for what else was measured.

``people/find_or_add.py`` and ``people/keep.py`` write them; nobody else does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise
from zlib import crc32

from people.folding import as_pinyin, folded, folded_email, is_han, without_accents
from people.spelling import readings_of, syllables_of
from shared.universities import university_typed

# Kinds of keys; each reads the same in what is stored and in what is asked.
NAME = "n"  # one or two characters that stand beside each other
SOUND = "s"  # the beginning of the pinyin from some syllable on; a word in Latin letters
WHOLE_SOUND = "S"  # the whole pinyin
INITIALS = "i"
NEAR_NAME = "x"  # the name, and the name without one of its characters
NEAR_SOUND = "y"  # the pinyin, and the pinyin without one of its letters
MOBILE = "m"  # its end from four digits on, its beginning from five
EMAIL = "e"  # the beginning of the address from three letters on; the whole address
UNIVERSITY = "u"
UNIVERSITY_PART = "v"  # two characters beside each other; a word in Latin letters

SHORTEST_NEAR_NAME = 3  # of two characters one wrong is half the name
SHORTEST_NEAR_SOUND = 5
_LONGEST_NEAR_NAME, _LONGEST_NEAR_SOUND, _LONGEST_SOUND, _LONGEST_EMAIL = 14, 26, 30, 24


@lru_cache(maxsize=200_000)
def key(kind: str, text: str) -> int:
    """The number for ``text`` of one ``kind``, as PostgreSQL's integer holds it."""
    number = crc32(f"{kind}{text}".encode())
    return number - (1 << 32) if number >= 1 << 31 else number


def search_keys(
    *,
    full_name: str,
    mobile: str | None,
    email: str,
    universities: Iterable[str] = (),
    emails: Iterable[str] = (),
) -> list[int]:
    """Every key of a person, each once. ``mobile`` is E.164; ``emails`` are further addresses he has given."""
    keys = set(_name_keys(full_name))
    if mobile:
        keys.update(_mobile_keys(mobile))
    for address in {email, *emails} - {""}:
        keys.update(email_keys(address))
    for university in universities:
        keys.update(university_keys(university))
    return sorted(keys)


@lru_cache(maxsize=20_000)
def university_keys(university: str) -> frozenset[int]:
    """The keys of one university as it was written, and of its own name if we know it."""
    found: set[int] = set()
    known = university_typed(university)
    for name in {university, *((known.name_zh,) if known else ())}:
        whole = folded(name)
        if whole:
            found.add(key(UNIVERSITY, whole))
        found.update(key(UNIVERSITY_PART, part) for part in pairs(whole))
        found.update(key(UNIVERSITY_PART, word) for word in latin_words(name))
    return frozenset(found)


def pairs(text: str) -> Iterator[str]:
    """Each two Chinese characters that stand beside each other: ``太原理`` → ``太原``, ``原理``."""
    for first, second in pairwise(text):
        if is_han(first) and is_han(second):
            yield first + second


def latin_words(text: str) -> list[str]:
    """The words in Latin letters, folded, from three letters on."""
    words = (folded(without_accents(word)) for word in text.replace("-", " ").split())
    return [word for word in words if len(word) >= 3 and word.isascii()]


def without_one(text: str) -> list[str]:
    """``text`` itself and what is left of it without each of its characters in turn."""
    return [text, *{text[:place] + text[place + 1 :] for place in range(len(text))}]


@lru_cache(maxsize=50_000)
def _name_keys(full_name: str) -> frozenset[int]:
    whole = folded(full_name)
    found = {key(NAME, character) for character in whole if is_han(character)}
    found.update(key(NAME, part) for part in pairs(whole))
    if any(map(is_han, whole)) and SHORTEST_NEAR_NAME <= len(whole) <= _LONGEST_NEAR_NAME:
        found.update(key(NEAR_NAME, near) for near in without_one(whole))
    for reading in readings_of(full_name):
        syllables = [as_pinyin(syllable) for syllable in reading]
        for start in range(len(syllables)):
            rest = "".join(syllables[start:])[:_LONGEST_SOUND]
            found.update(key(SOUND, rest[:end]) for end in range(1, len(rest) + 1))
            initials = "".join(syllable[0] for syllable in syllables[start:])
            found.update(key(INITIALS, initials[:end]) for end in range(2, len(initials) + 1))
        found.add(key(WHOLE_SOUND, "".join(syllables)))
    sound = "".join(map(as_pinyin, syllables_of(full_name)))
    if SHORTEST_NEAR_SOUND <= len(sound) <= _LONGEST_NEAR_SOUND:
        found.update(key(NEAR_SOUND, near) for near in without_one(sound))
    return frozenset(found)


def _mobile_keys(mobile: str) -> Iterator[int]:
    digits = mobile.lstrip("+")
    national = digits.removeprefix("86")
    for number in {digits, national}:
        yield key(MOBILE, number)
    for length in range(4, len(national)):
        yield key(MOBILE, national[-length:])
        if length > 4:
            yield key(MOBILE, national[:length])


def email_keys(address: str) -> Iterator[int]:
    """The keys of one address: itself, and the beginnings of what stands before the @, without its signs."""
    whole = folded_email(address)
    local = folded(whole.partition("@")[0])
    yield key(EMAIL, whole)
    for length in range(3, min(len(local), _LONGEST_EMAIL) + 1):
        yield key(EMAIL, local[:length])

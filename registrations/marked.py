"""Which characters of a name a search has matched, so that the eye finds them."""

from __future__ import annotations

from markupsafe import Markup, escape

from people.folding import as_pinyin, folded, is_han
from people.spelling import syllables_of
from registrations.search import understood


def marked(full_name: str, text: str | None) -> Markup:
    """The name with ``<mark>`` around what ``text`` has matched by characters, pinyin or initials."""
    places = _places(full_name, text) if text and text.strip() else set()
    parts: list[Markup] = []
    for place, character in enumerate(full_name):
        begins, ends = (
            place in places and place - 1 not in places,
            place in places and place + 1 not in places,
        )
        parts.append(
            Markup('<mark class="found">' if begins else "")  # noqa: S704 - both are fixed texts
            + escape(character)
            + Markup("</mark>" if ends else "")  # noqa: S704
        )
    return Markup("").join(parts)


def _places(full_name: str, text: str) -> set[int]:
    asked = understood(text)
    letters = [place for place, character in enumerate(full_name) if character.isalnum()]
    characters = [folded(full_name[place]) for place in letters]
    found: set[int] = set()
    syllables = [as_pinyin(syllable) for syllable in syllables_of(full_name)]
    by_syllable = len(syllables) == len(letters) and any(is_han(full_name[place]) for place in letters)
    for word in asked.words:
        if not word.isalpha():
            continue
        if is_han(word[0]) or not by_syllable:
            found.update(_run(characters, list(word)))
        else:
            found.update(_spoken(syllables, as_pinyin(word)) or _initials(syllables, word))
    return {letters[place] for place in found}


def _run(characters: list[str], wanted: list[str]) -> range:
    """Where ``wanted`` stands in one piece."""
    for start in range(len(characters) - len(wanted) + 1):
        if characters[start : start + len(wanted)] == wanted:
            return range(start, start + len(wanted))
    return range(0)


def _spoken(syllables: list[str], sound: str) -> range:
    for start in range(len(syllables)):
        said = ""
        for end in range(start, len(syllables)):
            said += syllables[end]
            if said.startswith(sound):
                return range(start, end + 1)
            if not sound.startswith(said):
                break
    return range(0)


def _initials(syllables: list[str], word: str) -> range:
    return _run([syllable[0] for syllable in syllables], list(word))

"""What of a form is asked, given what has been answered. No database; the same rules run in the browser.

``static/questions/conditions.js`` is this file in JavaScript, and a property test drives a real browser to see that
both say the same. A condition is a document:

    {"all": [condition, …]}   {"any": [condition, …]}   {"not": condition}
    {"question": key, "op": op, "value": value}

``op`` is one of OPS. Only earlier questions count: one that stands later, is not asked or has no readable answer has
not been answered, and nothing but ``not`` is true of it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import date
from typing import Any, Protocol, TypeAlias

from questions.models import OF_MANY, Kind

Condition: TypeAlias = Mapping[str, Any]
Reading: TypeAlias = str | float | bool | list[str]

OPS = (
    "answered",
    "is",
    "is_not",
    "in",
    "contains",
    "more_than",
    "less_than",
    "before",
    "after",
)
DEEPEST = 8
"""So many conditions within conditions and no more."""

_BLANKS = re.compile("[ \\t\\r\\n\u00a0\u3000]+")
_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,6})?")
_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")
_PICKED = frozenset({Kind.CHOICE, Kind.CITY, Kind.DISCIPLINE})
_BIGGEST = 1e15


class Asked(Protocol):
    """A question as far as conditions are concerned."""

    @property
    def key(self) -> str: ...
    @property
    def kind(self) -> Kind: ...
    @property
    def condition(self) -> Condition | None: ...
    @property
    def choice_keys(self) -> Sequence[str]: ...


def asked_of(
    fields: Iterable[Asked], answers: Mapping[str, Any], known: Mapping[str, Reading] | None = None
) -> set[str]:
    """The keys of the questions that are asked of somebody who answered ``answers``.

    ``answers`` holds what was typed (a list of strings a key) or what is stored; an answer to a question that is not
    asked counts as not given. ``known`` are readings of questions of an earlier form.
    """
    return set(_walk(fields, answers, known)[0])


def readings_of(fields: Iterable[Asked], answers: Mapping[str, Any]) -> dict[str, Reading]:
    """What conditions see of ``answers``: for handing it to a later form as ``known``."""
    return _walk(fields, answers, None)[1]


def _walk(
    fields: Iterable[Asked], answers: Mapping[str, Any], known: Mapping[str, Reading] | None
) -> tuple[list[str], dict[str, Reading]]:
    asked: list[str] = []
    given: dict[str, Reading] = dict(known or {})
    for field in fields:
        if field.condition is not None and not holds(field.condition, given):
            continue
        asked.append(field.key)
        reading = read(field.kind, answers.get(field.key), field.choice_keys)
        if reading is not None:
            given[field.key] = reading
    return asked, given


def read(kind: Kind, given: Any, choice_keys: Sequence[str] = ()) -> Reading | None:
    """What a condition sees of an answer, typed or stored; None when there is none or it cannot be read."""
    if kind is Kind.HEADING:
        return None
    if kind in OF_MANY:
        items = given if isinstance(given, list | tuple) else [given]
        texts = [_as_text(item) for item in items if isinstance(item, str | int)]
        picked = [text for text in dict.fromkeys(texts) if text in choice_keys]
        return picked or None
    if isinstance(given, list | tuple):
        given = given[0] if given else None
    if isinstance(given, Mapping):
        given = given.get("number")
    if given is None or given is False:
        return None
    if kind is Kind.CONSENT:
        return True if given is True or (isinstance(given, str) and _as_text(given) != "") else None
    if kind is Kind.NUMBER:
        return as_number(given)
    if not isinstance(given, str | int) or isinstance(given, bool):
        return None
    text = _as_text(given)
    if text == "":
        return None
    if kind in _PICKED:
        return text if text in choice_keys else None
    if kind is Kind.DATE:
        return text if is_day(text) else None
    if kind is Kind.MONTH:
        return text if _MONTH.fullmatch(text) else None
    return text


def holds(condition: Condition, given: Mapping[str, Reading]) -> bool:
    """Whether ``condition`` is true of the readings ``given``. What makes no sense is false."""
    if "all" in condition:
        return all(holds(part, given) for part in condition["all"])
    if "any" in condition:
        return any(holds(part, given) for part in condition["any"])
    if "not" in condition:
        return not holds(condition["not"], given)
    reading = given.get(str(condition.get("question")))
    if reading is None:
        return False
    op, value = condition.get("op"), condition.get("value")
    if op == "answered":
        return True
    if op == "is":
        return _is(reading, value)
    if op == "is_not":
        return not _is(reading, value)
    if op == "in":
        return isinstance(value, list) and any(_is_or_holds(reading, one) for one in value)
    if op == "contains":
        if not isinstance(value, str) or value == "" or not isinstance(reading, str | list):
            return False
        return value in reading
    if op in ("more_than", "less_than"):
        number = as_number(value)
        if number is None or isinstance(reading, bool) or not isinstance(reading, float):
            return False
        return reading > number if op == "more_than" else reading < number
    if op in ("before", "after"):
        if not (isinstance(reading, str) and isinstance(value, str) and len(reading) == len(value)):
            return False
        if not (is_day(value) and is_day(reading)) and not (
            _MONTH.fullmatch(value) and _MONTH.fullmatch(reading)
        ):
            return False
        return reading < value if op == "before" else reading > value
    return False


def named_in(condition: Condition | None) -> set[str]:
    """The keys of the questions that ``condition`` looks at."""
    if condition is None:
        return set()
    for word in ("all", "any"):
        if word in condition:
            return set().union(*(named_in(part) for part in condition[word]))
    if "not" in condition:
        return named_in(condition["not"])
    return {str(condition.get("question"))}


def is_well_formed(condition: Any, earlier: Set[str], *, depth: int = DEEPEST) -> bool:
    """Whether ``condition`` has the shape above and looks only at questions with a key in ``earlier``."""
    if not isinstance(condition, dict) or depth <= 0:
        return False
    if set(condition) in ({"all"}, {"any"}):
        parts = next(iter(condition.values()))
        return (
            isinstance(parts, list)
            and len(parts) > 0
            and all(is_well_formed(part, earlier, depth=depth - 1) for part in parts)
        )
    if set(condition) == {"not"}:
        return is_well_formed(condition["not"], earlier, depth=depth - 1)
    if condition.get("question") not in earlier or condition.get("op") not in OPS:
        return False
    value = condition.get("value")
    if condition["op"] == "answered":
        return set(condition) <= {"question", "op", "value"}
    if set(condition) != {"question", "op", "value"}:
        return False
    if condition["op"] == "in":
        return isinstance(value, list) and all(isinstance(one, str | int | float) for one in value)
    if condition["op"] in ("more_than", "less_than"):
        return as_number(value) is not None
    if condition["op"] in ("before", "after"):
        return isinstance(value, str) and (is_day(value) or _MONTH.fullmatch(value) is not None)
    return isinstance(value, str | int | float)


def as_number(given: Any) -> float | None:
    """A number as it was typed (full-width too) or stored, or None."""
    if isinstance(given, bool):
        return None
    if isinstance(given, int | float):
        return float(given) if abs(given) < _BIGGEST else None
    if not isinstance(given, str):
        return None
    text = _BLANKS.sub("", unicodedata.normalize("NFKC", given))
    return float(text) if _NUMBER.fullmatch(text) else None


def is_day(text: str) -> bool:
    """Whether ``text`` is a day that exists, as 2026-05-28."""
    parts = _DAY.fullmatch(text)
    if parts is None:
        return False
    try:
        date(int(parts[1]), int(parts[2]), int(parts[3]))
    except ValueError:
        return False
    return True


def is_month(text: str) -> bool:
    """Whether ``text`` is a month, as 2026-05."""
    return _MONTH.fullmatch(text) is not None


def _as_text(given: str | int) -> str:
    text = _BLANKS.sub(" ", unicodedata.normalize("NFC", str(given)))
    return text.strip(" ")


def _is(reading: Reading, value: Any) -> bool:
    if isinstance(reading, bool):
        return value is True
    if isinstance(reading, float):
        return as_number(value) == reading
    if isinstance(reading, list):
        if isinstance(value, list):
            return set(reading) == {one for one in value if isinstance(one, str)} and len(value) > 0
        return isinstance(value, str) and reading == [value]
    return isinstance(value, str) and reading == value


def _is_or_holds(reading: Reading, value: Any) -> bool:
    if isinstance(reading, list):
        return isinstance(value, str) and value in reading
    return _is(reading, value)

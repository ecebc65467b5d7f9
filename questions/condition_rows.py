"""A condition as rows of a plain form: question, comparison, value. What the editor sends where no script runs.

With a script, static/questions/condition_builder.js offers groups within groups; here it is up to ROWS comparisons that
all hold, or one of which does. Both offer the comparisons of ``comparisons_for``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from questions.conditions import as_number, is_day, is_month
from questions.engine import Field
from questions.models import OF_MANY, Kind

ROWS = 4
NOT_ANSWERED = "not_answered"
"""Offered like a comparison; written as ``{"not": {"op": "answered"}}``."""

_PICKED = frozenset({Kind.CHOICE, Kind.CITY, Kind.DISCIPLINE})
_NEVER_COMPARED = frozenset(
    {Kind.CONSENT, Kind.FILE, Kind.PICTURE, Kind.IDENTITY_PAPER, Kind.RESIDENT_ID, Kind.HEADING}
)
_SEPARATOR = ":"


@dataclass(frozen=True)
class ConditionRow:
    """One row as it is typed; ``choice`` is ``question:choice``, out of a list of every question's choices."""

    question: str = ""
    op: str = ""
    choice: str = ""
    value: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nobody chose a question in it."""
        return not self.question


def comparisons_for(kind: Kind) -> tuple[str, ...]:
    """What may be said of an answer of this kind, the most usual first."""
    if kind in _PICKED:
        return ("is", "in", "is_not", "answered", NOT_ANSWERED)
    if kind in OF_MANY:
        return ("contains", "in", "answered", NOT_ANSWERED)
    if kind is Kind.NUMBER:
        return ("more_than", "less_than", "is", "answered", NOT_ANSWERED)
    if kind in (Kind.DATE, Kind.MONTH):
        return ("before", "after", "is", "answered", NOT_ANSWERED)
    if kind in _NEVER_COMPARED:
        return ("answered", NOT_ANSWERED)
    return ("answered", NOT_ANSWERED, "is", "contains")


def rows_of(condition: Mapping[str, Any] | None) -> tuple[str, list[ConditionRow]] | None:
    """("all" or "any", its rows) of a condition without groups in groups; None when rows cannot hold it."""
    if condition is None:
        return "all", []
    how, parts = "all", [condition]
    for word in ("all", "any"):
        if word in condition:
            how, parts = word, list(condition[word])
    if len(parts) == 1 and parts[0].get("op") == "in":
        # One of several choices: as many rows of which one holds.
        one = parts[0]
        how, parts = "any", [{**one, "op": "in", "value": [value]} for value in one["value"]]
    rows = [_row(part) for part in parts]
    if len(rows) > ROWS or None in rows:
        return None
    return how, [row for row in rows if row is not None]


def _row(part: Mapping[str, Any]) -> ConditionRow | None:
    if "not" in part and part["not"].get("op") == "answered":
        return ConditionRow(str(part["not"]["question"]), NOT_ANSWERED)
    if "question" not in part:
        return None
    key, value = str(part["question"]), part.get("value")
    if isinstance(value, list):
        if len(value) != 1:
            return None
        value = value[0]
    text = "" if value is None else str(value)
    return ConditionRow(key, str(part["op"]), f"{key}{_SEPARATOR}{text}" if text else "", text)


def rows_typed(typed: MultiDict[str, str]) -> list[ConditionRow]:
    """The rows as they were sent."""
    columns: list[list[str]] = [
        typed.getlist(f"plain_{name}") for name in ("question", "op", "choice", "value")
    ]
    return [ConditionRow(*(one.strip() for one in row)) for row in zip(*columns, strict=False)]


def condition_from(
    rows: Sequence[ConditionRow], how: str, earlier: Mapping[str, Field]
) -> tuple[dict[str, Any] | None, str]:
    """The condition that the rows say, and a sentence about the first row that makes no sense, empty when all do."""
    parts: list[dict[str, Any]] = []
    for row in rows:
        if row.is_empty:
            continue
        field = earlier.get(row.question)
        if field is None:
            return None, str(_("This question does not stand before it."))
        part, complaint = _part(row, field)
        if part is None:
            return None, complaint
        if part not in parts:
            parts.append(part)
    if not parts:
        return None, ""
    return {"any" if how == "any" else "all": parts}, ""


def _part(row: ConditionRow, field: Field) -> tuple[dict[str, Any] | None, str]:
    offered = comparisons_for(field.kind)
    op = row.op or offered[0]
    if field.kind in OF_MANY and op == "is":
        op = "contains"
    if op not in offered:
        return None, str(_("“%(question)s” cannot be compared like this.", question=field.label))
    if op == NOT_ANSWERED:
        return {"not": {"question": field.key, "op": "answered"}}, ""
    if op == "answered":
        return {"question": field.key, "op": "answered"}, ""
    value, complaint = _value(row, field)
    if value is None:
        return None, complaint
    return {"question": field.key, "op": op, "value": [value] if op == "in" else value}, ""


def _value(row: ConditionRow, field: Field) -> tuple[str | int | float | None, str]:
    if field.choices:
        asked, _between, key = row.choice.partition(_SEPARATOR)
        if asked == field.key and key in field.choice_keys:
            return key, ""
        # Written instead of picked.
        named = next((one.key for one in field.choices if row.value in (one.label_zh, one.label_en)), None)
        if row.value and named is not None:
            return named, ""
        return None, str(_("Choose one of the choices of “%(question)s”.", question=field.label))
    if field.kind is Kind.NUMBER:
        number = as_number(row.value)
        if number is None:
            return None, str(_("“%(question)s” is compared with a number.", question=field.label))
        return int(number) if number.is_integer() else number, ""
    if field.kind is Kind.DATE and not is_day(row.value):
        return None, str(_("Write the day for “%(question)s” like 2026-05-28.", question=field.label))
    if field.kind is Kind.MONTH and not is_month(row.value):
        return None, str(_("Write the month for “%(question)s” like 2026-05.", question=field.label))
    if not row.value:
        return None, str(_("Say with what “%(question)s” is compared.", question=field.label))
    return row.value, ""

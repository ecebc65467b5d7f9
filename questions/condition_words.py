"""What stands in documents, as sentences for the organiser: "Only if “Lodging” is “Shared room”"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from questions.conditions import Condition
from questions.engine import Field

_STARTS = {
    "today": _l("the day of registering"),
    "opening": _l("the stop's first day"),
    "closing": _l("the last day to register"),
}
_ACTS = {
    "add_question": _l("added a question"),
    "add_ready": _l("added a ready question"),
    "insert_ready_form": _l("inserted a ready form"),
    "save_question": _l("changed a question"),
    "duplicate_question": _l("doubled a question"),
    "archive_question": _l("archived a question"),
    "restore_question": _l("brought a question back"),
    "move_question": _l("moved a question"),
    "add_page": _l("added a page"),
    "rename_page": _l("renamed a page"),
    "step_page": _l("moved a page"),
    "remove_page": _l("removed a page"),
    "take_back": _l("took a change back"),
}


def act_in_words(act: str) -> str:
    """What somebody did to the form, for the list of changes."""
    return str(_ACTS[act])


def limit_in_words(limit: str) -> str:
    """``today-16y`` → ``16 years before the day of registering``; a plain day stays as it is."""
    parts = re.fullmatch(r"(today|opening|closing)([+-])([0-9]+)([dmy])", limit)
    if parts is None:
        return str(_STARTS.get(limit, limit))
    start, sign, number, unit = parts.groups()
    spans = {
        "d": lambda n: ngettext("%(num)s day", "%(num)s days", n),
        "m": lambda n: ngettext("%(num)s month", "%(num)s months", n),
        "y": lambda n: ngettext("%(num)s year", "%(num)s years", n),
    }
    span = spans[unit](int(number))
    if sign == "-":
        return str(_("%(span)s before %(start)s", span=span, start=_STARTS[start]))
    return str(_("%(span)s after %(start)s", span=span, start=_STARTS[start]))


def in_words(condition: Condition | None, fields: Mapping[str, Field]) -> str:
    """The condition in the reader's language; empty without one. ``fields`` are the campaign's questions by key."""
    if condition is None:
        return ""
    return str(_("Only if %(condition)s", condition=_part(condition, fields, outer=True)))


def _part(condition: Condition, fields: Mapping[str, Field], *, outer: bool = False) -> str:
    for word in ("all", "any"):
        if word in condition:
            parts = [_part(part, fields) for part in condition[word]]
            if len(parts) == 1:
                return parts[0]
            joined = (_(" and ") if word == "all" else _(" or ")).join(parts)
            return joined if outer else str(_("(%(condition)s)", condition=joined))
    if "not" in condition:
        inner = condition["not"]
        if inner.get("op") == "answered":
            return str(_("“%(question)s” is not answered", question=_name(inner, fields)))
        return str(_("not %(condition)s", condition=_part(inner, fields)))
    return _comparison(condition, fields)


def _comparison(condition: Condition, fields: Mapping[str, Field]) -> str:
    question, value = _name(condition, fields), _value(condition, fields)
    sentences: dict[str, Any] = {
        "answered": lambda: _("“%(question)s” is answered", question=question),
        "is": lambda: _("“%(question)s” is %(value)s", question=question, value=value),
        "is_not": lambda: _("“%(question)s” is not %(value)s", question=question, value=value),
        "in": lambda: _("“%(question)s” is one of %(value)s", question=question, value=value),
        "contains": lambda: _("“%(question)s” includes %(value)s", question=question, value=value),
        "more_than": lambda: _("“%(question)s” is more than %(value)s", question=question, value=value),
        "less_than": lambda: _("“%(question)s” is less than %(value)s", question=question, value=value),
        "before": lambda: _("“%(question)s” is before %(value)s", question=question, value=value),
        "after": lambda: _("“%(question)s” is after %(value)s", question=question, value=value),
    }
    return str(sentences[str(condition.get("op"))]())


def _name(condition: Condition, fields: Mapping[str, Field]) -> str:
    key = str(condition.get("question"))
    return fields[key].label if key in fields else key


def _value(condition: Condition, fields: Mapping[str, Field]) -> str:
    value = condition.get("value")
    field = fields.get(str(condition.get("question")))
    labels = {choice.key: choice.label for choice in field.choices} if field is not None else {}
    if isinstance(value, list):
        return str(_(", ")).join(_quoted(labels.get(str(one), str(one))) for one in value)
    if value is None:
        return ""
    return _quoted(labels.get(str(value), str(value)))


def _quoted(text: str) -> str:
    return str(_("“%(text)s”", text=text))

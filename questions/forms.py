"""What an organiser may type about a question, as the editor sends it."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from privacy.purposes import Purpose
from questions.condition_rows import condition_from, rows_of, rows_typed
from questions.conditions import is_day
from questions.edit_questions import FIRST_CHOICES, QuestionPlan, is_unnamed
from questions.engine import LONGEST_LINE, LONGEST_TEXT, Field, is_limit
from questions.models import (
    ALWAYS_RESTRICTED,
    ASKED_FOR,
    OF_MANY,
    WITH_CHOICES,
    AskedWhen,
    Core,
    Kind,
    Question,
    first_purpose,
)
from questions.papers import Paper

LONGEST_LABEL = 200
LONGEST_HELP = 500
LONGEST_CHOICE = 100
MOST_CHOICES = 100
LARGEST_MB = 10
ACCEPTED = ("pdf", "docx", "image")
WITH_MOST = OF_MANY
_TYPED_OPTIONS = (
    "min_length", "max_length", "min", "max", "unit_zh", "unit_en", "min_choices", "max_choices", "largest_mb",
)  # fmt: skip
_SHOWN = (
    "id", "campaign_id", "page_id", "key", "kind", "core", "archived_at", "condition", "label_zh", "label_en", "help_zh",
    "help_en",
)  # fmt: skip
TEXTUAL = frozenset({Kind.TEXT, Kind.LONG_TEXT, Kind.UNIVERSITY})
DATED = frozenset({Kind.DATE, Kind.MONTH})


@dataclass
class QuestionForm:
    """One question as it was typed: ``plan`` when there are no ``errors`` (a sentence a field).

    ``earlier`` are the questions its condition may look at, by key; only a form without a script needs them.
    """

    typed: MultiDict[str, str]
    question: Question
    earlier: Mapping[str, Field] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    def plan(self) -> QuestionPlan | None:
        """The question as it is to be, or None with ``errors`` filled."""
        kind = self._one_of("kind", Kind, self.question.kind)
        is_core = self.question.core is not None
        plan = QuestionPlan(
            kind=kind,
            label_zh=self._text("label_zh", LONGEST_LABEL, required=True),
            label_en=self._text("label_en", LONGEST_LABEL),
            help_zh=self._text("help_zh", LONGEST_HELP, lines=True),
            help_en=self._text("help_en", LONGEST_HELP, lines=True),
            required=(self._ticked("required") or (self.question.required and "required_fixed" in self.typed))
            and kind is not Kind.HEADING,
            asked_when=AskedWhen.APPLICATION
            if is_core
            else self._one_of("asked_when", AskedWhen, self.question.asked_when),
            stop_id=self._number_or_none("stop_id"),
            options=self._options(kind),
            condition=self._condition(),
            purpose=self._purpose(kind),
            restricted=not is_core and (self._ticked("restricted") or kind in ALWAYS_RESTRICTED),
        )
        if is_unnamed(self.question) and plan.label_en == self.question.label_en != "":
            # The kind's name in English is no translation of what the question is called now.
            plan = replace(plan, label_en="" if plan.label_zh != self.question.label_zh else plan.label_en)
        return None if self.errors else plan

    def shown(self) -> SimpleNamespace:
        """The question as it was typed, right or wrong, for showing it again where no script keeps it on the page."""
        typed, question = self.typed, self.question
        options = dict(question.options)
        options.update({name: typed[name] for name in _TYPED_OPTIONS if name in typed})
        options.update({name: typed.getlist(name) for name in ("papers", "accept") if name in typed})
        options["whole"] = self._ticked("whole")
        options["source"] = "employers" if self._ticked("from_employers") else None
        for name in ("earliest", "latest"):
            if name in typed:
                is_day_typed = typed[name] == "day"
                options[name] = typed.get(f"{name}_day", "") if is_day_typed else typed[name]
        if "choice_zh" in typed:
            columns = [
                typed.getlist(f"choice_{name}") + [""] * MOST_CHOICES
                for name in ("zh", "key", "en", "capacity")
            ]
            options["choices"] = [
                {"label_zh": zh, "key": key, "label_en": en, "capacity": capacity}
                for zh, key, en, capacity in zip(*columns, strict=False)
                if zh.strip()
            ] + [one for one in question.options.get("choices", ()) if one.get("archived")]
        said = {name: getattr(question, name) for name in _SHOWN}
        said |= {
            "required": self._ticked("required"),
            "restricted": self._ticked("restricted") or question.kind in ALWAYS_RESTRICTED,
            "asked_when": typed.get("asked_when", question.asked_when),
            "stop_id": self._number_or_none("stop_id"),
            "purpose": typed.get("purpose", question.purpose),
            "options": options,
        }
        return SimpleNamespace(**said, label=question.label, help=question.help)

    # ---- pieces ------------------------------------------------------------------------------------------------

    def _text(self, name: str, longest: int, *, required: bool = False, lines: bool = False) -> str:
        text = unicodedata.normalize("NFC", self.typed.get(name, "")).replace("\0", "")
        text = text.replace("\r\n", "\n").strip() if lines else " ".join(text.split())
        if required and not text:
            self.errors[name] = _("Please write what is asked.")
        if len(text) > longest:
            self.errors[name] = _(
                "At most %(longest)s characters; these are %(number)s.", longest=longest, number=len(text)
            )
        return text

    def _ticked(self, name: str) -> bool:
        return self.typed.get(name, "") not in ("", "0")

    def _one_of(self, name: str, values: Any, default: Any) -> Any:
        try:
            return values(self.typed.get(name) or default)
        except ValueError:
            self.errors[name] = _("Please choose one of these.")
            return default

    def _purpose(self, kind: Kind) -> Purpose | None:
        """What it is asked for; a heading asks nothing, and the registration's own columns are what they are."""
        if kind is Kind.HEADING or self.question.core is not None:
            return first_purpose(kind, core=self.question.core)
        said = self._one_of("purpose", Purpose, self.question.purpose or first_purpose(kind))
        if said not in ASKED_FOR:
            self.errors["purpose"] = _("Please choose one of these.")
            return self.question.purpose
        return Purpose(said)

    def _number_or_none(self, name: str) -> int | None:
        text = self.typed.get(name, "").strip()
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None

    def _whole(self, name: str, least: int, most: int) -> int | None:
        text = unicodedata.normalize("NFKC", self.typed.get(name, "")).strip()
        if not text:
            return None
        if not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
            self.errors[name] = _(
                "Please type a whole number from %(least)s to %(most)s.", least=least, most=most
            )
            return None
        return int(text)

    def _decimal(self, name: str) -> int | float | None:
        text = unicodedata.normalize("NFKC", self.typed.get(name, "")).strip()
        if not text:
            return None
        if not re.fullmatch(r"-?[0-9]{1,12}(\.[0-9]{1,4})?", text):
            self.errors[name] = _("Please type a number in digits, for example 12 or 12.5.")
            return None
        number = float(text)
        return int(number) if number.is_integer() else number

    def _options(self, kind: Kind) -> dict[str, Any]:
        """The options of this kind; what the editor does not show is kept as it was."""
        kept = {k: v for k, v in self.question.options.items() if k in ("fits_id", "after_birth")}
        options: dict[str, Any] = dict(kept)
        if kind in TEXTUAL:
            most = LONGEST_TEXT if kind is Kind.LONG_TEXT else LONGEST_LINE
            self._pair(
                options,
                "min_length",
                "max_length",
                self._whole("min_length", 1, most),
                self._whole("max_length", 1, most),
            )
        elif kind is Kind.NUMBER:
            self._pair(options, "min", "max", self._decimal("min"), self._decimal("max"))
            if self._ticked("whole"):
                options["whole"] = True
            for name in ("unit_zh", "unit_en"):
                if unit := self._text(name, 20):
                    options[name] = unit
        elif kind in DATED:
            for name in ("earliest", "latest"):
                if limit := self._limit(name):
                    options[name] = limit
            earliest, latest = options.get("earliest", ""), options.get("latest", "")
            if earliest[:1].isdigit() and latest[:1].isdigit() and earliest > latest:
                self.errors["latest"] = _("This day lies before the first one.")
        elif kind is Kind.IDENTITY_PAPER:
            options["papers"] = [
                paper.value for paper in Paper if paper.value in self.typed.getlist("papers")
            ]
            if not options["papers"]:
                self.errors["papers"] = _("Please choose at least one.")
        elif kind in (Kind.FILE, Kind.PICTURE):
            options["largest_mb"] = self._whole("largest_mb", 1, LARGEST_MB) or LARGEST_MB
            if kind is Kind.FILE:
                options["accept"] = [name for name in ACCEPTED if name in self.typed.getlist("accept")]
                if not options["accept"]:
                    self.errors["accept"] = _("Please choose at least one.")
        if kind is Kind.RANKED and self._ticked("from_employers"):
            options["source"] = "employers"
        elif kind in WITH_CHOICES:
            options["choices"] = self._choices()
        if kind in WITH_MOST:
            self._pair(
                options,
                "min_choices",
                "max_choices",
                self._whole("min_choices", 1, MOST_CHOICES),
                self._whole("max_choices", 1, MOST_CHOICES),
            )
            least, offered = options.get("min_choices"), options.get("choices")
            if least is not None and offered is not None and least > len(offered):
                self.errors["min_choices"] = _("There are not so many choices.")
        return options

    def _pair(self, options: dict[str, Any], low: str, high: str, least: Any, most: Any) -> None:
        if least is not None and most is not None and least > most:
            self.errors[high] = _("This is less than the least.")
        options.update({name: value for name, value in ((low, least), (high, most)) if value is not None})

    def _limit(self, name: str) -> str:
        named = self.typed.get(name, "")
        if named == "day":
            named = self.typed.get(f"{name}_day", "").strip()
            if not (is_day(named) or re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", named)):
                self.errors[name] = _("Please choose a day.")
                return ""
        if named and not is_limit(named):
            self.errors[name] = _("Please choose one of these.")
            return ""
        return named

    def _choices(self) -> list[dict[str, Any]]:
        keys, zhs = self.typed.getlist("choice_key"), self.typed.getlist("choice_zh")
        ens, capacities = self.typed.getlist("choice_en"), self.typed.getlist("choice_capacity")
        fixed = self.question.core is Core.EDUCATION
        known = {str(choice["key"]) for choice in self.question.options.get("choices", ())}
        firsts = {
            str(one["key"]): one for one in self.question.options.get("choices", ()) if one in FIRST_CHOICES
        }
        choices: list[dict[str, Any]] = []
        for place, zh in enumerate(zhs):
            label = " ".join(unicodedata.normalize("NFC", zh).replace("\0", "").split())[:LONGEST_CHOICE]
            if not label:
                continue
            key = keys[place] if place < len(keys) else ""
            used = {choice["key"] for choice in choices}
            if fixed and key not in known:
                continue
            if not re.fullmatch(r"[a-z0-9_]{1,40}", key) or key in used:
                key = _new_choice_key(used | known)
            choice: dict[str, Any] = {"key": key, "label_zh": label}
            choice["label_en"] = " ".join(ens[place].split())[:LONGEST_CHOICE] if place < len(ens) else ""
            if firsts.get(key, {}).get("label_en") == choice["label_en"] and firsts[key]["label_zh"] != label:
                choice["label_en"] = ""  # “Choice 1” is no translation
            capacity = (
                unicodedata.normalize("NFKC", capacities[place]).strip() if place < len(capacities) else ""
            )
            if capacity:
                if re.fullmatch(r"[0-9]{1,6}", capacity):
                    choice["capacity"] = int(capacity)
                else:
                    self.errors["choices"] = _("Places are a whole number; empty means without limit.")
            choices.append(choice)
        if not choices:
            self.errors["choices"] = _("A question like this needs at least one choice.")
        if len(choices) > MOST_CHOICES:
            self.errors["choices"] = _("At most %(most)s choices.", most=MOST_CHOICES)
        if len({choice["label_zh"] for choice in choices}) < len(choices):
            self.errors["choices"] = _("Two choices have the same words.")
        return choices

    def _condition_in_rows(self) -> dict[str, Any] | None:
        """What the rows say; groups in groups, which they cannot show, stay until something takes their place."""
        rows = rows_typed(self.typed)
        if self._ticked("plain_everybody"):
            return None
        if rows_of(self.question.condition) is None and all(row.is_empty for row in rows):
            return self.question.condition
        condition, complaint = condition_from(rows, self.typed.get("plain_how", "all"), self.earlier)
        if complaint:
            self.errors["condition"] = complaint
        return condition

    def _condition(self) -> dict[str, Any] | None:
        if "plain_question" in self.typed:
            return self._condition_in_rows()
        if "condition" not in self.typed:
            return self.question.condition
        text = self.typed["condition"].strip()
        if not text:
            return None
        try:
            condition = json.loads(text)
        except (ValueError, RecursionError):  # the latter: brackets in brackets in brackets
            condition = None
        if not isinstance(condition, Mapping):
            self.errors["condition"] = _("The condition is not complete.")
            return None
        return dict(condition)


def _new_choice_key(taken: set[str]) -> str:
    number = 1
    while f"c{number}" in taken:
        number += 1
    return f"c{number}"

"""A form on its way through a page: the questionnaire with what was typed, what is wrong with it, what is asked."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from flask_babel import gettext as _

from questions.conditions import named_in
from questions.engine import Checked, Field, Judge, Occasion, Page, Questionnaire, asked, check, limit_of
from questions.models import OF_MANY, Core, Kind
from questions.papers import Paper

SHOWN = "questions-shown"
"""The field in which a page without scripts says which questions with a condition it showed."""


@dataclass
class Sheet:
    """``typed`` by name as the browser sends it, ``errors`` a sentence by key, ``files`` labels of kept files by value.

    ``newly_asked`` are questions that came to be asked by the answers just sent and that the page did not show;
    ``was_sent``: the page is shown again because what was sent could not be taken.
    """

    questionnaire: Questionnaire
    occasion: Occasion
    typed: dict[str, list[str]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    newly_asked: list[Field] = field(default_factory=list)
    was_sent: bool = False

    def read(self, typed: Mapping[str, Sequence[str]], *, file_of: Judge | None = None) -> Checked:
        """Take over what was sent and check it; ``errors`` stand in the sheet afterwards."""
        self.take_over(typed)
        checked = check(self.questionnaire, self.typed, occasion=self.occasion, file_of=file_of)
        for one in self.newly_asked:
            if not self.all_given(one):
                checked.errors.pop(one.key, None)  # nobody has been asked yet
        self.errors = dict(checked.errors)
        return checked

    def take_over(self, typed: Mapping[str, Sequence[str]]) -> None:
        """Show what was typed, of the questions that there are."""
        for name in self.names():
            if name in typed:
                self.typed[name] = list(typed[name])
            else:
                self.typed.pop(name, None)
        shown = typed.get(SHOWN)
        self.newly_asked = (
            []
            if shown is None
            else [one for one in self._conditional if one.key not in " ".join(shown).split()]
        )

    def names(self) -> list[str]:
        """The names that the form's fields have in the page."""
        names = []
        for one in self.questionnaire:
            if one.kind is not Kind.HEADING:
                names.append(one.key)
            if one.kind is Kind.IDENTITY_PAPER:
                names.append(f"{one.key}-paper")
        return names

    def names_to_keep(self) -> list[str]:
        """The names that a draft may hold: never an agreement, which is given to the sentence one sees."""
        agreements = {one.key for one in self.questionnaire if one.kind is Kind.CONSENT}
        return [name for name in self.names() if name not in agreements]

    def given(self, one: Field) -> str:
        """What was typed for a question of one value."""
        return next(iter(self.typed.get(one.key, ())), "")

    def all_given(self, one: Field) -> list[str]:
        """What was picked for a question of many values."""
        return [text for text in self.typed.get(one.key, ()) if text]

    def paper_given(self, one: Field) -> str:
        """Which paper was chosen."""
        return next(iter(self.typed.get(f"{one.key}-paper", ())), "")

    def error(self, one: Field) -> str | None:
        """What is wrong with the answer, in words."""
        return self.errors.get(one.key)

    def limit(self, one: Field, side: str) -> str:
        """The first or last day (or month) for the browser's picker; empty when there is none."""
        day = limit_of(one, side, self.occasion)
        if day is None:
            return ""
        return f"{day:%Y-%m}" if one.kind is Kind.MONTH else day.isoformat()

    @property
    def asked(self) -> set[str]:
        """What is asked of whoever typed this."""
        return asked(self.questionnaire, self.typed)

    @property
    def _conditional(self) -> list[Field]:
        """The questions that are asked because of other answers."""
        keys = self.asked
        return [
            one
            for one in self.questionnaire
            if one.condition is not None and one.kind is not Kind.HEADING and one.key in keys
        ]

    @property
    def shown(self) -> str:
        """What a page without scripts sends back in SHOWN."""
        return " ".join(one.key for one in self._conditional)

    @property
    def has_conditions(self) -> bool:
        """Whether any question is asked only of some."""
        return any(one.condition is not None for one in self.questionnaire)

    @property
    def wrong(self) -> list[Field]:
        """The questions whose answers are wrong, in order."""
        return [one for one in self.questionnaire if one.key in self.errors]

    @property
    def pages(self) -> tuple[Page, ...]:
        """The pages in order, without the agreement to the registration: that stands at the end of the last."""
        pages = (
            replace(page, fields=tuple(one for one in page.fields if one.core is not Core.CONSENT))
            for page in self.questionnaire.pages
        )
        return tuple(page for page in pages if page.fields)

    @property
    def agreement(self) -> Field | None:
        """The agreement to the registration."""
        return self.questionnaire.core(Core.CONSENT)

    @property
    def first_page(self) -> int:
        """The number (from 1) of the page to begin with: where the first mistake is, else where one sent it from."""
        for number, page in enumerate(self.pages, start=1):
            if any(one.key in self.errors or one in self.newly_asked for one in page.fields):
                return number
        return len(self.pages) if self.errors or self.was_sent else 1

    @property
    def rules(self) -> str:
        """What conditions.js needs, as JSON."""
        return rules_of(self.questionnaire)

    @property
    def has_files(self) -> bool:
        """Whether a file is asked for."""
        return any(one.kind in (Kind.FILE, Kind.PICTURE) for one in self.questionnaire)

    def refuse(self, key: str, sentence: str) -> None:
        """Say that an answer cannot be taken, found out later than by its form."""
        self.errors[key] = sentence


def rules_of(questionnaire: Questionnaire) -> str:
    """Keys, kinds, choices and conditions for the browser: ``{"questions": […], "known": {…}}`` as JSON.

    Only what a condition can look at: of the known readings those that one names.
    """
    named: set[str] = set()
    for one in questionnaire:
        named |= named_in(one.condition)
    return json.dumps(
        {
            "questions": [
                {
                    "key": one.key,
                    "kind": one.kind.value,
                    "choices": list(one.choice_keys) if one.key in named else [],
                    "condition": one.condition,
                }
                for one in questionnaire
            ],
            "known": {key: reading for key, reading in questionnaire.known.items() if key in named},
        },
        ensure_ascii=False,
    )


def typed_from(questionnaire: Questionnaire, answers: Mapping[str, Any]) -> dict[str, list[str]]:
    """Stored answers as the browser would send them, for showing them in the form again."""
    typed: dict[str, list[str]] = {}
    for one in questionnaire:
        value = answers.get(one.key)
        if value is None or value is False or value == "":
            continue
        if one.kind in OF_MANY:
            typed[one.key] = [str(item) for item in value]
        elif one.kind is Kind.CONSENT:
            typed[one.key] = ["y"]
        elif one.kind is Kind.IDENTITY_PAPER:
            typed[one.key] = [str(value["number"])]
            typed[f"{one.key}-paper"] = [str(value["paper"])]
        else:
            typed[one.key] = [str(value)]
    return typed


def in_words(one: Field, value: Any, files: Mapping[str, str] | None = None) -> str:
    """An answer as people read it: labels for keys, the file's name for its id."""
    if value is None:
        return ""
    labels = {choice.key: choice.label for choice in one.choices}
    if one.kind is Kind.RANKED:
        return " ".join(f"{rank}. {labels.get(key, key)}" for rank, key in enumerate(value, start=1))
    if one.kind in OF_MANY:
        return str(_(", ")).join(labels.get(str(key), str(key)) for key in value)
    if one.kind is Kind.CONSENT:
        return str(_("Yes")) if value else ""
    if one.kind is Kind.IDENTITY_PAPER:
        return f"{Paper(value['paper']).label} {value['number']}"
    if one.kind in (Kind.FILE, Kind.PICTURE):
        return (files or {}).get(str(value), str(value))
    if one.kind is Kind.NUMBER:
        return f"{value} {one.unit}".strip()
    if one.kind is Kind.DISCIPLINE:
        return f"{value} {labels.get(str(value), '')}".strip()
    return labels.get(str(value), str(value))

"""The form without a database: what is asked, and what was typed turned into answers or into sentences.

``options`` of a question is a document; every part is optional:

    choices      [{"key", "label_zh", "label_en", "capacity", "archived"}]   choice, several, ranked; capacity null:
                 no limit; archived: offered no more, kept for the answers given
    source       "employers": the choices of a ranked question are the employers there are
    min_length, max_length      characters of text and long_text
    min, max, whole             number; whole: no decimals; unit_zh, unit_en stand behind the field
    earliest, latest            date, month: 2026-05-28, or today, opening, closing, each with +30d -6m +6y
    min_choices, max_choices    several, ranked (how many ranks), cities
    papers       which papers an identity_paper may be
    accept, largest_mb          file ("pdf", "docx", "image"), picture
    fits_id      on a choice of male/female: the key of the ID number that it has to agree with
    after_birth  on a date or month: {"question": key of the ID number, "years": 20}

Answers in their one spelling: str; number: int or float; several, ranked, cities: list of choice keys, ranked in
order; consent: true; identity_paper: {"paper", "number"}; file, picture: the stored file's id as str.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from wtforms.validators import ValidationError

from files.kinds import DOCUMENTS, PICTURES, FileKind, accepted_by_browsers
from files.look import LARGEST
from privacy.purposes import Purpose
from questions import conditions, papers
from questions.conditions import Condition, Reading
from questions.disciplines import discipline_typed
from questions.models import ALWAYS_RESTRICTED, OF_MANY, AskedWhen, Core, Kind
from shared.fields import full_name_of, line_of, mail_address_of, mobile_of, text_of
from shared.language import in_language
from shared.universities import university_typed

LONGEST_LINE, LONGEST_TEXT = 200, 2000
MOST_RANKS = 3
MOST_CITIES = 3

Typed = Mapping[str, Sequence[str]]
"""What the browser sends: every value of every name."""


@dataclass(frozen=True)
class Choice:
    """One of the answers offered. ``left`` is how many places are left, None where there is no limit."""

    key: str
    label_zh: str
    label_en: str = ""
    capacity: int | None = None
    left: int | None = None

    @property
    def label(self) -> str:
        """The choice in the reader's language."""
        return in_language(self.label_zh, self.label_en)

    @property
    def is_full(self) -> bool:
        """Whether nobody else can choose it."""
        return self.left is not None and self.left <= 0


@dataclass(frozen=True)
class Field:
    """One question as the form asks it. ``id`` is its row's, 0 without one."""

    key: str
    kind: Kind
    label_zh: str
    label_en: str = ""
    help_zh: str = ""
    help_en: str = ""
    required: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)
    condition: Condition | None = None
    core: Core | None = None
    choices: tuple[Choice, ...] = ()
    restricted: bool = False
    purpose: Purpose | None = None
    id: int = 0

    @property
    def label(self) -> str:
        """The question in the reader's language."""
        return in_language(self.label_zh, self.label_en)

    @property
    def help(self) -> str:
        """What is said beneath it, in the reader's language."""
        return in_language(self.help_zh, self.help_en)

    @property
    def choice_keys(self) -> tuple[str, ...]:
        """The keys of the choices."""
        return tuple(choice.key for choice in self.choices)

    @property
    def is_sealed(self) -> bool:
        """Whether its answer is kept sealed and shown masked."""
        return self.restricted or self.kind in ALWAYS_RESTRICTED

    @property
    def unit(self) -> str:
        """What a number counts, in the reader's language."""
        return in_language(str(self.options.get("unit_zh", "")), str(self.options.get("unit_en", "")))

    @property
    def lengths(self) -> tuple[int, int]:
        """The fewest and the most characters of a text."""
        most = LONGEST_TEXT if self.kind is Kind.LONG_TEXT else LONGEST_LINE
        return int(self.options.get("min_length") or 1), int(self.options.get("max_length") or most)

    @property
    def most_choices(self) -> int | None:
        """How many choices at most; None: as many as there are."""
        wanted = self.options.get("max_choices")
        if wanted:
            return int(wanted)
        return {Kind.RANKED: MOST_RANKS, Kind.CITIES: MOST_CITIES}.get(self.kind)

    @property
    def file_kinds(self) -> frozenset[FileKind]:
        """What may be handed in: pictures of a picture, documents of a file unless ``accept`` names others."""
        if self.kind is Kind.PICTURE:
            return PICTURES
        named = {FileKind(name) for name in self.options.get("accept", ()) if name in list(FileKind)}
        if "image" in self.options.get("accept", ()):
            named |= PICTURES
        return frozenset(named) or DOCUMENTS

    @property
    def largest_file(self) -> int:
        """Its bytes at most."""
        return min(LARGEST, int(self.options.get("largest_mb") or 10) * 1_000_000)

    @property
    def accept(self) -> str:
        """What the browser's dialogue offers."""
        return accepted_by_browsers(self.file_kinds)

    @property
    def paper_choices(self) -> list[papers.Paper]:
        """The papers that an identity_paper may be."""
        named = [papers.Paper(name) for name in self.options.get("papers", ()) if name in list(papers.Paper)]
        return named or list(papers.Paper)


@dataclass(frozen=True)
class Page:
    """One page of the form. ``number`` is its row's id."""

    number: int
    title_zh: str
    title_en: str
    fields: tuple[Field, ...]

    @property
    def title(self) -> str:
        """The page's title in the reader's language."""
        return in_language(self.title_zh, self.title_en)


@dataclass(frozen=True)
class Questionnaire:
    """A form as somebody is asked it: only its pages that hold a question.

    ``known`` are readings of an earlier form that conditions may look at.
    """

    version: int
    pages: tuple[Page, ...]
    asked_when: AskedWhen = AskedWhen.APPLICATION
    known: Mapping[str, Reading] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Field]:
        """Every question in order."""
        for page in self.pages:
            yield from page.fields

    def field(self, key: str) -> Field | None:
        """The question with this key, or None."""
        return next((one for one in self if one.key == key), None)

    def core(self, core: Core) -> Field | None:
        """The question whose answer goes to this column, or None."""
        return next((one for one in self if one.core is core), None)

    def with_fields(self, change: Callable[[Field], Field]) -> Questionnaire:
        """The same with every question passed through ``change``."""
        pages = tuple(replace(page, fields=tuple(map(change, page.fields))) for page in self.pages)
        return replace(self, pages=pages)


@dataclass(frozen=True)
class Occasion:
    """The days that limits are counted from: today, the stop's first day and its registration's last."""

    today: date
    opening: date | None = None
    closing: date | None = None


@dataclass(frozen=True)
class Checked:
    """What came of a form: ``values`` by key in their one spelling, ``errors`` a sentence a key, what was ``asked``."""

    values: dict[str, Any]
    errors: dict[str, str]
    asked: frozenset[str]


Judge = Callable[[Field, str], str]
"""Turns what came for a file question into the stored file's id; raises ValidationError when it is nobody's."""


def asked(questionnaire: Questionnaire, answers: Mapping[str, Any]) -> set[str]:
    """The keys of the questions asked of somebody who answered ``answers`` (typed or stored).

    Transitively: an answer to a question that is not asked counts as not given.
    """
    return conditions.asked_of(questionnaire, answers, questionnaire.known)


def check(
    questionnaire: Questionnaire, typed: Typed, *, occasion: Occasion, file_of: Judge | None = None
) -> Checked:
    """Read a whole form: only what is asked is read, everything else that came is passed over.

    ``errors`` are sentences in the reader's language. A question without an answer has no value.
    """
    keys = asked(questionnaire, typed)
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for one in questionnaire:
        if one.key not in keys or one.kind is Kind.HEADING:
            continue
        try:
            value = value_of(one, typed, occasion=occasion, file_of=file_of)
        except ValueError as wrong:
            errors[one.key] = str(wrong)
        else:
            if value is not None:
                values[one.key] = value
    _compare(questionnaire, values, errors)
    return Checked(values, errors, frozenset(keys))


def value_of(one: Field, typed: Typed, *, occasion: Occasion, file_of: Judge | None = None) -> Any:
    """The answer to one question in its one spelling; None when a voluntary one is empty. Raises ValueError."""
    given = [text.strip() for text in typed.get(one.key, ())]
    if one.kind in OF_MANY:
        return _several(one, [text for text in given if text])
    text = given[0] if given else ""
    if not text:
        if not one.required:
            return None
        raise ValidationError(_missing(one))
    if one.kind is Kind.IDENTITY_PAPER:
        return _identity_paper(one, text, typed, occasion)
    if one.kind in (Kind.FILE, Kind.PICTURE):
        if file_of is None:
            raise ValidationError(_("This file has not arrived. Please choose it again."))
        return file_of(one, text)
    return _READERS[one.kind](one, text, occasion)


def _missing(one: Field) -> str:
    """What is said of a required question without an answer."""
    sentences = {
        Kind.NAME: _("Please type your full name."),
        Kind.MOBILE: _("Please type your mobile number."),
        Kind.EMAIL: _("Please type your e-mail address: your ticket is sent there."),
        Kind.CHOICE: _("Please choose what fits best."),
        Kind.CITY: _("Please choose what fits best."),
        Kind.SEVERAL: _("Please choose at least one."),
        Kind.CITIES: _("Please choose at least one."),
        Kind.RANKED: _("Please choose at least one."),
        Kind.FILE: _("Please choose a file."),
        Kind.PICTURE: _("Please choose a picture."),
        Kind.DATE: _("Please choose a day."),
        Kind.MONTH: _("Please choose a month."),
    }
    if one.core is Core.CONSENT:
        return str(_("Without your agreement we may not keep your registration."))
    if one.kind is Kind.CONSENT:
        return str(_("Please tick this, else we cannot go on."))
    return str(sentences.get(one.kind) or _("Please fill this in."))


def _several(one: Field, given: Sequence[str]) -> list[str] | None:
    known = set(one.choice_keys)
    picked = list(dict.fromkeys(given))
    if any(key not in known for key in picked):
        raise ValidationError(_("One of your choices is no longer offered. Please choose again."))
    if one.kind is Kind.RANKED and len(picked) < len(given):
        raise ValidationError(
            _("You have named the same one twice. Please choose another or leave one empty.")
        )
    if one.kind is Kind.SEVERAL:
        picked.sort(key=one.choice_keys.index)
    if not picked:
        if one.required:
            raise ValidationError(_missing(one))
        return None
    least = int(one.options.get("min_choices") or 1)
    if len(picked) < least:
        raise ValidationError(
            ngettext("Please choose at least %(num)s.", "Please choose at least %(num)s.", least)
        )
    most = one.most_choices
    if most is not None and len(picked) > most:
        raise ValidationError(
            _("Please choose three cities at most.")
            if one.kind is Kind.CITIES and most == MOST_CITIES
            else ngettext("Please choose %(num)s at most.", "Please choose %(num)s at most.", most)
        )
    return picked


def _identity_paper(one: Field, number: str, typed: Typed, occasion: Occasion) -> dict[str, str]:
    offered = one.paper_choices
    named = next(iter(typed.get(f"{one.key}-paper", ())), "")
    paper = next((paper for paper in offered if paper == named), offered[0] if len(offered) == 1 else None)
    if paper is None:
        raise ValidationError(_("Please choose which paper it is."))
    return {"paper": paper.value, "number": papers.paper_number(paper, number, today=occasion.today)}


def _picked(one: Field, text: str, _occasion: Occasion) -> str:
    if text not in one.choice_keys:
        raise ValidationError(_("Please choose what fits best."))
    return text


def _number(one: Field, text: str, _occasion: Occasion) -> int | float:
    number = conditions.as_number(text)
    if number is None:
        raise ValidationError(_("Please type a number in digits, for example 12 or 12.5."))
    if one.options.get("whole") and not number.is_integer():
        raise ValidationError(_("Please type a whole number."))
    least, most = one.options.get("min"), one.options.get("max")
    if least is not None and most is not None and not least <= number <= most:
        raise ValidationError(_("The number lies between %(least)s and %(most)s.", least=least, most=most))
    if least is not None and number < least:
        raise ValidationError(_("The number is %(least)s at least.", least=least))
    if most is not None and number > most:
        raise ValidationError(_("The number is %(most)s at most.", most=most))
    return int(number) if number.is_integer() else number


_LOOSE_DAY = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?")
_LOOSE_MONTH = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})月?")
_OFFSET = re.compile(r"(today|opening|closing)(?:([+-][0-9]{1,4})([dmy]))?")


def _date(one: Field, text: str, occasion: Occasion) -> str:
    parts = _LOOSE_DAY.fullmatch(unicodedata.normalize("NFKC", text))
    try:
        day = date(*map(int, parts.groups())) if parts else None
    except ValueError:
        day = None
    if day is None:
        raise ValidationError(_("This day does not exist. Please write it as 2026-05-28."))
    earliest, latest = limit_of(one, "earliest", occasion), limit_of(one, "latest", occasion)
    if earliest and day < earliest:
        raise ValidationError(_("The day is %(earliest)s at the earliest.", earliest=earliest.isoformat()))
    if latest and day > latest:
        raise ValidationError(_("The day is %(latest)s at the latest.", latest=latest.isoformat()))
    return day.isoformat()


def _month(one: Field, text: str, occasion: Occasion) -> str:
    parts = _LOOSE_MONTH.fullmatch(unicodedata.normalize("NFKC", text))
    try:
        first = date(int(parts[1]), int(parts[2]), 1) if parts else None
    except ValueError:
        first = None
    if first is None:
        raise ValidationError(_("This month does not exist. Please write it as 2026-05."))
    month = f"{first:%Y-%m}"
    earliest, latest = limit_of(one, "earliest", occasion), limit_of(one, "latest", occasion)
    if earliest and month < f"{earliest:%Y-%m}":
        raise ValidationError(_("The month is %(earliest)s at the earliest.", earliest=f"{earliest:%Y-%m}"))
    if latest and month > f"{latest:%Y-%m}":
        raise ValidationError(_("The month is %(latest)s at the latest.", latest=f"{latest:%Y-%m}"))
    return month


def limit_of(one: Field, side: str, occasion: Occasion) -> date | None:
    """The first or last day allowed (``side`` is earliest or latest), or None."""
    named = str(one.options.get(side) or "")
    if parts := _OFFSET.fullmatch(named):
        start: date | None = getattr(occasion, parts[1])
        if start is None or parts[2] is None:
            return start
        return _moved(start, int(parts[2]), parts[3])
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}", named):
        named += "-01"
    return date.fromisoformat(named) if conditions.is_day(named) else None


def is_limit(text: str) -> bool:
    """Whether ``text`` may stand in earliest or latest."""
    return bool(
        _OFFSET.fullmatch(text) or conditions.is_day(text) or re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", text)
    )


def _moved(day: date, number: int, unit: str) -> date:
    if unit == "d":
        return day + timedelta(days=number)
    months = day.year * 12 + day.month - 1 + (number * 12 if unit == "y" else number)
    year, month = max(1, min(9999, months // 12)), months % 12 + 1
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month, last)
        except ValueError:
            continue
    return day


def _resident_id(_one: Field, text: str, occasion: Occasion) -> str:
    return papers.resident_id(text, today=occasion.today)


def _trip(_one: Field, text: str, _occasion: Occasion) -> str:
    number = re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).upper().removesuffix("次")
    if not re.fullmatch(r"[GDCZTKYLS]?[0-9]{1,4}|[A-Z0-9]{2}[0-9]{3,4}[A-Z]?", number):
        raise ValidationError(
            _("This is neither the number of a train nor of a flight. They look like G602 or MU5278.")
        )
    return number


def _wechat(_one: Field, text: str, _occasion: Occasion) -> str:
    name = unicodedata.normalize("NFKC", text)
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{5,19}", name) and not re.fullmatch(r"1[3-9][0-9]{9}", name):
        raise ValidationError(
            _(
                "A WeChat number has 6 to 20 letters, digits, - or _ and begins with a letter; a mobile number will do too."
            )
        )
    return name


def _university(one: Field, text: str, _occasion: Occasion) -> str:
    shortest, longest = one.lengths
    known = university_typed(text)
    return known.name_zh if known else line_of(text, shortest=max(2, shortest), longest=min(100, longest))


def _discipline(_one: Field, text: str, _occasion: Occasion) -> str:
    known = discipline_typed(text)
    if known is None:
        raise ValidationError(_("Please choose a discipline from the list, by its name or its four digits."))
    return known.code


def _line(one: Field, text: str, _occasion: Occasion) -> str:
    shortest, longest = one.lengths
    return line_of(text, shortest=shortest, longest=longest)


def _long_text(one: Field, text: str, _occasion: Occasion) -> str:
    shortest, longest = one.lengths
    return text_of(text, shortest=shortest, longest=longest)


_READERS: dict[Kind, Callable[[Field, str, Occasion], Any]] = {
    Kind.NAME: lambda _one, text, _occasion: full_name_of(text),
    Kind.MOBILE: lambda _one, text, _occasion: mobile_of(text),
    Kind.EMAIL: lambda _one, text, _occasion: mail_address_of(text),
    Kind.TEXT: _line,
    Kind.LONG_TEXT: _long_text,
    Kind.CHOICE: _picked,
    Kind.CITY: _picked,
    Kind.DATE: _date,
    Kind.MONTH: _month,
    Kind.NUMBER: _number,
    Kind.RESIDENT_ID: _resident_id,
    Kind.UNIVERSITY: _university,
    Kind.DISCIPLINE: _discipline,
    Kind.TRIP: _trip,
    Kind.WECHAT: _wechat,
    Kind.CONSENT: lambda _one, _text, _occasion: True,
}


def _compare(questionnaire: Questionnaire, values: Mapping[str, Any], errors: dict[str, str]) -> None:
    """Answers that have to agree with the ID number on the same form."""
    for one in questionnaire:
        if one.key not in values:
            continue
        value = values[one.key]
        id_key = str(one.options.get("fits_id", ""))
        if id_key in values and value in ("male", "female"):
            is_male = papers.is_male(_id_number(values[id_key]))
            if is_male is not None and is_male != (value == "male"):
                errors.setdefault(
                    one.key, _("This does not agree with your ID number. Please look at both again.")
                )
        birth = one.options.get("after_birth") or {}
        if birth.get("question") in values and one.kind in (Kind.DATE, Kind.MONTH):
            born = papers.born_on(_id_number(values[birth["question"]]))
            years = int(birth.get("years") or 0)
            if born is not None and value < _moved(born, years, "y").isoformat()[: len(value)]:
                errors.setdefault(
                    one.key,
                    _(
                        "By your ID number you were younger than %(years)s then. Please look at both again.",
                        years=years,
                    ),
                )


def _id_number(value: Any) -> str:
    if isinstance(value, Mapping):
        is_card = value.get("paper") in (papers.Paper.RESIDENT_ID, papers.Paper.RESIDENCE_PERMIT)
        return str(value.get("number")) if is_card else ""
    return str(value)

"""Search as the desk works: what was typed becomes numbers that the people's search keys are asked for.

Every word narrows down. A word may be a part of the name, its pinyin or initials, digits of the mobile, the beginning
of an address, a university or its short name, or a registration's code. Whoever matches as typed stands first; when
there are few of them, those with one wrong character or letter follow.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Integer,
    Select,
    and_,
    any_,
    bindparam,
    case,
    event,
    false,
    func,
    inspect,
    literal,
    or_,
    select,
    true,
    update,
)
from sqlalchemy import text as text_of
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapper

from people.folding import as_pinyin, folded, folded_email, folded_university, is_han, without_accents
from people.models import Person
from people.search_keys import (
    EMAIL,
    INITIALS,
    MOBILE,
    NAME,
    NEAR_NAME,
    NEAR_SOUND,
    SHORTEST_NEAR_NAME,
    SHORTEST_NEAR_SOUND,
    SOUND,
    UNIVERSITY,
    UNIVERSITY_PART,
    WHOLE_SOUND,
    email_keys,
    key,
    pairs,
    university_keys,
    without_one,
)
from people.spelling import spelled
from registrations.models import Registration
from registrations.short_names import universities_named
from shared.codes import ALPHABET, LENGTH, as_typed
from shared.db import db

MOST_WORDS = 6
FEW = 8
"""With fewer than these as typed, those with one wrong character are shown behind them."""
MOST_RANKED = 500
"""More than these are not ranked: whoever types one letter narrows further, and sees the newest meanwhile."""
MOST_PEOPLE = 3_000
"""So many are held by their numbers. Of more than these every thirtieth or so of a hundred thousand is one, and it is
quicker to look through the newest registrations until fifty are found."""
MOST_NEAR = 200
"""So many with one wrong character at most: with more the person is found faster by typing a second word."""

_THROUGH_THE_INDEX = text_of("SET LOCAL enable_seqscan = off")
_AS_ALWAYS = text_of("SET LOCAL enable_seqscan = on")


@dataclass(frozen=True)
class Asked:
    """What was typed, understood. ``han``, ``latin`` and ``digits`` are all of it that is of that kind, joined."""

    words: tuple[str, ...]
    code: str | None
    digits: str
    han: str
    latin: str

    @property
    def is_a_code(self) -> bool:
        """Whether it can be nothing but a registration's code."""
        return self.code is not None and not self.words and not self.digits

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed that could be looked for."""
        return not (self.words or self.code or self.digits)


def understood(text: str) -> Asked:
    """Part what somebody typed into a code, a number and words. Signs and doubled blanks do not matter."""
    plain = unicodedata.normalize("NFKC", text).strip()
    typed = as_typed(plain)
    code = typed if len(typed) == LENGTH and set(typed) <= set(ALPHABET) else None
    if code and any(c.isdigit() for c in code) and any(c.isalpha() for c in code):
        return Asked((), code, "", "", "")
    digits = "".join(c for c in plain if c.isdigit())
    if len(digits) >= 4 and not any(c.isalpha() for c in plain):
        digits = digits.removeprefix("0086") if len(digits) > 11 else digits
        return Asked((), code, digits, "", "")
    words = [part for word in plain.split() for part in _parts(word)][:MOST_WORDS]
    han = "".join(word for word in words if is_han(word[0]))
    latin = "".join(word for word in words if word.isalpha() and not is_han(word[0]))
    return Asked(tuple(words), code, "", han, latin)


def _parts(word: str) -> list[str]:
    """``张wei`` are two words, an address is one; folded."""
    if "@" in word:
        return [folded_email(word)]
    whole, parts = folded(word), list[str]()
    for character in whole:
        if parts and is_han(parts[-1][-1]) == is_han(character):
            parts[-1] += character
        else:
            parts.append(character)
    return parts


def matching(text: str) -> ColumnElement[bool]:
    """The condition that a registration and its person (both in the statement) match ``text`` as typed.

    Nothing typed matches everybody; signs alone match nobody.
    """
    asked = understood(text)
    if asked.is_empty:
        return false() if text.strip() else true()
    if asked.is_a_code:
        return Registration.code == asked.code
    condition = _condition(asked)
    if asked.code:
        holder = select(Registration.person_id).where(Registration.code == asked.code).scalar_subquery()
        return or_(condition, Person.id == holder)
    return condition


def ranked(text: str) -> ColumnElement[int]:
    """How well somebody matches, to order by: 0 exactly, 2 begins so, 3 initials, 6 holds it, 8 nearly."""
    asked = understood(text)
    ranks: list[tuple[ColumnElement[bool], int]] = []
    if asked.code:
        ranks.append((Registration.code == asked.code, 0))
    if asked.digits:
        national = Person.mobile.in_([f"+{asked.digits}", f"+86{asked.digits}"])
        ranks += [(national, 0), (Person.mobile.endswith(asked.digits, autoescape=True), 1)]
    if asked.han and not asked.latin:
        ranks += [
            (Person.name_folded == asked.han, 0),
            (Person.name_folded.startswith(asked.han, autoescape=True), 2),
        ]
    if asked.latin and not asked.han:
        sound = as_pinyin(asked.latin)
        ranks += [
            (Person.name_pinyin.in_({sound, asked.latin}), 0),
            (Person.name_initials == asked.latin, 2 if len(sound) < 4 else 3),
            (Person.name_pinyin.startswith(sound, autoescape=True), 2),
            (Person.name_initials.startswith(asked.latin, autoescape=True), 3),
        ]
    ranks.append((matching(text), 6))
    return case(*ranks, else_=8)


@dataclass(frozen=True)
class Found:
    """What was found, as conditions on registrations alone. ``narrowed`` says whose they are, and for a common text
    looks at them one by one, so that the first fifty are there soon; ``counted`` says the same by way of the people,
    and is quicker for many. ``exact``: somebody matches as typed. ``broad``: so many match that they are not ranked
    but stand by age, the newest first; ``common``: so many that they are not counted to the last one either.
    """

    narrowed: ColumnElement[bool]
    counted: ColumnElement[bool]
    exact: bool = True
    broad: bool = False
    common: bool = False


def found(within: Select[Registration], text: str) -> Found:
    """Those of the registrations ``within`` that ``text`` means.

    First the people are asked for, a few thousand at most, by their keys alone; then the registrations of those. Of
    a text that means more people than that, registrations are looked through from the newest. So the plan is the
    same however many people there are, and for a city too.
    """
    asked, everybody = understood(text), within.order_by(None)
    if asked.is_empty:
        return _told(matching(text))
    by_code = Registration.code == asked.code
    if asked.is_a_code:
        return _told(by_code)
    ids = _people(_condition(asked))
    if len(ids) > MOST_PEOPLE:
        one_by_one = (
            select(_condition(asked))
            .where(Person.id == Registration.person_id)
            .correlate(Registration)
            .scalar_subquery()
        )
        theirs = Registration.person_id.in_(select(Person.id).where(_condition(asked)))
        narrowed, counted = (or_(one, by_code) if asked.code else one for one in (one_by_one, theirs))
        return Found(narrowed, counted, broad=True, common=True)
    exact, broad = True, len(ids) > MOST_RANKED
    near = _near_keys(asked)
    if near and _fewer_than_few(everybody.where(_is_one_of(ids)), exact_ids=ids):
        exact = bool(ids) and _is_there(everybody.where(_is_one_of(ids)))
        ids = [*ids, *_nearly(near)]
    condition = _is_one_of(ids)
    if asked.code:
        exact = exact or _is_there(everybody.where(by_code))
        condition = or_(condition, by_code)
    return Found(condition, condition, exact, broad)


def _told(condition: ColumnElement[bool]) -> Found:
    return Found(condition, condition)


def _condition(asked: Asked) -> ColumnElement[bool]:
    """On people alone."""
    return and_(*map(_says, asked.words)) if asked.words else _all_of([key(MOBILE, asked.digits)])


def _people(condition: ColumnElement[bool]) -> list[int]:
    """The people for whom ``condition`` holds; one more than MOST_PEOPLE says that there are more."""
    return _by_keys(select(Person.id).where(condition).limit(MOST_PEOPLE + 1))


def _nearly(near: tuple[str, list[str]]) -> list[int]:
    """The people with one wrong character or letter."""
    kind, texts = near
    length, typed = func.char_length(Person.name_folded), len(texts[0])
    if kind == NEAR_SOUND:
        length = func.char_length(Person.name_pinyin)
    return _by_keys(
        select(Person.id)
        .where(_any_of(key(kind, text) for text in texts), length.between(typed - 1, typed + 1))
        .limit(MOST_NEAR)
    )


def _by_keys(statement: Select[int]) -> list[int]:
    with through_the_index():
        return list(db.session.scalars(statement))


@contextmanager
def through_the_index() -> Iterator[None]:
    """Find people by their keys' index: looking into each array is dearer than the planner believes."""
    db.session.execute(_THROUGH_THE_INDEX)
    yield
    db.session.execute(_AS_ALWAYS)


def _near_keys(asked: Asked) -> tuple[str, list[str]] | None:
    """The kind and the texts of the keys that somebody with one wrong character shares; None for short texts."""
    whole = "".join(
        asked.words
    )  # with digits or an address beside it, a name is narrowed, not spelled wrongly
    if whole == asked.han and len(asked.han) >= SHORTEST_NEAR_NAME:
        return NEAR_NAME, without_one(asked.han)
    sound = as_pinyin(asked.latin)
    if whole == asked.latin and len(sound) >= SHORTEST_NEAR_SOUND:
        return NEAR_SOUND, without_one(sound)
    return None


def _is_one_of(person_ids: list[int]) -> ColumnElement[bool]:
    return Registration.person_id == any_(literal(person_ids, ARRAY(Integer)))


def _fewer_than_few(statement: Select[Registration], *, exact_ids: list[int]) -> bool:
    if not exact_ids:
        return True
    some = statement.with_only_columns(Registration.id).limit(FEW).subquery()
    return (db.session.scalar(select(func.count()).select_from(some)) or 0) < FEW


def _is_there(statement: Select[Registration]) -> bool:
    return db.session.scalar(statement.with_only_columns(Registration.id).limit(1)) is not None


def _says(word: str) -> ColumnElement[bool]:
    """That one word stands in the name, the address or the university."""
    if "@" in word:
        return _any_of({key(EMAIL, word), key(EMAIL, folded(word.partition("@")[0]))})
    if is_han(word[0]):
        return _says_characters(word)
    if word.isdigit():
        return _all_of([key(MOBILE if len(word) >= 4 else EMAIL, word)])
    sound = as_pinyin(word)
    any_of = {key(SOUND, sound), key(SOUND, without_accents(word)), key(INITIALS, word)}
    if len(word) >= 3:
        any_of |= {key(EMAIL, word), key(UNIVERSITY_PART, word)}
        any_of |= {key(UNIVERSITY, folded(name)) for name in universities_named(word)}
    return _any_of(any_of)


def _says_characters(word: str) -> ColumnElement[bool]:
    any_of = {key(UNIVERSITY, folded(name)) for name in universities_named(word)} if len(word) > 1 else set()
    if len(word) > 1:
        any_of.add(key(WHOLE_SOUND, as_pinyin(spelled(word)[0])))
    if len(word) <= 2:
        any_of.add(key(NAME, word))
    if len(word) == 2:
        any_of.add(key(UNIVERSITY_PART, word))
    conditions = [_any_of(any_of)] if any_of else []
    if len(word) > 2:
        parts = list(pairs(word))
        conditions.append(_all_of(key(NAME, part) for part in parts))
        conditions.append(_all_of(key(UNIVERSITY_PART, part) for part in parts))
    return or_(*conditions)


def _any_of(keys: Iterable[int]) -> ColumnElement[bool]:
    overlap: ColumnElement[bool] = Person.search_keys.overlap(_inline(keys))
    return overlap


def _all_of(keys: Iterable[int]) -> ColumnElement[bool]:
    return Person.search_keys.contains(_inline(keys))


def _inline(keys: Iterable[int]) -> BindParameter[list[int]]:
    # Within the statement's text: the planner must see how frequent they are.
    return bindparam(
        None,
        sorted(set(keys)),
        type_=ARRAY(Integer),  # type: ignore[arg-type]
        literal_execute=True,
        unique=True,
    )


@event.listens_for(Registration, "after_insert")
@event.listens_for(Registration, "after_update")
def _found_by_what_was_given(
    _mapper: Mapper[Registration], connection: Connection, registration: Registration
) -> None:
    """Whoever gives another university or address is found by that one too."""
    attributes = inspect(registration).attrs
    if not any(attributes[given].history.has_changes() for given in ("university", "email", "person_id")):
        return
    known: Person | None = inspect(registration).dict.get("person")
    if (
        known is not None
        and known.email == registration.email
        and known.university_folded == folded_university(registration.university)
    ):
        return  # the person has just been written with them
    people = Person.__table__.c
    keys = sorted({*university_keys(registration.university), *email_keys(registration.email)})
    connection.execute(
        update(Person.__table__)  # type: ignore[arg-type]
        .where(people.id == registration.person_id, ~people.search_keys.contains(keys))
        .values(search_keys=people.search_keys.op("||")(literal(keys, ARRAY(Integer))))
    )

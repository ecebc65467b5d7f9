"""The door through which a person enters: the same mobile and name is the same person."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from people.models import Person
from shared.clock import now
from shared.db import db

# Surnames that are read otherwise than the character usually is.
SURNAMES = {
    "曾": "zeng",
    "仇": "qiu",
    "朴": "piao",
    "解": "xie",
    "查": "zha",
    "盖": "ge",
    "单": "shan",
    "区": "ou",
    "任": "ren",
    "华": "hua",
    "覃": "qin",
    "翟": "zhai",
    "尉": "wei",
    "冼": "xian",
    "缪": "miao",
    "乐": "yue",
}


def spelled(full_name: str) -> tuple[str, str]:
    """The name's pinyin without blanks and its initials: ``曾国华`` → ``("zengguohua", "zgh")``."""
    # Its dictionaries take a third of a second to load: not before the first name is spelled.
    from pypinyin import Style, lazy_pinyin

    # pypinyin's annotation says str, its documentation and its code take a list.
    read = lazy_pinyin(full_name, style=Style.NORMAL, errors=_kept)  # type: ignore[arg-type]
    syllables = [syllable.lower() for syllable in read]
    if full_name and full_name[0] in SURNAMES and syllables:
        syllables[0] = SURNAMES[full_name[0]]
    syllables = [s for s in syllables if s]
    return "".join(syllables), "".join(s[0] for s in syllables)


def _kept(text: str) -> list[str]:
    """Latin words stay, without their apostrophes; blanks, hyphens and the middle dot part them."""
    for between in "·-‐":
        text = text.replace(between, " ")
    words = ("".join(letter for letter in word if letter.isalnum()) for word in text.split())
    return [word for word in words if word]


def find_or_add(*, full_name: str, mobile: str, email: str) -> Person:
    """The person with this name and mobile, added when new; safe when two forms arrive at once.

    ``full_name`` is NFC, ``mobile`` E.164 (``+8613800000000``). The caller holds the transaction.
    """
    pinyin, initials = spelled(full_name)
    db.session.execute(
        insert(Person)
        .values(
            full_name=full_name,
            mobile=mobile,
            email=email,
            name_pinyin=pinyin,
            name_initials=initials,
            created_at=now(),
        )
        .on_conflict_do_nothing(constraint="uq_people_mobile_full_name")
    )
    return db.session.scalars(
        select(Person).where(Person.mobile == mobile, Person.full_name == full_name)
    ).one()

"""Whether two people are one: what they have in common, what it is worth. Pure; no database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from people.models import Reason

POINTS: dict[Reason, int] = {
    Reason.ID_NUMBER: 100,
    Reason.MOBILE: 45,
    Reason.NAME: 40,
    Reason.EMAIL: 35,
    Reason.SIMILAR_NAME: 25,
    Reason.UNIVERSITY: 15,
    Reason.EDUCATION: 5,
}
LIKELY = 55
"""From this many points on somebody is asked to look."""
_SHORTEST_NEAR = 3


class Compared(Protocol):
    """What is compared: the forms of ``people/keep.py``, or those of a row that is no person yet."""

    @property
    def full_name(self) -> str: ...
    @property
    def name_folded(self) -> str: ...
    @property
    def name_pinyin(self) -> str: ...
    @property
    def mobile_hash(self) -> bytes | None: ...
    @property
    def email_hash(self) -> bytes | None: ...
    @property
    def university_folded(self) -> str: ...
    @property
    def education(self) -> str | None: ...
    @property
    def id_number_hash(self) -> bytes | None: ...


@dataclass(frozen=True)
class Verdict:
    """What two have in common. ``is_certain``: no need to ask. ``is_likely``: somebody should look."""

    reasons: tuple[Reason, ...] = ()

    @property
    def score(self) -> int:
        """The points of the reasons, 100 at most."""
        return min(100, sum(POINTS[reason] for reason in self.reasons))

    @property
    def is_certain(self) -> bool:
        """The same ID number, or the same name with the same mobile."""
        return Reason.ID_NUMBER in self.reasons or {Reason.NAME, Reason.MOBILE} <= set(self.reasons)

    @property
    def is_likely(self) -> bool:
        """Enough points, and the name is among them, unless mobile and address are both the same."""
        named = Reason.NAME in self.reasons or Reason.SIMILAR_NAME in self.reasons
        both = {Reason.MOBILE, Reason.EMAIL} <= set(self.reasons)
        return self.is_certain or (self.score >= LIKELY and (named or both))


def compare(one: Compared, other: Compared) -> Verdict:
    """What ``one`` and ``other`` have in common; nothing at all when their ID numbers differ."""
    if one.id_number_hash and other.id_number_hash and one.id_number_hash != other.id_number_hash:
        return Verdict()
    reasons = []
    if one.id_number_hash and one.id_number_hash == other.id_number_hash:
        reasons.append(Reason.ID_NUMBER)
    if one.mobile_hash and one.mobile_hash == other.mobile_hash:
        reasons.append(Reason.MOBILE)
    if one.email_hash and one.email_hash == other.email_hash:
        reasons.append(Reason.EMAIL)
    if one.name_folded and one.name_folded == other.name_folded:
        reasons.append(Reason.NAME)
    elif _similar(one, other):
        reasons.append(Reason.SIMILAR_NAME)
    if one.university_folded and one.university_folded == other.university_folded:
        reasons.append(Reason.UNIVERSITY)
        if one.education and one.education == other.education:
            reasons.append(Reason.EDUCATION)
    return Verdict(tuple(reasons))


def _similar(one: Compared, other: Compared) -> bool:
    if one.name_pinyin and one.name_pinyin == other.name_pinyin:
        return True
    if _words(one.full_name) == _words(other.full_name):
        return True  # given name first or last
    return (
        min(len(one.name_folded), len(other.name_folded)) >= _SHORTEST_NEAR
        and one.name_folded != other.name_folded
        and one_apart(one.name_folded, other.name_folded)
    )


def _words(full_name: str) -> list[str]:
    return sorted(full_name.casefold().replace("·", " ").replace("-", " ").split())


def one_apart(one: str, other: str) -> bool:
    """Whether one character added, left out, changed or exchanged with its neighbour makes the other."""
    if abs(len(one) - len(other)) > 1:
        return False
    begin = 0
    while begin < min(len(one), len(other)) and one[begin] == other[begin]:
        begin += 1
    a, b = one[begin:], other[begin:]
    return a[1:] == b[1:] or a == b[1:] or a[1:] == b or (a[:2] == b[1::-1] and a[2:] == b[2:])

"""Finding people who may be one, and remembering what was said of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import undefer

from audit.record import SYSTEM, Actor, record
from people.compare import Compared, Verdict, compare
from people.folding import folded, folded_email, folded_university
from people.keep import EMAIL_USE, MOBILE_USE
from people.merge import merge
from people.models import PairState, Person, PersonPair
from people.spelling import spelled
from shared.clock import now
from shared.db import db, hold
from shared.errors import NotFound, Refusal
from shared.sealing import keyed_hash

MOST_NAMESAKES = 60
"""With more people of one name than this, name and university say nothing."""
CHUNK = 200
_COMPARED = (undefer(Person.id_number_hash),)


def look_for_pairs(person_id: int) -> int:
    """Compare one person with those who share something with him: who is certainly the same is merged, who may be is
    noted. Returns how many pairs were noted. Bears being done twice. The caller holds the transaction.
    """
    person = db.session.get(Person, person_id, options=_COMPARED, populate_existing=True)
    if person is None or person.merged_into_id is not None:
        return 0
    noted = 0
    for other in _candidates(person):
        verdict = compare(person, other)
        if verdict.is_certain and (survivor_id := _merged(person, other)) is not None:
            if survivor_id != person.id:
                return noted
            continue
        if verdict.is_likely:
            note_pair(person, other, verdict)
            noted += 1
    return noted


def look_for_more(after_id: int) -> int | None:
    """``look_for_pairs`` for the next people after ``after_id``; the last one's id, or None when there are no more."""
    ids = db.session.scalars(
        select(Person.id)
        .where(Person.id > after_id, Person.merged_into_id.is_(None))
        .order_by(Person.id)
        .limit(CHUNK)
    ).all()
    for person_id in ids:
        look_for_pairs(person_id)
    return ids[-1] if len(ids) == CHUNK else None


def say_different(pair_id: int, *, by: Actor) -> PersonPair:
    """The two are not the same person: never suggested again. Raises NotFound. The caller holds the transaction."""
    pair = hold(PersonPair, pair_id)
    if pair is None:
        raise NotFound
    if pair.state is PairState.OPEN:
        pair.state, pair.decided_at, pair.decided_by_id = PairState.DIFFERENT, now(), by.id
        record("say_different", pair, by=by, one_id=pair.one_id, other_id=pair.other_id)
    return pair


def ask_again(pair_id: int, *, by: Actor) -> PersonPair:
    """Take back that the two are different. Raises NotFound. The caller holds the transaction."""
    pair = hold(PersonPair, pair_id)
    if pair is None:
        raise NotFound
    if pair.state is PairState.DIFFERENT:
        pair.state, pair.decided_at, pair.decided_by_id = PairState.OPEN, None, None
        record("ask_again", pair, by=by, one_id=pair.one_id, other_id=pair.other_id)
    return pair


@dataclass(frozen=True)
class Row:
    """Somebody in a list that is no person yet, in the forms that are compared."""

    full_name: str
    name_folded: str
    name_pinyin: str
    mobile_hash: bytes | None
    email_hash: bytes | None
    university_folded: str
    education: str | None = None
    id_number_hash: bytes | None = None


def as_row(*, full_name: str, mobile: str | None, email: str, university: str = "") -> Row:
    """A row of an import as it is compared; ``mobile`` E.164. Needs an application context."""
    return Row(
        full_name=full_name,
        name_folded=folded(full_name),
        name_pinyin=spelled(full_name)[0],
        mobile_hash=keyed_hash(mobile, use=MOBILE_USE) if mobile else None,
        email_hash=keyed_hash(folded_email(email), use=EMAIL_USE) if email else None,
        university_folded=folded_university(university),
    )


def find_same_within(rows: Sequence[Compared]) -> list[tuple[int, int, Verdict]]:
    """Who stands in the list twice: (first place, later place, verdict), certain and likely ones, by the later place.

    Places count from 0. Only rows that share a mobile, an address, an ID number or a name are compared with each other.
    """
    seen: dict[tuple[str, object], list[int]] = {}
    found: list[tuple[int, int, Verdict]] = []
    for place, row in enumerate(rows):
        shared = [
            (kind, value)
            for kind, value in (
                ("mobile", row.mobile_hash),
                ("email", row.email_hash),
                ("id", row.id_number_hash),
                ("name", row.name_folded),
            )
            if value
        ]
        earlier = sorted({one for part in shared for one in seen.get(part, ())[-MOST_NAMESAKES:]})
        for one in earlier:
            verdict = compare(rows[one], row)
            if verdict.is_likely:
                found.append((one, place, verdict))
                break
        for part in shared:
            seen.setdefault(part, []).append(place)
    return found


def _candidates(person: Person) -> list[Person]:
    """Who shares the mobile, the address, the ID number, or the name together with the university."""
    ways = []
    if person.mobile_hash:
        ways.append(Person.mobile_hash == person.mobile_hash)
    if person.email_hash:
        ways.append(Person.email_hash == person.email_hash)
    if person.id_number_hash:
        ways.append(Person.id_number_hash == person.id_number_hash)
    if person.name_folded and person.university_folded and not _is_common(person.name_folded):
        ways.append(
            and_(
                Person.name_folded == person.name_folded,
                Person.university_folded == person.university_folded,
            )
        )
    if not ways:
        return []
    return list(
        db.session.scalars(
            select(Person)
            .where(or_(*ways), Person.id != person.id, Person.merged_into_id.is_(None))
            .order_by(Person.id)
            .limit(MOST_NAMESAKES)
            .options(*_COMPARED)
        )
    )


def _is_common(name_folded: str) -> bool:
    some = select(Person.id).where(Person.name_folded == name_folded).limit(MOST_NAMESAKES + 1).subquery()
    return (db.session.scalar(select(func.count()).select_from(some)) or 0) > MOST_NAMESAKES


def _merged(person: Person, other: Person) -> int | None:
    """Merge two of whom there is no doubt, and say who stays; None when something has to be chosen or was said before."""
    said = db.session.scalar(select(PersonPair.state).where(_is_pair(person.id, other.id)))
    if said is PairState.DIFFERENT:
        return None
    try:
        with db.session.begin_nested():
            return merge(person.id, other.id, by=SYSTEM).survivor_id
    except Refusal:
        db.session.refresh(person)
        return None


def note_pair(person: Person, other: Person, verdict: Verdict) -> None:
    """Suggest that these two are one, unless somebody has said that they are not."""
    one_id, other_id = sorted((person.id, other.id))
    statement = insert(PersonPair).values(
        one_id=one_id,
        other_id=other_id,
        score=verdict.score,
        reasons=[reason.value for reason in verdict.reasons],
        found_at=now(),
        state=PairState.OPEN,
    )
    db.session.execute(
        statement.on_conflict_do_update(
            constraint="uq_person_pairs_unordered",
            set_={"score": statement.excluded.score, "reasons": statement.excluded.reasons},
            where=PersonPair.state == PairState.OPEN,
        )
    )


def _is_pair(one_id: int, other_id: int) -> ColumnElement[bool]:
    smaller, larger = sorted((one_id, other_id))
    return and_(PersonPair.one_id == smaller, PersonPair.other_id == larger)

"""Two people become one, and are taken apart again when that was a mistake."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError

from audit.record import SYSTEM, Actor, record
from jobs.outbox import enqueue
from people.belongings import move_all, move_all_back
from people.errors import AlreadyOne, CannotBeUndone, DifferentIdNumbers, MergedOnward, NameAndMobileTaken
from people.find_or_add import held
from people.keep import ID_NUMBER_USE, refresh
from people.models import PairState, Person, PersonMerge, PersonPair
from shared.clock import now
from shared.db import db, hold
from shared.errors import NotFound
from shared.sealing import keyed_hash, keyed_hashes, seal, unseal_text

UNDO_WITHIN = timedelta(days=30)
CHOSEN = ("full_name", "mobile", "email")
"""The fields of which one of the two is kept."""
_KEPT = (*CHOSEN, "university_folded", "education")


def merge(
    one_id: int,
    other_id: int,
    *,
    by: Actor | str,
    choices: Mapping[str, int] | None = None,
    kept: Mapping[str, int] | None = None,
) -> PersonMerge:
    """Make the two one. The older row stays, unless name and mobile are chosen from the other.

    ``choices`` names for a field of CHOSEN the person whose value is kept (else that of the one who stays); ``kept``
    the row that stands of each clash. The other one points to him from now on and all that was his is moved. Within
    thirty days ``undo`` restores it. Raises NotFound, AlreadyOne, DifferentIdNumbers, NameAndMobileTaken or what the
    packages above refuse. The caller holds the transaction.
    """
    choices = dict(choices or {})
    older, newer = _held_both(one_id, other_id)
    survivor, absorbed = _roles(older, newer, choices)
    number = id_number_of(absorbed)
    earlier_number = id_number_of(survivor)
    if number and earlier_number and number != earlier_number:
        raise DifferentIdNumbers
    before = _kept_fields(survivor)
    moved = move_all(survivor.id, absorbed.id, kept or {}, by)
    absorbed.merged_into_id = survivor.id
    absorbed.search_keys = []
    db.session.flush()
    try:
        with db.session.begin_nested():
            for field in CHOSEN:
                if choices.get(field) == absorbed.id:
                    setattr(survivor, field, getattr(absorbed, field))
            survivor.university_folded = survivor.university_folded or absorbed.university_folded
            survivor.education = survivor.education or absorbed.education
            if number and not earlier_number:
                keep_id_number(survivor, number)
            refresh(survivor)
            db.session.flush()
    except IntegrityError:
        raise NameAndMobileTaken from None
    done = PersonMerge(
        survivor_id=survivor.id,
        absorbed_id=absorbed.id,
        merged_at=now(),
        merged_by_id=None if isinstance(by, str) else by.id,
        undo_until=now() + UNDO_WITHIN,
    )
    db.session.add(done)
    db.session.flush()
    document = {
        "before": before,
        "after": _kept_fields(survivor),
        "took_id_number": bool(number and not earlier_number),
        "moved": moved,
        "pairs": _hand_over_pairs(survivor.id, absorbed.id, by),
    }
    done.moved = seal(json.dumps(document), context=_place(done))
    record("merge_people", done, by=by, survivor_id=survivor.id, absorbed_id=absorbed.id)
    from people.tasks import forget_merge  # the task calls back here

    enqueue(forget_merge, due_at=done.undo_until, merge_id=done.id)
    return done


def undo(merge_id: int, *, by: Actor | str) -> PersonMerge:
    """Take a merge back: everything it moved and changed is as before; what came since stays with the one who stayed.

    Raises NotFound, CannotBeUndone, MergedOnward or NameAndMobileTaken. The caller holds the transaction.
    """
    found = db.session.get(PersonMerge, merge_id)
    if found is None:
        raise NotFound
    people = {person.id: person for person in _held(found.survivor_id, found.absorbed_id)}
    survivor, absorbed = people[found.survivor_id], people[found.absorbed_id]
    done = hold(PersonMerge, merge_id)
    if done is None or done.undone_at is not None or done.moved is None or done.undo_until < now():
        raise CannotBeUndone
    if survivor.merged_into_id is not None:
        raise MergedOnward
    document = json.loads(unseal_text(done.moved, context=_place(done)))
    try:
        with db.session.begin_nested():
            for field, value in document["before"].items():  # what was changed since is left alone
                if getattr(survivor, field) == document["after"][field]:
                    setattr(survivor, field, value)
            if document["took_id_number"]:
                survivor.id_number_sealed = survivor.id_number_hash = None
            absorbed.merged_into_id = None
            db.session.flush()
            move_all_back(document["moved"], survivor.id, absorbed.id, by)
            for person in (survivor, absorbed):
                refresh(person)
            db.session.flush()
    except IntegrityError:
        raise NameAndMobileTaken from None
    _take_pairs_back(document["pairs"])
    done.undone_at = now()
    done.undone_by_id = None if isinstance(by, str) else by.id
    done.moved = None
    record("undo_merge", done, by=by, survivor_id=survivor.id, absorbed_id=absorbed.id)
    return done


def forget(merge_id: int) -> None:
    """Empty the document of a merge that can no longer be taken back. The caller holds the transaction."""
    done = hold(PersonMerge, merge_id)
    if done is not None and done.undo_until <= now() and done.moved is not None:
        done.moved = None
        record("forget_merge", done)


def note_id_number(person_id: int, number: str) -> Person:
    """Remember a resident ID number, sealed; whoever has the same is the same person and is merged at once.

    ``number`` is in its one spelling (18 characters, X capital). Returns the person who stands. Raises
    DifferentIdNumbers when another number is known. The caller holds the transaction.
    """
    person = held(person_id)
    wanted = keyed_hashes(number, use=ID_NUMBER_USE)
    if person.id_number_hash in wanted:
        return person
    if person.id_number_hash is not None:
        raise DifferentIdNumbers
    same = db.session.scalar(
        select(Person.id)
        .where(Person.id_number_hash.in_(wanted), Person.merged_into_id.is_(None))
        .order_by(Person.id)
        .limit(1)
    )
    if same is not None:
        return db.session.get_one(Person, merge(same, person.id, by=SYSTEM).survivor_id)
    keep_id_number(person, number)
    db.session.flush()
    return person


def id_number_of(person: Person) -> str | None:
    """The resident ID number, unsealed, or None."""
    if person.id_number_sealed is None:
        return None
    return unseal_text(person.id_number_sealed, context=f"{ID_NUMBER_USE}:{person.id}")


def keep_id_number(person: Person, number: str) -> None:
    """Seal the number to ``person``, with the hash by which it is found."""
    person.id_number_sealed = seal(number, context=f"{ID_NUMBER_USE}:{person.id}")
    person.id_number_hash = keyed_hash(number, use=ID_NUMBER_USE)


def _held(*person_ids: int) -> list[Person]:
    """Held in the order of their ids, so that two merges never wait for each other."""
    found = [hold(Person, person_id) for person_id in sorted(person_ids)]
    return [person for person in found if person is not None]


def _held_both(one_id: int, other_id: int) -> tuple[Person, Person]:
    people = _held(*{one_id, other_id})
    if len(people) != len({one_id, other_id}):
        raise NotFound
    if len(people) != 2 or any(person.merged_into_id is not None for person in people):
        raise AlreadyOne
    return people[0], people[1]


def _roles(older: Person, newer: Person, choices: Mapping[str, int]) -> tuple[Person, Person]:
    """Who stays and who goes: the older stays, unless what was chosen is the newer one's name with his mobile."""
    by_id = {older.id: older, newer.id: newer}
    name = by_id.get(choices.get("full_name", older.id), older).full_name
    mobile = by_id.get(choices.get("mobile", older.id), older).mobile
    if (name, mobile) == (newer.full_name, newer.mobile) != (older.full_name, older.mobile):
        return newer, older
    return older, newer


def _kept_fields(person: Person) -> dict[str, Any]:
    return {field: getattr(person, field) for field in _KEPT}


def _place(done: PersonMerge) -> str:
    return f"person_merges.moved:{done.id}"


def _pairs_of(person_id: int) -> list[PersonPair]:
    return list(
        db.session.scalars(
            select(PersonPair)
            .where(or_(PersonPair.one_id == person_id, PersonPair.other_id == person_id))
            .order_by(PersonPair.id)
            .with_for_update(of=PersonPair)
            .execution_options(populate_existing=True)
        )
    )


def _hand_over_pairs(survivor_id: int, absorbed_id: int, by: Actor | str) -> list[dict[str, Any]]:
    """What was said of the absorbed one holds of the survivor; the pair of the two is settled."""
    moment = now()
    known = {frozenset((pair.one_id, pair.other_id)): pair for pair in _pairs_of(survivor_id)}
    changed = []
    for pair in _pairs_of(absorbed_id):
        changed.append(_pair_as_it_is(pair))
        third = pair.other_id if pair.one_id == absorbed_id else pair.one_id
        if third == survivor_id:
            pair.state = PairState.MERGED
            pair.decided_at = moment
            pair.decided_by_id = None if isinstance(by, str) else by.id
            continue
        there = known.get(frozenset((survivor_id, third)))
        if there is None:
            pair.one_id, pair.other_id = sorted((survivor_id, third))
            continue
        if pair.state is PairState.DIFFERENT and there.state is PairState.OPEN:
            changed.append(_pair_as_it_is(there))
            there.state, there.decided_at, there.decided_by_id = (
                pair.state,
                pair.decided_at,
                pair.decided_by_id,
            )
        if pair.state is PairState.OPEN:  # the survivor's own pair with the third asks the same question
            pair.state, pair.decided_at = PairState.MERGED, moment
    db.session.flush()
    return changed


def _pair_as_it_is(pair: PersonPair) -> dict[str, Any]:
    return {
        "id": pair.id,
        "one_id": pair.one_id,
        "other_id": pair.other_id,
        "state": pair.state.value,
        "decided_at": pair.decided_at.isoformat() if pair.decided_at else None,
        "decided_by_id": pair.decided_by_id,
    }


def _take_pairs_back(pairs: list[dict[str, Any]]) -> None:
    for was in reversed(pairs):
        pair = hold(PersonPair, was["id"])
        if pair is not None:
            pair.one_id, pair.other_id = was["one_id"], was["other_id"]
            pair.state = PairState(was["state"])
            pair.decided_at = datetime.fromisoformat(was["decided_at"]) if was["decided_at"] else None
            pair.decided_by_id = was["decided_by_id"]
    db.session.flush()

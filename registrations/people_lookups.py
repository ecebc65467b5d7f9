"""Questions about people and pairs, through what staff may see: the registrations within their reach.

Staff reach a person only through the doors here: ``person_for``, ``pair_for``, ``merge_for``.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import ColumnElement, Select, and_, exists, func, select, true
from sqlalchemy.orm import aliased, joinedload, lazyload

from accounts.models import Staff
from accounts.permissions import Permission, Reach, reach_of
from campaigns.lookups import stops_within
from campaigns.models import Stop
from people.models import PairState, Person, PersonMerge, PersonPair
from registrations.models import Registration
from shared.clock import now
from shared.db import db
from shared.errors import NotFound


def person_for(staff: Staff, person_id: int, permission: Permission) -> Person:
    """The only door to a person for staff: whoever has a registration within reach. Raises NotFound.

    Whoever was merged leads to the one he is.
    """
    person = db.session.get(Person, person_id)
    while person is not None and person.merged_into_id is not None:
        person = db.session.get(Person, person.merged_into_id)
    if person is None or not db.session.scalar(select(_is_seen(person.id, reach_of(staff, permission)))):
        raise NotFound
    return person


def pair_for(staff: Staff, pair_id: int, permission: Permission) -> PersonPair:
    """The only door to a pair: both sides have a registration within reach. Raises NotFound."""
    pair = db.session.scalar(pairs_within(reach_of(staff, permission)).where(PersonPair.id == pair_id))
    if pair is None:
        raise NotFound
    return pair


def merge_for(staff: Staff, merge_id: int, permission: Permission) -> PersonMerge:
    """The only door to a merge: the one who stayed has a registration within reach. Raises NotFound."""
    merge = db.session.scalar(merges_within(reach_of(staff, permission)).where(PersonMerge.id == merge_id))
    if merge is None:
        raise NotFound
    return merge


def pairs_within(reach: Reach) -> Select[PersonPair]:
    """A SELECT of the pairs of which both sides may be seen, not ordered."""
    return select(PersonPair).where(_is_seen(PersonPair.one_id, reach), _is_seen(PersonPair.other_id, reach))


def open_pairs(reach: Reach) -> Select[PersonPair]:
    """The pairs that somebody should look at, the likeliest first."""
    return pairs_within(reach).where(_is_open()).order_by(PersonPair.score.desc(), PersonPair.id)


def pairs_elsewhere(reach: Reach) -> int:
    """How many pairs wait of which this reach sees one side only: the province settles them."""
    if reach.everywhere:
        return 0
    statement = (
        select(func.count())
        .select_from(PersonPair)
        .where(
            PersonPair.state == PairState.OPEN,
            _is_seen(PersonPair.one_id, reach) != _is_seen(PersonPair.other_id, reach),
        )
    )
    return db.session.scalar(statement) or 0


def pairs_waiting_of(person_id: int, reach: Reach) -> PersonPair | None:
    """The likeliest open pair that this person is in, if both sides may be seen."""
    return db.session.scalar(
        open_pairs(reach)
        .where((PersonPair.one_id == person_id) | (PersonPair.other_id == person_id))
        .limit(1)
    )


def merges_within(reach: Reach) -> Select[PersonMerge]:
    """A SELECT of the merges whose survivor may be seen, not ordered."""
    return select(PersonMerge).where(_is_seen(PersonMerge.survivor_id, reach))


def merges_to_undo(reach: Reach) -> list[PersonMerge]:
    """The merges that can still be taken back, the newest first; twenty at most."""
    statement = (
        merges_within(reach)
        .where(
            PersonMerge.undone_at.is_(None),
            PersonMerge.undo_until > now(),
            PersonMerge.merged_at > now() - timedelta(days=30),
        )
        .order_by(PersonMerge.id.desc())
        .limit(20)
    )
    return list(db.session.scalars(statement))


def way_of(person_ids: Iterable[int], reach: Reach) -> tuple[dict[int, list[Registration]], dict[int, int]]:
    """Each person's registrations within reach, the newest first, and how many there are beyond it: two queries."""
    ids = list(person_ids)
    within: dict[int, list[Registration]] = {person_id: [] for person_id in ids}
    statement = (
        select(Registration)
        .options(lazyload("*"), joinedload(Registration.stop).joinedload(Stop.campaign))
        .where(Registration.person_id.in_(ids), _is_within(reach))
        .order_by(Registration.applied_at.desc(), Registration.id.desc())
    )
    for registration in db.session.scalars(statement).unique():
        within[registration.person_id].append(registration)
    counts = db.session.execute(
        select(Registration.person_id, func.count())
        .where(Registration.person_id.in_(ids))
        .group_by(Registration.person_id)
    )
    elsewhere = {person_id: count - len(within[person_id]) for person_id, count in counts}
    return within, elsewhere


def arrivals_of(registrations: Iterable[Registration]) -> set[int]:
    """The ids of those with which somebody has arrived. Arrivals belong above; their table is asked by name."""
    check_ins = Registration.metadata.tables["check_ins"]
    ids = [registration.id for registration in registrations]
    return set(
        db.session.scalars(
            select(check_ins.c.registration_id).where(
                check_ins.c.registration_id.in_(ids), check_ins.c.is_arrival, check_ins.c.voided_at.is_(None)
            )
        )
    )


def _is_open() -> ColumnElement[bool]:
    one, other = aliased(Person), aliased(Person)
    return and_(
        PersonPair.state == PairState.OPEN,
        exists().where(one.id == PersonPair.one_id, one.merged_into_id.is_(None)),
        exists().where(other.id == PersonPair.other_id, other.merged_into_id.is_(None)),
    )


def _is_seen(person_id: object, reach: Reach) -> ColumnElement[bool]:
    return exists().where(Registration.person_id == person_id, _is_within(reach))


def _is_within(reach: Reach) -> ColumnElement[bool]:
    if reach.everywhere:
        return true()
    return Registration.stop_id.in_(stops_within(reach).with_only_columns(Stop.id))

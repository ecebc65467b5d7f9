"""The door through which a person enters: the same mobile and name is the same person."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import lazyload

from jobs.outbox import enqueue
from people.folding import folded, folded_university
from people.keep import MOBILE_USE, kept_forms, note_university, refresh
from people.models import Person
from people.spelling import spelled as spelled
from shared.clock import now
from shared.db import db, hold
from shared.errors import NotFound
from shared.sealing import keyed_hash, keyed_hashes


def find_or_add(
    *, full_name: str, mobile: str, email: str, university: str = "", education: str | None = None
) -> Person:
    """The person with this name and mobile, added when new, held until the transaction ends.

    ``full_name`` is NFC, ``mobile`` E.164 (``+8613800000000``). The name may be written in traditional characters or
    with another middle dot. Somebody who was merged is followed to whom he turned out to be. Safe when two forms
    arrive at once. The caller holds the transaction; whoever needs the stop too holds it after this.
    """
    if len(keyed_hashes(mobile, use=MOBILE_USE)) > 1:
        # A key was changed: he may still stand under the earlier one.
        known = _held_standing(full_name, mobile)
        if known is not None:
            note_university(known, university, education)
            return known
    added = db.session.scalar(
        insert(Person)
        .values(
            full_name=full_name,
            mobile=mobile,
            email=email,
            created_at=now(),
            university_folded=folded_university(university),
            education=education,
            **kept_forms(
                full_name=full_name,
                mobile=mobile,
                email=email,
                universities=[university] if university else (),
            ),
        )
        .on_conflict_do_nothing()
        .returning(Person)
        .execution_options(populate_existing=True)
    )
    if added is not None:
        from people.tasks import (
            look_for_pairs,  # who looks for pairs may merge, and whoever merges stands above
        )

        enqueue(look_for_pairs, person_id=added.id)
        return added  # nobody else sees the row before this transaction ends: it is held
    person = _held_standing(full_name, mobile) or _held_by_what_was_typed(full_name, mobile)
    note_university(person, university, education)
    return person


def _held_standing(full_name: str, mobile: str) -> Person | None:
    return db.session.scalar(
        select(Person)
        .where(
            Person.mobile_hash.in_(keyed_hashes(mobile, use=MOBILE_USE)),
            Person.name_folded == folded(full_name),
            Person.merged_into_id.is_(None),
        )
        .order_by(Person.id)
        .limit(1)
        .options(lazyload("*"))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )


def _held_by_what_was_typed(full_name: str, mobile: str) -> Person:
    """One who was merged meanwhile, or whom an earlier release or another key wrote."""
    person_id = db.session.scalars(
        select(Person.id).where(Person.mobile == mobile, Person.full_name == full_name)
    ).one()
    person = held(person_id)
    if person.mobile == mobile and person.mobile_hash != keyed_hash(mobile, use=MOBILE_USE):
        refresh(person)
    return person


def held(person_id: int) -> Person:
    """The person of that id, or whom he was merged into, held until the transaction ends and read as he is now.

    Raises NotFound.
    """
    person = hold(Person, person_id)
    while person is not None and person.merged_into_id is not None:
        person = hold(Person, person.merged_into_id)
    if person is None:
        raise NotFound
    return person

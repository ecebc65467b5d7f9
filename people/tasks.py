"""The worker's part: newcomers are compared with those who are here, and old rows get the forms they are compared by."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from jobs.outbox import enqueue, task
from people import merge as merging
from people import pairs
from people.keep import refresh
from people.models import Person
from shared.db import db

CHUNK = 500


@task
def fill_in(after_id: int) -> None:
    """Fill in the next people after ``after_id`` who have no keys, and promise to go on while there are more."""
    people = db.session.scalars(
        select(Person)
        .where(Person.id > after_id, Person.search_keys == [], Person.merged_into_id.is_(None))
        .order_by(Person.id)
        .limit(CHUNK)
        .with_for_update(key_share=True)
    ).all()
    for person in people:
        try:
            with db.session.begin_nested():
                refresh(person)
        except IntegrityError:
            # The same person in another spelling is here already: found, and left to whoever looks at pairs.
            refresh(person)
            person.mobile_hash = None
            db.session.flush()
    if len(people) == CHUNK:
        enqueue(fill_in, after_id=people[-1].id)
    else:
        enqueue(look_for_more, after_id=0)


@task
def look_for_pairs(person_id: int) -> None:
    """Somebody new is compared with those who share something with him."""
    pairs.look_for_pairs(person_id)


@task
def look_for_more(after_id: int) -> None:
    """Compare the next people after ``after_id``, and promise to go on while there are more."""
    last_id = pairs.look_for_more(after_id)
    if last_id is not None:
        enqueue(look_for_more, after_id=last_id)


@task
def forget_merge(merge_id: int) -> None:
    """Thirty days are over: the way back goes."""
    merging.forget(merge_id)

"""The worker's part: people whom an earlier release wrote get the forms they are compared and searched by."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from jobs.outbox import enqueue, task
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

"""Empty a person's row: it stays for what is counted, and whoever registers with the same name is somebody new."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Delete, Update, delete, or_, select, update

from people.models import Person, PersonMerge, PersonPair
from shared.clock import now
from shared.db import db

_NOTHING: dict[str, Any] = {
    "full_name": "",
    "name_pinyin": "",
    "name_initials": "",
    "name_folded": "",
    "mobile": None,
    "email": "",
    "university_folded": "",
    "education": None,
    "mobile_hash": None,
    "email_hash": None,
    "id_number_sealed": None,
    "id_number_hash": None,
    "search_keys": [],
}


def empty_person(person_id: int) -> int:
    """Empty this person and whoever was merged into it; returns how many rows. The caller holds the transaction."""
    same = _with_all_merged_into(person_id)
    emptied = db.session.execute(
        update(Person)
        .where(Person.id.in_(same), Person.erased_at.is_(None))
        .values(**_NOTHING, erased_at=now())
        .returning(Person.id)
        .execution_options(synchronize_session=False)
    ).all()
    # Neither a way back from a merge nor a suggestion is left that would tell of somebody.
    _run(
        update(PersonMerge)
        .where(or_(PersonMerge.survivor_id.in_(same), PersonMerge.absorbed_id.in_(same)))
        .values(moved=None)
    )
    _run(delete(PersonPair).where(or_(PersonPair.one_id.in_(same), PersonPair.other_id.in_(same))))
    db.session.expire_all()
    return len(emptied)


def _with_all_merged_into(person_id: int) -> list[int]:
    """Also whoever was merged into somebody who was merged into this person, however often."""
    same, pointing = [person_id], [person_id]
    while pointing:
        pointing = list(db.session.scalars(select(Person.id).where(Person.merged_into_id.in_(pointing))))
        same += pointing
    return same


def _run(statement: Update | Delete) -> None:
    db.session.execute(statement.execution_options(synchronize_session=False))

"""A resident ID number that somebody typed: remembered, and compared with those that are known."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import undefer

from people.compare import Verdict, compare
from people.find_or_add import held
from people.keep import ID_NUMBER_USE
from people.merge import keep_id_number
from people.models import Person, Reason
from people.pairs import note_pair
from shared.db import db
from shared.sealing import keyed_hashes


def note_typed_id_number(person_id: int, number: str) -> None:
    """Remember the number, sealed, unless it is known already; whoever has the same is shown to staff as the same person.

    Nobody is merged by it: what an applicant types is not proven, and whoever knows another's number would come to his
    data. A second, different number is left alone: staff see both answers. ``number`` is in its one spelling (18
    characters, X capital). Bears being done twice. The caller holds the transaction.
    """
    person = held(person_id)
    wanted = keyed_hashes(number, use=ID_NUMBER_USE)
    if person.id_number_hash is not None:
        return
    same = db.session.scalars(
        select(Person)
        .where(Person.id_number_hash.in_(wanted), Person.merged_into_id.is_(None), Person.id != person.id)
        .options(undefer(Person.id_number_hash))
        .limit(1)
    ).first()
    if same is None:
        keep_id_number(person, number)
        db.session.flush()
    else:
        note_pair(person, same, Verdict((Reason.ID_NUMBER, *compare(person, same).reasons)))

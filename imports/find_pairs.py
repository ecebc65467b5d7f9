"""Whom an import has met for the first time is compared with everybody, a few at a time, when all are in."""

from __future__ import annotations

from sqlalchemy import select

from imports.models import ImportRow, ImportRun, ImportState, Outcome
from jobs.outbox import enqueue, task
from people.pairs import look_for_pairs
from shared.db import db

CHUNK = 200


@task
def look_for_pairs_of(run_id: int, after: int) -> None:
    """Compare the people of the next rows after line ``after``, and promise to go on while there are more.

    Once the import is being taken back nobody is compared any more: who is to go needs it not, and the worker is free.
    """
    if db.session.scalar(select(ImportRun.state).where(ImportRun.id == run_id)) is not ImportState.DONE:
        return
    rows = db.session.execute(
        select(ImportRow.number, ImportRow.person_id)
        .where(
            ImportRow.run_id == run_id,
            ImportRow.number > after,
            ImportRow.outcome == Outcome.MADE,
            ImportRow.made_person,
        )
        .order_by(ImportRow.number)
        .limit(CHUNK)
    ).all()
    for _number, person_id in rows:
        look_for_pairs(person_id or 0)
    if len(rows) == CHUNK:
        enqueue(look_for_pairs_of, run_id=run_id, after=rows[-1].number)

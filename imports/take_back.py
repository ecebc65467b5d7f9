"""An import is taken back as far as nobody has touched it since."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.exc import IntegrityError

from accounts.models import Staff
from audit.models import AuditEntry
from audit.record import record
from campaigns.models import Stop
from imports.errors import ImportIsElsewhere
from imports.models import ImportRow, ImportRun, ImportState, Outcome
from imports.update import restore
from jobs.long_work import begin
from jobs.models import LongWork
from people.models import Person, PersonPair
from registrations.models import (
    Registration,
    StateChange,
)
from registrations.offer import fill_free_seats
from shared.db import db, hold
from shared.errors import NotFound

LOOKING = ("see_registration",)
"""Acts in the record that leave a registration as it was."""


def begin_revert(run_id: int, *, by: Staff) -> LongWork:
    """Have it taken back in the background, as far as nobody has touched it since.

    Raises NotFound or ImportIsElsewhere. The caller holds the transaction.
    """
    run = hold(ImportRun, run_id)
    if run is None:
        raise NotFound
    if run.state is not ImportState.DONE:
        raise ImportIsElsewhere
    total = db.session.scalar(
        select(func.count()).where(
            ImportRow.run_id == run.id, ImportRow.outcome.in_((Outcome.MADE, Outcome.UPDATED))
        )
    )
    work = begin("revert_import", by=by, total=total, run_id=run.id)
    run.state = ImportState.REVERTING
    run.work_id = work.id
    record("revert_import", run, by=by, stop_id=run.stop_id)
    return work


def take_back_rows(work: LongWork, position: int) -> int | None:
    """The chunk of rows after line ``position`` is taken back; None when there are none left."""
    run = db.session.get_one(ImportRun, work.arguments["run_id"])
    staff = db.session.get_one(Staff, work.ordered_by_id)
    hold(Stop, run.stop_id)
    rows = list(
        db.session.scalars(
            select(ImportRow)
            .where(
                ImportRow.run_id == run.id,
                ImportRow.number > position,
                ImportRow.outcome.in_((Outcome.MADE, Outcome.UPDATED)),
            )
            .order_by(ImportRow.number)
            .limit(work.chunk_size)
        )
    )
    if rows:
        _take_back(rows, work)
        record("take_back_rows", run, by=staff, stop_id=run.stop_id, upto=rows[-1].number)
    if len(rows) < work.chunk_size:
        run.state = ImportState.REVERTED
        db.session.execute(
            update(ImportRow)
            .where(ImportRow.run_id == run.id)
            .values(entry=None, before=None)
            .execution_options(synchronize_session=False)
        )
        fill_free_seats(run.stop_id)
        return None
    return rows[-1].number


def _take_back(rows: list[ImportRow], work: LongWork) -> None:
    ids = [row.registration_id for row in rows if row.registration_id is not None]
    touched = why_touched(
        [int(one) for one in ids], {int(r.registration_id or 0) for r in rows if r.outcome is Outcome.UPDATED}
    )
    gone: list[ImportRow] = []
    for row in rows:
        if row.registration_id is None:
            row.outcome = Outcome.REVERTED
            work.done += 1
            continue
        why = touched.get(row.registration_id)
        if row.outcome is Outcome.UPDATED and why is None:
            why = restore(row)
        if why is not None:
            row.outcome = Outcome.STAYED
            row.problems = [why]
            work.skipped += 1
        elif row.outcome is Outcome.UPDATED:
            row.outcome = Outcome.REVERTED
            work.done += 1
        else:
            gone.append(row)
    if not gone:
        return
    db.session.flush()
    if not _remove(gone):
        for row in gone:
            if not _remove([row]):
                row.outcome = Outcome.STAYED
                row.problems = [_("Something else refers to this registration by now.")]
                work.skipped += 1
    for row in gone:
        if row.outcome is Outcome.REVERTED:
            work.done += 1


def _remove(rows: list[ImportRow]) -> bool:
    """Delete the registrations of these rows, and the people who came with them and have no other; False: not possible."""
    ids = [row.registration_id for row in rows]
    person_ids = [row.person_id for row in rows if row.made_person and row.person_id is not None]
    try:
        with db.session.begin_nested():
            db.session.execute(delete(StateChange).where(StateChange.registration_id.in_(ids)))
            db.session.execute(
                delete(Registration)
                .where(Registration.id.in_(ids))
                .execution_options(synchronize_session=False)
            )
    except IntegrityError:
        return False
    if person_ids and not _remove_people(person_ids):
        for person_id in person_ids:
            _remove_people([person_id])  # whoever was merged meanwhile stays, and is purged in time
    for row in rows:
        row.registration_id = None
        row.outcome = Outcome.REVERTED
    return True


def _remove_people(person_ids: list[int]) -> bool:
    """Delete those of them who have no registration left, and what was supposed of them; False: not possible."""
    alone = select(Person.id).where(
        Person.id.in_(person_ids),
        ~select(Registration.id).where(Registration.person_id == Person.id).exists(),
    )
    try:
        with db.session.begin_nested():
            ids = db.session.scalars(alone).all()
            supposed = or_(PersonPair.one_id.in_(ids), PersonPair.other_id.in_(ids))
            db.session.execute(
                delete(PersonPair).where(supposed).execution_options(synchronize_session=False)
            )
            db.session.execute(
                delete(Person).where(Person.id.in_(ids)).execution_options(synchronize_session=False)
            )
    except IntegrityError:
        return False
    return True


def why_touched(registration_ids: list[int], updated_ids: set[int]) -> dict[int, str]:
    """Registration id -> why it stays: somebody decided, wrote, let in or followed since. Others are left out.

    Of registrations that were only updated (``updated_ids``) nothing but the update is to be taken back, so only what
    was written over it matters.
    """
    made = [one for one in registration_ids if one not in updated_ids]
    if not made:
        return {}
    tables = Registration.metadata.tables
    reasons: dict[int, str] = {}

    def note(statement: Any, why: str) -> None:
        for registration_id in db.session.scalars(statement):
            reasons.setdefault(int(registration_id), why)

    for name, why in (
        ("check_ins", _("The person has arrived.")),
        ("leads", _("The person is being followed as a lead.")),
        ("messages", _("The person has been written to.")),
        ("programme_choices", _("The person has chosen from the programme.")),
        ("consents", _("The person has agreed to something on the own page.")),
    ):
        if (table := tables.get(name)) is not None and "registration_id" in table.c:
            note(select(table.c.registration_id).where(table.c.registration_id.in_(made)), why)
    note(
        select(StateChange.registration_id)
        .where(StateChange.registration_id.in_(made))
        .group_by(StateChange.registration_id)
        .having(func.count() > 1),
        _("Its state has been changed since."),
    )
    note(
        select(AuditEntry.subject_id).where(
            AuditEntry.subject_kind == "Registration",
            AuditEntry.subject_id.in_(made),
            AuditEntry.act.not_in(LOOKING),
        ),
        _("Somebody has worked on it since."),
    )
    return reasons

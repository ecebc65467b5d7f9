"""The rows of a sheet are brought in, a chunk at a time, in the background."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

from flask_babel import gettext as _
from sqlalchemy import select, update

from accounts.models import Staff
from audit.record import record
from campaigns.models import Stop
from imports.check import Options
from imports.copy_rows import copy_into, new_ids
from imports.errors import ImportIsElsewhere
from imports.find_pairs import look_for_pairs_of
from imports.models import ImportRow, ImportRun, ImportState, Outcome, Verdict
from imports.people_of_rows import people_of
from imports.take_sheet import sheet_of
from imports.update import update_registration
from jobs.long_work import begin
from jobs.models import LongWork
from jobs.outbox import announce, enqueue
from registrations.facts import RegistrationConfirmed, RegistrationReceived, RegistrationWaiting
from registrations.models import (
    STANDING,
    BadgeClass,
    Education,
    Registration,
    RegistrationState,
    Way,
)
from registrations.offer import fill_free_seats
from registrations.quotas import Room, room_of
from registrations.tickets import make_first_key
from shared.clock import now
from shared.codes import new_code
from shared.db import db, hold
from shared.errors import NotFound

_FACTS = {
    RegistrationState.CONFIRMED: RegistrationConfirmed,
    RegistrationState.WAITING: RegistrationWaiting,
    RegistrationState.APPLIED: RegistrationReceived,
}


def begin_import(run_id: int, *, by: Staff) -> LongWork:
    """Have it done in the background. Raises NotFound or ImportIsElsewhere. The caller holds the transaction."""
    run = hold(ImportRun, run_id)
    if run is None:
        raise NotFound
    if run.state is not ImportState.CHECKED:
        raise ImportIsElsewhere
    work = begin("import_registrations", by=by, total=run.row_count, run_id=run.id)
    run.state = ImportState.RUNNING
    run.work_id = work.id
    record("begin_import", run, by=by, stop_id=run.stop_id, rows=run.row_count)
    return work


def bring_in_rows(work: LongWork, position: int) -> int | None:
    """The chunk of rows after line ``position``; None when there are none left."""
    run = db.session.get_one(ImportRun, work.arguments["run_id"])
    rows = list(
        db.session.scalars(
            select(ImportRow)
            .where(ImportRow.run_id == run.id, ImportRow.number > position)
            .order_by(ImportRow.number)
            .limit(work.chunk_size)
        )
    )
    if rows:
        _bring_in(run, rows, work)
    if len(rows) < work.chunk_size:
        _finish(run)
        return None
    return rows[-1].number


def _bring_in(run: ImportRun, rows: list[ImportRow], work: LongWork) -> None:
    options = Options(**run.options)
    staff = db.session.get_one(Staff, run.by_staff_id)
    wanted = [row for row in rows if row.verdict in (Verdict.NEW, Verdict.UPDATE) and row.entry]
    people = people_of(wanted)
    stop = hold(Stop, run.stop_id)  # after the people, as everybody does
    if stop is None:
        raise NotFound
    closed = None
    if stop.cancelled_at is not None:
        closed = _("The stop has been cancelled.")
    elif stop.ends_at <= now():
        closed = _("The stop is over.")
    standing = {
        registration.person_id: registration
        for registration in db.session.scalars(
            select(Registration).where(
                Registration.stop_id == stop.id,
                Registration.person_id.in_({person_id for person_id, _made in people.values()}),
                Registration.state.in_(STANDING),
            )
        )
    }
    room = room_of(stop)
    new: list[tuple[ImportRow, dict[str, Any]]] = []
    for row in rows:
        if row.verdict is Verdict.ERROR:
            row.outcome = Outcome.REFUSED
            work.failed += 1
            continue
        if row.verdict is Verdict.SKIP or row.entry is None:
            row.outcome = Outcome.SKIPPED
            work.skipped += 1
            continue
        if closed:
            _refuse(row, closed, work)
            continue
        row.person_id, row.made_person = people[row.id]
        existing = standing.get(row.person_id)
        if existing is not None:
            update_registration(row, existing, options, work, staff)
            continue
        values = _values(row, options, staff, stop, room)
        if values is None:
            _refuse(row, _("No seat is left, or a quota of the stop is used up."), work)
            continue
        new.append((row, values))
        standing[row.person_id] = Registration(id=0)
    _insert(run, new, options, staff)
    work.done += len(new)
    record("import_rows", run, by=staff, stop_id=stop.id, upto=rows[-1].number, made=len(new))


def _refuse(row: ImportRow, why: str, work: LongWork) -> None:
    row.outcome = Outcome.REFUSED
    row.problems = [*row.problems, why]
    work.failed += 1


def _values(row: ImportRow, options: Options, staff: Staff, stop: Stop, room: Room) -> dict[str, Any] | None:
    """The columns of a new registration; None when there is no seat and whoever has none is refused."""
    entry = row.entry or {}
    moment = now()
    values: dict[str, Any] = {
        "code": new_code(),
        "submission_id": uuid4(),
        "stop_id": stop.id,
        "person_id": row.person_id,
        "badge_class": BadgeClass(entry.get("badge_class") or options.badge_class),
        "email": entry.get("email", ""),
        "university": entry.get("university", ""),
        "education": Education(entry.get("education") or Education.OTHER),
        "research_field": entry.get("research_field", ""),
        "preferred_city_ids": entry.get("cities", []),
        "honour": entry.get("honour"),
        "secretary": entry.get("secretary"),
        "secretary_mobile": entry.get("secretary_mobile"),
        "answers": json.dumps(entry.get("answers", {}), ensure_ascii=False),
        "language": "zh",
        "consent_version": options.basis,
        "consented_at": moment,
        "applied_at": moment,
        "way": Way.IMPORT,
        "basis": options.basis,
        "entered_by_id": staff.id,
    }
    state = RegistrationState(options.begins)
    if state is RegistrationState.CONFIRMED:
        applicant = Registration(
            education=values["education"],
            preferred_city_ids=values["preferred_city_ids"],
            research_field=values["research_field"],
            university=values["university"],
            answers=entry.get("answers", {}),
        )
        if room.fits(applicant):
            room.take(applicant)
        elif options.no_seat == "wait":
            state = RegistrationState.WAITING
        else:
            return None
    values["state"] = state
    values["decided_at"] = None if state is RegistrationState.APPLIED else moment
    values["waiting_since"] = moment if state is RegistrationState.WAITING else None
    return values


def _insert(
    run: ImportRun, new: list[tuple[ImportRow, dict[str, Any]]], options: Options, staff: Staff
) -> None:
    if not new:
        return
    ids = new_ids(len(new))
    moment = now()
    columns = list(new[0][1])
    copy_into(
        "registrations",
        ["id", *columns],
        (
            [registration_id, *(values[column] for column in columns)]
            for registration_id, (_row, values) in zip(ids, new, strict=True)
        ),
    )
    copy_into(
        "state_changes",
        ["registration_id", "after", "at", "by_staff_id", "note"],
        (
            [
                registration_id,
                values["state"],
                moment,
                staff.id,
                _("Import %(number)s, row %(row)s", number=run.id, row=row.number),
            ]
            for registration_id, (row, values) in zip(ids, new, strict=True)
        ),
    )
    if any(values["state"] is RegistrationState.CONFIRMED for _row, values in new):
        make_first_key()
    for registration_id, (row, values) in zip(ids, new, strict=True):
        row.registration_id = registration_id
        row.outcome = Outcome.MADE
        if options.tells and values["email"]:
            announce(_FACTS[values["state"]](registration_id=registration_id))


def _finish(run: ImportRun) -> None:
    run.state = ImportState.DONE
    run.done_at = now()
    enqueue(look_for_pairs_of, run_id=run.id, after=0)
    if run.options.get("begins") == RegistrationState.WAITING:
        fill_free_seats(run.stop_id)  # nobody waits while a seat is free
    # What was brought in stands in the registrations now; only what an update replaced is kept, for taking it back.
    db.session.flush()
    sheet = sheet_of(run)
    cells = dict(sheet.rows)
    for row in db.session.scalars(
        select(ImportRow).where(
            ImportRow.run_id == run.id, ImportRow.outcome == Outcome.REFUSED, ImportRow.cells.is_(None)
        )
    ):
        row.cells = cells.get(row.number)
    run.sheet = {"columns": sheet.columns, "rows": []}
    db.session.flush()
    db.session.execute(
        update(ImportRow)
        .where(ImportRow.run_id == run.id, ImportRow.outcome != Outcome.UPDATED)
        .values(entry=None)
        .execution_options(synchronize_session=False)
    )

"""Bring a sheet in: taken, its columns chosen, done in the background, and taken back as far as nobody has touched it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from enum import StrEnum
from typing import Any
from uuid import uuid4

from flask_babel import gettext as _
from psycopg import sql
from sqlalchemy import cast, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.exc import IntegrityError

from accounts.models import Staff
from audit.models import AuditEntry
from audit.record import record
from campaigns.models import Stop
from imports.check import STORED, Looked, Options, look_through
from imports.columns import plain, targets_for
from imports.errors import ColumnsMissing, ColumnsTwice, ImportIsElsewhere
from imports.models import ColumnMemory, ImportRow, ImportRun, ImportState, Outcome, Verdict
from imports.read_sheet import Sheet
from jobs.long_work import begin
from jobs.models import LongWork
from jobs.outbox import announce
from people.add_guest import add_guest
from people.find_or_add import find_or_add
from people.folding import folded, folded_university
from people.keep import kept_forms
from people.models import Person
from questions.lookups import questionnaire_for
from registrations.facts import RegistrationConfirmed, RegistrationReceived, RegistrationWaiting
from registrations.lookups import known_guest
from registrations.models import (
    STANDING,
    BadgeClass,
    Education,
    Registration,
    RegistrationState,
    StateChange,
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
LOOKING = ("see_registration",)
"""Acts in the record that leave a registration as it was."""


def take_sheet(sheet: Sheet, *, file_name: str, stop_id: int, by: Staff) -> ImportRun:
    """Keep an uploaded sheet until it is brought in, a week at most. The caller holds the transaction."""
    run = ImportRun(
        stop_id=stop_id,
        by_staff_id=by.id,
        file_name=file_name[:200],
        read_as=sheet.read_as,
        row_count=len(sheet.rows),
        state=ImportState.UPLOADED,
        sheet={"columns": sheet.columns, "rows": [[number, *cells] for number, cells in sheet.rows]},
        columns={},
        options={},
        uploaded_at=now(),
    )
    db.session.add(run)
    record("upload_import", run, by=by, stop_id=stop_id, rows=len(sheet.rows))
    return run


def sheet_of(run: ImportRun) -> Sheet:
    """The sheet that was uploaded. Raises ImportIsElsewhere when its cells have been forgotten."""
    if run.sheet is None:
        raise ImportIsElsewhere
    return Sheet(run.sheet["columns"], [(row[0], row[1:]) for row in run.sheet["rows"]], run.read_as)


def choose_columns(run_id: int, columns: dict[int, str], options: Options, *, by: Staff) -> ImportRun:
    """Say which column is what, and look through every row; may be said anew until the import begins.

    Raises NotFound, ImportIsElsewhere, ColumnsMissing or ColumnsTwice. The caller holds the transaction.
    """
    run = hold(ImportRun, run_id)
    if run is None:
        raise NotFound
    if run.state not in (ImportState.UPLOADED, ImportState.CHECKED):
        raise ImportIsElsewhere
    sheet = sheet_of(run)
    stop = db.session.get_one(Stop, run.stop_id)
    labels = dict(targets_for(questionnaire_for(stop)))
    columns = {
        number: key for number, key in columns.items() if key in labels and number < len(sheet.columns)
    }
    if "full_name" not in columns.values():
        raise ColumnsMissing
    for key in columns.values():
        if list(columns.values()).count(key) > 1:
            raise ColumnsTwice(labels[key])
    looked = look_through(sheet, columns, options, stop)
    run.columns = {str(number): key for number, key in columns.items()}
    run.options = asdict(options)
    run.state = ImportState.CHECKED
    db.session.execute(delete(ImportRow).where(ImportRow.run_id == run.id))
    _write_rows(run.id, looked)
    memory = {plain(sheet.columns[number]): key for number, key in columns.items()}
    db.session.execute(
        pg_insert(ColumnMemory)
        .values(staff_id=by.id, campaign_id=stop.campaign_id, columns=memory)
        .on_conflict_do_update(constraint="uq_column_memories_staff_campaign", set_={"columns": memory})
    )
    record("choose_import_columns", run, by=by, stop_id=run.stop_id)
    return run


def _write_rows(run_id: int, looked: list[Looked]) -> None:
    _copy(
        "import_rows",
        ["run_id", "number", "verdict", "problems", "entry", "cells"],
        (
            [
                run_id,
                row.number,
                row.verdict,
                json.dumps(row.problems, ensure_ascii=False),
                None if row.entry is None else json.dumps(row.entry, ensure_ascii=False),
                None if row.cells is None else json.dumps(row.cells, ensure_ascii=False),
            ]
            for row in looked
        ),
    )


def _copy(table: str, columns: list[str], rows: Iterable[list[Any]]) -> None:
    """Thousands of rows in a moment: COPY, on this transaction's own connection. Triggers count as ever."""
    db.session.flush()
    driver: Any = db.session.connection().connection.driver_connection
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row([one.value if isinstance(one, StrEnum) else one for one in row])


def _new_ids(number: int) -> list[int]:
    """So many numbers for registrations that are about to be written."""
    return list(
        db.session.scalars(
            text(
                "SELECT nextval(pg_get_serial_sequence('registrations', 'id')) FROM generate_series(1, :number)"
            ),
            {"number": number},
        )
    )


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
    people = _people_of(wanted)
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
            _update(row, existing, options, work, staff)
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


def _people_of(rows: list[ImportRow]) -> dict[int, tuple[int, bool]]:
    """Row id -> the person's id, and whether this import has made the person."""
    with_mobile = {row.id: row.entry or {} for row in rows if (row.entry or {}).get("mobile")}
    moment = now()
    values = [
        {
            "full_name": entry["full_name"],
            "mobile": entry["mobile"],
            "email": entry.get("email", ""),
            "created_at": moment,
            "university_folded": folded_university(entry.get("university", "")),
            "education": entry.get("education"),
            **kept_forms(
                full_name=entry["full_name"],
                mobile=entry["mobile"],
                email=entry.get("email", ""),
                universities=[entry["university"]] if entry.get("university") else (),
            ),
        }
        for entry in with_mobile.values()
    ]
    made = _insert_people(values)
    people: dict[int, tuple[int, bool]] = {}
    for row in rows:
        entry = row.entry or {}
        if row.id in with_mobile:
            person_id = made.get((entry["mobile"], folded(entry["full_name"])))
            if person_id is None:
                known = find_or_add(
                    full_name=entry["full_name"],
                    mobile=entry["mobile"],
                    email=entry.get("email", ""),
                    university=entry.get("university", ""),
                    education=entry.get("education"),
                )
                people[row.id] = (known.id, False)
            else:
                people[row.id] = (person_id, True)
            continue
        guest = known_guest(entry["full_name"], entry.get("university", ""))
        people[row.id] = (
            (guest.id, False)
            if guest
            else (add_guest(full_name=entry["full_name"], email=entry.get("email", "")).id, True)
        )
    return people


def _insert_people(values: list[dict[str, Any]]) -> dict[tuple[str, str], int]:
    """Write whom nobody knows yet: (mobile, folded name) -> id. One statement with one parameter, whatever the number."""
    if not values:
        return {}
    table: Any = Person.__table__
    columns = [table.c[name] for name in values[0]]
    given = func.jsonb_populate_recordset(
        text("CAST(NULL AS people)"),
        cast(
            [
                {
                    name: f"\\x{one.hex()}" if isinstance(one, bytes) else one
                    for name, one in {**row, "created_at": row["created_at"].isoformat()}.items()
                }
                for row in values
            ],
            JSONB,
        ),
    ).table_valued(*columns, name="given")
    return {
        (row.mobile, folded(row.full_name)): row.id
        for row in db.session.execute(
            pg_insert(table)
            .from_select(columns, select(given))
            .on_conflict_do_nothing()
            .returning(table.c.id, table.c.mobile, table.c.full_name)
        )
    }


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
    ids = _new_ids(len(new))
    moment = now()
    columns = list(new[0][1])
    _copy(
        "registrations",
        ["id", *columns],
        (
            [registration_id, *(values[column] for column in columns)]
            for registration_id, (_row, values) in zip(ids, new, strict=True)
        ),
    )
    _copy(
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


def _update(row: ImportRow, existing: Registration, options: Options, work: LongWork, staff: Staff) -> None:
    """Write what the sheet says anew into a standing registration, and keep what stood there."""
    if not existing.id or options.existing != "update":
        row.outcome = Outcome.SKIPPED
        work.skipped += 1
        return
    changed = {
        key: (now_there, wanted)
        for key, now_there, wanted in _differences(existing, row.entry or {})
        if now_there != wanted
    }
    if not changed:
        row.outcome = Outcome.SKIPPED
        work.skipped += 1
        return
    row.before = {key: before for key, (before, _after) in changed.items()}
    row.entry = {key: after for key, (_before, after) in changed.items()}
    for key, (_before, after) in changed.items():
        _write(existing, key, after)
    row.registration_id = existing.id
    row.outcome = Outcome.UPDATED
    record("update_by_import", existing, by=staff, run_id=row.run_id, changed=sorted(changed))
    work.done += 1


def _differences(existing: Registration, entry: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    found = [(key, _read(existing, key), entry[key]) for key in STORED if entry.get(key)]
    if entry.get("answers"):
        found.append(("answers", dict(existing.answers), {**existing.answers, **entry["answers"]}))
    return found


def _read(registration: Registration, key: str) -> Any:
    value = registration.preferred_city_ids if key == "cities" else getattr(registration, key)
    return list(value) if isinstance(value, list) else value


def _write(registration: Registration, key: str, value: Any) -> None:
    if key == "cities":
        registration.preferred_city_ids = value
    elif key == "education":
        registration.education = Education(value)
    elif key == "badge_class":
        registration.badge_class = BadgeClass(value)
    else:
        setattr(registration, key, value)


def _finish(run: ImportRun) -> None:
    run.state = ImportState.DONE
    run.done_at = now()
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
            why = _restore(row)
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
    if person_ids:
        try:
            with db.session.begin_nested():
                db.session.execute(
                    delete(Person)
                    .where(
                        Person.id.in_(person_ids),
                        ~select(Registration.id).where(Registration.person_id == Person.id).exists(),
                    )
                    .execution_options(synchronize_session=False)
                )
        except IntegrityError:
            pass  # somebody else knows one of them by now; people without a registration are purged in time
    for row in rows:
        row.registration_id = None
        row.outcome = Outcome.REVERTED
    return True


def _restore(row: ImportRow) -> str | None:
    """Put back what an update replaced; a sentence when it was changed since."""
    registration = hold(Registration, int(row.registration_id or 0))
    if registration is None:
        return None
    entry, before = row.entry or {}, row.before or {}
    if any(_read(registration, key) != value for key, value in entry.items()):
        return str(_("It was changed again since."))
    for key, value in before.items():
        _write(registration, key, value)
    return None


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


def forget_cells(run_id: int) -> None:
    """A week is over: what was uploaded is forgotten, also what was refused. The caller holds the transaction."""
    run = hold(ImportRun, run_id)
    if run is None:
        return
    run.sheet = None
    db.session.execute(
        update(ImportRow)
        .where(ImportRow.run_id == run_id)
        .values(cells=None, entry=None, before=None)
        .execution_options(synchronize_session=False)
    )
    db.session.execute(  # the sentences quote the cells
        update(ImportRow)
        .where(ImportRow.run_id == run_id, ImportRow.verdict == Verdict.ERROR)
        .values(problems=[])
        .execution_options(synchronize_session=False)
    )

"""Whose rows these are: people whom we know, and those who are met for the first time."""

from __future__ import annotations

from typing import Any

from sqlalchemy import cast, func, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as pg_insert

from imports.models import ImportRow
from people.add_guest import add_guest
from people.find_or_add import find_or_add
from people.folding import folded, folded_university
from people.keep import kept_forms
from people.models import Person
from registrations.lookups import known_guest
from shared.clock import now
from shared.db import db


def people_of(rows: list[ImportRow]) -> dict[int, tuple[int, bool]]:
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

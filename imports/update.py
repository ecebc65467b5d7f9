"""What a sheet says anew of somebody who stands on the list, and putting back what stood there."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from accounts.models import Staff
from audit.record import record
from imports.check import STORED, Options
from imports.models import ImportRow, Outcome
from jobs.models import LongWork
from registrations.models import (
    BadgeClass,
    Education,
    Registration,
)
from shared.db import hold


def update_registration(
    row: ImportRow, existing: Registration, options: Options, work: LongWork, staff: Staff
) -> None:
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


def restore(row: ImportRow) -> str | None:
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

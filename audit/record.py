"""Write down an act, for the colleague who is asked later "who declined Dr Li?"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from flask import g, has_request_context

from audit.models import AuditEntry
from shared.clock import now
from shared.db import Model, db

APPLICANT = "applicant"
SYSTEM = "system"


class Actor(Protocol):
    """A member of staff, as far as the record is concerned."""

    id: Any
    login: Any


def record(act: str, subject: Model | str, *, by: Actor | str = SYSTEM, **details: Any) -> None:
    """Add one line to the record. ``act`` is the verb's name, ``subject`` the row it was done to (or a kind).

    ``by`` is a member of staff, or APPLICANT or SYSTEM. ``details`` are plain values and never a person's data.
    """
    if isinstance(subject, str):
        _write(act, subject, None, by, details)
    else:
        db.session.flush()
        _write(act, type(subject).__name__, getattr(subject, "id", None), by, details)


def record_by_id(
    act: str, kind: type[Model], subject_id: int, *, by: Actor | str = SYSTEM, **details: Any
) -> None:
    """As ``record``, of a row of the model ``kind`` whose id is known: nothing is flushed and nothing read for it."""
    _write(act, kind.__name__, subject_id, by, details)


def _write(act: str, kind: str, subject_id: int | None, by: Actor | str, details: Mapping[str, Any]) -> None:
    db.session.add(
        AuditEntry(
            at=now(),
            act=act,
            staff_id=None if isinstance(by, str) else by.id,
            by_whom=by if isinstance(by, str) else by.login,
            subject_kind=kind,
            subject_id=subject_id,
            details=dict(details),
            request_id=g.get("request_id") if has_request_context() else None,
        )
    )

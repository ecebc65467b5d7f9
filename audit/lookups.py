"""Questions to the record."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select

from audit.models import AuditEntry
from shared.db import db


def moments_of(acts: Iterable[str], *, subject_kind: str, subject_ids: Iterable[int]) -> list[datetime]:
    """When staff did one of ``acts`` to one of these rows, the earliest first."""
    return list(
        db.session.scalars(
            select(AuditEntry.at)
            .where(
                AuditEntry.subject_kind == subject_kind,
                AuditEntry.subject_id.in_(list(subject_ids)),
                AuditEntry.act.in_(list(acts)),
                AuditEntry.staff_id.is_not(None),
            )
            .order_by(AuditEntry.id)
        )
    )

"""Keep the open promises here and now, as the worker would."""

from __future__ import annotations

from sqlalchemy import select

from jobs.models import OutboxJob
from jobs.perform import perform
from shared.clock import now
from shared.db import db


def keep_promises(*, most: int = 200) -> int:
    """Run what is due, and what that promises, until nothing is due any more. Returns how many were kept.

    A promise that fails raises AssertionError with its reason.
    """
    kept = 0
    while kept < most:
        job = db.session.scalars(
            select(OutboxJob)
            .where(OutboxJob.done_at.is_(None), OutboxJob.parked_at.is_(None), OutboxJob.due_at <= now())
            .order_by(OutboxJob.id)
            .limit(1)
        ).first()
        if job is None:
            return kept
        assert perform(job.id), f"{job.task}({job.arguments}): {job.last_error}"
        kept += 1
    raise AssertionError(f"more than {most} promises")

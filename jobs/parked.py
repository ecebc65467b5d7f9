"""Promises that failed too often: what they are, and how they are tried again once the cause is mended."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from jobs.models import OutboxJob
from shared.clock import now
from shared.db import db, hold
from shared.errors import Refusal


class NotParked(Refusal):
    """No such promise, or one that is kept or under way."""

    code = "not_parked"
    sentence = _l("No promise of this number is parked.")


def parked() -> list[OutboxJob]:
    """The parked promises, the oldest first."""
    return list(
        db.session.scalars(
            select(OutboxJob)
            .where(OutboxJob.parked_at.is_not(None), OutboxJob.done_at.is_(None))
            .order_by(OutboxJob.id)
        )
    )


def try_again(job_id: int) -> OutboxJob:
    """Have a parked promise tried from the beginning. Raises NotParked. The caller holds the transaction."""
    job = hold(OutboxJob, job_id)
    if job is None or job.parked_at is None or job.done_at is not None:
        raise NotParked
    job.parked_at = job.handed_over_at = None
    job.tries = 0
    job.due_at = now()
    return job

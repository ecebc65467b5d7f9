"""Keep one promise: its effect and its "done" in one transaction; a failure waits and is tried again."""

from __future__ import annotations

import logging
from datetime import timedelta

from sqlalchemy import select

from jobs.models import OutboxJob
from jobs.outbox import task_named, tell_of_failure
from shared.clock import now
from shared.db import db, transaction

log = logging.getLogger(__name__)
MOST_TRIES = 8


def wait_before(tries: int) -> timedelta:
    """5 s, 10 s, 20 s … at most 15 minutes."""
    return timedelta(seconds=min(5 * 2 ** max(0, tries - 1), 900))


def perform(job_id: int) -> bool:
    """Run the promise ``job_id`` if it is still open and nobody else runs it. True when it is done now.

    The try is counted in a transaction of its own first: a promise that kills its process is parked one day too.
    """
    if not _count_try(job_id):
        return False
    try:
        with transaction():
            job = _hold_open(job_id)
            if job is None:
                return False
            task_named(job.task)(**job.arguments)
            job.done_at = now()
            job.last_error = None
    except Exception as error:  # whatever a task raises is kept with the promise, never lost with a process
        log.exception("promise %s failed", job_id)
        _note_failure(job_id, f"{type(error).__name__}: {error}")
        return False
    return True


def _hold_open(job_id: int, *, skip_locked: bool = True) -> OutboxJob | None:
    return db.session.scalar(
        select(OutboxJob)
        .where(OutboxJob.id == job_id, OutboxJob.done_at.is_(None), OutboxJob.parked_at.is_(None))
        .with_for_update(skip_locked=skip_locked)
        .execution_options(populate_existing=True)
    )


def _count_try(job_id: int) -> bool:
    with transaction():
        # Waits: the relay rings before it commits, and a quick worker that skipped the row it still holds would
        # leave the promise to the next ringing.
        job = _hold_open(job_id, skip_locked=False)
        if job is None:
            return False
        if job.tries >= MOST_TRIES:
            job.parked_at = now()
            tell_of_failure(job.task, job.arguments, job.last_error or "", parked=True)
            return False
        job.tries += 1
    return True


def _note_failure(job_id: int, error: str) -> None:
    with transaction():
        job = _hold_open(job_id)
        if job is None:
            return
        job.last_error = error[:2000]
        if job.tries >= MOST_TRIES:
            job.parked_at = now()
        else:
            job.due_at = now() + wait_before(job.tries)
            job.handed_over_at = None
        tell_of_failure(job.task, job.arguments, job.last_error, parked=job.parked_at is not None)

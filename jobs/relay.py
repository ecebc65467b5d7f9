"""The relay: takes committed promises to the worker, and takes them again when the bell was lost.

Redis may be stopped or wiped at any time: a promise that was handed over, is not done after a while and no longer
waits in the queue is handed over again. Runs beside the web server as ``python -m jobs.relay``.
"""

from __future__ import annotations

import logging
import signal
import time
from datetime import timedelta
from threading import Event

from redis import Redis
from redis.exceptions import RedisError
from rq.exceptions import DuplicateJobError, NoSuchJobError
from rq.job import Job, JobStatus
from rq.serializers import JSONSerializer
from sqlalchemy import or_, select
from sqlalchemy.exc import OperationalError

from jobs.background import yield_to_visitors
from jobs.janitor import do_chores, tidy_up
from jobs.models import OutboxJob
from jobs.queue import connect, work_queue
from shared.clock import now
from shared.db import db, transaction

log = logging.getLogger(__name__)
RING_AGAIN_AFTER = timedelta(seconds=20)
BATCH = 200
POLL_SECONDS = 0.25
TIDY_SECONDS = 30


def hand_over(redis: Redis, *, ring_again_after: timedelta = RING_AGAIN_AFTER) -> int:
    """Give the worker the open promises that are due. Returns how many; the caller holds the transaction.

    The rows are marked only after Redis took them, and the job's id holds the count of hand-overs: when this
    process dies in between, the next hand-over of the same count is refused by ``unique``.
    """
    moment = now()
    rows = db.session.scalars(
        select(OutboxJob)
        .where(
            OutboxJob.done_at.is_(None),
            OutboxJob.parked_at.is_(None),
            OutboxJob.due_at <= moment,
            or_(OutboxJob.handed_over_at.is_(None), OutboxJob.handed_over_at < moment - ring_again_after),
        )
        .order_by(OutboxJob.due_at, OutboxJob.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    queue = work_queue(redis)
    for job in rows:
        if job.handed_over_at is not None and _still_waits(redis, _bell(job, job.handed_over_times - 1)):
            job.handed_over_at = moment
            continue
        try:
            queue.enqueue(
                "worker.run",
                job.id,
                job_id=_bell(job, job.handed_over_times),
                unique=True,
                result_ttl=0,
                failure_ttl=86_400,
                job_timeout=600,
            )
        except DuplicateJobError:
            log.info("promise %s was handed over already", job.id)
        job.handed_over_at = moment
        job.handed_over_times += 1
    return len(rows)


def _bell(job: OutboxJob, times: int) -> str:
    return f"outbox-{job.id}-{times}"


def _still_waits(redis: Redis, job_id: str) -> bool:
    """Whether RQ has this job in its queue: a long queue is no reason to ring again."""
    try:
        return Job.fetch(job_id, connection=redis, serializer=JSONSerializer).get_status() == JobStatus.QUEUED
    except NoSuchJobError:
        return False


def run_relay(redis_url: str, stop: Event) -> None:
    """Hand over and tidy up until ``stop`` is set. Outages are waited out, not died of."""
    redis = connect(redis_url)
    tidied = 0.0
    while not stop.is_set():
        handed = 0
        try:
            with transaction():
                handed = hand_over(redis)
            if time.monotonic() - tidied > TIDY_SECONDS:
                with transaction():
                    tidy_up()
                do_chores()
                tidied = time.monotonic()
        except (RedisError, OperationalError) as outage:
            log.warning("the relay waits: %s", type(outage).__name__)
            stop.wait(1)
        finally:
            db.session.remove()
        if handed < BATCH:
            stop.wait(POLL_SECONDS)


def main() -> None:
    """Entry of ``python -m jobs.relay``."""
    from importlib import import_module

    yield_to_visitors()
    app = import_module("app").create_app()  # by name: what joins the packages stands above them
    stop = Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    with app.app_context():
        run_relay(app.config["SETTINGS"].redis_url, stop)


if __name__ == "__main__":
    main()

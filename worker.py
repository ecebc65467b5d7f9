"""What RQ runs: one promised task in its own transaction. Start it with ``python worker.py``.

RQ's SimpleWorker runs the task in this very process (no fork: a mail takes milliseconds); if the process dies,
the supervisor starts another and the relay hands the open promise over again.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import time

from flask import Flask
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker
from rq.exceptions import StopRequested
from rq.job import Job
from rq.serializers import JSONSerializer

_app: Flask | None = None


class Worker(SimpleWorker):
    """RQ's worker, which also stops when Redis is away.

    RQ asks Redis, in the middle of the signal, whether it is at work; where Redis does not answer it takes that for
    an outage like any other and goes on waiting, told to stop or not.
    """

    told_to_stop = False
    _at_work = False

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Do one job; whoever wants us to stop meanwhile waits until it is done."""
        self._at_work = True
        try:
            super().execute_job(job, queue)
        finally:
            self._at_work = False

    def _shutdown(self) -> None:
        self.told_to_stop = self._stop_requested = True
        if not self._at_work:
            raise StopRequested

    def teardown(self) -> None:
        """Sign off; a Redis that is away forgets us by itself."""
        try:
            super().teardown()  # type: ignore[no-untyped-call]
        except RedisError:
            if not self.told_to_stop:
                raise


def run(job_id: int) -> None:
    """Keep the promise ``job_id`` (see jobs/perform.py)."""
    from jobs.perform import perform
    from shared.db import db

    with _application().app_context():
        try:
            perform(job_id)
        finally:
            db.session.remove()


def _application() -> Flask:
    global _app  # the one application of this process, made at the first task
    if _app is None:
        from app import create_app

        _app = create_app()
    return _app


def main() -> None:
    """Serve the queue until told to stop; a Redis that is away is waited for."""
    from jobs.background import yield_to_visitors
    from jobs.queue import connect, work_queue

    yield_to_visitors()
    # RQ imports "worker" by name: this very module, not a second copy of it.
    sys.modules["worker"] = sys.modules[__name__]
    logging.getLogger("rq.worker").setLevel(logging.WARNING)
    app = _application()
    redis = connect(app.config["SETTINGS"].redis_url)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # also while there is no worker yet
    worker: Worker | None = None
    while True:
        try:
            queue = work_queue(redis)
            worker = Worker(
                [queue],
                connection=redis,
                serializer=JSONSerializer,
                name=f"worker-{os.getpid()}-{time.time_ns()}",
                worker_ttl=60,
            )
            worker.work(logging_level="WARNING")
            return
        except StopRequested:
            return
        except RedisError as outage:
            if worker is not None and worker.told_to_stop:
                return
            logging.getLogger(__name__).warning("the worker waits for Redis: %s", outage)
            time.sleep(1)


if __name__ == "__main__":
    main()

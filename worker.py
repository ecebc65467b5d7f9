"""What RQ runs: one promised task in its own transaction. Start it with ``python worker.py``.

RQ's SimpleWorker runs the task in this very process (no fork: a mail takes milliseconds); if the process dies,
the supervisor starts another and the relay hands the open promise over again.
"""

from __future__ import annotations

import logging
import os
import sys
import time

from flask import Flask
from redis.exceptions import RedisError
from rq import SimpleWorker
from rq.serializers import JSONSerializer

_app: Flask | None = None


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
    while True:
        try:
            queue = work_queue(redis)
            worker = SimpleWorker(
                [queue],
                connection=redis,
                serializer=JSONSerializer,
                name=f"worker-{os.getpid()}-{time.time_ns()}",
                worker_ttl=60,
            )
            worker.work(logging_level="WARNING")
            return
        except RedisError as outage:
            logging.getLogger(__name__).warning("the worker waits for Redis: %s", outage)
            time.sleep(1)


if __name__ == "__main__":
    main()

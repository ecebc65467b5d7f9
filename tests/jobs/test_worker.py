"""The worker is told to stop when its Redis is gone: it stops, and what it is at is done first. Real processes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
from redis import Redis

from jobs.queue import connect, work_queue
from launch.redis import EmbeddedRedis
from tests.conftest import ROOT
from tests.served import wait_until

TASK = "checkin.tasks.empty_arrivals_of_erased"
PROMISE = f"""
INSERT INTO outbox_jobs (task, arguments, promised_at, due_at)
VALUES ('{TASK}', '{{"person_id": 1, "registration_ids": []}}', now(), now()) RETURNING id
"""


def start_worker(database_url: str, redis_url: str, directory: Path) -> subprocess.Popen[bytes]:
    """A worker of its own Redis."""
    directory.mkdir(exist_ok=True)
    environment = {
        **os.environ, "DATABASE_URL": database_url, "REDIS_URL": redis_url, "SECRET_KEY": "a-secret-of-the-tests",
        "DATA_DIR": str(directory),
    }  # fmt: skip
    with (directory / "worker.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "worker.py"], cwd=ROOT, env=environment, stdout=log, stderr=log
        )


def is_listening(redis: Redis) -> bool:
    """Whether a worker waits for work there."""
    return bool(redis.smembers("rq:workers"))


def test_a_worker_without_its_redis_stops_when_told_to_and_first_does_what_it_is_at(
    fresh_database: Callable[[], str], tmp_path: Path
) -> None:
    database_url = fresh_database()
    plain = database_url.replace("+psycopg", "")
    one, other = (
        EmbeddedRedis(tmp_path / "one", durable=False),
        EmbeddedRedis(tmp_path / "other", durable=False),
    )
    with one, other, psycopg.connect(plain, autocommit=True) as rows, psycopg.connect(plain) as holder:
        redis_of_idle, redis_of_busy = connect(one.url), connect(other.url)
        idle = start_worker(database_url, one.url, tmp_path / "idle")
        busy = start_worker(database_url, other.url, tmp_path / "busy")
        try:
            (promise,) = rows.execute(PROMISE).fetchone() or (0,)
            holder.execute("SELECT FROM outbox_jobs WHERE id = %s FOR UPDATE", (promise,))
            for redis in (redis_of_idle, redis_of_busy):
                wait_until(lambda redis=redis: is_listening(redis), "a worker does not come up", seconds=60)  # type: ignore[misc]
            work_queue(redis_of_busy).enqueue("worker.run", promise)
            waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            wait_until(lambda: rows.execute(waits).fetchone() == (1,), "nobody begins the work", seconds=60)
            redis_of_idle.close()
            redis_of_busy.close()
            for server in (one, other):
                assert server.process is not None
                server.process.kill()
                server.process.wait()
            time.sleep(0.5)  # the idle one has begun to wait for its Redis
            for worker in (idle, busy):
                worker.terminate()
            time.sleep(0.3)
            assert busy.poll() is None, "what it was at is not done"
            holder.commit()  # within the four seconds that the product waits for a row
            assert idle.wait(60) == 0, (tmp_path / "idle" / "worker.log").read_text()
            assert busy.wait(60) == 0, (tmp_path / "busy" / "worker.log").read_text()
            (done,) = rows.execute(
                "SELECT done_at FROM outbox_jobs WHERE id = %s", (promise,)
            ).fetchone() or (None,)
            assert done is not None, (tmp_path / "busy" / "worker.log").read_text()
        finally:
            for worker in (idle, busy):
                worker.kill()
                worker.wait()

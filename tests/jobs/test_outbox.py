"""Promised work: nothing leaves before the commit, nothing is lost, nothing has its effect twice."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import select, text

from jobs import outbox
from jobs.models import OutboxJob
from jobs.outbox import Fact, announce, enqueue, on, task
from jobs.perform import MOST_TRIES, perform
from jobs.queue import connect, work_queue
from jobs.relay import hand_over
from shared.clock import now
from shared.db import db, transaction
from tests.conftest import settings_for


@dataclass(frozen=True)
class LampLit(Fact):
    """A fact of these tests."""

    lamp_id: int


@task
def write_row(mark: str) -> None:
    """An effect that can be counted: one row a run."""
    db.session.execute(text("INSERT INTO effects (mark) VALUES (:mark)"), {"mark": mark})


@task
def fail(mark: str) -> None:
    """Has its effect and then fails."""
    write_row(mark)
    raise RuntimeError("the lamp broke")


@on(LampLit)
def hear_of_lamp(lamp_id: int) -> None:
    """Listens for the fact."""
    write_row(f"lamp {lamp_id}")


@pytest.fixture
def own_app(fresh_database: Any, tmp_path: Any) -> Iterator[Flask]:
    """An application whose commits are real, with a table to count effects in."""
    from app import create_app

    app = create_app(settings_for(fresh_database(), tmp_path))
    with app.app_context():
        with transaction():
            db.session.execute(text("CREATE TABLE effects (mark text)"))
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def redis(own_app: Flask) -> Iterator[Redis]:
    """The tests' Redis with an empty queue."""
    # Each test process has a numbered room of its own in the tests' Redis.
    room = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 16
    connection = connect(f"{os.environ['TEST_REDIS_URL']}?db={room}")
    connection.flushdb()
    yield connection
    connection.flushdb()
    connection.close()


def effects() -> list[str]:
    """What has been done, in any order."""
    marks = list(db.session.scalars(text("SELECT mark FROM effects")))
    db.session.rollback()
    return marks


def open_jobs() -> list[OutboxJob]:
    """The promises not yet kept, read anew."""
    db.session.rollback()
    db.session.expire_all()
    return list(db.session.scalars(select(OutboxJob).where(OutboxJob.done_at.is_(None))))


def test_an_act_that_fails_promises_nothing(own_app: Flask) -> None:
    with pytest.raises(RuntimeError), transaction():
        enqueue(write_row, mark="a")
        raise RuntimeError
    assert open_jobs() == []


def test_a_fact_is_heard_by_whoever_listens(own_app: Flask) -> None:
    with transaction():
        announce(LampLit(lamp_id=7))
    (job,) = open_jobs()
    assert job.task.endswith("hear_of_lamp")
    assert perform(job.id)
    assert effects() == ["lamp 7"]


def test_a_promise_delivered_twice_has_one_effect(own_app: Flask) -> None:
    with transaction():
        enqueue(write_row, mark="once")
    (job,) = open_jobs()
    assert perform(job.id)
    assert not perform(job.id)
    assert effects() == ["once"]


def test_a_promise_performed_by_eight_at_once_has_one_effect(own_app: Flask) -> None:
    with transaction():
        enqueue(write_row, mark="once")
    (job,) = open_jobs()
    job_id = job.id
    db.session.rollback()

    def one() -> None:
        with own_app.app_context():
            perform(job_id)
            db.session.remove()

    threads = [Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert effects() == ["once"]


def test_without_the_held_row_eight_at_once_have_more_than_one_effect(
    own_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control of the test above: its guard taken away, the harm must show."""
    import jobs.perform as module

    monkeypatch.setattr(
        module,
        "_hold_open",
        lambda job_id, **_how: db.session.scalar(
            select(OutboxJob).where(OutboxJob.id == job_id, OutboxJob.done_at.is_(None))
        ),
    )

    @task
    def slow_row(mark: str) -> None:
        write_row(mark)
        db.session.execute(text("SELECT pg_sleep(0.2)"))

    with transaction():
        enqueue(slow_row, mark="often")
    (job,) = open_jobs()
    job_id = job.id
    db.session.rollback()

    def one() -> None:
        with own_app.app_context():
            perform(job_id)
            db.session.remove()

    threads = [Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(effects()) > 1


def test_a_failed_try_leaves_no_effect_and_waits(own_app: Flask) -> None:
    with transaction():
        enqueue(fail, mark="half")
    (job,) = open_jobs()
    assert not perform(job.id)
    assert effects() == []
    (job,) = open_jobs()
    assert job.tries == 1
    assert job.last_error == "RuntimeError: the lamp broke"
    assert job.due_at > now()


def test_after_the_last_try_a_promise_is_parked_with_its_reason(own_app: Flask) -> None:
    with transaction():
        enqueue(fail, mark="half")
    (job,) = open_jobs()
    for _ in range(MOST_TRIES):
        perform(job.id)
    (job,) = open_jobs()
    assert job.parked_at is not None
    assert not perform(job.id)
    (job,) = open_jobs()
    assert job.tries == MOST_TRIES


def test_the_relay_hands_a_promise_over_once(own_app: Flask, redis: Redis) -> None:
    with transaction():
        enqueue(write_row, mark="a")
    for _ in range(2):
        with transaction():
            hand_over(redis)
    assert work_queue(redis).count == 1


def test_a_worker_that_is_quicker_than_the_relays_commit_keeps_the_promise(
    own_app: Flask, redis: Redis
) -> None:
    with transaction():
        enqueue(write_row, mark="quick")
    job_id = open_jobs()[0].id
    kept: list[bool] = []

    def work() -> None:
        with own_app.app_context():
            kept.append(perform(job_id))
            db.session.remove()

    worker = Thread(target=work)
    with transaction():
        assert hand_over(redis) == 1
        worker.start()  # Redis has rung; the relay still holds the row
        worker.join(0.3)
    worker.join(10)
    assert kept == [True]
    assert effects() == ["quick"]


def test_a_relay_that_dies_before_its_commit_leaves_one_job(own_app: Flask, redis: Redis) -> None:
    with transaction():
        enqueue(write_row, mark="a")
    with pytest.raises(RuntimeError), transaction():
        hand_over(redis)
        raise RuntimeError("died between handing over and marking")
    with transaction():
        assert hand_over(redis) == 1
    assert work_queue(redis).count == 1


def test_a_promise_is_handed_over_again_when_redis_was_wiped(own_app: Flask, redis: Redis) -> None:
    with transaction():
        enqueue(write_row, mark="a")
    with transaction():
        hand_over(redis)
    redis.flushdb()
    with transaction():
        assert hand_over(redis, ring_again_after=timedelta(0)) == 1
    assert work_queue(redis).count == 1


def test_a_promise_that_still_waits_in_the_queue_is_not_handed_over_again(
    own_app: Flask, redis: Redis
) -> None:
    with transaction():
        enqueue(write_row, mark="a")
    for _ in range(2):
        with transaction():
            hand_over(redis, ring_again_after=timedelta(0))
    assert work_queue(redis).count == 1


def test_only_marked_work_can_be_promised(own_app: Flask) -> None:
    def stray() -> None: ...

    with pytest.raises(LookupError), transaction():
        enqueue(stray)


def test_what_redis_says_cannot_name_other_code(own_app: Flask) -> None:
    with transaction():
        db.session.add(
            OutboxJob(task="os.system", arguments={"command": "true"}, promised_at=now(), due_at=now())
        )
    (job,) = open_jobs()
    assert not perform(job.id)
    (job,) = open_jobs()
    assert job.last_error is not None and job.last_error.startswith("KeyError")
    assert "os.system" not in outbox.known_tasks()

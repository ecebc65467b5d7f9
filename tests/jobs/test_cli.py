"""``flask --app app promises parked|again``."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text

from jobs.models import OutboxJob
from jobs.outbox import enqueue, task
from jobs.perform import MOST_TRIES, perform
from shared.db import db, transaction
from tests.promises import keep_promises

lamps = {"broken": True}


@task
def light_lamp() -> None:
    """Fails while the lamp is broken."""
    if lamps["broken"]:
        raise RuntimeError("the lamp broke")


@pytest.fixture
def parked_job(app: Flask) -> OutboxJob:
    """A promise that failed as often as one may."""
    lamps["broken"] = True
    with transaction():
        enqueue(light_lamp)
    job = db.session.scalars(select(OutboxJob)).one()
    for _try in range(MOST_TRIES):
        assert not perform(job.id)
    assert job.parked_at is not None
    return job


def command(app: Flask, *words: str) -> Any:
    db.session.commit()
    answer = app.test_cli_runner().invoke(args=["promises", *words])
    db.session.expire_all()
    return answer


def test_what_is_parked_is_listed_with_what_went_wrong(app: Flask, parked_job: OutboxJob) -> None:
    (line,) = command(app, "parked").output.splitlines()
    assert line.startswith(f"{parked_job.id}\t")
    assert "light_lamp" in line
    assert "the lamp broke" in line


def test_a_parked_promise_is_kept_once_its_cause_is_mended_and_it_is_tried_again(
    app: Flask, parked_job: OutboxJob
) -> None:
    lamps["broken"] = False
    assert keep_promises() == 0
    assert command(app, "again", str(parked_job.id)).exit_code == 0
    assert keep_promises() == 1
    assert parked_job.done_at is not None
    assert command(app, "parked").output == ""


def test_of_several_numbers_all_are_tried_again_or_none(app: Flask, parked_job: OutboxJob) -> None:
    answer = command(app, "again", str(parked_job.id), "999999")
    assert answer.exit_code == 1
    assert "999999" in answer.output
    assert db.session.scalar(text("SELECT count(*) FROM outbox_jobs WHERE parked_at IS NOT NULL")) == 1

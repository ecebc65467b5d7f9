"""A list is being brought in while its worker is killed: every row comes once, as if nothing had happened."""

from __future__ import annotations

import signal

import pytest
from sqlalchemy import func, select, text

from accounts.sign_in import staff_with_login
from imports.bring_in import begin_import, choose_columns, take_sheet
from imports.check import Options
from imports.columns import guessed
from imports.models import ImportRow, ImportRun, ImportState, Outcome
from imports.read_sheet import read_sheet
from jobs.models import LongWork, WorkState
from questions.lookups import questionnaire_for
from registrations.models import Registration
from shared.db import db, transaction
from tests.factories import campaigns
from tests.imports.test_import import HEADS, many
from tests.served import Served, wait_until

ROWS = 3_000


@pytest.mark.crowd
@pytest.mark.timeout(180)
def test_a_worker_killed_in_the_middle_loses_nothing_and_repeats_nothing(served: Served) -> None:
    with served.app.app_context():
        stop = campaigns.stop(capacity=ROWS)
        organiser = staff_with_login("organiser")
        assert organiser is not None
        sheet = read_sheet((HEADS + many(ROWS)).encode("gb18030"), "名单.csv")
        with transaction():
            run = take_sheet(sheet, file_name="名单.csv", stop_id=stop.id, by=organiser)
            columns = guessed(sheet.columns, questionnaire_for(stop))
            choose_columns(run.id, columns, Options(), by=organiser)
            work_id = begin_import(run.id, by=organiser).id

        def work() -> LongWork:
            db.session.rollback()
            db.session.expire_all()
            return db.session.get_one(LongWork, work_id)

        wait_until(lambda: work().done >= 500, "nothing has begun", seconds=60)
        served.end("worker", signal.SIGKILL)
        assert work().state is WorkState.RUNNING
        # The promise that died with the worker is rung again at once, not after the relay's usual 20 seconds.
        with transaction():
            db.session.execute(text("UPDATE outbox_jobs SET handed_over_at = NULL WHERE done_at IS NULL"))
        served.start("worker")
        wait_until(lambda: work().state is WorkState.FINISHED, "it was not finished", seconds=90)
        assert (work().done, work().failed) == (ROWS, 0)
        assert db.session.get_one(ImportRun, run.id).state is ImportState.DONE
        assert db.session.scalar(select(func.count()).select_from(Registration)) == ROWS
        made = select(func.count()).where(ImportRow.outcome == Outcome.MADE)
        assert db.session.scalar(made) == ROWS
        seats = db.session.execute(text("SELECT seats_taken FROM stops")).scalar_one()
        assert seats == ROWS
        db.session.remove()

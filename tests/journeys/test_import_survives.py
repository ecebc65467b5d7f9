"""A list is brought in while its worker is killed: every row comes once, is seen to come, and goes again."""

from __future__ import annotations

import re
import signal

import httpx
import pytest
from sqlalchemy import func, select, text

from accounts.sign_in import staff_with_login
from imports.bring_in import begin_import
from imports.check import Options
from imports.columns import guessed
from imports.models import ImportRow, ImportRun, ImportState, Outcome
from imports.read_sheet import read_sheet
from imports.take_back import begin_revert
from imports.take_sheet import choose_columns, take_sheet
from jobs.models import LongWork, WorkState
from questions.lookups import questionnaire_for
from registrations.models import Registration
from shared.db import db, transaction
from tests.factories import campaigns
from tests.imports.test_import import HEADS, many
from tests.journeys.conftest import PASSWORD
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

        page = signed_in(served.url)
        wait_until(lambda: work().done >= 500, "nothing has begun", seconds=60)
        seen = page.get(f"/work/{work_id}/progress").text
        assert any(f"{number}" in seen for number in range(500, ROWS, 500)), seen
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
        assert f"{ROWS}" in page.get(f"/work/{work_id}").text.replace(",", "")

        with transaction():
            work_id = begin_revert(run.id, by=organiser).id
        wait_until(lambda: work().state is WorkState.FINISHED, "it was not taken back", seconds=90)
        assert (work().done, work().skipped) == (ROWS, 0)
        assert db.session.get_one(ImportRun, run.id).state is ImportState.REVERTED
        nobody = "SELECT (SELECT count(*) FROM registrations), (SELECT count(*) FROM people), seats_taken FROM stops"
        assert tuple(db.session.execute(text(nobody)).one()) == (0, 0, 0)
        page.close()
        db.session.remove()


def signed_in(address: str) -> httpx.Client:
    """The organiser at the desk."""
    client = httpx.Client(base_url=address, follow_redirects=True, timeout=60)
    token = re.findall(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/sign-in").text)[0]
    answer = client.post("/sign-in", data={"login": "organiser", "password": PASSWORD, "csrf_token": token})
    assert answer.status_code == 200, answer.text
    return client

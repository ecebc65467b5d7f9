"""Long work: a chunk at a time, each once, whatever happens in between."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, text

from accounts.models import Role, Staff
from jobs import long_work as module
from jobs.janitor import tidy_up
from jobs.long_work import (
    WorkIsOver,
    begin,
    cancel,
    go_on,
    keep_result,
    long_work,
    result_of,
    results_directory,
)
from jobs.models import LongWork, OutboxJob, WorkState
from jobs.parked import try_again
from jobs.perform import MOST_TRIES, perform
from messages.models import Message
from shared.clock import now
from shared.db import db, transaction
from tests.conftest import Browser
from tests.counting import CountQueries
from tests.factories import accounts
from tests.promises import keep_promises

broken: list[str] = []


@pytest.fixture(autouse=True)
def _counting_kind(app: Flask) -> Iterator[None]:
    """A kind whose effect can be counted: one row a number."""
    broken.clear()
    db.session.execute(text("CREATE TEMP TABLE counted (number int) ON COMMIT PRESERVE ROWS"))

    @long_work("count", "Counting", chunk=10, sentences=lambda work: [f"{work.done} counted"])
    def count(work: LongWork, position: int) -> int | None:
        upto: int = min(position + work.chunk_size, work.arguments["upto"])
        for number in range(position, upto):
            db.session.execute(text("INSERT INTO counted VALUES (:number)"), {"number": number})
        work.done += upto - position
        if broken:
            raise RuntimeError(broken[0])
        if upto == work.arguments["upto"]:
            keep_result(work, "数.txt", str(upto).encode())
            return None
        return upto

    yield
    module._kinds.pop("count")
    db.session.rollback()
    db.session.execute(text("DROP TABLE IF EXISTS counted"))


def counted() -> list[int]:
    """What was counted, in order."""
    return list(db.session.scalars(text("SELECT number FROM counted ORDER BY number")))


def chunks_waiting() -> list[OutboxJob]:
    """The open promises of chunks."""
    db.session.expire_all()
    return list(
        db.session.scalars(
            select(OutboxJob).where(OutboxJob.task == "jobs.long_work.go_on", OutboxJob.done_at.is_(None))
        )
    )


def fresh(work: LongWork) -> LongWork:
    """The row as it is now."""
    db.session.expire_all()
    return db.session.get_one(LongWork, work.id)


def ordered(upto: int = 35) -> LongWork:
    """Counting to ``upto``, ordered by an organiser."""
    staff = accounts.staff(Role.ORGANISER)
    with transaction():
        return begin("count", by=staff, total=upto, upto=upto)


def test_it_goes_through_to_the_end_and_keeps_its_file_for_its_orderer(app: Flask) -> None:
    work = ordered()
    assert work.state is WorkState.WAITING
    assert perform(chunks_waiting()[0].id)
    assert (work.state, work.done, work.percent) == (WorkState.RUNNING, 10, 28)
    keep_promises()
    assert (work.state, work.done, work.percent) == (WorkState.FINISHED, 35, 100)
    assert counted() == list(range(35))
    file = result_of(work)
    assert file is not None
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(results_directory().stat().st_mode) == 0o700


def test_a_chunk_that_is_delivered_twice_has_one_effect(app: Flask) -> None:
    work = ordered()
    assert perform(chunks_waiting()[0].id)
    with transaction():
        go_on(work.id, 0)  # a second promise of the same chunk, as nothing of ours writes it
    assert counted() == list(range(10))
    assert work.done == 10
    assert len(chunks_waiting()) == 1


def test_a_chunk_that_fails_leaves_nothing_and_is_done_again_from_where_it_began(app: Flask) -> None:
    work = ordered()
    assert perform(chunks_waiting()[0].id)
    broken.append("the abacus broke")
    assert not perform(chunks_waiting()[0].id)
    assert counted() == list(range(10))
    assert (work.done, work.position, work.state) == (10, 10, WorkState.RUNNING)
    assert work.last_error == "RuntimeError: the abacus broke"
    broken.clear()
    assert perform(chunks_waiting()[0].id)
    keep_promises()
    assert counted() == list(range(35))
    assert fresh(work).last_error is None


def test_after_the_last_try_it_has_failed_and_can_be_taken_up_again(app: Flask) -> None:
    work = ordered()
    broken.append("no")
    job = chunks_waiting()[0]
    for _ in range(MOST_TRIES):
        perform(job.id)
    assert work.state is WorkState.FAILED
    broken.clear()
    with transaction():
        try_again(job.id)
    keep_promises()
    assert fresh(work).state is WorkState.FINISHED
    assert counted() == list(range(35))


def test_cancelling_takes_effect_between_two_chunks(app: Flask) -> None:
    work = ordered()
    assert perform(chunks_waiting()[0].id)
    with transaction():
        cancel(work.id)
    keep_promises()
    assert work.state is WorkState.CANCELLED
    assert counted() == list(range(10))
    with pytest.raises(WorkIsOver), transaction():
        cancel(work.id)


def test_the_janitor_takes_the_file_away_after_a_week(app: Flask) -> None:
    work = ordered(5)
    keep_promises()
    file = result_of(work)
    assert file is not None
    with transaction():
        tidy_up()
    assert file.exists()
    work.expires_at = now() - timedelta(minutes=1)
    with transaction():
        tidy_up()
    assert not file.exists()
    assert work.result_file is None


def test_only_its_orderer_sees_cancels_and_downloads_it(app: Flask, client: Browser) -> None:
    work = ordered(5)
    keep_promises()
    orderer = work.ordered_by_id
    client.sign_in(accounts.staff(Role.ADMINISTRATOR))
    pages = [f"/work/{work.id}", f"/work/{work.id}/progress", f"/work/{work.id}/result"]
    assert [client.get(page).status_code for page in pages] == [404, 404, 404]
    assert client.post(f"/work/{work.id}/cancel").status_code == 404
    assert "Counting" not in client.get("/work").get_data(as_text=True)
    client.sign_in(db.session.get_one(Staff, orderer))
    assert "5 counted" in client.get(pages[0]).get_data(as_text=True)
    assert "data-progress-on" not in client.get(pages[1]).get_data(as_text=True)
    with client.get(pages[2]) as download:
        assert download.data == b"5"
    assert "Counting" in client.get("/work").get_data(as_text=True)
    answer = client.post(f"/work/{work.id}/cancel", follow_redirects=True)
    assert answer.status_code == 200


def test_work_under_way_shows_its_progress_and_can_be_cancelled(app: Flask, client: Browser) -> None:
    work = ordered()
    assert perform(chunks_waiting()[0].id)
    client.sign_in(db.session.get_one(Staff, work.ordered_by_id))
    page = client.get(f"/work/{work.id}").get_data(as_text=True)
    assert f'data-work-progress="/work/{work.id}/progress"' in page
    assert 'value="28"' in page
    client.post(f"/work/{work.id}/cancel")
    db.session.refresh(work)
    assert work.state is WorkState.CANCELLED


def test_who_waited_longer_than_a_minute_gets_a_mail_once(app: Flask) -> None:
    short, long = ordered(5), ordered(5)
    for work in (short, long):
        staff = db.session.get_one(Staff, work.ordered_by_id)
        staff.email = f"{staff.login}@example.com"
    long.ordered_at = now() - timedelta(minutes=2)
    db.session.commit()
    keep_promises()
    mails = list(db.session.scalars(select(Message).where(Message.kind == "work_ended")))
    assert [mail.recipient.split("@")[1] for mail in mails] == ["example.com"]
    assert f"/work/{long.id}" in mails[0].body_text
    assert "5 counted" in mails[0].body_text


def test_the_list_takes_as_many_queries_for_three_as_for_one(
    app: Flask, client: Browser, count_queries: CountQueries
) -> None:
    staff = accounts.staff(Role.ORGANISER)
    client.sign_in(staff)

    def one_more() -> None:
        with transaction():
            begin("count", by=staff, total=5, upto=5)

    one_more()
    with count_queries() as for_one:
        client.get("/work")
    one_more()
    one_more()
    with count_queries() as for_three:
        client.get("/work")
    assert len(for_three) == len(for_one), for_three.listed()

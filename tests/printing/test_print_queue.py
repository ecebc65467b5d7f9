"""A scan asks for one badge, a station at a time has it, and what did not come out is not forgotten."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from threading import Thread
from uuid import UUID, uuid4

import pypdfium2
import pytest
from flask import Flask
from sqlalchemy import create_engine, func, select, text, update
from sqlalchemy.exc import IntegrityError

from audit.models import AuditEntry
from campaigns.models import Stop
from checkin.check_in import check_in, void_check_in
from checkin.lookups import arrival_point
from checkin.models import CheckIn, Checkpoint, Device, DeviceRole, Direction
from checkin.take_in import Upload, take_in
from printing.errors import AnotherStationHasIt, NotArrived, StillBeingPrinted
from printing.models import Failure, PrintJob, PrintState
from printing.papers import PAPERS
from printing.print_queue import (
    LEASE,
    MOST_TRIES,
    ask_again,
    ask_for_badge,
    drop_waiting,
    give_back,
    hear,
    let_print,
    next_job,
    print_here,
    say_failed,
    say_printed,
)
from registrations.models import Registration
from registrations.tickets import make_first_key
from shared.clock import now
from shared.db import db, transaction
from tests.conftest import settings_for
from tests.factories import accounts, campaigns, gates, registrations


@pytest.fixture
def stop(app: Flask) -> Stop:
    """A stop whose door prints badges."""
    return printing_stop()


def printing_stop() -> Stop:
    """A stop whose door prints badges."""
    one = campaigns.stop()
    let_print(arrival_point(one.id).id, prints=True, stop=one, by=accounts.staff())
    return one


def station(at: Stop, *points: Checkpoint, name: str = "1号台") -> Device:
    """A printing station of ``at``."""
    return gates.device(at, *points, role=DeviceRole.STATION, name=name)


def arrive(at: Stop, scan_id: UUID | None = None) -> CheckIn:
    """Somebody comes in."""
    registration = registrations.registration(at=at)
    return check_in(registration.code, stop=at, gate="东门", by=accounts.staff(), scan_id=scan_id)


def jobs() -> list[PrintJob]:
    """Every badge asked for, by number."""
    return list(
        db.session.scalars(select(PrintJob).order_by(PrintJob.id).execution_options(populate_existing=True))
    )


def test_a_scan_asks_for_one_badge_where_the_door_prints(stop: Stop) -> None:
    scan_id, by = uuid4(), accounts.staff()
    arrival = arrive(stop, scan_id)
    registration = arrival.registration
    again = check_in(registration.code, stop=stop, gate="东门", by=by, scan_id=scan_id)
    assert again.id == arrival.id
    (job,) = jobs()
    assert (job.registration_id, job.scan_id, job.copy, job.state) == (
        registration.id, scan_id, 1, PrintState.WAITING,
    )  # fmt: skip
    # A mistaken scan that is undone before the badge was printed takes it out of the queue; the next one asks anew.
    void_check_in(arrival.id, by=arrival.scanned_by)
    assert [one.state for one in jobs()] == [PrintState.DROPPED]
    second = check_in(registration.code, stop=stop, gate="东门", by=by)
    assert [one.state for one in jobs()] == [PrintState.DROPPED, PrintState.WAITING]
    # Once it is printed no further scan prints it again.
    desk = station(stop)
    taken = next_job(desk)
    assert taken is not None
    say_printed(taken.job.id, station=desk)
    void_check_in(second.id, by=second.scanned_by)
    check_in(registration.code, stop=stop, gate="东门", by=by)
    assert [one.state for one in jobs()] == [PrintState.DROPPED, PrintState.PRINTED]
    # Elsewhere nothing is asked for.
    silent = campaigns.stop()
    arrive(silent)
    assert len(jobs()) == 2


def test_what_a_device_hands_in_late_is_not_printed_unasked(stop: Stop) -> None:
    device = gates.device(stop)
    point = arrival_point(stop.id)

    def upload(minutes: int) -> Registration:
        registration = registrations.registration(at=stop)
        take_in(
            [Upload(uuid4(), point.id, registration.code, Direction.IN, now() - timedelta(minutes=minutes), timedelta(), None, "东门")],
            device=device,
        )  # fmt: skip
        return registration

    upload(6)
    fresh = upload(1)
    assert [job.registration_id for job in jobs()] == [fresh.id]


def test_a_station_has_one_badge_at_a_time_and_others_go_round_it(stop: Stop) -> None:
    first, second = arrive(stop), arrive(stop)
    left, right = station(stop), station(stop, name="2号台")
    one, other = next_job(left), next_job(right)
    assert one is not None and other is not None
    assert [one.job.registration_id, other.job.registration_id] == [
        first.registration_id,
        second.registration_id,
    ]
    arrive(stop)
    held = next_job(left)  # its answer was lost: the same badge again, and marked
    assert held is not None and (held.job.id, held.again, one.again) == (one.job.id, True, False)
    say_printed(one.job.id, station=left)
    say_printed(one.job.id, station=left)
    with pytest.raises(AnotherStationHasIt):
        say_printed(one.job.id, station=right)
    assert next_job(left, take=False) is None
    third = next_job(left)
    assert third is not None
    give_back(third.job.id, station=left)
    assert (third.job.state, third.job.tries) == (PrintState.WAITING, 0)
    acts = Counter(db.session.scalars(select(AuditEntry.act).where(AuditEntry.subject_kind == "PrintJob")))
    assert acts == {"print_badge_at_station": 3, "badge_printed": 1, "give_badge_back": 1}


def test_a_station_that_falls_silent_loses_its_badge_and_the_third_time_it_is_given_up(stop: Stop) -> None:
    arrive(stop)
    desks = [station(stop, name=f"{number}号台") for number in range(MOST_TRIES + 1)]
    for number, desk in enumerate(desks[:-1]):
        handed = next_job(desk)
        assert handed is not None and handed.job.tries == number + 1
        assert next_job(desks[-1]) is None, "still in its hands"
        db.session.execute(update(PrintJob).values(taken_until=now() - timedelta(seconds=1)))
    with pytest.raises(AnotherStationHasIt):
        say_printed(jobs()[0].id, station=desks[0])
    assert next_job(desks[-1]) is None
    (job,) = jobs()
    assert (job.state, job.why) == (PrintState.FAILED, Failure.GAVE_UP)
    job = ask_again(job.id, stop=stop, by=accounts.staff())
    assert (job.state, job.copy, job.tries) == (PrintState.WAITING, 1, 0), (
        "it never came out: no further copy"
    )
    assert timedelta(minutes=1) <= LEASE


def test_a_further_copy_is_asked_for_by_hand_and_counted(stop: Stop) -> None:
    arrival, by, desk = arrive(stop), accounts.staff(), station(stop)
    assert ask_for_badge(arrival, by=by).id == jobs()[0].id, "it is on its way already"
    with pytest.raises(StillBeingPrinted):
        ask_again(jobs()[0].id, stop=stop, by=by)
    first = next_job(desk)
    assert first is not None
    with pytest.raises(StillBeingPrinted):
        print_here(arrival, by=by)
    say_failed(first.job.id, station=desk, why=Failure.PRINTER)
    assert next_job(desk) is None, "what failed is not printed unasked"
    ask_again(first.job.id, stop=stop, by=by, station=desk)
    assert next_job(station(stop, name="2号台")) is None, "asked for at that desk"
    again = next_job(desk)
    assert again is not None and again.job.copy == 1
    say_printed(again.job.id, station=desk)
    assert ask_again(again.job.id, stop=stop, by=by).copy == 2
    assert print_here(arrival, by=by).copy == 2, "out of the queue, at the gate's own printer"
    assert print_here(arrival, by=by).copy == 3
    void_check_in(arrival.id, by=arrival.scanned_by)
    with pytest.raises(NotArrived):
        print_here(arrival, by=by)
    arrive(stop)
    assert drop_waiting(stop, by=by) == 1 and next_job(desk) is None


def test_a_station_prints_for_its_checkpoints_and_for_those_that_are_gone(stop: Stop) -> None:
    door, dinner = arrival_point(stop.id), gates.checkpoint(stop)
    desk, other, by = station(stop, door), station(stop, dinner, name="餐厅"), accounts.staff()
    arrive(stop)
    assert next_job(other) is None
    handed = next_job(desk)
    assert handed is not None
    say_printed(handed.job.id, station=desk)
    ask_again(handed.job.id, stop=stop, by=by, station=desk)
    replaced = station(stop, door, name="3号台")
    assert next_job(replaced) is None
    desk.revoked_at = now()
    db.session.flush()
    assert next_job(replaced) is not None


RARE = ("李", "欧阳娜娜", "𬱖", "阿卜杜热合曼·麦麦提江", "㛃䶮", "Østergård·O’Brien")


@pytest.mark.parametrize("paper", PAPERS)
def test_every_paper_holds_the_whole_badge_and_the_right_name(app: Flask, paper: str) -> None:
    from badges.batch import badge_of, pdf_of

    make_first_key()
    at = campaigns.stop()
    layout = PAPERS[paper].layout
    people = [registrations.registration(at=at) for _ in RARE]
    for registration, name in zip(people, RARE, strict=True):
        registration.person.full_name = name
    with pdf_of([badge_of(one, at) for one in people], layout, title="t") as pdf:
        document = pypdfium2.PdfDocument(BytesIO(pdf.read()))
    for page, name in zip(document, RARE, strict=True):
        width, height = (round(side * 25.4 / 72, 1) for side in page.get_size())
        assert (width, height) == (layout.width, layout.height)
        shown = "".join(page.get_textpage().get_text_range().split())
        assert "".join(name.split()) in shown
    for box in (layout.card.campaign.box, layout.card.name_alone.box, layout.card.unit.box, layout.card.band):
        assert box.x >= 0 and box.right <= layout.width and box.y >= 0 and box.top <= layout.height
    assert layout.card.code.width >= 20, "read from paper at 20 mm and more"


# --- many at once -----------------------------------------------------------------------------------------------------

STATIONS, BADGES = 8, 500


@pytest.fixture
def hall(fresh_database: Callable[[], str], tmp_path: Path) -> Iterator[Flask]:
    """The product on a database of its own, with a connection for every station."""
    from app import create_app

    app = create_app(settings_for(fresh_database(), tmp_path))
    with app.app_context():
        db.engine.dispose()
        db._app_engines[app][None] = create_engine(
            app.config["SETTINGS"].database_url, pool_size=STATIONS + 2
        )
        yield app
        db.session.remove()
        db.engine.dispose()


def asked_for(number: int) -> list[int]:
    """A stop with ``number`` badges asked for and eight stations."""
    with transaction():
        make_first_key()
        at = printing_stop()
        one = registrations.registration(at=at)
        db.session.execute(
            text(
                "INSERT INTO print_jobs (stop_id, registration_id, copy, asked_by_id, asked_at) "
                "SELECT :stop, :one, n, :by, now() FROM generate_series(1, :number) n"
            ),
            {"stop": at.id, "one": one.id, "by": accounts.staff().id, "number": number},
        )
        return [station(at, name=f"{number}号台").id for number in range(STATIONS)]


def pull_all(hall: Flask, devices: list[int], pull: Callable[[Device], int | None]) -> list[int]:
    """Each station takes and prints until nothing waits: the badges in the order printed."""
    printed: list[int] = []
    failed: list[BaseException] = []

    def work(number: int) -> None:
        try:
            with hall.app_context():
                while True:
                    with transaction():
                        job_id = pull(db.session.get_one(Device, number))
                    if job_id is None:
                        return
                    printed.append(job_id)
        except BaseException as error:
            failed.append(error)

    threads = [Thread(target=work, args=(number,)) for number in devices]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(100)
    assert failed == []
    return printed


@pytest.mark.crowd
def test_eight_stations_print_five_hundred_badges_once_each(hall: Flask) -> None:
    devices = asked_for(BADGES)

    def pull(desk: Device) -> int | None:
        hear(desk, trouble=None)
        handed = next_job(desk)
        if handed is None:
            return None
        say_printed(handed.job.id, station=desk)
        return handed.job.id

    printed = pull_all(hall, devices, pull)
    assert len(printed) == len(set(printed)) == BADGES
    states = db.session.execute(select(PrintJob.state, func.count()).group_by(PrintJob.state)).all()
    assert [tuple(row) for row in states] == [(PrintState.PRINTED, BADGES)]
    assert (db.session.scalar(select(func.count(PrintJob.taken_by_id.distinct()))) or 0) > 1, (
        "they shared the work"
    )


@pytest.mark.crowd
def test_without_the_lock_badges_are_printed_twice(hall: Flask) -> None:
    """The negative control of the test above."""
    devices = asked_for(60)

    def pull(desk: Device) -> int | None:
        job = db.session.scalar(
            select(PrintJob).where(PrintJob.state == PrintState.WAITING).order_by(PrintJob.id).limit(1)
        )
        if job is None:
            return None
        db.session.execute(text("SELECT pg_sleep(0.005)"))
        db.session.execute(
            update(PrintJob).where(PrintJob.id == job.id).values(state=PrintState.PRINTED, ended_at=now())
        )
        return job.id

    printed = pull_all(hall, devices, pull)
    assert len(printed) > len(set(printed))


@pytest.mark.parametrize(
    ("guard", "values"),
    [
        ("uq_print_jobs_scan_id", "'waiting', 1, :scan, NULL, NULL, NULL, :other"),
        ("uq_print_jobs_copy", "'waiting', 1, gen_random_uuid(), NULL, NULL, NULL, :same"),
        ("ck_print_jobs_scan_asks_for_the_first", "'waiting', 2, gen_random_uuid(), NULL, NULL, NULL, :same"),
        ("ck_print_jobs_taken_by_somebody", "'taken', 2, NULL, NULL, now(), NULL, :same"),
        ("ck_print_jobs_failed_with_its_reason", "'failed', 2, NULL, NULL, NULL, now(), :same"),
        ("ck_print_jobs_ended", "'printed', 2, NULL, NULL, NULL, NULL, :same"),
        ("uq_print_jobs_taken_by", "'taken', 2, NULL, :device, now(), NULL, :same"),
    ],
)
def test_the_schema_keeps_the_rule_from_raw_sql(stop: Stop, guard: str, values: str) -> None:
    arrival, other = arrive(stop), registrations.registration(at=stop)
    desk = station(stop)
    if guard == "uq_print_jobs_taken_by":
        assert next_job(desk) is not None
    statement = text(
        "INSERT INTO print_jobs (state, copy, scan_id, taken_by_id, taken_until, ended_at, registration_id, stop_id, asked_by_id, asked_at) "
        f"SELECT {values}, :stop, :by, now()"
    )
    said = {"scan": arrival.scan_id, "same": arrival.registration_id, "other": other.id, "device": desk.id,
            "stop": stop.id, "by": arrival.scanned_by_id}  # fmt: skip
    said = {name: value for name, value in said.items() if f":{name}" in str(statement)}
    with pytest.raises(IntegrityError, match=guard), db.session.begin_nested():
        db.session.execute(statement, said)
    kind = "DROP CONSTRAINT" if guard.startswith("ck_") else "INDEX"  # the negative control
    db.session.execute(
        text(f"ALTER TABLE print_jobs {kind} {guard}" if kind != "INDEX" else f"DROP INDEX {guard}")
    )
    db.session.execute(statement, said)


def test_whoever_changed_to_another_stop_gets_the_badge_there(stop: Stop) -> None:
    arrival, desk, by = arrive(stop), station(stop), accounts.staff()
    taken = next_job(desk)
    assert taken is not None
    say_printed(taken.job.id, station=desk)
    void_check_in(arrival.id, by=arrival.scanned_by)
    registration, other = arrival.registration, printing_stop()
    registration.stop = other
    db.session.flush()
    there = check_in(registration.code, stop=other, gate="西门", by=by)
    job = ask_for_badge(there, by=by)
    assert (job.stop_id, job.checkpoint_id, job.copy, job.state) == (
        other.id, there.checkpoint_id, 2, PrintState.WAITING,
    )  # fmt: skip
    assert ask_for_badge(there, by=by).id == job.id
    assert print_here(there, by=by).id == job.id
    assert next_job(desk) is None

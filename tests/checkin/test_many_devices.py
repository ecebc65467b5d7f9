"""Eight devices with the same hundred tickets, over HTTP, each scan sent twice: a hundred people are in, once each."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from threading import Event, Thread
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.exc import IntegrityError
from werkzeug.serving import make_server

from checkin.devices import join, open_code
from checkin.errors import JoinCodeUsedUp, ScanWasUndone
from checkin.groups import Companion
from checkin.lookups import arrival_point, standing_check_in
from checkin.models import CheckIn, Checkpoint, Device, DeviceInvite, DeviceRole, Direction, Scan
from checkin.present import present
from checkin.take_in import Upload, take_in
from checkin.walk_in import walk_in_by_device
from people.models import Person
from registrations.models import BadgeClass, Education, Registration
from registrations.register import Application
from registrations.tickets import make_first_key, ticket_for
from shared.clock import now
from shared.db import db, transaction
from tests.checkin.test_groups import delegation_at
from tests.checkin.test_many_scanners import at_once
from tests.conftest import settings_for
from tests.factories import accounts, campaigns, gates, registrations

DEVICES, TICKETS = 8, 100

pytestmark = pytest.mark.crowd


@pytest.fixture
def hall(fresh_database: Callable[[], str], tmp_path: Path) -> Iterator[Flask]:
    """The product on a database of its own, with a connection for every device."""
    from app import create_app

    app = create_app(settings_for(fresh_database(), tmp_path))
    with app.app_context():
        db.engine.dispose()
        db._app_engines[app][None] = create_engine(
            app.config["SETTINGS"].database_url, pool_size=2 * DEVICES + 2
        )
        with transaction():
            make_first_key()
        yield app
        db.session.remove()
        db.engine.dispose()


def test_eight_devices_with_the_same_hundred_tickets_let_a_hundred_in(hall: Flask) -> None:
    stop = campaigns.stop()
    tickets = [ticket_for(registrations.registration(at=stop)) for _ in range(TICKETS)]
    devices = [gates.device(stop, name=f"{number}号机") for number in range(DEVICES)]
    shown = [gates.token_of(device) for device in devices]
    place = arrival_point(stop.id).id
    db.session.commit()
    server = make_server("127.0.0.1", 0, hall, threaded=True)
    Thread(target=server.serve_forever, daemon=True).start()
    answers: list[tuple[str, bool, str | None, int]] = []

    def scan_all(number: int) -> None:
        connection = HTTPConnection("127.0.0.1", server.server_port, timeout=60)
        for ticket in tickets[number * 12 :] + tickets[: number * 12]:
            body = json.dumps({"id": str(uuid4()), "checkpoint_id": place, "code": ticket})
            for _ in range(2):
                connection.request("POST", "/api/v1/scans", body, shown[number])
                answer = connection.getresponse()
                said = json.loads(answer.read())
                answers.append((ticket, said.get("let_in"), said.get("reason"), answer.status))

    threads = [Thread(target=scan_all, args=(number,)) for number in range(DEVICES)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
    finally:
        server.shutdown()
    assert Counter(status for *_, status in answers) == {200: 2 * DEVICES * TICKETS}
    # The one that was let in is told so twice, everybody else twice that somebody came first.
    assert Counter((let_in, reason) for _, let_in, reason, _ in answers) == {
        (True, None): 2 * TICKETS,
        (False, "already_checked_in"): 2 * (DEVICES - 1) * TICKETS,
    }
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(CheckIn)) == TICKETS
    assert db.session.scalar(select(func.count()).select_from(Scan)) == DEVICES * TICKETS


def joining(code: str, from_where: str) -> Callable[[], str]:
    """Joining once; "joined", or the code of the refusal."""

    def act() -> str:
        return getattr(join(code, name="", from_where=from_where), "code", "joined")

    return act


def test_twelve_join_at_once_with_a_code_for_three_and_the_table_would_not_hold_a_fourth(hall: Flask) -> None:
    stop, by = campaigns.stop(), accounts.staff()
    with transaction():
        issued = open_code(
            stop,
            name="",
            role=DeviceRole.SCAN,
            checkpoint_ids=[arrival_point(stop.id).id],
            most_uses=3,
            lasts=timedelta(hours=1),
            by=by,
        )
    answers = at_once(hall, [joining(issued.code, f"10.0.0.{number}") for number in range(12)])
    assert Counter(answers) == {"joined": 3, JoinCodeUsedUp.code: 9}
    with pytest.raises(IntegrityError, match="never_over_used"):
        db.session.execute(text("UPDATE device_invites SET uses = uses + 1"))
    db.session.rollback()
    # Without the rule the table takes it: it is the constraint that refuses, and nothing else.
    db.session.execute(text("ALTER TABLE device_invites DROP CONSTRAINT ck_device_invites_never_over_used"))
    db.session.execute(text("UPDATE device_invites SET uses = uses + 1"))
    assert db.session.scalar(select(DeviceInvite.uses)) == 4
    db.session.rollback()


def test_wrong_pins_tried_at_once_from_one_place_are_counted_one_by_one(hall: Flask) -> None:
    answers = at_once(hall, [joining(f"{number:06}", "10.9.9.9") for number in range(12)])
    assert Counter(answers) == {"join_code_unknown": 5, "too_many_tries": 7}


def test_one_walk_in_sent_by_eight_retries_is_one_person_and_the_table_would_not_hold_a_second(
    hall: Flask,
) -> None:
    stop = campaigns.stop()
    device = gates.device(stop, role=DeviceRole.SUPERVISE)
    db.session.commit()
    number, device_id = uuid4(), device.id
    someone = Application(
        full_name="康定国",
        mobile="+8613900001234",
        email="",
        university="山西大学",
        education=Education.OTHER,
        research_field="",
    )

    def once(noted: datetime | None) -> Callable[[], str]:
        def act() -> str:
            shown = walk_in_by_device(
                someone,
                device=db.session.get_one(Device, device_id),
                walk_in_id=number,
                badge_class=BadgeClass.DOCTOR,
                noted=noted,
            )
            return str(shown.scan_id)

        return act

    answers = at_once(hall, [once(None if turn % 2 else now()) for turn in range(DEVICES)])
    assert Counter(map(str, answers)) == {str(number): DEVICES}
    db.session.rollback()
    for model in (Registration, Person, Scan, CheckIn):
        assert db.session.scalar(select(func.count()).select_from(model)) == 1, model
    # Without the lock the table refuses a second of the same number; without the index it takes it.
    another = registrations.registration(at=stop)
    second = text("UPDATE registrations SET submission_id = :number WHERE id = :id").bindparams(
        number=number, id=another.id
    )
    db.session.commit()
    with pytest.raises(IntegrityError, match="uq_registrations_submission_id"):
        db.session.execute(second)
    db.session.rollback()
    db.session.execute(text("DROP INDEX uq_registrations_submission_id"))
    db.session.execute(second)
    same = select(func.count()).where(Registration.submission_id == number)
    assert db.session.scalar(same) == 2
    db.session.rollback()


def five_by_two_devices(app: Flask) -> tuple[list[str | None], int]:
    """Two devices let the same five of a delegation in at once where three have room: the reasons, and who is within."""
    stop = campaigns.stop()
    leader, *others = delegation_at(stop, 6)
    dinner = gates.checkpoint(stop, capacity=4)
    devices = [gates.device(stop, dinner, name=name) for name in ("甲", "乙")]
    db.session.commit()
    point_id, code = dinner.id, leader.code

    def scanning(device: Device, named: str | Companion) -> Callable[[], str | None]:
        device_id = device.id

        def act() -> str | None:
            mine = db.session.get_one(Device, device_id)
            shown = present(
                named,
                checkpoint=db.session.get_one(Checkpoint, point_id),
                gate=mine.name,
                by=mine.vouched_by,
                device=mine,
            )
            return shown.refusal.code if shown.refusal else None

        return act

    with transaction():
        assert scanning(devices[0], code)() is None
    acts = [scanning(device, Companion(code, one.id)) for one in others for device in devices]
    answers = at_once(app, acts)
    db.session.rollback()
    within = db.session.scalar(
        select(func.count())
        .select_from(CheckIn)
        .where(CheckIn.checkpoint_id == point_id, CheckIn.voided_at.is_(None))
    )
    return answers, within or 0


def test_of_five_of_a_delegation_three_have_room_though_two_devices_let_them_in_at_once(hall: Flask) -> None:
    answers, within = five_by_two_devices(hall)
    assert within == 4, answers
    assert answers.count(None) == 3
    assert set(answers) <= {None, "no_room_within", "already_checked_in"}
    # Without the rule of the table all of them come in: it is what refuses, and nothing else.
    db.session.execute(text("ALTER TABLE check_ins DISABLE TRIGGER check_ins_count_within"))
    db.session.commit()
    answers, within = five_by_two_devices(hall)
    assert (within, answers.count(None)) == (6, 5)


def test_a_scan_taken_back_while_it_is_written_lets_nobody_in(hall: Flask) -> None:
    """The device heard no answer in time and took its question back, and the server was still at it."""
    device = gates.device(campaigns.stop())
    tickets = [registrations.registration(at=device.stop) for _ in range(2)]
    number, ids, codes = device.id, [one.id for one in tickets], [one.code for one in tickets]
    db.session.commit()
    asked = [uuid4(), uuid4()]
    said: list[str] = []
    steps = {name: Event() for name in ("written", "write on", "taken back", "go on")}

    def scans(which: int) -> None:
        with hall.app_context(), transaction():
            one = db.session.get_one(Device, number)
            try:
                present(
                    codes[which],
                    checkpoint=arrival_point(one.stop_id),
                    gate="东门",
                    by=one.vouched_by,
                    device=one,
                    scan_id=asked[which],
                )
            except ScanWasUndone as refusal:
                said.append(refusal.code)
                return
            steps["written"].set()
            steps["write on"].wait(20)

    def takes_back(which: int) -> None:
        with hall.app_context(), transaction():
            take_in([], [asked[which]], device=db.session.get_one(Device, number))
            steps["taken back"].set()
            steps["go on"].wait(20)

    with ThreadPoolExecutor(2) as pool:
        # The scan is written and not committed when it is taken back.
        steps["go on"].set()
        scan = pool.submit(scans, 0)
        assert steps["written"].wait(20)
        undo = pool.submit(takes_back, 0)
        steps["taken back"].wait(1)
        steps["write on"].set()
        scan.result(20)
        undo.result(20)
        # It is taken back, not committed yet, when the scan comes.
        steps["go on"].clear()
        steps["taken back"].clear()
        undo = pool.submit(takes_back, 1)
        assert steps["taken back"].wait(20)
        scan = pool.submit(scans, 1)
        with suppress(TimeoutError):
            scan.result(1)
        steps["go on"].set()
        scan.result(20)
        undo.result(20)
    db.session.rollback()
    assert [standing_check_in(one) for one in ids] == [None, None]
    assert said == [ScanWasUndone.code]


def test_two_uploads_that_count_in_the_same_two_rooms_take_the_rooms_in_one_order(hall: Flask) -> None:
    """Changed entries are written before new ones, so without more the second room would be taken first."""
    stop = campaigns.stop()
    rooms = [gates.checkpoint(stop, capacity=9) for _ in range(2)]
    device = gates.device(stop, *rooms)
    known, fresh = (registrations.registration(at=stop) for _ in range(2))
    for point in rooms:
        present(known.code, checkpoint=point, gate="东门", by=device.vouched_by, device=device)
    first, second = (point.id for point in rooms)
    number = device.id
    uploads = [
        Upload(
            id=uuid4(),
            checkpoint_id=place,
            code=code,
            direction=Direction.IN,
            device_at=now() - timedelta(minutes=5),
            clock_ahead=timedelta(),
            reason=None,
            gate="东门",
        )
        for place, code in ((second, known.code), (first, fresh.code))
    ]
    db.session.commit()
    free = text("SELECT within FROM headcounts WHERE checkpoint_id = :room FOR UPDATE NOWAIT")
    done = Event()

    def upload() -> None:
        with hall.app_context(), transaction():
            take_in(uploads, device=db.session.get_one(Device, number))
            done.set()

    with ThreadPoolExecutor(1) as pool:
        db.session.execute(free, {"room": first})  # somebody else is counting in the first room
        work = pool.submit(upload)
        assert not done.wait(1)
        db.session.execute(free, {"room": second})  # nobody has the second one while he waits for the first
        db.session.rollback()
        work.result(20)
    counted = db.session.execute(text("SELECT within FROM headcounts ORDER BY checkpoint_id")).scalars().all()
    assert counted == [2, 1]

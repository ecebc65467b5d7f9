"""Scans that devices made without a network come in, in any order and more than once."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from checkin.check_in import check_in, void_check_in
from checkin.errors import ScanWasUndone
from checkin.figures import counted_of
from checkin.lookups import arrival_point, standing_check_in
from checkin.models import CheckIn, Device, Direction, Headcount, Often, Scan, SetAside, Verdict
from checkin.present import present
from checkin.take_in import TakenIn, Upload, take_in
from registrations.models import Registration, RegistrationState
from registrations.tickets import make_first_key, ticket_for
from shared.clock import now
from shared.db import db
from tests.counting import CountQueries
from tests.factories import accounts, campaigns, gates, registrations


@pytest.fixture(autouse=True)
def _in_an_application(app: Flask) -> None:
    """Every test here stands on the database."""


def upload(device: Device, registration: Registration, minute: int = 0, **changes: Any) -> Upload:
    """A green scan of this registration, so many minutes after nine."""
    (place,) = device.checkpoint_ids
    values: dict[str, Any] = {
        "id": uuid4(),
        "checkpoint_id": place,
        "code": registration.code,
        "direction": Direction.IN,
        "device_at": now() - timedelta(hours=1) + timedelta(minutes=minute),
        "clock_ahead": timedelta(),
        "reason": None,
        "gate": device.name,
    }
    return Upload(**{**values, **changes})


def state_of(stop_id: int) -> Any:
    """Everything that scans come to at this stop, without what tells the order in which it came in."""
    db.session.flush()
    scans = select(Scan.id, Scan.at, Scan.verdict, Scan.against_id, Scan.let_in).where(
        Scan.stop_id == stop_id
    )
    entries = select(
        CheckIn.registration_id, CheckIn.day, CheckIn.scan_id, CheckIn.arrived_at, CheckIn.within
    ).where(CheckIn.stop_id == stop_id, CheckIn.voided_at.is_(None))
    return (
        sorted(tuple(row) for row in db.session.execute(scans)),
        sorted((tuple(row) for row in db.session.execute(entries)), key=str),
    )


def test_a_scan_made_alone_is_kept_once_however_often_it_is_sent() -> None:
    stop = campaigns.stop()
    make_first_key()
    registration, device = registrations.registration(at=stop), gates.device(stop)
    one = upload(device, registration, code=ticket_for(registration))
    for _ in range(3):
        (answer,) = take_in([one, one][:1], device=device)
        assert answer == TakenIn(one.id, None, Verdict.FIRST)
    arrival = standing_check_in(registration.id)
    assert arrival is not None
    assert (arrival.scan_id, arrival.gate, arrival.asked, arrival.arrived_at) == (
        one.id, "东门一号", False, one.device_at,
    )  # fmt: skip
    assert db.session.scalar(select(func.count()).select_from(Scan)) == 1


def test_two_devices_let_the_same_people_in_and_both_scans_stand_with_each_others_name() -> None:
    stop = campaigns.stop()
    east, west = gates.device(stop), gates.device(stop, name="西门一号")
    registration = registrations.registration(at=stop)
    later, earlier = upload(east, registration, 9), upload(west, registration, 5)
    assert take_in([later], device=east)[0].verdict is Verdict.FIRST
    assert take_in([earlier], device=west)[0].verdict is Verdict.FIRST
    db.session.expire_all()
    conflict = db.session.get_one(Scan, later.id)
    assert (conflict.verdict, conflict.against_id) == (Verdict.CONFLICT, earlier.id)
    arrival = standing_check_in(registration.id)
    assert arrival is not None and (arrival.scan_id, arrival.gate) == (earlier.id, "西门一号")
    assert counted_of(stop).arrived == 1


def test_a_scan_before_the_one_that_was_asked_about_takes_its_place() -> None:
    stop = campaigns.stop()
    device, registration = gates.device(stop), registrations.registration(at=stop)
    online = check_in(registration.code, stop=stop, gate="东门", by=accounts.staff())
    first = upload(device, registration, 0)
    take_in([first], device=device)
    db.session.expire_all()
    arrival = standing_check_in(registration.id)
    assert arrival is not None and (arrival.id, arrival.scan_id) == (online.id, first.id)


def test_a_clock_that_goes_wrong_is_put_right_by_what_the_device_knew() -> None:
    stop = campaigns.stop()
    fast, slow = gates.device(stop), gates.device(stop, name="西门一号")
    registration = registrations.registration(at=stop)
    ten = timedelta(minutes=10)
    really_first = upload(fast, registration, 12, clock_ahead=-ten)  # at minute 2
    really_second = upload(slow, registration, -6, clock_ahead=ten)  # at minute 4
    take_in([really_second], device=slow)
    take_in([really_first], device=fast)
    db.session.expire_all()
    assert db.session.get_one(Scan, really_first.id).verdict is Verdict.FIRST
    assert db.session.get_one(Scan, really_second.id).against_id == really_first.id


def test_a_clock_of_1970_loses_nothing() -> None:
    stop = campaigns.stop()
    device, registration = gates.device(stop), registrations.registration(at=stop)
    old = upload(device, registration, device_at=datetime(1970, 1, 1, tzinfo=now().tzinfo))
    assert take_in([old], device=device)[0].verdict is Verdict.FIRST
    assert db.session.get_one(Scan, old.id).at == device.joined_at


def test_what_is_not_understood_is_set_aside_and_kept_and_the_others_come_in() -> None:
    stop, other_stop = campaigns.stop(), campaigns.stop()
    device, registration = gates.device(stop), registrations.registration(at=stop)
    good = upload(device, registration)
    wrong = [
        upload(device, registration, code="22222222"),
        upload(device, registration, checkpoint_id=arrival_point(other_stop.id).id),
        upload(device, registrations.registration(at=other_stop)),
    ]
    answers = take_in([wrong[0], good, *wrong[1:]], device=device)
    assert [answer.set_aside for answer in answers] == [
        "unknown_code", None, "not_its_checkpoint", "not_for_this_stop",
    ]  # fmt: skip
    assert answers[1].verdict is Verdict.FIRST
    kept = db.session.scalars(select(SetAside)).all()
    assert {row.id for row in kept} == {scan.id for scan in wrong}
    assert registration.code not in str([row.payload for row in kept])


def test_a_number_that_is_another_scans_is_set_aside_and_changes_nothing() -> None:
    stop = campaigns.stop()
    device = gates.device(stop)
    one, other = registrations.registration(at=stop), registrations.registration(at=stop)
    first = upload(device, one)
    take_in([first], device=device)
    (answer,) = take_in([upload(device, other, id=first.id)], device=device)
    assert answer.set_aside == "scan_used_before"
    assert standing_check_in(other.id) is None


def test_what_the_server_would_have_refused_is_kept_with_the_reason() -> None:
    stop = campaigns.stop()
    device = gates.device(stop)
    withdrawn = registrations.registration(RegistrationState.WITHDRAWN, at=stop)
    scan = upload(device, withdrawn)
    assert (
        take_in([scan], device=device)[0].verdict is Verdict.FIRST
    )  # the person is inside, whatever was right
    assert db.session.get_one(Scan, scan.id).objection == "not_confirmed"


def test_an_undo_may_come_before_its_scan() -> None:
    stop = campaigns.stop()
    device, registration = gates.device(stop), registrations.registration(at=stop)
    scan = upload(device, registration)
    take_in([], [scan.id], device=device)
    assert take_in([scan], device=device)[0].verdict is Verdict.UNDONE
    assert standing_check_in(registration.id) is None


def test_an_arrival_undone_at_the_desk_leaves_the_place_to_the_other_devices_scan() -> None:
    stop = campaigns.stop()
    device, registration, admin = gates.device(stop), registrations.registration(at=stop), accounts.staff()
    first, second = upload(device, registration, 1), upload(device, registration, 2)
    take_in([first, second], device=device)
    arrival = standing_check_in(registration.id)
    assert arrival is not None
    void_check_in(arrival.id, by=admin)
    arrival = standing_check_in(registration.id)
    assert arrival is not None and arrival.scan_id == second.id
    void_check_in(arrival.id, by=admin)
    assert standing_check_in(registration.id) is None


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("often", list(Often))
def test_in_whatever_order_pieces_and_copies_they_come_the_end_is_the_same(often: Often, seed: int) -> None:
    chance = random.Random(f"{often}{seed}")
    stop = campaigns.stop()
    point = gates.checkpoint(stop, often=often)
    devices = [gates.device(stop, point, name=f"{number}号门") for number in range(3)]
    people = [registrations.registration(at=stop) for _ in range(4)]
    scans = [
        (device, upload(
            device, chance.choice(people), chance.randint(-60 * 20, 40),
            direction=chance.choice(list(Direction)),
            clock_ahead=timedelta(minutes=chance.randint(-10, 10)),
            reason=chance.choice([None, None, None, "already_checked_in"]),
        ))
        for device in devices
        for _ in range(8)
    ]  # fmt: skip
    undone = [scan.id for _, scan in chance.sample(scans, 4)]
    ends = []
    for _ in range(3):
        nested = db.session.begin_nested()
        chance.shuffle(scans)
        for device, scan in [*scans, *chance.sample(scans, 6)]:
            take_in([scan], chance.sample(undone, 1), device=device)
        take_in([], undone, device=devices[0])
        db.session.expire_all()
        ends.append(state_of(stop.id))
        nested.rollback()
        db.session.expire_all()
    assert ends[0] == ends[1] == ends[2]
    assert len(ends[0][0]) == len(scans)


def test_a_full_room_refuses_whoever_asks_and_is_overfilled_only_by_devices_that_could_not() -> None:
    stop, volunteer = campaigns.stop(), accounts.staff()
    room = gates.checkpoint(stop, often=Often.IN_AND_OUT, capacity=1)
    device = gates.device(stop, room)
    one, two, three = (registrations.registration(at=stop) for _ in range(3))

    def ask(registration: Registration, direction: Direction = Direction.IN) -> str | None:
        answer = present(registration.code, checkpoint=room, gate="A", by=volunteer, direction=direction)
        return answer.refusal.code if answer.refusal else None

    assert ask(one) is None
    assert ask(two) == "no_room_within"
    take_in([upload(device, three)], device=device)
    count = db.session.scalars(select(Headcount).where(Headcount.checkpoint_id == room.id)).one()
    assert (count.within, count.unasked, count.most) == (2, 1, 1)
    assert ask(one, Direction.OUT) is None
    assert ask(one, Direction.OUT) == "was_not_within"
    assert ask(two) == "no_room_within"  # the one nobody had asked about is still within
    assert ask(three, Direction.OUT) is None
    assert ask(two) is None
    room.capacity = 5
    db.session.flush()
    db.session.expire_all()
    count = db.session.scalars(select(Headcount).where(Headcount.checkpoint_id == room.id)).one()
    assert (count.within, count.unasked, count.most) == (1, 0, 5)


def test_who_went_out_by_mistake_is_within_again_also_where_the_room_is_full() -> None:
    stop = campaigns.stop()
    room = gates.checkpoint(stop, often=Often.IN_AND_OUT, capacity=1)
    device = gates.device(stop, room)
    one, two = (registrations.registration(at=stop) for _ in range(2))

    def ask(registration: Registration, direction: Direction) -> UUID:
        asked = present(
            registration.code,
            checkpoint=room,
            gate="A",
            by=device.vouched_by,
            device=device,
            direction=direction,
        )
        assert asked.let_in
        return asked.scan_id

    ask(one, Direction.IN)
    out = ask(one, Direction.OUT)
    ask(two, Direction.IN)
    take_in([], [out], device=device)
    count = db.session.scalars(select(Headcount).where(Headcount.checkpoint_id == room.id)).one()
    assert (count.within, count.unasked, count.most) == (2, 1, 1)


def test_the_scans_stay_as_they_were_shown() -> None:
    stop = campaigns.stop()
    present("22222222", checkpoint=arrival_point(stop.id), gate="A", by=accounts.staff(), scan_id=UUID(int=7))
    for statement in ("UPDATE scans SET gate = 'B'", "DELETE FROM scans"):
        with pytest.raises(Exception, match="stays as it was shown"), db.session.begin_nested():
            db.session.execute(text(statement))


def test_a_first_scan_takes_three_statements(count_queries: CountQueries) -> None:
    stop, volunteer = campaigns.stop(), accounts.staff()
    point = arrival_point(stop.id)
    registration = registrations.registration(at=stop)
    assert point.stop.cancelled_at is None
    with count_queries() as sent:
        present(registration.code, checkpoint=point, gate="A", by=volunteer)
    assert len(sent) <= 4, sent.listed()  # one of them looks for the registration by the typed code


def test_a_scan_that_was_taken_back_before_it_came_lets_nobody_in() -> None:
    stop, volunteer = campaigns.stop(), accounts.staff()
    registration, device = registrations.registration(at=stop), gates.device(stop)
    number = uuid4()
    take_in([], [number], device=device)  # its question had no answer, and the device took it back
    with pytest.raises(ScanWasUndone):
        present(
            registration.code, checkpoint=arrival_point(stop.id), gate="东门", by=volunteer, scan_id=number
        )
    assert standing_check_in(registration.id) is None


def test_an_upload_of_forty_people_takes_as_many_statements_as_one_of_two(
    count_queries: CountQueries,
) -> None:
    stop = campaigns.stop()
    device = gates.device(stop)

    def sent(people: int) -> int:
        uploads = [upload(device, registrations.registration(at=stop)) for _ in range(people)]
        db.session.flush()
        with count_queries() as statements:
            answers = take_in(uploads, device=device)
        assert {answer.verdict for answer in answers} == {Verdict.FIRST}
        return len(statements)

    assert sent(2) == sent(40)

"""Every page counts the same: the figures against a count by hand, over scans thrown by dice."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from accounts.models import Role
from arrivals.live import bars_of, forecast_of, live_of
from campaigns.models import Stop
from checkin.figures import Counted, counted_of, figures_of, minutes_by_stop, points_of
from checkin.lookups import arrival_point
from checkin.models import CheckpointKind, DeviceSighting, Direction, Often
from checkin.take_in import Upload, take_in
from registrations.models import BadgeClass, Registration, RegistrationState
from reports.funnel import funnel_by_stop
from reports.roll_up import roll_up_of
from shared.clock import in_china, now
from shared.db import db
from tests.conftest import Browser
from tests.counting import CountQueries
from tests.factories import accounts, campaigns, gates, registrations

State = RegistrationState


@pytest.fixture(autouse=True)
def _asked_each_time(app: Flask) -> Any:
    app.config["ONE_ANSWER_SECONDS"] = 0
    yield
    del app.config["ONE_ANSWER_SECONDS"]


def _people(at: Stop, dice: random.Random) -> list[Registration]:
    classes = (BadgeClass.DOCTOR, BadgeClass.EXPERT, BadgeClass.MEDIA)
    rows = [
        registrations.registration(
            dice.choice((State.CONFIRMED, State.CONFIRMED, State.CONFIRMED, State.WAITING, State.OFFERED)),
            at=at,
            badge_class=dice.choice(classes),
            university=dice.choice(("山西大学", "太原理工大学", "中北大学")),
        )
        for _ in range(16)
    ]
    # Somebody withdrew, was let in by a device that did not know, and stands as confirmed once more.
    gone = registrations.registration(State.WITHDRAWN, at=at, badge_class=BadgeClass.MEDIA)
    return [*rows, gone, registrations.registration(at=at, person=gone.person, university="中北大学")]


@pytest.mark.parametrize("seed", range(4))
def test_all_figures_agree_with_a_count_by_hand(app: Flask, seed: int) -> None:
    dice = random.Random(seed)
    stop = campaigns.stop(capacity=60)
    door = arrival_point(stop.id)
    hall = gates.checkpoint(stop, CheckpointKind.SESSION, often=Often.IN_AND_OUT, capacity=4)
    meal = gates.checkpoint(stop, often=Often.DAILY)
    people = _people(stop, dice)
    devices = [gates.device(stop, door, hall, meal) for _ in range(2)]
    moment = now().replace(microsecond=0)
    uploads: list[tuple[int, Upload, Registration]] = []
    for number in range(90):
        point, person = dice.choice((door, door, hall, hall, meal)), dice.choice(people)
        upload = Upload(
            id=UUID(int=dice.getrandbits(128), version=4),
            checkpoint_id=point.id,
            code=person.code,
            direction=Direction.OUT if point is hall and dice.random() < 0.4 else Direction.IN,
            device_at=moment - timedelta(seconds=dice.randrange(20_000)),
            clock_ahead=timedelta(),
            reason="already_passed" if dice.random() < 0.15 else None,
            gate="东门",
        )
        uploads.append((number % 2, upload, person))
    undone = {upload.id for _, upload, _ in uploads if dice.random() < 0.1}
    dice.shuffle(uploads)
    for place, device in enumerate(devices):
        own = [upload for whose, upload, _ in uploads if whose == place]
        take_in(own, [one.id for one in own if one.id in undone], device=device)
    db.session.flush()

    # By hand: the green ones that stand, of one registration at one checkpoint, in the order of time.
    green: dict[tuple[int, int], list[Upload]] = defaultdict(list)
    for _, upload, person in uploads:
        if upload.reason is None and upload.id not in undone:
            green[person.id, upload.checkpoint_id].append(upload)
    for scans in green.values():
        scans.sort(key=lambda one: (one.device_at, one.id))
    by_id = {one.id: one for one in people}
    first: dict[int, datetime] = {}
    for (registration_id, point_id), scans in green.items():
        if point_id == door.id:
            person_id = by_id[registration_id].person_id
            first[person_id] = min(first.get(person_id, scans[0].device_at), scans[0].device_at)
    expected = {one.person_id for one in people if one.state is State.CONFIRMED}
    told = figures_of(stop.id)
    assert told.total == Counted(len(expected), len(first), len(expected - set(first)))
    assert told.total == counted_of(stop)
    assert told.total.beyond == len(set(first) - expected)
    for groups in (told.classes, told.units):
        assert sum(group.counted.expected for group in groups) == len(expected)
        assert sum(group.counted.arrived for group in groups) == len(first)
        assert sum(group.counted.awaited for group in groups) == told.total.awaited
    by_minute: dict[datetime, int] = defaultdict(int)
    for at in first.values():
        by_minute[at.replace(second=0)] += 1
    assert dict(minutes_by_stop([stop.id])[stop.id]) == by_minute

    points = {point.checkpoint_id: point.passes for point in points_of(stop, moment)}
    inside, conflicts = 0, 0
    entries = {hall.id: 0, meal.id: 0, door.id: 0}
    for (_, point_id), scans in green.items():
        within, days = False, set()
        for scan in scans:
            day = in_china(scan.device_at).date() if point_id == meal.id else None
            if scan.direction is Direction.OUT:
                within = False
            elif within if point_id == hall.id else day in days:
                conflicts += 1
            else:
                within = True
                days.add(day)
        entries[point_id] += len(days)
        inside += within and point_id == hall.id
    assert {number: passes.entries for number, passes in points.items()} == entries
    assert points[hall.id].inside == inside
    today = in_china(moment).date()
    assert points[meal.id].inside == sum(
        any(in_china(scan.device_at).date() == today for scan in scans)
        for (_, point_id), scans in green.items()
        if point_id == meal.id
    )

    live = live_of(stop, moment, window=120)
    assert live.figures.total == told.total
    assert live.bars.total == sum(
        at > moment.replace(second=0) - timedelta(minutes=120) for at in first.values()
    )
    assert live.trouble.conflicts >= conflicts
    admin = accounts.staff(Role.ADMINISTRATOR)
    ((_, steps),) = funnel_by_stop(admin).by_stop
    roll = roll_up_of(admin, stop.campaign)
    assert roll is not None
    assert (steps.confirmed, steps.arrived) == (told.total.expected, told.total.arrived)
    assert (roll.total.confirmed.persons, roll.total.arrived.persons) == (steps.confirmed, steps.arrived)


def test_a_minute_belongs_to_one_bar_and_the_last_is_the_one_going_on() -> None:
    moment = datetime.fromisoformat("2026-05-28T09:00:30+08:00")
    full = moment.replace(second=0)
    bars = bars_of(
        [(full - timedelta(minutes=60), 9), (full - timedelta(minutes=59), 3), (full, 2)], moment, 60
    )
    assert (bars.counts[0], bars.counts[-1], bars.total) == (3, 2, 5)
    assert bars.ends_at == full + timedelta(minutes=1)
    assert sum(count for _, _, count in bars.in_tens()) == 5


def test_a_forecast_is_given_only_where_it_says_something() -> None:
    moment = datetime.fromisoformat("2026-05-28T09:01:00+08:00")
    stop = Stop(ends_at=moment + timedelta(hours=6))
    assert forecast_of(stop, 20, 10, moment) == datetime.fromisoformat("2026-05-28T09:25:00+08:00")
    assert forecast_of(stop, 20, 4, moment) is None, "hardly anybody is coming"
    assert forecast_of(stop, 0, 10, moment) is None, "nobody is missing"
    assert forecast_of(stop, 400, 10, moment) is None, "it would take hours"
    assert forecast_of(stop, 20, 10, stop.ends_at) is None, "it is over"


def test_the_live_page_is_whole_without_script_and_sends_nothing_while_nothing_changes(
    client: Browser, count_queries: CountQueries
) -> None:
    stop = campaigns.stop()
    organiser = accounts.staff(Role.ORGANISER, host_city_id=stop.host_city_id)
    client.sign_in(organiser)
    address = f"/gate/{stop.id}/live"
    empty = client.get(address)
    assert 'http-equiv="refresh"' in empty.text
    assert 'role="status"' in empty.text
    piece = client.get(address, headers={"X-Requested-With": "fetch"})
    assert piece.text.startswith("<div") and "<html" not in piece.text
    same = client.get(address, headers={"X-Requested-With": "fetch", "If-None-Match": piece.headers["ETag"]})
    assert (same.status_code, same.data) == (304, b"")

    door, device = arrival_point(stop.id), gates.device(stop)
    with count_queries() as for_nobody:
        client.get(address)
    for number in range(3):
        person = registrations.registration(at=stop, university=f"大学{number}")
        upload = Upload(
            UUID(int=number + 1), door.id, person.code, Direction.IN, now(), timedelta(), None, "东门"
        )
        take_in([upload], device=device)
    db.session.commit()
    with count_queries() as for_three:
        changed = client.get(
            address, headers={"X-Requested-With": "fetch", "If-None-Match": piece.headers["ETag"]}
        )
    assert changed.status_code == 200
    assert len(for_three) <= len(for_nobody) + 1, for_three.listed()
    assert "大学0" in changed.text
    assert '<span class="stat-figure">3</span>' in changed.text


def test_a_hundred_who_ask_at_once_are_told_by_one_look(
    app: Flask, client: Browser, count_queries: CountQueries
) -> None:
    app.config["ONE_ANSWER_SECONDS"] = 60
    stop = campaigns.stop()
    client.sign_in(accounts.staff(Role.ORGANISER, host_city_id=stop.host_city_id))
    client.get(f"/gate/{stop.id}/live")
    with count_queries() as for_the_second:
        client.get(f"/gate/{stop.id}/live", headers={"X-Requested-With": "fetch"})
    assert not [one for one in for_the_second if "check_ins" in one or "scans" in one], (
        for_the_second.listed()
    )
    assert len(for_the_second) <= 4, for_the_second.listed()


def test_a_device_is_missed_once_it_was_heard_and_falls_silent(app: Flask) -> None:

    moment = now()
    stop = campaigns.stop(
        starts_at=moment - timedelta(hours=1),
        ends_at=moment + timedelta(hours=5),
        registration_closes_at=moment - timedelta(hours=2),
    )
    names = {"在线": 3, "失联": 600, "昨天": 60 * 60 * 20, "昨天有未上传": 60 * 60 * 20}
    for name, seconds in names.items():
        device = gates.device(stop, name=name)
        pending = 4 if "未上传" in name else 0
        db.session.add(
            DeviceSighting(device_id=device.id, seen_at=moment - timedelta(seconds=seconds), pending=pending)
        )
    gates.device(stop, name="没来过")
    db.session.flush()
    live = live_of(stop, moment)
    assert {device.name for device in live.devices if device.is_silent} == {"失联", "昨天有未上传"}
    assert {device.name for device in live.devices if device.is_here} == {"在线"}
    assert (live.silent, live.pending) == (2, 4)

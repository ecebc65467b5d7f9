"""Checkpoints: opened with a rule, tried before the day, obeyed at the gate, closed down."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from accounts.models import Role
from campaigns.models import Stop
from checkin.check_in import check_in
from checkin.lookups import arrival_point
from checkin.models import Checkpoint, CheckpointKind, Often
from checkin.present import present
from checkin.take_in import take_in
from checkin.try_out import would_pass
from registrations.models import BadgeClass, ProgrammeChoice, Registration
from shared.clock import in_china, now
from shared.db import db
from tests.checkin.test_take_in import upload
from tests.conftest import Browser
from tests.counting import CountQueries
from tests.factories import accounts, campaigns, gates, registrations

NOW = "%Y-%m-%dT%H:%M"


@pytest.fixture
def stop(app: Flask) -> Stop:
    """A stop."""
    return campaigns.stop()


@pytest.fixture
def desk(stop: Stop, client: Browser) -> Browser:
    """An organiser of the stop's city."""
    client.sign_in(accounts.staff(Role.ORGANISER, host_city_id=stop.host_city_id))
    return client


def answer(registration: Registration, at: Checkpoint) -> str | None:
    """What the gate says: None, or why not."""
    said = present(registration.code, checkpoint=at, gate="A", by=accounts.staff())
    return said.refusal.code if said.refusal else None


def test_an_organiser_opens_changes_tries_and_closes_a_checkpoint(desk: Browser, stop: Stop) -> None:
    page = f"/gate/{stop.id}/checkpoints"
    assert "签到" in desk.get(page).text  # the door is there by itself
    assert desk.get(f"{page}/new").status_code == 200
    typed: dict[str, Any] = {
        "kind": "meal",
        "name_zh": "欢迎晚宴",
        "often": "daily",
        "badge_classes": ["doctor", "expert"],
        "capacity": "2",
    }
    assert desk.post(f"{page}/new", data={**typed, "name_zh": ""}).status_code == 422
    assert desk.post(f"{page}/new", data={**typed, "kind": "arrival"}).status_code == 422
    assert desk.post(f"{page}/new", data=typed).status_code == 303
    meal = db.session.scalars(select(Checkpoint).where(Checkpoint.kind == CheckpointKind.MEAL)).one()
    assert (meal.often, meal.badge_classes, meal.capacity) == (Often.DAILY, ["doctor", "expert"], 2)

    media = registrations.registration(at=stop, badge_class=BadgeClass.MEDIA)
    at = f"{in_china(now()):{NOW}}"
    tried = desk.get(f"{page}/{meal.id}", query_string={"code": media.code, "at": at}).text
    assert "此处不对该类嘉宾开放" in tried
    assert media.person.full_name in tried
    doctor = registrations.registration(at=stop)
    assert "可以通过" in desk.get(f"{page}/{meal.id}", query_string={"code": doctor.code, "at": at}).text
    assert "请" in desk.get(f"{page}/{meal.id}", query_string={"code": "", "at": "x"}).text
    assert db.session.execute(text("SELECT count(*) FROM scans")).scalar_one() == 0

    assert answer(doctor, meal) is None
    changed = desk.post(f"{page}/{meal.id}", data={**typed, "often": "once"})
    assert (changed.status_code, "此处已有人扫码" in changed.text) == (409, True)
    assert desk.post(f"{page}/{meal.id}", data={**typed, "capacity": "1"}).status_code == 303
    assert answer(registrations.registration(at=stop), meal) == "no_room_within"
    assert "1" in desk.get(page).text
    assert desk.post(f"{page}/{meal.id}/end").status_code == 303
    db.session.expire_all()
    assert answer(registrations.registration(at=stop), meal) == "checkpoint_closed"
    door = arrival_point(stop.id)
    desk.post(f"{page}/{door.id}/end")
    db.session.refresh(door)
    assert door.ended_at is None


def test_another_citys_organiser_and_a_volunteer_see_no_checkpoints(desk: Browser, stop: Stop) -> None:
    door = arrival_point(stop.id)
    desk.sign_in(accounts.staff(Role.ORGANISER, host_city_id=campaigns.host_city("Jincheng").id))
    for path in ("", "/new", f"/{door.id}"):
        assert desk.get(f"/gate/{stop.id}/checkpoints{path}").status_code == 404
    mine = campaigns.stop(host=campaigns.host_city("Jincheng"))
    assert desk.get(f"/gate/{mine.id}/checkpoints/{door.id}").status_code == 404
    desk.sign_in(accounts.staff(Role.GATE_VOLUNTEER, stop_id=stop.id))
    assert desk.get(f"/gate/{stop.id}/checkpoints").status_code == 403


def test_the_window_the_choice_and_the_arrival_are_asked_at_the_gate(stop: Stop) -> None:
    item = campaigns.item(at=stop)
    registration = registrations.registration(at=stop)
    early = gates.checkpoint(stop, opens_at=now() + timedelta(hours=1), closes_at=now() + timedelta(hours=2))
    assert answer(registration, early) == "not_open_yet"
    assert would_pass(registration.code, early, now() + timedelta(minutes=90)).refusal is None
    late = would_pass(registration.code, early, now() + timedelta(hours=3)).refusal
    assert late is not None and late.code == "checkpoint_closed"
    salon = gates.checkpoint(stop, CheckpointKind.SESSION, programme_item_id=item.id, after_arrival=True)
    assert answer(registration, salon) == "not_chosen"
    db.session.add(
        ProgrammeChoice(registration_id=registration.id, item_id=item.id, group_zh="", chosen_at=now())
    )
    db.session.flush()
    assert answer(registration, salon) == "not_arrived_yet"
    check_in(registration.code, stop=stop, gate="A", by=accounts.staff())
    assert answer(registration, salon) is None
    assert answer(registration, salon) == "already_checked_in"


def test_a_capacity_lowered_below_those_within_is_refused_by_the_schema_too(stop: Stop) -> None:
    room = gates.checkpoint(stop, capacity=3)
    for _ in range(2):
        assert answer(registrations.registration(at=stop), room) is None
    with pytest.raises(IntegrityError, match="never_over_asked"), db.session.begin_nested():
        db.session.execute(text("UPDATE checkpoints SET capacity = 1 WHERE id = :id"), {"id": room.id})
    device = gates.device(stop, room)
    take_in([upload(device, registrations.registration(at=stop)) for _ in range(2)], device=device)
    room.capacity = 2
    db.session.flush()  # two were asked about, the others came by a device alone


def test_the_list_takes_as_many_queries_for_three_as_for_one(
    desk: Browser, stop: Stop, count_queries: CountQueries
) -> None:
    gates.checkpoint(stop, programme_item_id=campaigns.item(at=stop).id)
    db.session.commit()
    with count_queries() as for_one:
        desk.get(f"/gate/{stop.id}/checkpoints")
    for _ in range(2):
        gates.checkpoint(stop, programme_item_id=campaigns.item(at=stop).id)
    db.session.commit()
    with count_queries() as for_three:
        desk.get(f"/gate/{stop.id}/checkpoints")
    assert len(for_three) == len(for_one), for_three.listed()

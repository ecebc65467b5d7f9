"""A change of one stop for others: what is shown, what is done, what is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from accounts.models import Role
from campaigns.change_scope import Scope, change_stops, changes_of, seal_of
from campaigns.errors import CapacityBelowSeatsTaken
from campaigns.models import Campaign, Stop
from campaigns.plan import StopPlan
from jobs.models import OutboxJob
from shared.clock import from_china, in_china, now, today
from shared.db import db, transaction
from tests.conftest import Browser
from tests.factories import accounts, campaigns, registrations


def at(day: date, clock: str) -> datetime:
    return from_china(datetime.combine(day, time.fromisoformat(clock)))


def tour(*cities: str, **changes: Any) -> list[Stop]:
    """A stop a week, at nine, in these cities; the deadline two days before at six in the evening."""
    campaign: Campaign = campaigns.campaign()
    return [
        campaigns.stop(
            of=campaign,
            **{
                "city_zh": city,
                "city_en": "",
                "starts_at": at(today() + timedelta(days=30 + 7 * week), "09:00"),
                "ends_at": at(today() + timedelta(days=30 + 7 * week), "17:30"),
                "registration_closes_at": at(today() + timedelta(days=28 + 7 * week), "18:00"),
                **changes,
            },
        )
        for week, city in enumerate(cities)
    ]


def plan_of(stop: Stop, **changes: Any) -> StopPlan:
    values = {name: getattr(stop, name) for name in StopPlan.__dataclass_fields__}
    return replace(StopPlan(**values), **changes)


def test_time_seats_and_deadline_go_along_and_the_day_and_another_hall_do_not(app: Flask) -> None:
    first, second, third, fourth = tour("上海", "北京", "杭州", "南京")
    fourth.venue_zh = "别的会场"
    db.session.commit()
    registrations.registration(at=third)
    staff = accounts.staff()
    day = in_china(second.starts_at).date() + timedelta(days=1)
    plan = plan_of(
        second,
        starts_at=at(day, "10:00"),
        ends_at=at(day, "18:00"),
        registration_closes_at=at(day - timedelta(days=5), "12:00"),
        venue_zh="国际会议中心",
        capacity=150,
    )
    changes = changes_of(second, plan, Scope.FOLLOWING, by=staff)
    assert [change.city for change in changes] == ["北京", "杭州", "南京"]
    assert [change.tells for change in changes] == [0, 1, 0]
    with transaction():
        done = change_stops(second.id, plan, Scope.FOLLOWING, seal=seal_of(changes), by=staff)
    assert done is not None
    assert (len(done[0]), done[1]) == (3, [])
    db.session.expire_all()
    assert first.capacity == 100
    own = in_china(third.starts_at)
    assert (own.date(), f"{own:%H:%M}") == (today() + timedelta(days=44), "10:00")
    assert third.registration_closes_at == at(own.date() - timedelta(days=5), "12:00")
    assert (third.venue_zh, fourth.venue_zh) == ("国际会议中心", "别的会场")
    assert (third.capacity, fourth.capacity) == (150, 150)
    promised = db.session.scalars(select(OutboxJob.arguments)).all()
    assert {stop.id for stop in (second, third, fourth)} <= {one.get("stop_id") for one in promised}


def test_a_stop_that_refuses_is_named_and_stays_and_the_others_are_changed(app: Flask) -> None:
    first, full, over, cancelled = tour("上海", "北京", "杭州", "南京")
    for _ in range(3):
        registrations.registration(at=full)
    over.starts_at, over.ends_at = now() - timedelta(days=3), now() - timedelta(days=2)
    over.registration_closes_at = over.starts_at
    cancelled.cancelled_at = now()
    db.session.commit()
    staff = accounts.staff()
    plan = plan_of(first, capacity=2)
    changes = changes_of(first, plan, Scope.ALL, by=staff)
    assert {change.city for change in changes if change.refusal} == {"北京", "杭州", "南京"}
    with transaction():
        done = change_stops(first.id, plan, Scope.ALL, seal=seal_of(changes), by=staff)
    assert done is not None
    db.session.expire_all()
    assert [change.city for change in done[0]] == ["上海"]
    assert [stop.capacity for stop in (first, full, over, cancelled)] == [2, 100, 100, 100]

    with pytest.raises(CapacityBelowSeatsTaken), transaction():
        small = plan_of(full, capacity=1)
        seal = seal_of(changes_of(full, small, Scope.ALL, by=staff))
        change_stops(full.id, small, Scope.ALL, seal=seal, by=staff)
    db.session.expire_all()
    assert first.capacity == 2


def test_what_is_done_is_what_was_shown(app: Flask) -> None:
    first, second = tour("上海", "北京")
    staff = accounts.staff()
    plan = plan_of(first, capacity=80)
    seal = seal_of(changes_of(first, plan, Scope.ALL, by=staff))
    second.capacity = 70
    db.session.commit()
    with transaction():
        assert change_stops(first.id, plan, Scope.ALL, seal=seal, by=staff) is None
    db.session.expire_all()
    assert (first.capacity, second.capacity) == (100, 70)


def test_a_citys_change_does_not_reach_its_neighbours_stops(app: Flask) -> None:
    first, second = tour("上海", "北京")
    second.host_city = campaigns.host_city("Jincheng")
    db.session.commit()
    staff = accounts.staff(Role.ORGANISER, host_city_id=campaigns.host_city("Taiyuan").id)
    changes = changes_of(first, plan_of(first, capacity=80), Scope.ALL, by=staff)
    assert [change.city for change in changes] == ["上海"]


def test_the_page_shows_first_and_changes_then(client: Browser) -> None:
    first, second = tour("上海", "北京", details_zh="第一行\n第二行")
    client.sign_in(accounts.staff())
    address = f"/desk/campaigns/stops/{first.id}/edit"
    assert "仅此场次" in client.get(address).text
    form = {
        "city_zh": "上海",
        "details_zh": "第一行\r\n第二行",  # as browsers send it
        "venue_zh": first.venue_zh,
        "address_zh": first.address_zh,
        "starts_at": f"{in_china(first.starts_at):%Y-%m-%dT}08:30",
        "ends_at": f"{in_china(first.ends_at):%Y-%m-%dT%H:%M}",
        "registration_closes_at": f"{in_china(first.registration_closes_at):%Y-%m-%dT%H:%M}",
        "capacity": "120",
        "scope": "all",
        "host_city_id": str(first.host_city_id),
    }
    shown = client.post(address, data=form).text
    assert "尚未更改" in shown
    assert first.capacity == 100
    assert "参会须知" not in shown
    seal = shown.split('name="seal" value="')[1].split('"')[0]
    again = client.post(address, data={**form, "again": "1"}).text
    assert 'value="120"' in again
    assert client.post(address, data={**form, "seal": seal}).status_code == 302
    assert (first.capacity, second.capacity) == (120, 120)
    assert f"{in_china(second.starts_at):%H:%M}" == "08:30"

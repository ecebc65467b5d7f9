"""Asking again, and seats of those who do not answer or do not arrive."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from accounts.models import Role
from campaigns.models import Stop
from checkin.check_in import check_in
from messages.models import Message
from registrations.errors import NobodyWaits, NotAsked, NotYetReleased
from registrations.links import link_for
from registrations.models import Quota, Registration, RegistrationState, SeatRules
from registrations.still_coming import ask_again, release_no_shows, release_unanswered, say_still_coming
from registrations.tasks import ask_who_still_comes
from shared.clock import now
from shared.db import db, transaction
from tests.conftest import Browser
from tests.factories import accounts, campaigns, registrations
from tests.promises import keep_promises

S = RegistrationState
LIST = "/desk/registrations"


def asking(left: timedelta, **changes: Any) -> Stop:
    """A full stop of two that begins after ``left`` and asks again; its people were confirmed long ago."""
    stop = campaigns.stop(
        capacity=2,
        starts_at=now() + left,
        ends_at=now() + left + timedelta(hours=6),
        registration_closes_at=now() + left,
    )
    db.session.add(SeatRules(stop_id=stop.id, asks_again=True, **changes))
    db.session.commit()
    return stop


def confirmed(stop: Stop, people: int = 2) -> list[Registration]:
    long_ago = now() - timedelta(days=20)
    return [
        registrations.registration(S.CONFIRMED, at=stop, decided_at=long_ago + timedelta(hours=number))
        for number in range(people)
    ]


def kinds(registration: Registration) -> list[str]:
    return list(
        db.session.scalars(
            select(Message.kind).where(Message.registration_id == registration.id).order_by(Message.id)
        )
    )


def test_the_confirmed_are_asked_a_week_and_a_day_before_unless_they_have_answered(app: Flask) -> None:
    stop = asking(timedelta(days=6))
    first, second = confirmed(stop)
    for _twice in range(2):
        with transaction():
            ask_who_still_comes()
        keep_promises()
    assert kinds(first) == kinds(second) == ["still_coming"]
    with transaction():
        say_still_coming(first.id, True)
    stop.starts_at = now() + timedelta(hours=20)
    db.session.commit()
    with transaction():
        ask_who_still_comes()
    keep_promises()
    assert kinds(first) == ["still_coming"]
    assert kinds(second) == ["still_coming", "still_coming"]
    assert (first.state, second.state) == (S.CONFIRMED, S.CONFIRMED)


def test_whoever_says_no_leaves_the_seat_to_the_next_in_line(client: Browser) -> None:
    stop = asking(timedelta(days=6))
    first, second = confirmed(stop)
    waiting = registrations.registration(S.WAITING, at=stop)
    with pytest.raises(NotAsked), transaction():
        say_still_coming(first.id, False)
    with transaction():
        assert ask_again(stop.id) == [first.id, second.id]
    link = link_for(first)
    assert "您仍会参加吗" in client.get(f"/r/{link}").text
    client.post(f"/r/{link}/still-coming", data={"comes": "no"})
    assert (first.state, waiting.state) == (S.WITHDRAWN, S.CONFIRMED)
    other = link_for(second)
    assert (
        "感谢确认"
        in client.post(f"/r/{other}/still-coming", data={"comes": "yes"}, follow_redirects=True).text
    )
    assert "您仍会参加吗" not in client.get(f"/r/{other}").text


@pytest.mark.parametrize("releases", [True, False])
def test_the_unanswered_are_released_only_where_the_stop_says_so_and_somebody_waits(
    app: Flask, releases: bool
) -> None:
    stop = asking(timedelta(days=6), releases_unanswered=releases)
    first, second = confirmed(stop)
    waiting = registrations.registration(S.WAITING, at=stop)
    with transaction():
        ask_again(stop.id)
        assert release_unanswered(stop.id) == []  # it is not time yet
    stop.starts_at = now() + timedelta(hours=11)
    db.session.commit()
    for _twice in range(2):
        with transaction():
            release_unanswered(stop.id)
    db.session.expire_all()
    # The last confirmed goes first, and only as many as wait.
    expected = (S.CONFIRMED, S.EXPIRED, S.CONFIRMED) if releases else (S.CONFIRMED, S.CONFIRMED, S.WAITING)
    assert (first.state, second.state, waiting.state) == expected
    keep_promises()
    assert kinds(second) == (["seat_given_on"] if releases else [])


def test_on_the_day_the_seats_of_those_who_are_missing_go_to_those_who_wait(client: Browser) -> None:
    stop = asking(timedelta(minutes=-30), no_show_minutes=45)
    here, missing = confirmed(stop)
    staff = accounts.staff(Role.ORGANISER, host_city_id=stop.host_city_id)
    with transaction():
        check_in(here.code, stop=stop, gate="东门", by=staff)
    with pytest.raises(NotYetReleased), transaction():
        release_no_shows(stop.id, by=staff)
    stop.starts_at = now() - timedelta(minutes=50)
    db.session.commit()
    with pytest.raises(NobodyWaits), transaction():
        release_no_shows(stop.id, by=staff)
    waiting = registrations.registration(S.WAITING, at=stop)
    client.sign_in(staff)
    address = f"{LIST}/stops/{stop.id}"
    assert "1 位已确认人员未到场" in client.get(f"{address}/seats").text
    assert "已顺延 1 个名额" in client.post(f"{address}/release", follow_redirects=True).text
    assert (here.state, missing.state, waiting.state) == (S.CONFIRMED, S.EXPIRED, S.CONFIRMED)
    assert stop.seats_taken == 2


def test_an_organiser_sets_rules_quotas_and_reasons(client: Browser) -> None:
    city = campaigns.host_city()
    client.sign_in(accounts.staff(Role.ORGANISER, host_city_id=city.id))
    stop = campaigns.stop()
    address = f"{LIST}/stops/{stop.id}"
    assert client.post(f"{address}/seats", data={"offer_hours": "400"}).status_code == 422
    client.post(f"{address}/seats", data={"offer_hours": "48", "asks_again": "y", "no_show_minutes": "30"})
    rules = db.session.get_one(SeatRules, stop.id)
    assert (rules.offer_hours, rules.asks_again, rules.releases_unanswered) == (48, True, False)
    form = {"dimension": "education", "education": "master", "city": str(city.id), "most": "3"}
    assert client.post(f"{address}/quotas", data=form).status_code == 303
    assert "此项配额已存在" in client.post(f"{address}/quotas", data=form).text
    assert client.post(f"{address}/quotas", data={**form, "dimension": "field"}).status_code == 422
    assert (
        client.post(f"{address}/quotas", data={**form, "dimension": "field", "words": "煤"}).status_code
        == 303
    )
    field, master = sorted(db.session.scalars(select(Quota)), key=lambda one: one.dimension, reverse=True)
    assert (field.value, master.value) == ("煤", "master")
    client.post(f"{address}/quotas/{master.id}", data={"most": "9"})
    client.post(f"{address}/quotas/{field.id}", data={"lift": "y"})
    db.session.expire_all()
    assert [(one.value, one.most) for one in db.session.scalars(select(Quota))] == [("master", 9)]
    assert client.post(f"{LIST}/reasons", data={"text_zh": "请改报线上场"}).status_code == 303
    page = client.get(f"{LIST}/reasons").text
    assert "请改报线上场" in page
    assert page.count("移除") <= 2  # those of the province stay the province's


def test_who_plans_one_stop_gives_no_reasons_to_the_whole_province(client: Browser) -> None:
    client.sign_in(accounts.staff(Role.ORGANISER, stop_id=campaigns.stop().id))
    assert client.post(f"{LIST}/reasons", data={"text_zh": "请改报线上场"}).status_code == 403

"""The screen in the hall names only those who agreed, and nobody for longer than he agrees."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from accounts.models import Role
from arrivals.models import Wall
from arrivals.walls import NAMED_FOR, NAMES, agreed_at, follow_stop, put_up, shown_at, wall_behind
from audit.models import AuditEntry
from campaigns.models import Stop
from campaigns.plan import StopPlan, revise_stop
from checkin.check_in import check_in, void_check_in
from checkin.devices import joins_until
from checkin.errors import StopIsOver
from checkin.lookups import standing_check_in
from privacy.consent import give_consent, withdraw_consent
from privacy.purposes import Purpose
from registrations.models import BadgeClass
from shared.clock import now
from shared.db import db
from tests.conftest import Browser
from tests.counting import CountQueries
from tests.factories import accounts, campaigns, registrations
from tests.promises import keep_promises
from tests.registrations.test_views import address as form_address
from tests.registrations.test_views import filled

BY_SCRIPT = {"X-Requested-With": "fetch"}


@pytest.fixture(autouse=True)
def _asked_each_time(app: Flask) -> Any:
    app.config["ONE_ANSWER_SECONDS"] = 0
    yield
    del app.config["ONE_ANSWER_SECONDS"]


def a_wall(stop: Stop, *, language: str = "zh") -> str:
    """The address of a screen at ``stop``."""
    made = put_up(stop, name="大厅", language=language, by=accounts.staff())
    db.session.commit()
    return f"/wall/{made.token}"


def came(stop: Stop, name: str, *, agreed: bool = True, **changes: Any) -> Any:
    """Somebody who has just been scanned."""
    registration = registrations.registration(at=stop, full_name=name, **changes)
    if agreed:
        give_consent(registration.id, Purpose.WALL)
    check_in(registration.code, stop=stop, gate="东门", by=accounts.staff())
    return registration


def test_only_who_agreed_is_named_and_everybody_is_counted(client: Browser) -> None:
    stop = campaigns.stop()
    address = a_wall(stop)
    came(stop, "林徽之", university="中北大学")
    came(stop, "未同意者", agreed=False)
    came(stop, "周院士", agreed=False, badge_class=BadgeClass.ACADEMICIAN, honour="院士")
    page = client.get(address)
    assert page.status_code == 200
    assert "林徽之" in page.text
    assert "中北大学" in page.text
    assert "未同意者" not in page.text
    assert "周院士" not in page.text
    assert 'data-arrived="3"' in page.text
    assert page.headers["X-Robots-Tag"].startswith("noindex")


def test_nothing_but_name_and_unit_is_told(client: Browser) -> None:
    stop = campaigns.stop()
    address = a_wall(stop)
    registration = came(stop, "林徽之", honour="院士", research_field="量子光学")
    piece = client.get(address, headers=BY_SCRIPT).text
    told = (registration.person.mobile, registration.email, registration.code, "院士", "量子光学", "东门")
    assert not [one for one in told if one in piece]


def test_an_agreement_taken_back_and_a_mistaken_scan_are_gone_with_the_next_answer(client: Browser) -> None:
    stop = campaigns.stop()
    address = a_wall(stop)
    one, other = came(stop, "林徽之"), came(stop, "梁思诚")
    before = client.get(address, headers=BY_SCRIPT)
    assert "林徽之" in before.text and "梁思诚" in before.text
    same = client.get(address, headers={**BY_SCRIPT, "If-None-Match": before.headers["ETag"]})
    assert same.status_code == 304
    withdraw_consent(one.id, Purpose.WALL)
    after = client.get(address, headers={**BY_SCRIPT, "If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert "林徽之" not in after.text and "梁思诚" in after.text

    arrival = standing_check_in(other.id)
    assert arrival is not None
    void_check_in(arrival.id, by=arrival.scanned_by)
    gone = client.get(address, headers=BY_SCRIPT).text
    assert "梁思诚" not in gone
    assert 'data-arrived="1"' in gone


def test_names_are_few_and_end_by_themselves(app: Flask) -> None:
    stop = campaigns.stop()
    for number in range(NAMES + 2):
        came(stop, f"来宾{number:02}")
    shown = shown_at(stop, now())
    assert [one.full_name for one in shown.welcomed] == [f"来宾{n:02}" for n in range(NAMES + 1, 1, -1)]
    later = shown_at(stop, now() + NAMED_FOR)
    assert later.welcomed == []
    assert later.counted.arrived == NAMES + 2
    assert agreed_at(stop) == NAMES + 2


def test_an_address_shows_its_own_stop_until_it_is_switched_off(client: Browser) -> None:
    stop, other = campaigns.stop(), campaigns.stop()
    address, others = a_wall(stop), a_wall(other, language="en")
    came(stop, "林徽之")
    assert "林徽之" not in client.get(others).text
    assert '<html lang="en"' in client.get(others).text
    for wrong in ("/wall/nobodys", address[:-1] + ("A" if address[-1] != "A" else "B")):
        assert client.get(wrong).status_code == 404
        assert client.get(wrong, headers=BY_SCRIPT).status_code == 404

    organiser = accounts.staff(Role.ORGANISER, host_city_id=stop.host_city_id)
    desk = client.application.test_client()
    assert isinstance(desk, Browser)
    desk.sign_in(organiser)
    made = desk.post(f"/gate/{stop.id}/walls", data={"name": "门厅", "language": "zh"})
    assert made.status_code == 200
    assert "/wall/" in made.text
    assert "/wall/" not in desk.get(f"/gate/{stop.id}/walls").text.replace("/walls", ""), "shown this once"
    wall = db.session.query(Wall).filter_by(stop_id=stop.id, name="大厅").one()
    assert desk.post(f"/gate/{other.id}/walls/{wall.id}/end").status_code == 404, "another stop's"
    assert client.get(address).status_code == 200
    desk.post(f"/gate/{stop.id}/walls/{wall.id}/end")
    off = client.get(address)
    assert off.status_code == 404
    assert "林徽之" not in off.text
    assert desk.post(f"/gate/{stop.id}/walls", data={"name": " "}).status_code == 422


def test_a_screen_ends_with_its_stop_and_none_is_put_up_for_one_that_is_over(client: Browser) -> None:
    stop = campaigns.stop()
    address = a_wall(stop)
    stop.cancelled_at = now()
    db.session.commit()
    assert client.get(address).status_code == 404
    with pytest.raises(StopIsOver):
        put_up(stop, name="大厅", language="zh", by=accounts.staff())


def test_the_schema_keeps_a_hash_and_no_address(app: Flask) -> None:
    wall = put_up(campaigns.stop(), name="大厅", language="zh", by=accounts.staff()).wall
    with pytest.raises(IntegrityError, match="ck_walls_token_hashed"), db.session.begin_nested():
        wall.token_hash = b"an address in plain words"
        db.session.flush()
    db.session.refresh(wall)
    with pytest.raises(IntegrityError, match="ck_walls_ends_after_made"), db.session.begin_nested():
        wall.ends_at = wall.made_at - timedelta(seconds=1)
        db.session.flush()


def test_a_screen_asks_as_often_for_one_as_for_three(client: Browser, count_queries: CountQueries) -> None:
    stop = campaigns.stop()
    address = a_wall(stop)
    came(stop, "林徽之")
    with count_queries() as for_one:
        client.get(address, headers=BY_SCRIPT)
    came(stop, "梁思诚")
    came(stop, "陈岱荪")
    with count_queries() as for_three:
        client.get(address, headers=BY_SCRIPT)
    assert len(for_three) == len(for_one) <= 4, for_three.listed()


@pytest.mark.parametrize("ticked", [True, False])
def test_the_form_asks_by_a_box_of_its_own_and_the_own_page_takes_it_back(
    client: Browser, ticked: bool
) -> None:
    stop = campaigns.stop()
    page = client.get(form_address(stop)).text
    assert 'name="shows_on_wall"' in page
    own = client.post(form_address(stop), data=filled(**({"shows_on_wall": "y"} if ticked else {})))
    assert agreed_at(stop) == ticked
    link = own.headers["Location"]
    client.post(f"{link}/consents", data={"purpose": "wall", "given": "no" if ticked else "yes"})
    assert agreed_at(stop) == (not ticked)


def test_a_wall_goes_along_with_a_stop_that_is_moved(client: Browser) -> None:
    stop, by = campaigns.stop(), accounts.staff()
    address, off = a_wall(stop), put_up(stop, name="侧厅", language="zh", by=by).wall
    off.ended_at = now()
    before, later = off.ends_at, timedelta(days=30)
    plan = StopPlan(**{name: getattr(stop, name) for name in StopPlan.__dataclass_fields__})
    revise_stop(stop.id, replace(plan, starts_at=plan.starts_at + later, ends_at=plan.ends_at + later), by=by)
    keep_promises()
    db.session.expire_all()
    wall = wall_behind(address.removeprefix("/wall/"))
    assert wall.ends_at == joins_until(stop)
    assert off.ends_at == before
    follow_stop(stop)
    acts = db.session.scalars(select(AuditEntry.details).where(AuditEntry.act == "move_walls")).all()
    assert acts == [{"wall_ids": [wall.id]}]

"""The desk of a gate: somebody is found by name, somebody is registered on the spot; with and without a network."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from accounts.models import Staff
from checkin.devices import open_code
from checkin.lookups import arrival_point, standing_check_in
from checkin.models import CheckIn, DeviceRole
from checkin.present import present
from people.models import Person
from registrations.models import Registration, Way
from registrations.tickets import make_first_key, ticket_for
from shared.clock import now
from shared.db import db, transaction
from tests.browser import DESK, PHONE, Watched, browsers
from tests.factories import campaigns, gates, registrations
from tests.journeys.looking import look
from tests.journeys.test_gate_page import scan
from tests.served import Served

pytestmark = pytest.mark.browser

KEPT = """() => new Promise((resolve) => {
  const request = indexedDB.open("gate");
  request.onsuccess = () => {
    const kept = request.result.transaction("kept").objectStore("kept");
    const all = kept.getAll(IDBKeyRange.bound("walk-in:", "walk-in;"));
    all.onsuccess = () => { resolve(JSON.stringify(all.result)); request.result.close(); };
  };
})"""


def seen(served: Served, ask: Callable[[], Any]) -> Any:
    """What stands in the database."""
    with served.app.app_context():
        return ask()


def walk_ins() -> int:
    """How many were registered on the spot and have arrived."""
    return int(
        db.session.scalar(
            select(func.count())
            .select_from(CheckIn)
            .join(Registration)
            .where(Registration.way == Way.WALK_IN, CheckIn.voided_at.is_(None))
        )
        or 0
    )


def register(page: Page, name: str, mobile: str) -> None:
    """One press to open, three fields, one tick, Enter: nothing else has to be touched."""
    page.click("[data-walk-in-open]")
    expect(page.locator("#walk-in-name")).to_be_focused()
    for text in (name, mobile, "山西大学"):
        page.keyboard.insert_text(text)
        page.keyboard.press("Tab")
    page.keyboard.press("Tab")  # past “comes as”, which stands already
    page.keyboard.press("Space")
    page.keyboard.press("Enter")


def _before_the_doors(page: Page, ticket: str) -> None:
    """What the device holds and what is still to be tried; a code read here is told, and nothing is recorded."""
    page.click(".ready-invite button")
    expect(page.locator("[data-check=list]")).to_have_attribute("data-state", "good")
    expect(page.locator("[data-check=list]")).to_contain_text("4 人")
    for name, state in (
        ("network", "good"),
        ("camera", "look"),
        ("code", "ask"),
        ("sound", "ask"),
        ("app", "good"),
    ):
        expect(page.locator(f"[data-check={name}]")).to_have_attribute("data-state", state)
    expect(page.locator("[data-ready-whole]")).to_have_attribute("data-state", "look")
    scan(page, ticket)
    expect(page.locator("[data-check=code]")).to_contain_text("本场的入场券")
    page.click("[data-play=refused]")
    page.click("[data-heard=yes]")
    expect(page.locator("[data-check=sound]")).to_have_attribute("data-state", "good")
    look(page)
    page.keyboard.press("Escape")
    expect(page.locator("[data-scans] li")).to_have_count(0)
    expect(page.locator("[data-listening]")).to_have_attribute("data-state", "ready")


def test_a_desk_finds_people_and_registers_them_with_and_without_a_network(served: Served) -> None:
    with served.app.app_context():
        with transaction():
            make_first_key()
        stop = campaigns.stop(
            capacity=7,
            starts_at=now() - timedelta(hours=1),
            ends_at=now() + timedelta(hours=8),
            registration_closes_at=now() - timedelta(days=1),
        )
        people = {
            name: registrations.registration(at=stop, full_name=name).id
            for name in ("李文博", "欧阳若兰", "王建国", "王建军")
        }
        known = str(
            db.session.get_one(Person, db.session.get_one(Registration, people["王建军"]).person_id).mobile
        )
        with transaction():
            organiser = db.session.scalars(select(Staff).where(Staff.login == "organiser")).one()
            code = open_code(
                stop, name="服务台", role=DeviceRole.SUPERVISE, checkpoint_ids=[arrival_point(stop.id).id],
                most_uses=1, lasts=timedelta(hours=1), by=organiser,
            ).code  # fmt: skip
            plain = open_code(
                stop, name="东门一号", role=DeviceRole.SCAN, checkpoint_ids=[arrival_point(stop.id).id],
                most_uses=1, lasts=timedelta(hours=1), by=organiser,
            ).code  # fmt: skip
        stop_id, ticket = stop.id, ticket_for(db.session.get_one(Registration, people["李文博"]))

    with browsers() as start:
        browser = start()
        sizes: dict[str, Any] = {
            "viewport": {"width": DESK["width"], "height": DESK["height"]},
            "locale": "zh-CN",
        }
        context = browser.new_context(**sizes)
        page = context.new_page()
        watched = Watched(page, served.url)
        page.goto(f"{served.url}/gate/app#join={code}")
        expect(page.locator("[data-holds]")).to_contain_text("4 人", timeout=30_000)
        words = page.locator("[data-card-words]")
        _before_the_doors(page, ticket)

        # By name: what is no code is looked for. Two of one name wait for a choice; arrows walk, Enter lets in.
        page.fill("#code", "wangj")
        page.keyboard.press("Enter")
        hits = page.locator("[data-hits] [role=option]")
        expect(hits).to_have_count(2)
        expect(page.locator("[aria-selected=true]")).to_have_count(0)
        look(page)
        page.keyboard.press("ArrowDown")
        chosen = page.locator("[aria-selected=true] [data-hit-name]").inner_text()
        page.keyboard.press("Enter")
        expect(words.locator("[data-result=arrived] .answer-name")).to_have_text(chosen)
        assert seen(served, lambda: standing_check_in(people[chosen])) is not None
        page.keyboard.press("Escape")

        # Another device let somebody in by mistake: the desk finds the person and takes it back.
        with served.app.app_context(), transaction():
            east = gates.device(db.session.get_one(Registration, people["李文博"]).stop, name="东门一号")
            assert present(
                people["李文博"],
                checkpoint=arrival_point(stop_id),
                gate=east.name,
                by=east.vouched_by,
                device=east,
            ).let_in
        page.click("[data-search-open]")
        page.fill("#search-field", "李文博")
        expect(page.locator("[aria-selected=true] [data-hit-state]")).to_contain_text("已到")
        hits.first.click()
        expect(page.locator("[data-person-passes]")).to_contain_text("东门一号")
        expect(page.locator("[data-person-let-in]")).to_be_hidden()
        look(page)
        page.locator("[data-person-passes] button").click()
        expect(page.locator("[data-person-says]")).to_be_visible()
        assert seen(served, lambda: standing_check_in(people["李文博"])) is None
        page.click("[data-person-let-in]")
        expect(words.locator("[data-result=arrived] .answer-name")).to_have_text("李文博")
        page.keyboard.press("Escape")

        # On the spot: what is wrong stands beside its field; a number on the list leads to letting that person in.
        page.click("[data-walk-in-open]")
        page.keyboard.press("Enter")
        expect(page.locator("[data-wrong]:visible")).to_have_count(4)
        look(page)
        page.fill("#walk-in-name", "康定国")
        page.fill("#walk-in-mobile", known)
        page.fill("#walk-in-unit", "山西大学")
        page.check("[data-walk-in-form] [name=consent]")
        page.keyboard.press("Enter")
        expect(page.locator("[data-wrong=mobile]")).to_contain_text("王建军")
        expect(page.locator("#walk-in-name")).to_have_value("康定国")
        scan(page, ticket)  # what is typed is not lost to a scan
        expect(page.locator("#walk-in-name")).to_have_value("康定国")
        page.click("[data-walk-in-admit]")
        expect(words).to_contain_text("王建军")
        page.keyboard.press("Escape")
        register(page, "康定国", "139 0000 1234")
        expect(words.locator("[data-result=arrived] .answer-name")).to_have_text("康定国")
        assert seen(served, walk_ins) == 1
        page.keyboard.press("Escape")

        # Answered, but the answer lost: written down, sent again, one person.
        def lose_the_answer(route: Any) -> None:
            route.fetch()
            route.abort()

        page.route("**/api/v1/walk-ins", lose_the_answer, times=1)
        register(page, "郑思远", "139 0000 5678")
        expect(words.locator("[data-result=noted]")).to_be_visible(timeout=15_000)
        expect(page.locator("[data-walk-ins-open]")).to_be_hidden(timeout=30_000)
        assert seen(served, walk_ins) == 2
        page.keyboard.press("Escape")

        # Without a network: the list on the device is searched, by sound too; whoever is new is written down.
        page.locator("[data-panel-open]").first.click()
        page.click("[data-renew]")
        page.keyboard.press("Escape")
        expect(page.locator("[data-holds]")).to_contain_text("6 人", timeout=30_000)
        context.set_offline(True)
        page.click("[data-search-open]")
        page.fill("#search-field", "oyrl")
        expect(hits).to_have_count(1)
        expect(page.locator("[data-search-says]")).to_contain_text("离线")
        page.keyboard.press("Enter")
        expect(words.locator("[data-result=arrived] .answer-name")).to_have_text("欧阳若兰")
        page.keyboard.press("Escape")
        page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
        register(page, "孙一诺", "139 0000 9012")
        expect(words.locator("[data-result=noted]")).to_contain_text("孙一诺")
        look(page, closely=False)
        page.keyboard.press("Escape")
        register(page, "冯晓", "139 0000 3456")
        page.keyboard.press("Escape")
        expect(page.locator("[data-walk-ins-open]")).to_contain_text("2")
        page.locator("[data-panel-open]").first.click()
        page.click("[data-leave]")
        expect(page.locator("[data-leave-says]")).to_be_visible()
        page.keyboard.press("Escape")
        page.locator("[data-panel-open]").first.click()
        expect(page.locator("[data-leave-says]")).to_be_hidden()
        page.keyboard.press("Escape")
        kept = page.evaluate(KEPT)
        assert "孙一诺" not in kept and "9012" not in kept
        page.reload()
        expect(page.locator("html[data-ready]")).to_be_attached(timeout=30_000)
        page.click("[data-walk-ins-open]")
        expect(page.locator("[data-walk-ins-kept] li")).to_have_count(2)
        look(page, closely=False)
        page.keyboard.press("Escape")

        # Back again: there was one seat. One is registered; the other is refused, kept, and stays in sight.
        context.set_offline(False)
        refused = page.locator("[data-walk-ins-kept] li")
        expect(page.locator("[data-walk-ins-open].is-refused")).to_be_visible(timeout=60_000)
        assert seen(served, walk_ins) == 3
        page.click("[data-walk-ins-open]")
        expect(refused).to_have_count(1)
        look(page)
        refused.locator("[data-kept-remove]").click()
        refused.locator("[data-kept-remove]").click()
        expect(refused).to_have_count(0)
        page.keyboard.press("Escape")
        assert seen(served, lambda: standing_check_in(people["欧阳若兰"])) is not None
        watched.assert_clean()
        context.close()

        # A device that only scans has no search: a name typed is no code, and there is nothing to open.
        other = browser.new_context(**sizes).new_page()
        other.goto(f"{served.url}/gate/app#join={plain}")
        expect(other.locator("[data-holds]")).to_contain_text("人", timeout=30_000)
        expect(other.locator("[data-desk]")).to_be_hidden()
        other.fill("#code", "李文博")
        other.keyboard.press("Enter")
        expect(other.locator("[data-card-words] [data-result=refused]")).to_be_visible()
        expect(other.locator("[data-search]")).to_be_hidden()

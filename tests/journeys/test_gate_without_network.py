"""A gate loses its network, is reloaded without it, scans on, and everything arrives; a second device was not idle."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import func, select

from accounts.models import Staff
from checkin.devices import open_code, revoke_device
from checkin.lookups import arrival_point
from checkin.models import CheckIn, Device, DeviceRole, Direction, Often, Scan, Verdict
from checkin.present import present
from checkin.take_in import Upload, take_in
from registrations.models import Registration
from registrations.tickets import make_first_key, ticket_for
from shared.clock import now
from shared.db import db, transaction
from tests.browser import PHONE, Watched, browsers
from tests.factories import campaigns, gates, registrations
from tests.journeys.looking import film_of_many, look
from tests.served import Served

pytestmark = [pytest.mark.browser, pytest.mark.web_alone]

NAMES = (
    "李文博", "欧阳若兰", "张𬱖", "古丽米热·阿布都热依木", "王建国", "赵小雨", "孙一诺", "周子涵", "吴越", "郑思远",
    "冯晓", "陈默",
)  # fmt: skip

KEPT = """() => new Promise((resolve) => {
  const request = indexedDB.open("gate");
  request.onsuccess = () => {
    const all = request.result.transaction(["scans", "kept"]);
    const scans = all.objectStore("scans").getAll();
    const names = all.objectStore("kept").getAllKeys();
    all.oncomplete = () => {
      resolve({
        names: names.result,
        scans: scans.result.map(({ id, registration_id, let_in, reason, state, asked, undone }) =>
          ({ id, registration_id, let_in, reason, state, asked, undone })),
        plain: JSON.stringify(scans.result),
      });
      request.result.close();
    };
  };
})"""


def pending(page: Page) -> int:
    """How many scans the page says are still to be sent."""
    return int("".join(filter(str.isdigit, page.locator("[data-pending]").inner_text())))


def until(page: Page, holds: Callable[[], bool], seconds: int = 90) -> None:
    """Wait for something the page comes to by itself."""
    for _ in range(seconds * 5):
        if holds():
            return
        page.wait_for_timeout(200)
    raise AssertionError(page.locator("body").inner_text())


def test_a_gate_scans_on_without_a_network_and_nothing_is_lost(served: Served, tmp_path: Path) -> None:
    with served.app.app_context():
        with transaction():
            make_first_key()
        stop = campaigns.stop()
        people = [registrations.registration(at=stop, full_name=name) for name in NAMES]
        tickets = {person.id: ticket_for(person) for person in people}
        with transaction():
            organiser = db.session.scalars(select(Staff).where(Staff.login == "organiser")).one()
            code = open_code(
                stop, name="东门一号", role=DeviceRole.SCAN, checkpoint_ids=[arrival_point(stop.id).id],
                most_uses=1, lasts=timedelta(hours=1), by=organiser,
            ).code  # fmt: skip
            dinner = gates.checkpoint(stop, often=Often.IN_AND_OUT, capacity=2)
            second = open_code(
                stop, name="晚宴", role=DeviceRole.KIOSK, checkpoint_ids=[dinner.id], most_uses=1,
                lasts=timedelta(hours=1), by=organiser,
            ).code  # fmt: skip
        stop_id, spoken = stop.id, [person.code for person in people]
    film = film_of_many(list(tickets.values()), tmp_path / "queue.y4m")

    with browsers() as start:
        browser = start(camera=str(film))
        phone: Any = {"viewport": {"width": PHONE["width"], "height": PHONE["height"]}, "locale": "zh-CN"}
        _a_kiosk_counts_the_room_by_itself(browser.new_context(**phone), served, second, spoken)
        context = browser.new_context(**phone)
        context.grant_permissions(["camera"])
        page = context.new_page()
        watched = Watched(page, served.url)
        page.goto(f"{served.url}/gate/app")
        expect(page.locator("[data-join-form]")).to_be_visible()
        look(page)
        page.goto(f"{served.url}/gate/app#join={code}")
        page.reload()
        expect(page.locator("[data-holds]")).to_contain_text(f"{len(NAMES)} 人", timeout=30_000)
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        assert code not in page.url
        look(page)

        # One by one from the film; with the first green the network goes.
        page.click("[data-camera-start]")
        words = page.locator("[data-card-words]")
        expect(words.locator("[data-result=arrived]")).to_be_visible(timeout=60_000)
        context.set_offline(True)
        look(page, closely=False)
        until(page, lambda: pending(page) >= 10)
        expect(page.locator("[data-link-says]")).to_have_text("离线")

        # Reloaded without a network: nothing is gone, and the queue goes on.
        page.reload()
        expect(page.locator("html[data-ready]")).to_be_attached(timeout=30_000)
        before = pending(page)
        assert before >= 10
        expect(page.locator("[data-scans] li")).to_have_count(8)
        until(page, lambda: page.locator("[data-camera]").get_attribute("data-state") == "on")
        until(page, lambda: pending(page) > before + 2)
        page.keyboard.press("Escape")
        look(page)
        page.locator("[data-camera-stop]").evaluate("button => button.click()")  # a card may lie over it
        page.wait_for_timeout(500)
        # The last one let in is taken back where the result is.
        page.keyboard.press("Escape")
        page.locator("[data-scans] .scan-arrived button").last.click()
        words.get_by_role("button").click()
        expect(words.locator("[data-result=undone]")).to_be_visible()
        page.keyboard.press("Escape")
        alone = page.evaluate(KEPT)
        assert not [name for name in NAMES if name in alone["plain"]]
        assert not [ticket for ticket in tickets.values() if ticket in alone["plain"]]

        # Meanwhile another device lets two of them in: one before, one after.
        green = [
            scan for scan in alone["scans"] if scan["let_in"] and not scan["asked"] and not scan["undone"]
        ]
        twice = [scan["registration_id"] for scan in green[:2]]
        with served.app.app_context(), transaction():
            west = gates.device(db.session.get_one(Registration, twice[0]).stop, name="西门一号")
            door = arrival_point(stop_id)
            take_in(
                [
                    Upload(
                        uuid4(), door.id, tickets[twice[0]], Direction.IN, now() - timedelta(hours=1), timedelta(), None,
                        west.name,
                    )
                ],
                device=west,
            )  # fmt: skip
            assert present(
                tickets[twice[1]], checkpoint=door, gate=west.name, by=west.vouched_by, device=west
            ).let_in

        context.set_offline(False)
        until(page, lambda: pending(page) == 0)
        expect(page.locator("[data-link-says]")).to_have_text("在线")
        after = page.evaluate(KEPT)["scans"]
        assert {scan["state"] for scan in after} <= {"kept", "abandoned"}
        shown = {scan["id"]: scan for scan in alone["scans"] if scan["state"] in ("pending", "kept")}
        assert len(shown) >= 13
        _everything_is_there(served, shown, twice)

        # What the panel tells, and a device that is revoked.
        page.locator("[data-panel-open]").first.click()
        expect(page.locator("[data-diagnostics]")).to_contain_text("95%")
        look(page)
        page.keyboard.press("Escape")
        with served.app.app_context(), transaction():
            device = db.session.scalars(select(Device).where(Device.name == "东门一号")).one()
            revoke_device(device.id, stop=device.stop, by=device.vouched_by)
        expect(page.locator("[data-join-says]")).to_be_visible(timeout=30_000)
        assert not {"bundle", "token", "device"} & set(page.evaluate(KEPT)["names"])
        watched.assert_clean()


def _a_kiosk_counts_the_room_by_itself(
    context: BrowserContext, served: Served, code: str, spoken: list[str]
) -> None:
    """In and out, room for two, nobody's name on the screen; without a network after the list has come."""
    page = context.new_page()
    watched = Watched(page, served.url)
    page.goto(f"{served.url}/gate/app#join={code}")
    expect(page.locator("html[data-ready]")).to_be_attached(timeout=30_000)
    expect(page.locator("[data-link-says]")).to_have_text("在线")
    page.locator("[data-panel-open]").first.click()
    expect(page.locator("[data-panel]")).to_be_hidden()  # not for guests
    page.locator("[data-panel-open]").first.click(delay=2200)
    expect(page.locator("[data-diagnostics]")).to_contain_text("有效至", timeout=30_000)
    page.keyboard.press("Escape")
    context.set_offline(True)
    words = page.locator("[data-card-words]")
    for number, direction, result, says in (
        (0, "in", "arrived", "1／2"),
        (1, "in", "arrived", "2／2"),
        (2, "in", "refused", "服务台"),
        (0, "out", "left", ""),
        (2, "in", "arrived", "2／2"),
        (1, "in", "already", ""),
        (3, "out", "refused", ""),
    ):
        page.locator(f"[name=direction][value={direction}]").evaluate("button => button.click()")
        page.wait_for_timeout(
            2600 if number == 1 and result == "already" else 0
        )  # within 2.5 s it is the same scan
        page.fill("#code", spoken[number].lower())
        page.keyboard.press("Enter")
        expect(words.locator(f"[data-result={result}]")).to_be_visible()
        expect(words).to_contain_text(says)
        assert not any(name in page.locator("body").inner_text() for name in NAMES)
        if number == 1:
            look(page)
        page.keyboard.press("Escape")
        page.wait_for_timeout(2600 if result == "refused" else 0)
    look(page)
    page.reload()
    expect(page.locator("html[data-ready]")).to_be_attached(timeout=30_000)
    context.set_offline(False)
    until(page, lambda: pending(page) == 0)
    watched.assert_clean()
    context.close()


def _everything_is_there(served: Served, shown: dict[str, Any], twice: list[int]) -> None:
    with served.app.app_context():
        door = arrival_point(db.session.get_one(Registration, twice[0]).stop_id)
        rows = {
            str(scan.id): scan
            for scan in db.session.scalars(select(Scan).where(Scan.checkpoint_id == door.id))
        }
        assert set(shown) <= set(rows)
        assert {number: (one["let_in"], one["reason"]) for number, one in shown.items()} == {
            number: (rows[number].let_in, rows[number].reason) for number in shown
        }
        dinner = db.session.scalars(select(Scan).where(Scan.checkpoint_id != door.id).order_by(Scan.at))
        assert [(scan.verdict.value, scan.reason) for scan in dinner] == [
            ("first", None), ("first", None), ("refused", "no_room_within"), ("left", None), ("first", None),
            ("refused", "already_checked_in"), ("refused", "was_not_within"),
        ]  # fmt: skip
        undone = {number for number, one in shown.items() if one["undone"]}
        assert len(undone) == 1
        assert {number for number in shown if rows[number].verdict is Verdict.UNDONE} == undone
        let_in = {one["registration_id"] for one in shown.values() if one["let_in"] and not one["undone"]}
        entries = db.session.execute(
            select(CheckIn.registration_id, func.count())
            .where(CheckIn.voided_at.is_(None), CheckIn.checkpoint_id == door.id)
            .group_by(CheckIn.registration_id)
        )
        assert {number: count for number, count in entries} == dict.fromkeys(let_in, 1)
        conflicts = [scan for scan in rows.values() if scan.verdict is Verdict.CONFLICT]
        assert sorted(scan.registration_id or 0 for scan in conflicts) == sorted(twice)
        assert {len({scan.device_id, rows[str(_of(scan.against_id))].device_id}) for scan in conflicts} == {2}


def _of(number: UUID | None) -> UUID:
    assert number is not None
    return number

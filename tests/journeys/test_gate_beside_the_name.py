"""At a gate more than a name: a note that waits to be noted, the ticked fields, and a delegation let in with one scan."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from accounts.models import Staff
from checkin.checkpoints import choose_what_is_shown
from checkin.devices import open_code
from checkin.lookups import arrival_point, standing_check_in
from checkin.models import CheckIn, DeviceRole, Scan
from registrations.models import Registration
from registrations.tickets import make_first_key
from shared.db import db, transaction
from tests.browser import PHONE, a_browser
from tests.checkin.test_groups import delegation_at
from tests.factories import campaigns, registrations
from tests.journeys.looking import look
from tests.journeys.test_gate_without_network import pending, until
from tests.served import Served

pytestmark = pytest.mark.browser
NOTE = "院士，请通知王主任，并由礼仪引导至贵宾室"


def typed(page: Page, code: str) -> None:
    """A code that somebody reads aloud."""
    page.fill("[data-code]", code)
    page.press("[data-code]", "Enter")


def test_a_note_the_fields_and_a_whole_delegation_online_and_alone(served: Served) -> None:
    with served.app.app_context():
        with transaction():
            make_first_key()
        stop = campaigns.stop()
        guest = registrations.registration(
            at=stop, full_name="古丽米热·阿布都热依木", honour="中国工程院院士", gate_note=NOTE
        )
        first, second = delegation_at(stop, 4), delegation_at(stop, 3)
        first[1].gate_note = "轮椅"
        with transaction():
            organiser = db.session.scalars(select(Staff).where(Staff.login == "organiser")).one()
            door = arrival_point(stop.id)
            choose_what_is_shown(door.id, ["title", "first_time"], shows_notes=True, by=organiser)
            code = open_code(
                stop, name="东门一号", role=DeviceRole.SCAN, checkpoint_ids=[door.id], most_uses=1,
                lasts=timedelta(hours=1), by=organiser,
            ).code  # fmt: skip
        codes: list[str] = [guest.code, first[0].code, second[0].code]
        groups = [[one.id for one in group] for group in (first, second)]

    phone: Any = {"viewport": {"width": PHONE["width"], "height": PHONE["height"]}, "locale": "zh-CN"}
    with a_browser() as browser:
        context = browser.new_context(**phone)
        page = context.new_page()
        page.goto(f"{served.url}/gate/app#join={code}")
        expect(page.locator("[data-holds]")).to_contain_text("8 人", timeout=30_000)
        card, group = page.locator("[data-card]"), page.locator("[data-group]")

        # The note keeps the card until it is noted; beside it what was ticked.
        typed(page, codes[0])
        expect(card.locator(".answer-attention")).to_contain_text(NOTE, timeout=30_000)
        expect(card.locator("[data-fields]")).to_contain_text("中国工程院院士")
        expect(card.locator("[data-fields]")).to_contain_text("首次来访")
        look(page)
        page.evaluate("document.documentElement.classList.add('is-large')")
        look(page, closely=False)
        page.evaluate("document.documentElement.classList.remove('is-large')")
        page.wait_for_timeout(5500)
        expect(card).to_be_visible()
        card.locator(".answer-noted").click()
        expect(card).to_be_hidden()

        # One of a delegation is scanned, the others are offered, two of them are here.
        typed(page, codes[1])
        card.locator("[data-group-open]").click(timeout=30_000)
        expect(group.locator("[data-group-people] li")).to_have_count(3)
        look(page)
        group.locator("label:has-text('代表1')").click()
        group.locator("label:has-text('代表2')").click()
        group.locator("[data-group-go]").click()
        expect(group.locator("[data-group-says]")).to_contain_text("已放行 2 人", timeout=30_000)
        group.locator("li:has-text('代表2') [data-take-back]").click()
        expect(group.locator("li:has-text('代表2') input")).to_be_enabled(timeout=30_000)
        look(page, closely=False)
        page.keyboard.press("Escape")

        # Alone: by the list of this device, and each is sent when the network is back.
        context.set_offline(True)
        expect(page.locator("[data-link-says]")).to_have_text("离线", timeout=30_000)
        typed(page, codes[2])
        card.locator("[data-group-open]").click(timeout=30_000)
        group.locator("[data-group-all]").check()
        group.locator("[data-group-go]").click()
        expect(group.locator("[data-group-says]")).to_contain_text("已放行 2 人", timeout=30_000)
        page.keyboard.press("Escape")
        until(page, lambda: pending(page) >= 3)  # and what a slow answer left to be taken back
        context.set_offline(False)
        until(page, lambda: pending(page) == 0)

    with served.app.app_context():
        inside = [[standing_check_in(one) is not None for one in group] for group in groups]
        assert inside == [[True, True, False, False], [True, True, True]]
        entries = db.session.scalars(select(CheckIn).where(CheckIn.voided_at.is_(None))).unique().all()
        numbers = {entry.scan_id for entry in entries if entry.registration_id in {*groups[0], *groups[1]}}
        assert len(numbers) == 5  # a scan of his own for each
        assert all(db.session.get(Scan, number) for number in numbers)
        assert db.session.get_one(Registration, groups[0][1]).gate_note == "轮椅"

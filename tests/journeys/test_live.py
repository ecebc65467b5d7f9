"""The live page and the screen in the hall renew themselves: news comes, agreements taken back go, nothing is kept."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from accounts.sign_in import staff_with_login
from arrivals.walls import put_up, take_down
from campaigns.models import Stop
from checkin.check_in import check_in
from privacy.consent import give_consent, withdraw_consent
from privacy.purposes import Purpose
from shared.clock import now
from shared.db import db, transaction
from tests.browser import DESK, PHONE, Watched, a_browser
from tests.factories import campaigns, registrations
from tests.journeys.conftest import PASSWORD
from tests.journeys.looking import look, sign_in
from tests.served import Served

pytestmark = [pytest.mark.browser, pytest.mark.web_alone]
LONG = 30_000
NAMES = ("林徽之", "未同意者", "梁思承")


def arrives(served: Served, stop_id: int, code: str) -> None:
    """Somebody is scanned elsewhere."""
    with served.app.app_context(), transaction():
        staff = staff_with_login("volunteer")
        assert staff is not None
        check_in(code, stop=db.session.get_one(Stop, stop_id), gate="东门", by=staff)


def later(page: Page) -> None:
    """The page asks again now instead of in a few seconds."""
    page.clock.fast_forward(5000)


def test_screens_follow_the_gate_and_forget_whom_they_may_not_name(served: Served) -> None:
    with served.app.app_context():
        begins = now() - timedelta(hours=1)
        stop = campaigns.stop(
            starts_at=begins,
            ends_at=begins + timedelta(hours=6),
            registration_closes_at=begins - timedelta(days=1),
        )
        people = [registrations.registration(at=stop, full_name=name) for name in NAMES]
        codes, ids, stop_id = [one.code for one in people], [one.id for one in people], stop.id
        organiser = staff_with_login("organiser")
        assert organiser is not None
        with transaction():
            for registration_id in (ids[0], ids[2]):
                give_consent(registration_id, Purpose.WALL)
            made = put_up(stop, name="大厅", language="zh", by=organiser)
        wall_id, address = made.wall.id, f"{served.url}/wall/{made.token}"

    with a_browser() as browser:
        hall = browser.new_context(viewport={"width": 1920, "height": 1080}).new_page()
        desk = browser.new_context(viewport={"width": DESK["width"], "height": DESK["height"]}).new_page()
        watched = Watched(desk, served.url)
        hall.clock.install()
        desk.clock.install()
        hall.goto(address)
        newest, figure = hall.locator("[data-newest]"), hall.locator("[data-figure]")
        expect(newest).to_have_text("欢迎来到山西")
        sign_in(desk, served.url, "organiser", PASSWORD)
        desk.goto(f"{served.url}/gate/{stop_id}/live")
        desk.evaluate("window.stillHere = true")
        look(desk)

        arrives(served, stop_id, codes[0])
        later(hall)
        expect(newest.locator(".wall-name")).to_have_text(NAMES[0], timeout=LONG)
        look(hall)
        arrives(served, stop_id, codes[1])
        later(hall)
        expect(figure).to_have_text("2", timeout=LONG)
        expect(hall.locator("[data-plus]")).to_have_text("+1")
        expect(hall.locator("body")).not_to_contain_text(NAMES[1])
        expect(newest.locator(".wall-name")).to_have_text(NAMES[0])

        # At the desk the same has come in place; what is open stays open, and the keyboard stays where it is.
        later(desk)
        arrived = desk.locator("[data-part=stats] .stat-figure").first
        expect(arrived).to_have_text("2", timeout=LONG)
        table = desk.locator("[data-part=minutes] summary")
        table.click()
        arrives(served, stop_id, codes[2])
        later(desk)
        expect(arrived).to_have_text("3", timeout=LONG)
        expect(desk.locator("[data-part=minutes] details")).to_have_attribute("open", "")
        expect(table).to_be_focused()
        assert desk.evaluate("window.stillHere"), "the page was not loaded anew"
        desk.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
        look(desk)

        # Taken back: gone everywhere, also from the smaller names.
        later(hall)
        expect(newest.locator(".wall-name")).to_have_text(NAMES[2], timeout=LONG)
        expect(hall.locator("[data-others]")).to_contain_text(NAMES[0])
        with served.app.app_context(), transaction():
            withdraw_consent(ids[0], Purpose.WALL)
        later(hall)
        expect(hall.locator("body")).not_to_contain_text(NAMES[0], timeout=LONG)
        # Without a network nobody knows who took it back: after half a minute nobody is named.
        hall.context.set_offline(True)
        hall.clock.fast_forward(45_000)
        expect(newest).to_have_text("欢迎来到山西", timeout=LONG)
        expect(hall.locator("body")).not_to_contain_text(NAMES[2])
        hall.context.set_offline(False)
        hall.clock.fast_forward(35_000)
        expect(newest).to_contain_text(NAMES[2], timeout=LONG)

        with served.app.app_context(), transaction():
            take_down(wall_id, stop=db.session.get_one(Stop, stop_id), by=db.session.merge(organiser))
        later(hall)
        expect(hall.locator("body")).to_contain_text("本屏已关闭", timeout=LONG)
        expect(hall.locator("body")).not_to_contain_text(NAMES[2])
        watched.assert_clean()

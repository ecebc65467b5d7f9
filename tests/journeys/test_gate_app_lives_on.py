"""What befalls the scanning app in a long day: two tabs of it, a list that has not changed, hours without a network, a
new version in the middle of scanning, a stop that is cancelled. Nothing is lost and nothing counts twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, expect
from sqlalchemy import func, select
from werkzeug.serving import make_server

from campaigns.models import Stop
from campaigns.plan import cancel_stop
from checkin.app_words import app_words
from checkin.devices import open_code
from checkin.lookups import arrival_point
from checkin.models import CheckIn, DeviceRole, Scan, SetAside
from registrations.tickets import ticket_for
from shared.clock import now
from shared.db import db, transaction
from tests.browser import PHONE, Watched, a_browser
from tests.conftest import settings_for
from tests.factories import accounts, campaigns, registrations
from tests.journeys.looking import look
from tests.journeys.test_gate_without_network import KEPT, pending, until

pytestmark = pytest.mark.browser

# The device's clock goes on by as much as the test says, also after a reload.
PUSHED_CLOCK = """
const real = Date.now.bind(Date);
Date.now = () => real() + Number(localStorage.getItem("test-later") ?? 0);
"""
NEWER = "a-newer-version"


@pytest.fixture
def app_at(fresh_database: Callable[[], str], tmp_path: Path) -> Iterator[tuple[Flask, str]]:
    """The product served from this very process, so that a new version of it can be had in the middle of a test."""
    from app import create_app

    app = create_app(settings_for(fresh_database(), tmp_path))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    Thread(target=server.serve_forever, daemon=True).start()
    yield app, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    with app.app_context():
        db.engine.dispose()


def typed(page: Page, code: str) -> str:
    """Type a code; what it came to (arrived, already, refused, unsent)."""
    page.keyboard.press("Escape")
    page.fill("#code", code)
    page.press("#code", "Enter")
    answer = page.locator("[data-card-words] [data-result]")
    expect(answer).to_be_visible(timeout=30_000)
    return str(answer.get_attribute("data-result"))


def later(pages: list[Page], hours: int) -> None:
    """Hours pass."""
    pages[0].evaluate("hours => localStorage.setItem('test-later', hours * 3600000)", hours)


def shown_in(page: Page) -> dict[str, Any]:
    """Scan → its row in the browser's store, of those that somebody has seen a colour for."""
    return {scan["id"]: scan for scan in page.evaluate(KEPT)["scans"] if scan["state"] in ("pending", "kept")}


def joined(page: Page) -> None:
    """Until the device has its list; on a busy machine it may have to ask twice."""
    for _ in range(60):
        if "9 人" in page.locator("[data-holds]").inner_text():
            return
        if page.locator("[data-join-says]").is_visible():
            page.click("[data-join-form] button")
        page.wait_for_timeout(1000)
    raise AssertionError(page.locator("body").inner_text())


def is_newer(page: Page) -> bool:
    """Whether the page is of the new version; not while it is being loaded."""
    try:
        return bool(
            page.evaluate(
                "word => document.querySelector('#words').content.textContent.includes(word)", NEWER
            )
        )
    except PlaywrightError:
        return False


def start_anew(page: Page) -> None:
    """Load the page until it is the new version: it takes over as soon as the old one has nothing under way."""
    for _ in range(6):
        with suppress(PlaywrightError):
            page.reload()  # and the page itself once more, when the new version has taken over
        for _ in range(75):
            if is_newer(page):
                return
            page.wait_for_timeout(200)
    raise AssertionError("the new version never takes over")


def become(page: Page, number: int) -> None:
    """Until so many scans have been shown."""
    for _ in range(300):
        if len(shown_in(page)) == number:
            return
        page.wait_for_timeout(200)
    raise AssertionError(page.evaluate(KEPT)["scans"])


def test_nothing_that_befalls_the_app_in_a_long_day_loses_a_scan(
    app_at: tuple[Flask, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    app, address = app_at
    with app.app_context():
        stop = campaigns.stop(
            starts_at=now() - timedelta(hours=1),
            ends_at=now() + timedelta(days=3),
            registration_closes_at=now(),
        )
        elsewhere = campaigns.stop(of=stop.campaign, city_zh="大同", venue_zh="古城会堂")
        codes = [registrations.registration(at=stop).code for _ in range(9)]
        lost = ticket_for(registrations.registration(at=elsewhere))
        admin = accounts.staff()
        with transaction():
            code = open_code(
                stop, name="东门一号", role=DeviceRole.SCAN, checkpoint_ids=[arrival_point(stop.id).id],
                most_uses=9, lasts=timedelta(hours=1), by=admin,
            ).code  # fmt: skip
        stop_id, admin_id = stop.id, admin.id
        db.session.remove()

    with a_browser() as browser:
        context = browser.new_context(
            viewport={"width": PHONE["width"], "height": PHONE["height"]}, locale="zh-CN"
        )
        context.add_init_script(PUSHED_CLOCK)
        page = context.new_page()
        watched = Watched(page, address)
        page.goto(f"{address}/gate/app#join={code}")
        joined(page)
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")

        # Nothing has changed: the list stays, and is young again.
        page.locator("[data-panel-open]").first.click()
        with page.expect_response(lambda answer: answer.url.endswith("/bundle"), timeout=60_000) as told:
            page.click("[data-renew]")
        assert told.value.status == 304
        page.keyboard.press("Escape")
        expect(page.locator("[data-holds]")).to_contain_text("9 人")

        # Two tabs without a network, the same people before both: each is let in once.
        other = context.new_page()
        other.goto(f"{address}/gate/app")
        expect(other.locator("[data-holds]")).to_contain_text("9 人", timeout=60_000)
        context.set_offline(True)
        for tab in (page, other):
            expect(tab.locator("[data-link-says]")).to_have_text("离线")
        both = "code => { const field = document.querySelector('#code'); field.value = code; field.form.requestSubmit(); }"
        for number in range(2):
            for tab in (page, other):
                tab.evaluate(both, codes[number])
            become(page, 2 * number + 2)
        rows = list(shown_in(page).values())
        assert sorted(row["reason"] or "in" for row in rows) == ["already_checked_in"] * 2 + ["in"] * 2
        assert len({row["registration_id"] for row in rows if row["let_in"]}) == 2
        for tab in (page, other):
            until(tab, lambda tab=tab: pending(tab) >= 4)  # type: ignore[misc]
        # Somebody who stands at the wrong stop hears which one is right.
        assert typed(other, lost) == "refused"
        expect(other.locator("[data-card-words]")).to_contain_text("大同")
        look(other)

        # Five hours later it goes on; the list says how old it is.
        later([page, other], 5)
        assert typed(page, codes[2]) == "arrived"
        assert typed(other, codes[2]) == "already"
        expect(page.locator("[data-holds]")).to_contain_text("5 小时", timeout=30_000)

        # A new version comes while people are scanned: the page stays as it is until it is started anew.
        context.set_offline(False)
        until(page, lambda: pending(page) == 0)
        monkeypatch.setattr("checkin.app_views.app_words", lambda: {**app_words(), "test": NEWER})
        page.evaluate("document.body.dataset.running = 'before'")
        page.evaluate(
            "navigator.serviceWorker.getRegistration('/gate/app').then((worker) => worker.update()).then(() => true)"
        )
        waits = (
            "navigator.serviceWorker.getRegistration('/gate/app').then((worker) => Boolean(worker.waiting))"
        )
        until(page, lambda: bool(page.evaluate(waits)))
        assert typed(page, codes[3]) == "arrived"
        context.set_offline(True)
        expect(page.locator("[data-link-says]")).to_have_text("离线", timeout=30_000)
        assert typed(page, codes[4]) == "arrived"
        assert page.locator("body").get_attribute("data-running") == "before"
        waiting = pending(page)
        assert waiting >= 1
        start_anew(page)
        expect(page.locator("html[data-ready]")).to_be_attached(timeout=30_000)
        assert pending(page) == waiting
        # The other tab, still of the version before, scans on and can load what it has not loaded yet.
        assert typed(other, codes[5]) == "arrived"
        assert not is_newer(other)
        versions = page.evaluate("caches.keys()")
        assert len(versions) == 2, "the version before is kept for the tab that still runs it"

        # A day later the list is over and gone, and what was shown is not.
        later([page, other], 30)
        expect(page.locator("[data-holds]")).not_to_contain_text("9 人", timeout=30_000)
        assert typed(page, codes[6]) == "unsent"
        before = shown_in(page)
        assert pending(page) >= waiting + 1
        page.evaluate("localStorage.removeItem('test-later')")  # and the clock is put right again
        context.set_offline(False)
        for tab in (page, other):
            until(tab, lambda tab=tab: pending(tab) == 0)  # type: ignore[misc]
        expect(page.locator("[data-holds]")).to_contain_text("9 人", timeout=90_000)
        assert typed(page, codes[7]) == "arrived"
        _each_is_there_once(app, before, people=7)

        # The stop is cancelled: the list goes, and without a network the reason is known.
        with app.app_context(), transaction():
            cancel_stop(stop_id, reason="台风", by=db.session.get_one(type(admin), admin_id))
        expect(page.locator("[data-holds]")).to_contain_text("0 人", timeout=60_000)
        context.set_offline(True)
        expect(page.locator("[data-link-says]")).to_have_text("离线", timeout=30_000)
        assert typed(page, codes[8]) == "refused"
        expect(page.locator("[data-card-words]")).to_contain_text("已取消")
        watched.assert_clean()
    with app.app_context():
        assert db.session.get_one(Stop, stop_id).cancelled_at is not None


def _each_is_there_once(app: Flask, shown: dict[str, Any], *, people: int) -> None:
    with app.app_context():
        rows = {str(row.id): row for row in db.session.scalars(select(Scan))}
        for number, row in shown.items():
            assert (rows[number].let_in, rows[number].reason) == (row["let_in"], row["reason"])
        entries = db.session.scalars(
            select(func.count()).where(CheckIn.voided_at.is_(None)).group_by(CheckIn.registration_id)
        ).all()
        assert list(entries) == [1] * people
        assert db.session.scalar(select(func.count()).select_from(SetAside)) == 0

"""The gate page's manners: a hand scanner is heard anywhere, nothing counts twice, what did not arrive is said."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from checkin.models import CheckIn
from registrations.models import RegistrationState
from registrations.tickets import ticket_for
from shared.db import db
from tests.browser import DESK, PHONE, Watched, a_browser
from tests.factories import campaigns, registrations
from tests.journeys.conftest import PASSWORD
from tests.journeys.looking import look, sign_in
from tests.served import Served

pytestmark = [pytest.mark.browser, pytest.mark.web_alone]


@pytest.fixture
def page() -> Iterator[Page]:
    with a_browser() as browser:
        yield browser.new_page(viewport={"width": DESK["width"], "height": DESK["height"]})


CHARACTER_S = 0.004  # from one character of a hand scanner to the next


def scan(page: Page, code: str, *, enter: bool = True) -> None:
    """What a hand scanner does: keys in quick succession, to whatever has the focus.

    They are sent in one go (Playwright's own keyboard waits for a frame after each, and 111 of them take seconds), each
    with the time at which the scanner sent it: a busy machine must not make a slow hand of it.
    """
    keys: list[dict[str, object]] = [{"key": character, "text": character} for character in code]
    if enter:
        keys.append({"key": "Enter", "text": "\r", "windowsVirtualKeyCode": 13})
    began = time.time()
    page.wait_for_timeout(1000 * CHARACTER_S * len(keys))
    keyboard = page.context.new_cdp_session(page)

    async def press() -> None:
        pressed = [
            keyboard._impl_obj.send(
                "Input.dispatchKeyEvent",
                {**key, "type": kind, "timestamp": began + number * CHARACTER_S},
                None,
            )
            for number, key in enumerate(keys)
            for kind in ("keyDown", "keyUp")
        ]
        await asyncio.gather(*pressed)

    page._sync(press())
    keyboard.detach()


def arrivals(served: Served) -> int:
    """How many stand in the database."""
    with served.app.app_context():
        return int(db.session.scalar(select(func.count()).where(CheckIn.voided_at.is_(None))) or 0)


def test_the_gate_hears_a_scanner_anywhere_counts_once_and_says_what_did_not_arrive(
    served: Served, page: Page
) -> None:
    with served.app.app_context():
        stop = campaigns.stop()
        tickets = [
            ticket_for(registrations.registration(at=stop, full_name=name)) for name in ("李文博", "欧阳若兰")
        ]
        typed = registrations.registration(at=stop, full_name="张𬱖").code
        outside = registrations.registration(RegistrationState.WAITING, at=stop, full_name="吴越").code
        number = stop.id
    watched = Watched(page, served.url)
    card, words, arrived = (
        page.locator("[data-card]"),
        page.locator("[data-card-words]"),
        page.locator("[data-arrived]"),
    )

    sign_in(page, served.url, "volunteer", PASSWORD)
    page.goto(f"{served.url}/gate/{number}")
    look(page)
    expect(page.locator("#code")).to_be_focused()

    # Wherever the focus is, and with half a code typed long before. Fired twice, it is one scan and no yellow card.
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.keyboard.type("7KQ")
    page.wait_for_timeout(600)
    page.locator("[data-sound]").focus()
    scan(page, tickets[0])
    scan(page, tickets[0])
    expect(words.locator("[data-result=arrived] .answer-name")).to_have_text("李文博")
    expect(arrived).to_have_text("1")
    expect(page.locator("#code")).to_have_value("")
    assert len(sent) == 1
    look(page)

    # A scanner that sends no Enter, while the card is still up.
    scan(page, tickets[1], enter=False)
    expect(words.locator(".answer-name")).to_have_text("欧阳若兰")
    expect(arrived).to_have_text("2")

    # Undo where the answer is; the same ticket is good again at once.
    words.get_by_role("button").click()
    expect(words.locator("[data-result=undone]")).to_be_visible()
    expect(arrived).to_have_text("1")
    scan(page, tickets[1])
    expect(words.locator("[data-result=arrived]")).to_be_visible()
    assert arrivals(served) == 2

    # Without a connection it is said, and sending it again is one arrival.
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    expect(page.locator("#code")).to_be_focused()
    page.context.set_offline(True)
    scan(page, typed)
    expect(words.locator("[data-result=unsent]")).to_be_visible()
    page.context.set_offline(False)
    assert arrivals(served) == 2
    words.locator("[data-again]").click()
    expect(words.locator(".answer-name")).to_have_text("张𬱖")
    assert arrivals(served) == 3

    # Red says why; the last scans are in sight and open again.
    page.keyboard.press("Escape")
    scan(page, outside)
    expect(words.locator("[data-result=refused] .answer-reason")).not_to_be_empty()
    page.keyboard.press("Escape")
    rows = page.locator("[data-scans] li")
    expect(rows.first).to_contain_text("吴越")
    rows.nth(1).get_by_role("button").click()
    expect(words.locator(".answer-name")).to_have_text("张𬱖")
    watched.assert_clean()


def test_the_gate_works_as_a_plain_form_without_script(served: Served) -> None:
    with served.app.app_context():
        stop = campaigns.stop()
        code, number = registrations.registration(at=stop, full_name="古丽米热·阿布都热依木").code, stop.id
    with a_browser() as browser:
        context = browser.new_context(
            viewport={"width": PHONE["width"], "height": PHONE["height"]}, java_script_enabled=False
        )
        page = context.new_page()
        sign_in(page, served.url, "volunteer", PASSWORD)
        for result in ("arrived", "already"):
            page.goto(f"{served.url}/gate/{number}")
            page.fill("#code", code)
            page.click(".gate-code button")
            expect(page.locator(f"[data-card] [data-result={result}]")).to_be_visible()
            expect(page.locator(".answer-name")).to_have_text("古丽米热·阿布都热依木")
        page.click("[data-card-close]")
        expect(page.locator("[data-card]")).to_be_hidden()
    assert arrivals(served) == 1

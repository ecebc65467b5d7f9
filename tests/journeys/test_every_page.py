"""Every page that can be reached by a link, looked at: dark on a narrow phone and light on a desk."""

from __future__ import annotations

from urllib.parse import urldefrag, urljoin, urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Page
from werkzeug.exceptions import HTTPException

from demo.accounts import PASSWORD
from demo.seed import seed_if_empty
from tests.browser import Watched, a_browser
from tests.journeys.looking import look, sign_in
from tests.served import Served

NARROW = {"width": 360, "height": 740}
DESK = {"width": 1440, "height": 900}
# Pages are what answers with HTML; these are files.
FILES = {
    "static", "campaigns.poster_png", "public.campaign_calendar", "public.stop_calendar", "registrations.calendar",
    "messages.html_body",
}  # fmt: skip
# Between them they may open every page.
PEOPLE = ("admin", "employer")


def endpoint_of(app: Flask, address: str) -> str | None:
    """Which page an address is, or None when it is none of ours or a file."""
    try:
        endpoint, _arguments = app.url_map.bind("localhost").match(urlsplit(address).path, method="GET")
    except HTTPException:
        return None
    return None if endpoint in FILES or endpoint.endswith((".ics", "_pdf", "_png")) else str(endpoint)


def look_at_all(page: Page, app: Flask, start: str, seen: set[str]) -> set[str]:
    """Look at one of every kind of page that links lead to from ``start``, except those ``seen``; returns the kinds."""
    found: set[str] = set()
    ahead = [start]
    met = {urlsplit(start).path}
    while ahead:
        address = ahead.pop(0)
        endpoint = endpoint_of(app, address)
        if endpoint is None or endpoint in found or endpoint == "accounts.switch_language":
            continue
        page.set_viewport_size(NARROW)  # type: ignore[arg-type]
        page.emulate_media(color_scheme="dark")
        answer = page.goto(address)
        assert answer is not None
        assert answer.status < 400, f"{address} answers {answer.status}"
        found.add(endpoint)
        if "html" not in answer.headers.get("content-type", ""):
            continue
        for link in page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)"):
            path = urlsplit(link).path
            if link.startswith(app.config["SETTINGS"].public_url) and path not in met:
                met.add(path)
                ahead.append(urldefrag(urljoin(address, link)).url)
        if endpoint not in seen:
            # axe takes a second a look: one page is read by it on the phone in the dark, the next on the desk by day.
            on_the_phone = len(found) % 2 == 0
            look(page, closely=on_the_phone)
            page.set_viewport_size(DESK)  # type: ignore[arg-type]
            page.emulate_media(color_scheme="light")
            look(page, closely=not on_the_phone)
    return found


@pytest.mark.browser
@pytest.mark.web_alone
@pytest.mark.timeout(280)
def test_no_page_hangs_over_loads_from_outside_or_shuts_somebody_out(served: Served) -> None:
    with served.app.app_context():
        assert seed_if_empty()
    staff_pages: set[str] = set()
    with a_browser() as browser:
        for login in (None, *PEOPLE):
            context = browser.new_context(
                viewport=NARROW,  # type: ignore[arg-type]
                color_scheme="dark",
                reduced_motion="reduce",
            )
            page = context.new_page()
            watched = Watched(page, served.url)
            if login is None:
                public_pages = look_at_all(page, served.app, served.url, set())
            else:
                sign_in(page, served.url, login, PASSWORD)
                staff_pages |= look_at_all(page, served.app, f"{served.url}/desk", staff_pages)
            watched.assert_clean()
            context.close()
    assert len(public_pages) >= 4, sorted(public_pages)
    assert len(staff_pages) >= 20, sorted(staff_pages)

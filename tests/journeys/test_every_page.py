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
FILES = {"static", "campaigns.poster_png", "registrations.calendar", "messages.html_body"}
# Between them they may open every page.
PEOPLE = ("admin", "employer")


def endpoint_of(app: Flask, address: str) -> str | None:
    """Which page an address is, or None when it is none of ours or a file."""
    try:
        endpoint, _arguments = app.url_map.bind("localhost").match(urlsplit(address).path, method="GET")
    except HTTPException:
        return None
    return None if endpoint in FILES or endpoint.endswith((".ics", "_pdf", "_png")) else str(endpoint)


def pages_from(page: Page, app: Flask, start: str) -> dict[str, str]:
    """One address of every page that links lead to from ``start``, by endpoint."""
    found: dict[str, str] = {}
    ahead = [start]
    seen = {urlsplit(start).path}
    while ahead:
        address = ahead.pop(0)
        endpoint = endpoint_of(app, address)
        if endpoint is None or endpoint in found or endpoint == "accounts.switch_language":
            continue
        answer = page.goto(address)
        assert answer is not None
        assert answer.status < 400, f"{address} answers {answer.status}"
        if "html" not in answer.headers.get("content-type", ""):
            continue
        found[endpoint] = address
        for link in page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)"):
            path = urlsplit(link).path
            if link.startswith(app.config["SETTINGS"].public_url) and path not in seen:
                seen.add(path)
                ahead.append(urldefrag(urljoin(address, link)).url)
    return found


@pytest.mark.browser
@pytest.mark.timeout(280)
def test_no_page_hangs_over_loads_from_outside_or_shuts_somebody_out(served: Served) -> None:
    with served.app.app_context():
        assert seed_if_empty()
    looked_at: set[tuple[str, str]] = set()
    with a_browser() as browser:
        for login in (None, *PEOPLE):
            context = browser.new_context(viewport=NARROW, color_scheme="dark", reduced_motion="reduce")  # type: ignore[arg-type]
            page = context.new_page()
            watched = Watched(page, served.url)
            if login:
                sign_in(page, served.url, login, PASSWORD)
            addresses = pages_from(page, served.app, f"{served.url}/desk" if login else served.url)
            for endpoint, address in addresses.items():
                kind = (endpoint, "public" if login is None else "staff")
                if kind in looked_at:
                    continue
                looked_at.add(kind)
                page.set_viewport_size(NARROW)  # type: ignore[arg-type]
                page.emulate_media(color_scheme="dark")
                page.goto(address)
                look(page)
                page.set_viewport_size(DESK)  # type: ignore[arg-type]
                page.emulate_media(color_scheme="light")
                look(page)
            watched.assert_clean()
            context.close()
    pages = {endpoint for endpoint, _whose in looked_at}
    assert len(pages) >= 25, sorted(pages)

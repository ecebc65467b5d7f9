"""The station's page in a real browser: joined by the code behind the #, prints, asks, and says when it is out of order."""

from __future__ import annotations

import pytest
from flask import Flask
from playwright.sync_api import Route, expect

from checkin.check_in import check_in
from checkin.models import DeviceRole
from printing.models import Failure, PrintState
from registrations.tickets import make_first_key
from shared.db import transaction
from tests.browser import DESK, Watched, a_browser
from tests.factories import accounts, registrations
from tests.journeys.looking import look
from tests.printing.test_print_queue import printing_stop
from tests.printing.test_station import served as served
from tests.printing.test_station import states
from tests.printing.test_station_api import code_for

PATIENCE = 30_000
papers: list[str] = []


def _paper_out(route: Route) -> None:
    """A browser without a screen has no viewer for PDFs and nothing to print with: it is handed a page instead."""
    answer = route.fetch()
    assert answer.ok and answer.body().startswith(b"%PDF")
    papers.append(answer.url.rpartition("=")[2])
    route.fulfill(content_type="text/html", body="<!doctype html><title>badge</title>")


@pytest.mark.browser
def test_a_station_prints_one_badge_after_the_other(served: tuple[Flask, str]) -> None:
    _app, server = served
    with transaction():
        make_first_key()
        stop, by = printing_stop(), accounts.staff()
        code = code_for(stop, DeviceRole.STATION)

    def arrive(name: str) -> None:
        with transaction():
            registration = registrations.registration(at=stop)
            registration.person.full_name = name
            check_in(registration.code, stop=stop, gate="东门", by=by)

    with a_browser() as browser:
        page = browser.new_context(
            viewport={"width": DESK["width"], "height": DESK["height"]}, locale="zh-CN"
        ).new_page()
        page.set_default_timeout(PATIENCE)
        watched = Watched(page, server)
        page.route("**/*.pdf*", _paper_out)
        page.route(
            "**/station_clock*.js",  # eight times as fast as it beats for people
            lambda route: route.fulfill(
                content_type="text/javascript", body="setInterval(() => postMessage('beat'), 250)"
            ),
        )
        page.goto(f"{server}/gate/station#join={code}")
        word = page.locator("[data-state-word]")
        expect(word).to_have_text("可以打印", timeout=PATIENCE)
        assert code not in page.url, "the code stands in no history"
        look(page, closely=False)
        page.select_option("[data-paper]", "90x130")
        arrive("欧阳𬱖")
        expect(word).to_have_text("打印出来了吗？", timeout=PATIENCE)
        expect(page.locator("[data-state-note]")).to_contain_text("欧阳𬱖")
        page.click("[data-act=printed]")
        expect(page.locator("[data-jobs] [data-state=printed] b")).to_have_text("欧阳𬱖", timeout=PATIENCE)
        arrive("李文博")
        page.click("[data-act=failed]")
        expect(word).to_have_text("打印故障", timeout=PATIENCE)
        expect(page.locator("[data-jobs] [data-state=failed] b")).to_have_text("李文博", timeout=PATIENCE)
        look(page)
        assert states() == [(PrintState.PRINTED, None), (PrintState.FAILED, Failure.PRINTER)]
        page.click("[data-act=go-on]")
        page.click("[data-jobs] [data-state=failed] button")
        # Loaded anew with a badge in its hands: whoever stands there is asked, nothing is printed unseen.
        expect(word).to_have_text("打印出来了吗？", timeout=PATIENCE)
        page.reload()
        expect(word).to_have_text("已经打印了吗？", timeout=PATIENCE)
        assert page.input_value("[data-paper]") == "90x130", "the paper is remembered"
        page.click("[data-act=printed]")
        expect(word).to_have_text("可以打印", timeout=PATIENCE)
        assert states() == [(PrintState.PRINTED, None), (PrintState.PRINTED, None)]
        page.click("[data-act=pause]")
        expect(word).to_have_text("已暂停", timeout=PATIENCE)
        assert papers == ["90x130"] * 3
        watched.assert_clean()

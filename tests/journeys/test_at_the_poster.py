"""A guest before the hall: the ticket on the phone, the code on the wall, six digits in a mail, and in."""

from __future__ import annotations

import re
from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from accounts.models import Staff
from checkin.lookups import arrival_point, standing_check_in
from checkin.posters import PosterPlan, put_up_poster, screen_address
from registrations.links import link_for
from registrations.models import Registration
from registrations.tickets import make_first_key, ticket_for
from shared.clock import now
from shared.db import db, transaction
from tests.browser import DESK, PHONE, Watched, a_browser
from tests.factories import campaigns, registrations
from tests.journeys.looking import look, qr_on
from tests.served import PostOffice, Served, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


def phone(browser: Browser, served: Served, **options: Any) -> tuple[Page, Watched]:
    """Somebody's phone."""
    context = browser.new_context(viewport=PHONE, **options)  # type: ignore[arg-type]
    context.set_default_timeout(20_000)
    page = context.new_page()
    return page, Watched(page, served.url)


def code_in(mail: bytes) -> str:
    """The six digits of the mail that finds tickets."""
    text = message_from_bytes(mail, policy=policy.default).get_body(("plain",))
    found = re.search(r"\b\d{3} \d{3}\b", text.get_content() if text else "")
    assert found
    return found[0]


def test_two_guests_check_in_by_the_screen_of_the_hall(served: Served, post_office: PostOffice) -> None:
    with served.app.app_context():
        with transaction():
            make_first_key()
        stop = campaigns.stop(
            starts_at=now() - timedelta(hours=1),
            ends_at=now() + timedelta(hours=8),
            registration_closes_at=now() - timedelta(days=1),
        )
        one = registrations.registration(at=stop, full_name="欧阳若兰")
        other = registrations.registration(at=stop, full_name="Anna Müller-Lüdenscheidt", language="en")
        with transaction():
            organiser = db.session.scalars(select(Staff).where(Staff.login == "organiser")).one()
            poster = put_up_poster(
                arrival_point(stop.id).id,
                PosterPlan(
                    opens_at=stop.starts_at, closes_at=stop.ends_at, is_screen=True, place_word="汾酒"
                ),
                by=organiser,
            )
        wall = screen_address(poster).replace("http://localhost", served.url)
        link, code, ids = link_for(one), ticket_for(one), (one.id, other.id)
        mailbox = other.email

    def address_on(hall: Page) -> str:
        shown = qr_on(hall.locator(".poster-screen-code svg").screenshot())
        return re.sub(r"^https?://[^/]+", served.url, shown)

    with a_browser() as browser:
        hall_context = browser.new_context(viewport=DESK)  # type: ignore[arg-type]
        hall = hall_context.new_page()
        hall_watched = Watched(hall, served.url)
        hall.clock.install()
        hall.goto(wall)
        look(hall)

        # The first knows his ticket, on a phone that runs no scripts.
        plain, _watched = phone(browser, served, java_script_enabled=False)
        plain.goto(f"{served.url}/r/{link}/ticket")
        assert qr_on(plain.screenshot()) == code
        plain.goto(address_on(hall))
        assert "?" not in plain.url, "what is passed on holds no code of the minute"
        plain.fill("#word-1", " 汾 酒 ")
        plain.click(".here-one >> nth=0 >> button")
        expect(plain.locator(".here-word")).to_have_text("签到成功")
        expect(plain.locator(".here-name")).to_have_text("欧阳若兰")

        hall.clock.run_for(16_000)
        expect(hall.locator(".poster-screen-count")).to_contain_text("1")

        # The other has nothing at hand but a mailbox.
        page, watched = phone(browser, served, color_scheme="dark")
        page.goto(f"{served.url}/language/en")
        page.goto(address_on(hall))
        look(page)
        page.click(".here-mail a")
        page.fill("[name=who]", mailbox)
        page.click("main form .btn-primary")
        look(page)
        wait_until(lambda: bool(post_office.post.received), "the mail did not come", seconds=90)
        page.fill("[name=one_time_code]", code_in(post_office.post.received[0][2]))
        page.click("main form .btn-primary")
        expect(page.locator(".here-name")).to_have_text("Anna Müller-Lüdenscheidt")
        page.fill("#word-1", "wine")
        page.click(".here-one >> nth=0 >> button")
        expect(page.locator("#word-1-error")).to_be_visible()
        look(page)
        page.fill("#word-1", "汾酒")
        page.click(".here-one >> nth=0 >> button")
        expect(page.locator(".here-word")).to_have_text("You are checked in")
        look(page)
        page.goto(f"{served.url}/find/tickets")
        look(page)
        page.click("a[href$='/ticket']")
        expect(page.locator(".pass-in")).to_be_visible()
        look(page)
        watched.assert_clean()
        hall_watched.assert_clean()
    with served.app.app_context():
        for number in ids:
            assert db.session.get(Registration, number) is not None
            assert standing_check_in(number) is not None

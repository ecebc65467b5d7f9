"""Other ways in, walked: an invitation for one person, a code that is used up, and somebody who comes to the gate unregistered."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from accounts.sign_in import staff_with_login
from checkin.models import CheckIn
from registrations.by_invitation import key_of
from registrations.invite import InvitationPlan, invite
from registrations.models import BadgeClass, Registration, RegistrationState, Way
from shared.clock import now
from shared.db import db, transaction
from tests.browser import DESK, PHONE, Watched, a_browser
from tests.factories import campaigns
from tests.journeys.conftest import PASSWORD
from tests.journeys.looking import look, sign_in
from tests.served import Served

pytestmark = pytest.mark.browser
MOST_TYPED, MOST_CLICKS = 3, 3
"""Name, mobile, unit; open the page, tick the consent, let in: under half a minute for anybody."""


def test_the_invited_come_by_phone_and_the_unregistered_are_let_in_at_the_gate(served: Served) -> None:
    with served.app.app_context():
        stop = campaigns.stop(capacity=10, registration_closes_at=now() - timedelta(hours=1))
        organiser = staff_with_login("organiser")
        assert organiser is not None
        until = stop.starts_at
        with transaction():
            personal = invite(
                InvitationPlan(
                    badge_class=BadgeClass.EXPERT,
                    valid_until=until,
                    full_name="王思远",
                    email="wang@example.com",
                    skips_approval=True,
                    opens_closed=True,
                    keeps_seats=True,
                ),
                stop_id=stop.id,
                by=organiser,
            )
            shared = invite(
                InvitationPlan(badge_class=BadgeClass.GUEST, valid_until=until, quota=1, opens_closed=True),
                stop_id=stop.id,
                by=organiser,
            )
        stop_id, link, code = stop.id, key_of(personal), shared.spaced_code
        db.session.remove()
    with a_browser() as browser:
        by_invitation(browser, served, link)
        by_a_code_that_is_used_up(browser, served, code or "")
        at_the_gate(browser, served, stop_id)
    with served.app.app_context():
        came = db.session.execute(
            select(Registration.way, Registration.badge_class, Registration.state).order_by(Registration.id)
        ).all()
        assert [tuple(one) for one in came] == [
            (Way.INVITATION, BadgeClass.EXPERT, RegistrationState.CONFIRMED),
            (Way.INVITATION, BadgeClass.GUEST, RegistrationState.CONFIRMED),
            (Way.WALK_IN, BadgeClass.DOCTOR, RegistrationState.CONFIRMED),
        ]
        assert len(db.session.scalars(select(CheckIn)).all()) == 1
        db.session.remove()


def a_phone(browser: Browser, served: Served) -> tuple[Page, Watched]:
    """A stranger's phone, in Chinese."""
    context = browser.new_context(
        viewport={"width": PHONE["width"], "height": PHONE["height"]}, locale="zh-CN"
    )
    page = context.new_page()
    page.set_default_timeout(60_000)
    return page, Watched(page, served.url)


def fill_in(page: Page, mobile: str) -> None:
    """What an invitation does not know of somebody."""
    page.fill("[name=mobile]", mobile)
    page.fill("[name=university]", "山西大学")
    page.check("[name=education][value=doctor]")
    page.fill("[name=research_field]", "煤基新材料")
    page.check("[name=consent]")


def by_invitation(browser: Browser, served: Served, link: str) -> None:
    """Only the invited person can use it; afterwards the link says so."""
    page, watched = a_phone(browser, served)
    page.goto(f"{served.url}/i/{link}")
    expect(page.locator("h1")).to_contain_text("王思远")
    look(page)
    page.click("main a.btn-primary")
    expect(page.locator("[name=full_name]")).to_have_value("王思远")
    page.fill("[name=full_name]", "赵四")
    fill_in(page, "13700000001")
    page.click("[data-send]")
    expect(page.locator(".field-error").first).to_be_visible()  # another's invitation
    expect(page.locator("[name=university]")).to_have_value("山西大学")
    page.fill("[name=full_name]", "王思远")
    page.check("[name=consent]")
    page.click("[data-send]")
    page.wait_for_url(re.compile("/r/"))
    look(page)
    page.goto(f"{served.url}/i/{link}")
    expect(page.locator(".notice")).to_contain_text("邮件")  # where the own page is to be found
    expect(page.locator("main a[href$='/register']")).to_have_count(0)
    look(page)
    watched.assert_clean()
    page.context.close()


def by_a_code_that_is_used_up(browser: Browser, served: Served, code: str) -> None:
    """Typed as it was told, blanks and small letters and all; the second person reads why it does not work."""
    for number, works in enumerate((True, False)):
        page, watched = a_phone(browser, served)
        page.goto(f"{served.url}/i")
        page.fill("[name=code]", code.lower())
        page.click("main form button:not([type=button])")
        if works:
            page.click("main a.btn-primary")
            page.fill("[name=full_name]", "陈若敏")
            page.fill("[name=email]", "chen@example.com")
            fill_in(page, f"1360000000{number}")
            page.click("[data-send]")
            page.wait_for_url(re.compile("/r/"))
        else:
            expect(page.locator(".notice")).to_be_visible()
            expect(page.locator("main a[href$='/register']")).to_have_count(0)
            look(page)
        watched.assert_clean()
        page.context.close()


def at_the_gate(browser: Browser, served: Served, stop_id: int) -> None:
    """From the gate page to the arrival, counted in fields typed and clicks."""
    page = browser.new_context(viewport={"width": DESK["width"], "height": DESK["height"]}).new_page()
    page.set_default_timeout(60_000)
    watched = Watched(page, served.url)
    sign_in(page, served.url, "organiser", PASSWORD)
    page.goto(f"{served.url}/gate/{stop_id}")
    typed = clicks = 0
    page.click(f"a[href$='/gate/{stop_id}/walk-in']")
    clicks += 1
    for name, value in (("full_name", "刘建国"), ("mobile", "13500000000"), ("university", "太原理工大学")):
        page.fill(f"[name={name}]", value)
        typed += 1
    look(page)
    page.check("[name=consent]")
    clicks += 1
    page.click("form[action$=walk-in] button:not([type=button])")
    clicks += 1
    expect(page.locator(".walk-in-done")).to_contain_text("刘建国")
    expect(page.locator("[name=full_name]")).to_have_value("")  # ready for the next
    look(page)
    assert (typed, clicks) <= (MOST_TYPED, MOST_CLICKS)
    watched.assert_clean()
    page.context.close()

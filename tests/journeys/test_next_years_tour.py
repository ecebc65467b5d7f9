"""An organiser copies the Shanghai tour a year on and changes this stop and those that follow; a guest looks what is on now."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from campaigns.models import Campaign, Stop
from shared.clock import in_china, now
from shared.db import db
from tests.browser import DESK, PHONE, Watched, a_browser
from tests.factories import campaigns
from tests.journeys.conftest import PASSWORD
from tests.journeys.looking import look, sign_in
from tests.served import Served


def this_years_tour() -> tuple[int, str]:
    """Three stops a week apart, and another tour that is on at this moment. The first one's id, the other's address."""
    nine = in_china(now() + timedelta(days=20)).replace(hour=9, minute=0, second=0, microsecond=0)
    tour = campaigns.campaign(name_zh=f"人到山西好风光 {nine.year}", year=nine.year)
    for week, city in enumerate(("上海", "北京", "杭州")):
        begins = nine + timedelta(weeks=week)
        stop = campaigns.stop(
            of=tour,
            city_zh=city,
            city_en="",
            starts_at=begins,
            ends_at=begins + timedelta(hours=8),
            registration_closes_at=begins - timedelta(days=2),
        )
        campaigns.item(at=stop, capacity=40, group_zh="主题沙龙（选一场）")
    begins = now() - timedelta(hours=3)
    running = campaigns.stop(
        starts_at=begins,
        ends_at=begins + timedelta(hours=9),
        registration_closes_at=begins,
        details_zh="## 交通\n\n地铁**2号线**",
    )
    for hour in range(8):
        campaigns.item(at=running, hours=(hour + 0.2, hour + 0.9 + 0.3 * (hour == 2)), is_chosen=False)
    tour_id, address = tour.id, f"/c/{running.campaign.slug}/stops/{running.id}"
    db.session.remove()
    return tour_id, address


@pytest.mark.browser
@pytest.mark.timeout(150)
def test_the_tour_is_copied_a_year_on_and_changed_from_one_stop_to_the_last(served: Served) -> None:
    with served.app.app_context():
        tour_id, running = this_years_tour()
    with a_browser() as browser:
        context = browser.new_context(viewport={"width": DESK["width"], "height": DESK["height"]})
        context.set_default_timeout(30_000)
        page = context.new_page()
        watched = Watched(page, served.url)
        sign_in(page, served.url, "organiser", PASSWORD)

        page.goto(f"{served.url}/desk/campaigns/{tour_id}/copy")
        look(page)
        expect(page.locator("[name=name_zh]")).to_have_value(re.compile("人到山西好风光 20"))
        page.click("main .form-acts button[type=submit]")
        page.wait_for_url(re.compile(rf"/desk/campaigns/(?!{tour_id}$)\d+$"))
        look(page)
        page.locator("tbody th a", has_text="北京").click()
        page.wait_for_url(re.compile(r"/stops/\d+$"))
        page.locator("a[href$='/edit']").click()
        page.wait_for_url(re.compile(r"/edit$"))

        typed = page.locator("[name=starts_at]").input_value()
        page.fill("[name=starts_at]", f"{typed[:11]}08:30")
        page.fill("[name=capacity]", "150")
        page.fill("[name=details_zh]", "## 交通\n\n**南门**集合 <script>alert(1)</script>")
        preview = page.locator("[data-markdown-shown]").first
        expect(preview.locator("strong")).to_have_text("南门")
        expect(preview.locator("script")).to_have_count(0)
        page.check("[name=scope][value=following]")
        look(page)
        page.click("main .form-acts button[type=submit]")
        expect(page.locator("main h1")).to_have_text("更改前核对")
        expect(page.locator("tbody tr")).to_have_count(2)
        look(page)
        page.click("main .form-acts button[type=submit] >> nth=0")
        page.wait_for_url(re.compile(r"/desk/campaigns/\d+$"))
        expect(page.locator(".flashes")).to_contain_text("北京")

        guest_context = browser.new_context(viewport={"width": PHONE["width"], "height": PHONE["height"]})
        guest_context.set_default_timeout(30_000)
        guest = guest_context.new_page()
        guest_watched = Watched(guest, served.url)
        guest.goto(served.url + running)
        look(guest)
        current = guest.locator(".programme-item.is-now")
        expect(current).to_have_count(1)
        expect(current.locator("[data-now]")).to_be_visible()
        guest.click("[data-jump-to-now]")
        expect(current).to_be_in_viewport()
        expect(current).to_be_focused()
        watched.assert_clean()
        guest_watched.assert_clean()

    with served.app.app_context():
        copy = db.session.scalars(select(Campaign).order_by(Campaign.id.desc())).first()
        assert copy is not None
        before = db.session.scalars(
            select(Stop).where(Stop.campaign_id == tour_id).order_by(Stop.starts_at)
        ).all()
        assert copy.published_at is None
        assert [stop.city_zh for stop in copy.stops] == ["上海", "北京", "杭州"]
        assert [stop.capacity for stop in copy.stops] == [100, 150, 150]
        assert [f"{in_china(stop.starts_at):%H:%M}" for stop in copy.stops] == ["09:00", "08:30", "08:30"]
        days = [
            (in_china(new.starts_at).date() - in_china(old.starts_at).date()).days
            for new, old in zip(copy.stops, before, strict=True)
        ]
        assert days == [364] * 3
        assert copy.stops[0].details_zh == ""

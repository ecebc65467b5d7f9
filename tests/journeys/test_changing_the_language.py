"""Changing the language in the middle of a form keeps what was typed, and not the consent."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser import PHONE, Watched, a_browser
from tests.factories import campaigns
from tests.served import Served

pytestmark = [pytest.mark.browser, pytest.mark.web_alone]


def test_what_was_typed_outlives_the_change_of_language_and_the_consent_does_not(served: Served) -> None:
    with served.app.app_context():
        stop = campaigns.stop()
        form = f"{served.url}/c/{stop.campaign.slug}/stops/{stop.id}/register"
    with a_browser() as browser:
        page = browser.new_page(viewport={"width": PHONE["width"], "height": PHONE["height"]})
        watched = Watched(page, served.url)
        page.goto(form)
        page.fill("[name=full_name]", "欧阳若兰")
        page.check("[name=education][value=postdoc]")
        page.check("[name=consent]")
        page.click("a[hreflang=en]")
        expect(page.locator("html")).to_have_attribute("lang", "en")
        expect(page.locator("[name=full_name]")).to_have_value("欧阳若兰")
        expect(page.locator("[name=education][value=postdoc]")).to_be_checked()
        expect(page.locator("[name=consent]")).not_to_be_checked()
        page.goto(form)  # what was typed is a draft by now; the agreement never is
        expect(page.locator("[name=consent]")).not_to_be_checked()
        watched.assert_clean()

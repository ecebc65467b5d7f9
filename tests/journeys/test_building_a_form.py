"""An organiser builds a two-page form with a condition from nothing, by clicks; then it asks applicants accordingly."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.models import Role
from accounts.sign_in import add_staff
from questions.lookups import questions_of
from shared.db import transaction
from tests.browser import DESK, PHONE, Watched, a_browser
from tests.factories import campaigns
from tests.journeys.conftest import PASSWORD
from tests.journeys.looking import look, sign_in
from tests.served import Served

SLOW = 30_000


MOST_CLICKS = 12
MOST_KEYS = 52
"""Keys are counted as a Chinese keyboard needs them: two and a half for each character."""


class Hand:
    """Clicks and types as a hand does, and counts."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.clicks = 0
        self.keys = 0.0

    def click(self, what: str | Locator) -> None:
        """One click."""
        self.clicks += 1
        (self.page.locator(what) if isinstance(what, str) else what).click()

    def type(self, text: str) -> None:
        """Into whatever has the focus."""
        self.keys += len(text) * 2.5
        self.page.keyboard.insert_text(text)

    def press(self, key: str) -> None:
        """One key."""
        self.keys += 1
        self.page.keyboard.press(key)

    def choose(self, what: str | Locator, label: str) -> None:
        """Out of a list: it opens and closes."""
        self.clicks += 2
        (self.page.locator(what) if isinstance(what, str) else what).select_option(label=label)


def saved(page: Page) -> None:
    """Wait until everything is saved."""
    expect(page.locator("[data-status]")).to_have_text("已全部保存", timeout=SLOW)


def order(page: Page) -> list[str]:
    """The questions of the outline."""
    return [
        text.rstrip("*")
        for text in page.locator(".fe-question .fe-label").evaluate_all(
            "all => all.map(one => one.firstChild.textContent.trim())"
        )
    ]


def drag(page: Page, name: str, *, behind: str) -> None:
    """Take a question by its grip and let it go on the lower half of another one."""
    page.locator(".fe-question", has_text=behind).first.scroll_into_view_if_needed()
    grip = page.locator(".fe-question", has_text=name).first.locator("[data-grip]").bounding_box()
    other = page.locator(".fe-question", has_text=behind).first.bounding_box()
    assert grip is not None
    assert other is not None
    page.mouse.move(grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2)
    page.mouse.down()
    page.mouse.move(other["x"] + 60, other["y"] + other["height"] * 0.8, steps=20)
    page.mouse.move(other["x"] + 60, other["y"] + other["height"] * 0.9, steps=5)
    page.mouse.up()


def build(page: Page, hand: Hand) -> None:
    """Page 2 with two questions, the second only for whoever needs a room."""
    hand.click(page.get_by_role("button", name="添加一页"))
    expect(page.locator("[name=title_zh]")).to_be_focused(timeout=SLOW)
    hand.type("住宿")
    hand.click(page.locator(".fe-page").nth(1).locator(".fe-add"))
    hand.click(".fe-offer[value=choice]")
    expect(page.locator("[name=label_zh]")).to_be_focused(timeout=SLOW)
    hand.type("是否需要住宿")
    hand.press("Enter")
    hand.type("需要")
    hand.press("Enter")
    hand.type("不需要")
    expect(page.locator("[name=choice_en]").nth(1)).to_have_value("")
    hand.click(page.get_by_text("必填", exact=True))
    hand.click(".fe-side-acts a")
    hand.click(".fe-offer[value=text]")
    expect(page.locator("[name=label_zh]")).to_have_value("单行文本", timeout=SLOW)
    expect(page.locator("[name=label_zh]")).to_be_focused(timeout=SLOW)
    hand.type("希望同住的人")
    hand.click("[data-condition-first]")
    hand.choose(page.locator(".fe-cond select").nth(0), "是否需要住宿")
    hand.choose(page.locator(".fe-cond select").nth(2), "需要")
    expect(page.locator("[data-sentence]")).to_have_text("仅当“是否需要住宿”为“需要”时", timeout=SLOW)
    saved(page)


def try_it(asks: Any) -> None:
    """Turn to the second page; the room-mate is asked of whoever needs a room and of nobody else."""
    second = asks.locator("[data-page='2']")
    expect(second).to_be_visible(timeout=SLOW)
    roommate = second.locator(".question", has_text="希望同住的人")
    expect(roommate).to_be_hidden()
    second.get_by_text("需要", exact=True).click()
    expect(roommate).to_be_visible()
    second.get_by_text("不需要", exact=True).click()
    expect(roommate).to_be_hidden()


@pytest.mark.browser
@pytest.mark.timeout(280)
def test_an_organiser_builds_a_form_and_applicants_are_asked_accordingly(served: Served) -> None:
    with served.app.app_context():
        stop = campaigns.stop()
        campaign_id, address = stop.campaign_id, f"/c/{stop.campaign.slug}/stops/{stop.id}/register"
        with transaction():
            add_staff("colleague", full_name="孙丽", password=PASSWORD, role=Role.ADMINISTRATOR)
    form = f"{served.url}/desk/campaigns/{campaign_id}/form"
    with a_browser() as browser:
        desk = browser.new_context(viewport=DESK)  # type: ignore[arg-type]
        desk.set_default_timeout(SLOW)
        page = desk.new_page()
        watched = Watched(page, served.url)
        sign_in(page, served.url, "organiser", PASSWORD)
        page.goto(form)
        look(page)
        hand = Hand(page)
        build(page, hand)
        assert hand.clicks <= MOST_CLICKS
        assert hand.keys <= MOST_KEYS
        assert order(page)[-2:] == ["是否需要住宿", "希望同住的人"]
        look(page)

        # From the keyboard, and told where it stands now; what would break a condition is refused in words.
        up = page.get_by_role("button", name="上移“是否需要住宿”")
        up.press("Enter")
        expect(page.locator("[data-said]")).to_contain_text("第 ", timeout=SLOW)
        first_page = page.locator(".fe-page").nth(0)
        expect(first_page.locator(".fe-question").last).to_contain_text("是否需要住宿")
        expect(up).to_be_focused()
        page.get_by_role("button", name="撤销").click()
        expect(page.locator("[data-said]")).to_have_text("已撤销。", timeout=SLOW)
        page.get_by_role("button", name="上移“希望同住的人”").press("Enter")
        expect(page.locator("[data-status]")).to_contain_text("须排在前面", timeout=SLOW)
        assert order(page)[-2:] == ["是否需要住宿", "希望同住的人"]

        # With the mouse, by the grip, and back.
        drag(page, "研究方向", behind="意向工作城市")
        expect(page.locator("[data-said]")).to_contain_text("“研究方向”现在是", timeout=SLOW)
        assert order(page).index("研究方向") > order(page).index("意向工作城市")
        page.get_by_role("button", name="撤销").click()
        expect(page.locator("[data-said]")).to_have_text("已撤销。", timeout=SLOW)

        # A colleague changes the same question meanwhile: mine is not lost, and his is not overwritten.
        page.locator(".fe-question a", has_text="希望同住的人").click()
        expect(page.locator("[name=label_zh]")).to_have_value("希望同住的人")
        others = browser.new_context(viewport=DESK)  # type: ignore[arg-type]
        others.set_default_timeout(SLOW)
        colleague = others.new_page()
        sign_in(colleague, served.url, "colleague", PASSWORD)
        colleague.goto(form)
        colleague.locator(".fe-question a", has_text="希望同住的人").click()
        colleague.fill("[name=label_zh]", "同住人姓名")
        colleague.press("[name=label_zh]", "Tab")
        saved(colleague)
        page.fill("[name=label_zh]", "与谁同住")
        page.press("[name=label_zh]", "Tab")
        expect(page.locator("[data-refused]")).to_contain_text("孙丽", timeout=SLOW)
        assert order(page)[-1] == "同住人姓名"
        expect(page.locator("[name=label_zh]")).to_have_value("与谁同住")
        page.fill("[name=label_zh]", "希望同住的人")
        page.get_by_role("button", name="用我的覆盖").click()
        saved(page)
        assert order(page)[-1] == "希望同住的人"

        page.get_by_role("link", name="预览").click()
        frame = page.frame_locator("iframe")
        frame.locator("[data-next]").click()
        try_it(frame)
        look(page)

        phone = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)  # type: ignore[arg-type]
        phone.set_default_timeout(SLOW)
        applicant = phone.new_page()
        applicant.goto(served.url + address)
        for key, value in {
            "full_name": "李文博",
            "mobile": "13800138000",
            "email": "li@example.com",
            "university": "山西大学",
            "research_field": "煤基新材料",
        }.items():
            applicant.fill(f"[name={key}]", value)
        applicant.get_by_text("博士", exact=True).click()
        applicant.locator("[data-next]").click()
        try_it(applicant)
        applicant.locator("[data-page='2']").get_by_text("需要", exact=True).click()
        applicant.locator("[name=consent]").check()
        applicant.locator("[data-send]").click()
        applicant.wait_for_url(re.compile("/r/"))

        # Now somebody has answered: the editor says first what archiving does.
        page.goto(form)
        page.locator(".fe-question a", has_text="希望同住的人").click()
        page.get_by_role("button", name="停用").click()
        expect(page.locator("[data-said]")).to_have_text("已停用，可以撤销。", timeout=SLOW)
        expect(page.locator(".fe-side [name=label_zh]")).to_have_count(0)
        page.locator(".fe-question a", has_text="是否需要住宿").first.click()
        page.get_by_role("button", name="停用").click()
        expect(page.locator("#ask")).to_contain_text("已有 1 人回答此题", timeout=SLOW)
        page.locator("#ask button[value=no]").click()
        assert order(page)[-1] == "是否需要住宿"

        # On a phone the same page has the details in a sheet.
        context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)  # type: ignore[arg-type]
        context.set_default_timeout(SLOW)
        small = context.new_page()
        sign_in(small, served.url, "organiser", PASSWORD)
        small.goto(form)
        small.locator(".fe-question a", has_text="是否需要住宿").first.click()
        expect(small.locator(".fe-side.is-open [name=label_zh]")).to_be_visible()
        look(small)
        watched.assert_clean()
    with served.app.app_context():
        last = questions_of(campaign_id)[-1]
        assert last.label_zh == "是否需要住宿"
        assert last.label_en == "", "“One choice” is no translation of it"
        assert [(one["label_zh"], one["label_en"]) for one in last.options["choices"]] == [
            ("需要", ""),
            ("不需要", ""),
        ]

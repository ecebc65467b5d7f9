"""An applicant on a phone with a conditional form of two pages, going on at a desk, and the form after approval."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from questions.models import AskedWhen, Kind
from registrations.models import Registration, RegistrationState
from shared.clock import in_china
from shared.db import db
from tests.browser import DESK, PHONE, Watched, a_browser
from tests.factories import campaigns, questions
from tests.journeys.looking import look
from tests.registrations.test_drafts import PDF
from tests.served import Served

expect.set_options(timeout=20_000)


def draft_form(served: Served) -> tuple[str, int, str]:
    """A stop with a second page and a form after approval; its address, its id and its day."""
    with served.app.app_context():
        stop = campaigns.stop()
        page = questions.page(stop.campaign, title_zh="求职意向")
        add = questions.question
        add(
            stop.campaign,
            page=page,
            key="standing",
            kind=Kind.CHOICE,
            label_zh="目前状态",
            required=True,
            options=questions.choices("studying", "employed"),
        )
        add(
            stop.campaign,
            page=page,
            key="employer_now",
            label_zh="现单位",
            required=True,
            condition={
                "all": [
                    {"question": "education", "op": "in", "value": ["doctor", "postdoc"]},
                    {"question": "standing", "op": "is", "value": "employed"},
                ]
            },
        )
        add(
            stop.campaign,
            page=page,
            key="intents",
            kind=Kind.RANKED,
            label_zh="意向单位",
            options=questions.choices("a", "b", "c"),
        )
        add(
            stop.campaign,
            page=page,
            key="room",
            kind=Kind.CHOICE,
            label_zh="房间",
            options=questions.choices("single", capacity=1),
        )
        add(stop.campaign, page=page, key="cv", kind=Kind.FILE, label_zh="简历", required=True)
        add(
            stop.campaign,
            page=page,
            key="outputs",
            kind=Kind.LONG_TEXT,
            label_zh="成果",
            options={"max_length": 1000},
        )
        add(
            stop.campaign,
            page=questions.page(stop.campaign, title_zh="行程"),
            key="arrival",
            kind=Kind.DATE,
            label_zh="到达日期",
            required=True,
            asked_when=AskedWhen.AFTER_APPROVAL,
            options={"latest": "opening"},
        )
        address = f"{served.url}/c/{stop.campaign.slug}/stops/{stop.id}/register"
        return address, stop.id, (in_china(stop.starts_at) - timedelta(days=1)).date().isoformat()  # fmt: skip


def kept(page: Page) -> None:
    """Until the page says that what was typed is kept."""
    page.wait_for_function(
        "() => { const line = document.querySelector('[data-draft-status]'); return line.textContent === line.dataset.kept }"
    )


@pytest.mark.browser
@pytest.mark.timeout(240)
def test_a_phone_a_desk_two_pages_a_cv_and_nothing_typed_twice(served: Served, tmp_path: Path) -> None:
    address, stop_id, day_before = draft_form(served)
    cv = tmp_path / "简历.pdf"
    cv.write_bytes(PDF)
    with a_browser() as browser:
        page = browser.new_page(viewport={"width": PHONE["width"], "height": PHONE["height"]})
        watched = Watched(page, served.url)
        page.goto(address)
        look(page)
        page.fill("[name=full_name]", "欧阳若兰")
        page.fill("[name=mobile]", "1380013")
        page.fill("[name=email]", "ouyang@example.com")
        page.locator("[name=university]").press_sequentially("tylg")
        page.locator("[role=option]").first.wait_for()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(page.locator("[name=university]")).to_have_value("太原理工大学")
        page.check("[name=education][value=doctor]")
        page.fill("[name=research_field]", "煤基新材料")
        page.click("[data-next]")
        expect(page.locator("#mobile-error")).to_be_visible()  # the page is not turned
        expect(page.locator("[name=mobile]")).to_be_focused()
        page.fill("[name=mobile]", "138 0013 8000")
        expect(page.locator("#mobile-error")).to_have_count(0)
        page.click("[data-next]")
        expect(page.locator("[name=standing]").first).to_be_visible()
        look(page)

        expect(page.locator("[name=employer_now]")).to_be_hidden()
        page.check("[name=standing][value=employed]")
        expect(page.locator("[name=employer_now]")).to_be_visible()
        page.fill("[name=employer_now]", "太原重型机械集团")
        page.select_option("#intents-0", "a")
        page.select_option("#intents-1", "b")
        page.locator(".rank").nth(1).locator("[data-act=up]").press("Enter")
        assert [page.input_value(f"#intents-{rank}") for rank in range(2)] == ["b", "a"]
        page.fill("[name=outputs]", "论文三篇")
        expect(page.locator("#outputs + .characters-left")).to_contain_text("996")
        page.set_input_files("#cv-file", cv)
        expect(page.locator("[data-file-name]")).to_have_text("简历.pdf")
        kept(page)

        page.reload()  # in the middle: the page and everything on it stay
        expect(page.locator("[name=employer_now]")).to_have_value("太原重型机械集团")
        expect(page.locator("[data-file-name]")).to_have_text("简历.pdf")
        assert page.url.endswith("#page-2")
        page.go_back()
        expect(page.locator("[name=full_name]")).to_be_visible()
        page.go_forward()
        expect(page.locator("[name=employer_now]")).to_be_visible()

        desk = browser.new_page(viewport={"width": DESK["width"], "height": DESK["height"]})
        link = page.locator(".draft-address").text_content() or ""
        desk.goto(served.url + re.sub(r"https?://[^/]+", "", link.strip()))
        expect(desk.locator("[name=full_name]")).to_have_value("欧阳若兰")
        look(desk)
        desk.fill("[name=research_field]", "碳纤维")
        kept(desk)
        page.check(
            "[name=room][value=single]"
        )  # the phone hears what the desk wrote, and the desk's field is not lost
        expect(page.locator("[name=research_field]")).to_have_value("碳纤维")

        page.fill("[name=employer_now]", "")
        page.check("[name=consent]")
        page.click("[data-send]")
        expect(page.locator("#employer_now-error")).to_be_visible()
        expect(page.locator("[data-file-name]")).to_have_text("简历.pdf")
        expect(page.locator("[name=consent]")).to_be_checked()
        look(page)
        page.fill("[name=employer_now]", "太原理工大学")
        page.context.clear_cookies()  # the session runs out in the middle
        page.click("[data-send]")
        expect(page.locator("[data-error-summary]")).to_contain_text("您填写的内容都在")
        expect(page.locator("[name=employer_now]")).to_have_value("太原理工大学")
        expect(page.locator("[data-file-name]")).to_have_text("简历.pdf")
        expect(page.locator("[name=consent]")).to_be_checked()
        page.click("[data-send]")
        page.wait_for_url(re.compile("/r/"))
        look(page)

        page.click("a[href$='/after-approval']")
        look(page)
        page.click("[data-send]")
        expect(page.locator("#arrival-error")).to_be_visible()
        page.fill("[name=arrival]", day_before)
        page.click("[data-send]")
        page.wait_for_url(re.compile(r"/r/[^/]+$"))

        page.click("#answers a[href$='/answers']")  # one way to change everything one said
        expect(page.locator("[name=full_name]")).to_have_value("欧阳若兰")
        look(page)
        page.fill("[name=research_field]", "碳纤维复合材料")
        page.click("[data-next]")
        expect(page.locator("[name=employer_now]")).to_have_value("太原理工大学")
        page.check("[name=standing][value=studying]")
        expect(page.locator("[name=employer_now]")).to_be_hidden()
        page.click("[data-back]")
        page.click("[data-save]")  # from any of its pages
        page.wait_for_url(re.compile(r"/r/[^/]+$"))
        expect(page.locator("#answers")).to_contain_text("碳纤维复合材料")
        expect(page.locator("#answers")).not_to_contain_text("现单位")

        late = browser.new_page(viewport={"width": DESK["width"], "height": DESK["height"]})
        late.goto(address)
        expect(late.locator("[name=room]")).to_be_disabled()  # the only room is gone

        page.click("a[href$='/withdraw']")
        look(page)
        page.click("main form button.btn-danger, main form [type=submit]")
        page.wait_for_url(re.compile(r"/r/[^/]+$"))
        expect(page.locator(".own-head")).to_contain_text("已取消")
        look(page)
        late.reload()
        expect(late.locator("[name=room]")).to_be_enabled()  # and is there again
        watched.assert_clean()
    with served.app.app_context():
        registration = db.session.scalars(select(Registration).where(Registration.stop_id == stop_id)).one()
        answers = dict(registration.answers)
        assert answers.pop("cv").isdigit()
        assert answers == {
            "standing": "studying",
            "intents": ["b", "a"],
            "room": "single",
            "outputs": "论文三篇",
            "arrival": day_before,
        }
        assert registration.research_field == "碳纤维复合材料"
        assert registration.state is RegistrationState.WITHDRAWN
        assert registration.person.full_name == "欧阳若兰"

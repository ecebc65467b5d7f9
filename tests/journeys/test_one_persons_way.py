"""One person's way through the house, from the poster to the signature, in a real browser with a real camera stream."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pypdfium2
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from shared.clock import in_china, now
from tests.browser import DESK, PHONE, Watched, browsers
from tests.journeys.conftest import PASSWORD
from tests.journeys.looking import film_of, look, qr_on, sign_in
from tests.served import PostOffice, Served, wait_until

NAME = "古丽米热·阿布都热依木"


def typed(moment_in_days: float, hour: int) -> str:
    """A day and hour as a datetime-local field takes it."""
    day = in_china(now() + timedelta(days=moment_in_days))
    return day.replace(hour=hour, minute=0).strftime("%Y-%m-%dT%H:%M")


def somebody(browser: Browser, served: Served, size: dict[str, int], language: str) -> tuple[Page, Watched]:
    """A browser of one's own in this size and language."""
    context: BrowserContext = browser.new_context(
        viewport={"width": size["width"], "height": size["height"]}, accept_downloads=True
    )
    context.set_default_timeout(15_000)
    page = context.new_page()
    watched = Watched(page, served.url)
    if language == "en":
        page.goto(f"{served.url}/language/en")
    return page, watched


def draft_a_tour(page: Page, served: Served) -> str:
    """The organiser drafts a tour with one stop, publishes it and opens it. Returns the stop's number."""
    sign_in(page, served.url, "organiser", PASSWORD)
    page.goto(f"{served.url}/desk/campaigns/new")
    look(page)
    page.fill("[name=name_zh]", "2026 人到山西好风光·上海站")
    page.fill("[name=name_en]", "Good Scenery in Shanxi 2026")
    page.select_option("[name=family]", "promotional_tour")
    page.fill("[name=slug]", "good-scenery-2026")
    page.click("main form button:not([type=button])")
    page.wait_for_url(re.compile(r"/desk/campaigns/\d+$"))
    campaign = page.url
    page.goto(f"{campaign}/stops/new")
    for name, value in {
        "city_zh": "上海",
        "city_en": "Shanghai",
        "venue_zh": "上海国际会议中心",
        "venue_en": "Shanghai International Convention Center",
        "address_zh": "浦东新区滨江大道2727号",
        "address_en": "2727 Binjiang Avenue",
        "starts_at": typed(3, 9),
        "ends_at": typed(3, 17),
        "registration_closes_at": typed(2, 18),
        "capacity": "30",
    }.items():
        page.fill(f"[name={name}]", value)
    page.click("main form button:not([type=button])")
    page.wait_for_url(re.compile(r"/desk/campaigns/(stops/)?\d+"))
    look(page)
    page.goto(campaign)
    look(page)
    press(page, "form[action$='/publish']")
    stop = page.locator("a[href*='/desk/campaigns/stops/']").first.get_attribute("href") or ""
    number = re.findall(r"/stops/(\d+)", stop)[0]
    page.goto(f"{served.url}/desk/campaigns/stops/{number}")
    press(page, "form[action$='/open']")
    look(page)
    return str(number)


def press(page: Page, form: str) -> None:
    """Press the button of ``form`` and say yes where the page asks first; back when the next page is there."""
    asks = page.locator(form).first.get_attribute("data-ask")
    with page.expect_navigation():
        page.click(f"{form} button:not([type=button])")
        if asks:
            page.click("#ask [data-ask-agree]")


def register(page: Page, served: Served) -> str:
    """The applicant finds the campaign, makes a mistake, mends it and registers. Returns his page's address."""
    page.goto(served.url)
    look(page)
    page.click("main a[href^='/c/good-scenery-2026'] >> nth=0")
    look(page)
    page.click("a[href*='/register'] >> nth=0")
    look(page)
    page.fill("[name=full_name]", NAME)
    page.fill("[name=mobile]", "1380013800")
    page.fill("[name=email]", "guli@example.com")
    page.fill("[name=university]", "新疆大学")
    page.check("[name=education][value=doctor]") if page.locator(
        "[name=education][type=radio]"
    ).count() else page.select_option("[name=education]", "doctor")
    page.fill("[name=research_field]", "煤基新材料与氢能")
    page.check("[name=consent]")
    page.click("main form button:not([type=button])")
    page.wait_for_load_state()
    look(page)
    assert page.locator("[name=mobile][aria-invalid=true]").count() == 1
    assert page.input_value("[name=full_name]") == NAME
    assert page.is_checked("[name=consent]")
    page.fill("[name=mobile]", "138 0013 8000")
    page.click("main form button:not([type=button])")
    page.wait_for_url(re.compile(r"/r/"))
    look(page)
    return page.url


@pytest.mark.browser
@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    ("language", "size"),
    [
        pytest.param("zh", PHONE, id="zh-phone"),
        pytest.param("en", DESK, id="en-desk"),
        # Pages and words are the same as in the two above, crossed; asked for before a release.
        pytest.param("zh", DESK, id="zh-desk", marks=pytest.mark.every_variant),
        pytest.param("en", PHONE, id="en-phone", marks=pytest.mark.every_variant),
    ],
)
def test_a_doctor_walks_from_the_poster_to_the_signature(
    served: Served, post_office: PostOffice, tmp_path: Path, language: str, size: dict[str, int]
) -> None:
    with browsers() as start:
        browser = start()
        organiser, organiser_watched = somebody(browser, served, size, language)
        stop = draft_a_tour(organiser, served)

        applicant, applicant_watched = somebody(browser, served, size, language)
        own_page = register(applicant, served)
        ticket = qr_on(applicant.locator(".ticket-code svg").first.screenshot())

        wait_until(lambda: len(post_office.post.received) == 1, "the mail did not come")
        _message_id, recipients, mail = post_office.post.received[0]
        assert recipients == ["guli@example.com"]
        assert qr_in_mail(mail) == ticket

        with start(camera=str(film_of(ticket, tmp_path / "camera.y4m"))) as gate_browser:
            gate, gate_watched = somebody(gate_browser, served, size, language)
            sign_in(gate, served.url, "volunteer", PASSWORD)
            look(gate)
            gate.goto(f"{served.url}/gate/{stop}")
            if not gate.is_visible("[name=gate]"):
                gate.locator("details.gate-name summary").click()
            gate.fill("[name=gate]", "东门1号")
            look(gate)
            gate.click("[data-camera-start]")
            expect(gate.locator("[data-result=arrived]")).to_be_visible(timeout=20_000)
            expect(gate.locator("[data-result=arrived] .answer-name")).to_have_text(NAME)
            look(gate)
            gate.click("[data-card-close]")
            if gate.is_visible("[data-camera-stop]"):
                gate.click("[data-camera-stop]")
            code = applicant.locator(".own-code").first.inner_text().strip()
            gate.keyboard.type(code)  # a hand scanner: nothing is focused on purpose
            gate.keyboard.press("Enter")
            already = gate.locator("[data-result=already]")
            expect(already).to_be_visible()
            expect(already).to_contain_text("东门1号")
            look(gate)
            gate.keyboard.press("Escape")
            gate.fill("[name=code]", "ABCD-2345")
            gate.keyboard.press("Enter")
            expect(gate.locator("[data-result=refused]")).to_be_visible()
            look(gate)
            gate_watched.assert_clean()

        organiser.goto(f"{served.url}/desk/badges/stops/{stop}")
        look(organiser)
        with organiser.expect_download() as badges:
            organiser.click("form[action$='.pdf'] button >> nth=0")
        page_text = pypdfium2.PdfDocument(badges.value.path())[0].get_textpage().get_text_bounded()
        assert NAME in page_text.replace("\r\n", "").replace("\n", "")

        applicant.goto(own_page)
        look(applicant)

        recruiter, recruiter_watched = somebody(browser, served, size, language)
        sign_in(recruiter, served.url, "guo", PASSWORD)
        wait_until(lambda: lead_is_there(recruiter, served), "no lead was opened")
        look(recruiter)
        recruiter.click("form[action='/desk/leads/claim'] button")
        recruiter.wait_for_url(re.compile(r"/desk/leads/\d+"))
        look(recruiter)
        recruiter.check("[name=contact-channel][value=phone]")
        recruiter.locator("[name=contact-reached]").first.check()
        recruiter.locator("[name=contact-note]").fill("意向明确，希望来太原工作。")
        press(recruiter, "form[action$='/contacts']")
        recruiter.locator("details:has(form[action$='/sign']) > summary").click()
        recruiter.select_option("[name=sign-employer_id]", index=1)
        recruiter.fill("[name=sign-position]", "新材料研究员")
        recruiter.fill("[name=sign-agreement_number]", "晋才协2026-001")
        recruiter.fill("[name=sign-signed_on]", in_china(now()).strftime("%Y-%m-%d"))
        press(recruiter, "form[action$='/sign']")
        look(recruiter)

        organiser.goto(f"{served.url}/desk/reports/funnel")
        look(organiser)
        assert organiser.locator("svg").count() >= 1
        for watched in (organiser_watched, applicant_watched, recruiter_watched):
            watched.assert_clean()

    assert funnel(served) == {"registered": 1, "confirmed": 1, "arrived": 1, "leads": 1, "signed": 1}


def lead_is_there(page: Page, served: Served) -> bool:
    """Whether the recruiter has something to claim."""
    page.goto(f"{served.url}/desk/leads")
    button = page.locator("form[action='/desk/leads/claim'] button")
    return button.count() == 1 and button.is_enabled()


def qr_in_mail(mail: bytes) -> str:
    """The QR code in the mail's picture."""
    from email import message_from_bytes

    pictures = [
        part.get_payload(decode=True)
        for part in message_from_bytes(mail).walk()
        if part.get_content_type() == "image/png"
    ]
    assert len(pictures) == 1
    assert isinstance(pictures[0], bytes)
    return qr_on(pictures[0])


def funnel(served: Served) -> dict[str, int]:
    """The rows themselves, counted."""
    from sqlalchemy import text

    from shared.db import db

    with served.app.app_context():
        row = db.session.execute(
            text(
                "SELECT count(*), count(*) FILTER (WHERE r.state = 'confirmed'), count(c.id), count(l.id), "
                "count(*) FILTER (WHERE l.stage = 'signed') FROM registrations r "
                "LEFT JOIN check_ins c ON c.registration_id = r.id AND c.voided_at IS NULL "
                "LEFT JOIN leads l ON l.registration_id = r.id"
            )
        ).one()
        db.session.remove()
    return dict(zip(("registered", "confirmed", "arrived", "leads", "signed"), row, strict=True))

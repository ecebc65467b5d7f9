"""A delegation of forty named on a phone, and a list of ten thousand brought in at the desk and taken back: through the pages."""

from __future__ import annotations

import email
import re
from concurrent.futures import ThreadPoolExecutor
from email.policy import default
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select, text

from delegations.models import DelegationMember
from imports.models import ImportRun, ImportState
from registrations.models import Registration, RegistrationState, Way
from shared.db import db
from tests.browser import DESK, PHONE, Watched, a_browser
from tests.factories import campaigns
from tests.imports.test_import import HEADS, many
from tests.journeys.conftest import PASSWORD
from tests.journeys.looking import look, sign_in
from tests.served import PostOffice, Served, wait_until

MEMBERS = 40
SURNAMES, GIVEN = "王李张刘陈杨赵黄", "伟芳娜敏静"


def members() -> list[tuple[str, str]]:
    """(name, e-mail) of the forty."""
    return [
        (f"{surname}若{given}", f"m{row * len(GIVEN) + column}@example.com")
        for row, surname in enumerate(SURNAMES)
        for column, given in enumerate(GIVEN)
    ]


@pytest.mark.browser
@pytest.mark.timeout(240)
@pytest.mark.parametrize("rows", [4_000, pytest.param(10_000, marks=pytest.mark.every_variant)])
def test_forty_come_by_one_contact_and_thousands_by_a_list(
    served: Served, post_office: PostOffice, tmp_path: Path, rows: int
) -> None:
    with served.app.app_context():
        stop = campaigns.stop(capacity=50, needs_approval=True)
        fair = campaigns.stop(capacity=rows, city_zh="太原")
        public, stop_id, fair_id = f"{served.url}/c/{stop.campaign.slug}/stops/{stop.id}", stop.id, fair.id
        db.session.remove()
    with a_browser() as browser:
        forty_by_one_contact(browser, served, post_office, public, stop_id, tmp_path)
        desk = browser.new_context(viewport={"width": DESK["width"], "height": DESK["height"]}).new_page()
        desk.set_default_timeout(60_000)
        watched = Watched(desk, served.url)
        sign_in(desk, served.url, "organiser", PASSWORD)
        decided_as_a_whole(desk, served, stop_id)
        thousands_and_back(desk, served, fair_id, tmp_path, rows)
        watched.assert_clean()


def forty_by_one_contact(
    browser: Browser, served: Served, post_office: PostOffice, public: str, stop_id: int, tmp_path: Path
) -> None:
    """The contact names forty, thirty-eight by pasting and two by a sheet; two confirm on a phone, the others by HTTP."""
    phone = browser.new_context(viewport={"width": PHONE["width"], "height": PHONE["height"]}, locale="zh-CN")
    page = phone.new_page()
    watched = Watched(page, served.url)
    page.goto(f"{public}/delegation")
    look(page)
    for field, value in (
        ("university", "太原理工大学"),
        ("most", str(MEMBERS)),
        ("full_name", "王芳"),
        ("mobile", "13800009999"),
        ("email", "wang@example.com"),
        ("head", "孙校长"),
    ):
        page.fill(f"[name={field}]", value)
    page.check("[name=consent]")
    page.click("main form button:not([type=button])")
    page.wait_for_url(re.compile("/delegation/(?!member)"))
    expect(page.locator("main")).to_contain_text("前确认")  # until when the members are to confirm
    look(page)

    pasted = "\n".join(f"{name}\t{address}" for name, address in members()[:38])
    page.fill("[name=lines]", f"{pasted}\n没有邮箱的人")
    page.click("form[action$=members] button:not([type=button])")
    expect(page.locator(".field-error").first).to_contain_text("没有邮箱的人")
    expect(page.locator("[name=lines]")).to_have_value(re.compile("m37@example.com"))
    page.fill("[name=lines]", pasted)
    page.click("form[action$=members] button:not([type=button])")
    expect(page.locator("tbody tr")).to_have_count(38)
    sheet = tmp_path / "名单.csv"
    sheet.write_bytes(
        ("姓名,邮箱\n" + "".join(f"{name},{address}\n" for name, address in members()[38:])).encode("gb18030")
    )
    page.set_input_files("[name=sheet]", sheet)
    page.click("form[action$=members] button:not([type=button])")
    expect(page.locator("tbody tr")).to_have_count(MEMBERS)
    expect(page.locator("[name=lines]")).to_have_count(0)  # as many as were announced
    look(page)

    wait_until(lambda: len(links(post_office)) == MEMBERS, "not everybody was written to", seconds=60)
    invited = links(post_office)
    for number, (name, address) in enumerate(members()[:2]):
        member = browser.new_context(
            viewport={"width": PHONE["width"], "height": PHONE["height"]}, locale="zh-CN"
        ).new_page()
        member.goto(served.url + invited[address])
        expect(member.locator("h1")).to_have_text(name)
        look(member, closely=number == 0)
        member.click("main a.btn-primary")
        expect(member.locator("[name=email]")).to_have_value(address)
        expect(member.locator("main")).to_contain_text("太原理工大学代表团成员")
        member.fill("[name=mobile]", f"1370000000{number}")
        member.fill("[name=university]", "太原理工大学")
        member.check("[name=education][value=doctor]")
        member.fill("[name=research_field]", "煤基新材料")
        member.check("[name=consent]")
        look(member, closely=number == 0)
        member.click("[data-send]")
        member.wait_for_url(re.compile("/r/"))
        member.context.close()
    with ThreadPoolExecutor(4) as pool:
        list(
            pool.map(
                lambda one: confirm(served.url, public, invited[one[1][1]], one[0], *one[1]),
                list(enumerate(members()))[2:],
            )
        )
    page.reload()
    expect(page.locator("tbody .pill, tbody .state").first).to_be_visible()
    assert "13700000000" not in page.content()  # the contact sees who has confirmed, and nothing else
    look(page)
    watched.assert_clean()
    phone.close()
    with served.app.app_context():
        registered = select(func.count()).where(
            Registration.stop_id == stop_id,
            Registration.way == Way.DELEGATION,
            Registration.state == RegistrationState.APPLIED,
        )
        assert db.session.scalar(registered) == MEMBERS
        named = select(func.count()).where(DelegationMember.registration_id.is_not(None))
        assert db.session.scalar(named) == MEMBERS
        db.session.remove()


def links(post_office: PostOffice) -> dict[str, str]:
    """Recipient → path of the member's own page."""
    found = {}
    for _id, recipients, content in list(post_office.post.received):
        body = email.message_from_bytes(content, policy=default).get_body(("plain",))
        words = body.get_content() if body is not None else ""
        if "/delegation/member/" in words:
            found[recipients[0]] = "/delegation/member/" + words.split("/delegation/member/")[1].split()[0]
    return found


def confirm(address: str, public: str, link: str, number: int, name: str, mail: str) -> None:
    """A member confirms, as a browser without scripts does."""
    with httpx.Client(base_url=address, follow_redirects=True, timeout=60) as client:
        client.get(link)
        form = client.get(f"{public}/register").text
        hidden = dict(re.findall(r'<input[^>]*type="hidden"[^>]*name="([^"]+)"[^>]*value="([^"]*)"', form))
        answer = client.post(
            f"{public}/register",
            data={
                **hidden,
                "full_name": name,
                "mobile": f"137{number:08d}",
                "email": mail,
                "university": "太原理工大学",
                "education": "doctor",
                "research_field": "煤基新材料",
                "consent": "y",
            },
        )
        assert "/r/" in str(answer.url), answer.text


def decided_as_a_whole(desk: Page, served: Served, stop_id: int) -> None:
    """The organiser sees the group and confirms all of it at once."""
    desk.goto(f"{served.url}/desk/stops/{stop_id}/delegations")
    look(desk)
    desk.locator("tbody th a", has_text="太原理工大学").click()
    expect(desk.locator("tbody tr")).to_have_count(MEMBERS)
    look(desk)
    desk.locator(".page-head").get_by_text(f"{MEMBERS}").first.click()
    desk.click("[data-ask-agree]")
    expect(desk.locator(".flashes")).to_be_visible()
    with served.app.app_context():
        confirmed = select(func.count()).where(
            Registration.stop_id == stop_id, Registration.state == RegistrationState.CONFIRMED
        )
        assert db.session.scalar(confirmed) == MEMBERS
        db.session.remove()


def thousands_and_back(desk: Page, served: Served, fair_id: int, tmp_path: Path, rows: int) -> None:
    """A list of thousands in the spelling of Chinese Windows: columns, preview with errors, progress, and back."""
    sheet = tmp_path / "数千人.csv"
    sheet.write_bytes(
        (HEADS + many(rows) + "错号码,123,x@example.com,太原理工大学,博士,碳纤维,太原\n").encode("gb18030")
    )
    desk.goto(f"{served.url}/desk/stops/{fair_id}/imports")
    look(desk)
    desk.set_input_files("[name=sheet]", sheet)
    desk.click("main form button:not([type=button])")
    desk.wait_for_url(re.compile("/columns$"))
    expect(desk.locator("select[name=column-0]")).to_have_value("full_name")
    look(desk)
    desk.check("[name=begins][value=confirmed]")
    desk.select_option("[name=basis]", "on_paper") if desk.locator(
        "select[name=basis]"
    ).count() else desk.check("[name=basis][value=on_paper]")
    desk.click("main .form-acts button")
    desk.wait_for_url(re.compile(r"/imports/\d+$"))
    expect(desk.locator("main")).to_contain_text(re.compile(f"{rows // 1000},?000"))
    expect(desk.locator("main")).to_contain_text("手机")  # what is wrong with the last row, in words
    look(desk)
    desk.locator("form[action$='/begin'] button").click()
    moving = desk.locator("progress.work-bar")
    expect(moving).to_have_attribute("value", re.compile(r"^([1-9]|[1-9]\d)(\.\d+)?$"), timeout=60_000)
    look(desk, closely=False)
    state_becomes(desk, served, fair_id, ImportState.DONE)
    expect(desk.locator(".stats").first).to_contain_text(re.compile(f"{rows // 1000},?000"))
    look(desk)
    desk.locator(".page-head button", has_text="撤销此次导入").first.click()
    desk.click("[data-ask-agree]")
    state_becomes(desk, served, fair_id, ImportState.REVERTED)
    look(desk)
    with served.app.app_context():
        left = text(
            "SELECT (SELECT count(*) FROM registrations WHERE stop_id = :stop), seats_taken FROM stops WHERE id = :stop"
        )
        assert tuple(db.session.execute(left, {"stop": fair_id}).one()) == (0, 0)
        db.session.remove()


def state_becomes(desk: Page, served: Served, fair_id: int, state: ImportState) -> None:
    """Until the import stands there; then the page is read again."""

    def stands() -> bool:
        with served.app.app_context():
            found = db.session.scalar(select(ImportRun.state).where(ImportRun.stop_id == fair_id))
            db.session.remove()
            return found is state

    wait_until(stands, f"the import is not {state}", seconds=120)
    desk.reload()

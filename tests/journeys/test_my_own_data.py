"""An applicant on a phone: find the registration, prove the mailbox, put it right, change, withdraw, take the data, erase."""

from __future__ import annotations

import json
import re
import zipfile
from email import message_from_bytes, policy

import pytest

from registrations.models import Registration, RegistrationState
from shared.db import db
from tests.browser import PHONE, browsers
from tests.factories import campaigns, registrations
from tests.journeys.looking import look
from tests.journeys.test_one_persons_way import press, somebody
from tests.served import PostOffice, Served, wait_until

ADDRESS = "xue@example.com"


CODE = r"\b(\d{3} \d{3})\b"


def in_mails(office: PostOffice, pattern: str) -> list[str]:
    """What ``pattern`` finds in the mails' texts, the latest last."""
    texts = [
        message_from_bytes(one, policy=policy.default).get_body(("plain",))
        for _i, _r, one in office.post.received
    ]
    return [match[1] for text in texts if text and (match := re.search(pattern, text.get_content(), re.S))]


def next_in_mail(office: PostOffice, pattern: str, seen: int = 0) -> str:
    """The next such mail's, once it has come."""
    wait_until(lambda: len(in_mails(office, pattern)) > seen, f"no mail with {pattern}", seconds=40)
    return in_mails(office, pattern)[-1]


@pytest.mark.browser
@pytest.mark.timeout(180)
def test_an_applicant_finds_changes_and_erases_what_is_kept(served: Served, post_office: PostOffice) -> None:
    with served.app.app_context():
        tour = campaigns.campaign(own_page_asks_code=True)
        here = campaigns.stop(of=tour, city_zh="上海")
        there = campaigns.stop(of=tour, city_zh="西安")
        mine = registrations.registration(at=here, full_name="薛晓燕", email=ADDRESS)
        second = registrations.registration(person=mine.person, email=ADDRESS, at=campaigns.stop())
        ids, there_id = (mine.id, second.id), there.id
        db.session.remove()

    with browsers() as start:
        page, watched = somebody(start(), served, PHONE, "zh")
        page.goto(f"{served.url}/find")
        look(page)
        page.fill("[name=who]", ADDRESS)
        page.click("main form button")
        look(page)
        links = {}
        for link in re.findall(r"(http\S+/r/\S+)", next_in_mail(post_office, r"(.*/r/.*/r/.*)")):
            page.goto(link)
            links["code" if page.url.endswith("/code") else "open"] = link
        page.goto(links["code"])
        look(page)
        press(page, "form[action*='/code/send']")
        page.fill(
            "[name=one_time_code]", next_in_mail(post_office, CODE, seen=1)
        )  # the mail with the links has one too
        page.locator("main form:has([name=one_time_code]) button").click()
        page.wait_for_url(links["code"])
        look(page)

        page.goto(f"{links['code']}/answers")
        look(page)
        page.fill("[name=university]", "山西医科大学")
        page.click("[data-save]")
        page.wait_for_url(links["code"])
        page.goto(f"{links['code']}/move")
        look(page)
        page.check(f"[name=stop_id][value='{there_id}']")
        page.click("main form .form-acts button")
        page.wait_for_url(links["code"])
        page.goto(f"{links['open']}/withdraw")
        look(page)
        page.fill("[name=reason]", "时间冲突")
        page.click("main form .form-acts button")
        page.wait_for_url(links["open"])

        page.goto(f"{links['code']}/data")
        look(page)
        with page.expect_download() as copy:
            page.click("form[action$='copy.zip'] button")
        data = json.loads(zipfile.ZipFile(copy.value.path()).read("data.json"))
        assert {one["university"] for one in data["registrations"]} == {"山西医科大学", "山西大学"}

        page.goto(f"{links['code']}/erase")
        look(page)
        press(page, "form[action$='/erase/code']")
        page.fill("[name=one_time_code]", next_in_mail(post_office, CODE, seen=2))
        page.check("[name=sure]")
        page.click("main form .form-acts button")
        page.wait_for_url(re.compile(r"/erased/"))
        look(page)
        watched.assert_clean()

    with served.app.app_context():
        rows = [db.session.get_one(Registration, one) for one in ids]
        assert all(row.erased_at is not None and row.state is RegistrationState.WITHDRAWN for row in rows)
        assert rows[0].stop_id == there_id
        assert rows[0].person.full_name == ""
        db.session.remove()

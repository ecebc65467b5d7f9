"""The office's list and its decisions."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from accounts.models import Role
from audit.models import AuditEntry
from registrations.models import Registration, RegistrationState
from shared.db import db
from tests.conftest import Browser
from tests.factories import accounts, campaigns, registrations

S = RegistrationState
LIST = "/desk/registrations"


def signed_in(client: Browser, role: Role = Role.ORGANISER, city: str = "Taiyuan") -> Any:
    staff = accounts.staff(role, host_city_id=campaigns.host_city(city).id)
    client.sign_in(staff)
    return staff


def looks(staff: Any) -> int:
    count = select(func.count()).where(AuditEntry.act == "see_registration", AuditEntry.staff_id == staff.id)
    return db.session.scalar(count) or 0


@pytest.fixture
def liu(app: Flask) -> Registration:
    """Dr Liu among others at one stop of Taiyuan."""
    stop = campaigns.stop()
    registrations.registration(S.APPLIED, at=stop, full_name="孙乐")
    return registrations.registration(S.CONFIRMED, at=stop, full_name="刘晓燕")


@pytest.mark.parametrize("wanted", ["刘晓", "liuxiao", "lxy", "LXY", "mobile", "code", "spaced code"])
def test_somebody_is_found_by_name_pinyin_initials_mobile_and_code(
    client: Browser, liu: Registration, wanted: str
) -> None:
    signed_in(client)
    text = {
        "mobile": str(liu.person.mobile)[-4:],
        "code": liu.code.lower(),
        "spaced code": liu.spaced_code,
    }.get(wanted, wanted)
    page = client.get(LIST, query_string={"text": text})
    assert page.status_code == 200
    assert "刘晓燕" in page.text
    assert "孙乐" not in page.text


def test_the_list_is_narrowed_by_stop_and_state(client: Browser, liu: Registration) -> None:
    signed_in(client)
    registrations.registration(S.CONFIRMED, at=campaigns.stop(), full_name="周正")
    page = client.get(LIST, query_string={"stop": liu.stop_id, "state": "confirmed"}).text
    assert "刘晓燕" in page
    assert "孙乐" not in page
    assert "周正" not in page


def test_the_language_can_be_changed_on_the_page_that_shows_the_contact(
    client: Browser, liu: Registration
) -> None:
    signed_in(client)
    page = client.post(f"{LIST}/{liu.id}/contact").text
    assert f'href="/language/en?next={LIST}/{liu.id}"' in page


def test_a_page_beyond_the_last_is_the_last(client: Browser) -> None:
    client.sign_in(accounts.staff(Role.ADMINISTRATOR))
    registrations.registration(full_name="王芳")
    assert "王芳" in client.get(f"{LIST}?page=7").text


@pytest.mark.parametrize(
    "query", ["stop=x", "stop=99999999999999", "state=king", "page=0", "page=x", "text=%25_%5C"]
)
def test_a_strange_address_does_no_harm(client: Browser, liu: Registration, query: str) -> None:
    signed_in(client)
    assert client.get(f"{LIST}?{query}").status_code == 200


def test_nobody_sees_another_citys_people(client: Browser, liu: Registration) -> None:
    signed_in(client, city="Jincheng")
    assert "刘晓燕" not in client.get(LIST).text
    page = f"{LIST}/{liu.id}"
    assert client.get(page).status_code == 404
    for act in ("contact", "confirm", "waitlist", "decline"):
        assert client.post(f"{page}/{act}", data={"reason": "x"}).status_code == 404
    db.session.refresh(liu)
    assert liu.state is S.CONFIRMED


def test_contact_data_are_masked_until_somebody_asks_and_that_is_recorded(
    client: Browser, liu: Registration
) -> None:
    staff = signed_in(client)
    for page in (client.get(LIST), client.get(f"{LIST}/{liu.id}")):
        assert str(liu.person.mobile) not in page.text
        assert liu.email not in page.text
    assert looks(staff) == 0
    shown = client.post(f"{LIST}/{liu.id}/contact")
    assert str(liu.person.mobile) in shown.text
    assert liu.email in shown.text
    assert looks(staff) == 1


def test_confirming_at_the_desk_says_who_in_the_history(client: Browser, liu: Registration) -> None:
    staff = signed_in(client)
    applicant = registrations.registration(S.APPLIED, at=liu.stop)
    answer = client.post(f"{LIST}/{applicant.id}/confirm", follow_redirects=True)
    db.session.refresh(applicant)
    assert applicant.state is S.CONFIRMED
    assert f'<span class="quiet d-block">{staff.full_name}</span>' in answer.text


def test_declining_without_a_reason_is_refused_beside_the_field(client: Browser, liu: Registration) -> None:
    signed_in(client)
    answer = client.post(f"{LIST}/{liu.id}/decline", data={"reason": " "})
    assert answer.status_code == 422
    assert 'id="reason-error"' in answer.text
    assert client.post(f"{LIST}/{liu.id}/decline", data={"reason": "专业不符"}).status_code == 303
    db.session.refresh(liu)
    assert liu.state is S.DECLINED
    assert "专业不符" in client.get(f"{LIST}/{liu.id}").text


def test_confirming_for_a_full_stop_is_refused_in_words(client: Browser) -> None:
    signed_in(client)
    stop = campaigns.stop(capacity=1)
    registrations.registration(S.CONFIRMED, at=stop)
    applicant = registrations.registration(S.APPLIED, at=stop)
    answer = client.post(f"{LIST}/{applicant.id}/confirm", follow_redirects=True)
    assert "flash-error" in answer.text
    db.session.refresh(applicant)
    assert applicant.state is S.APPLIED


def test_an_empty_list_says_what_comes_next(client: Browser) -> None:
    signed_in(client, city="Yangquan")
    assert 'class="empty"' in client.get(LIST).text
    assert 'class="empty"' in client.get(LIST, query_string={"text": "李"}).text


def test_the_list_takes_as_many_queries_for_three_as_for_one(client: Browser, count_queries: Any) -> None:
    signed_in(client)
    registrations.registration(S.CONFIRMED)
    with count_queries() as for_one:
        client.get(LIST)
    registrations.registration(S.WAITING)
    registrations.registration(S.APPLIED)
    with count_queries() as for_three:
        client.get(LIST)
    assert len(for_three) == len(for_one), for_three.listed()

"""The applicant's pages, seen through a browser without JavaScript."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import func, select

from campaigns.models import Stop
from registrations.links import link_for
from registrations.models import Registration, RegistrationState
from shared.clock import in_china, now
from shared.db import db
from tests.conftest import Browser
from tests.factories import campaigns, registrations

S = RegistrationState


def address(stop: Stop) -> str:
    return f"/c/{stop.campaign.slug}/stops/{stop.id}/register"


def filled(**changes: Any) -> dict[str, Any]:
    """The form as somebody sends it."""
    values: dict[str, Any] = {
        "submission_id": str(uuid4()),
        "full_name": "买买提·艾力",
        "mobile": "138 0013 8000",
        "email": "maimaiti@xju.example.com",
        "university": "新疆大学",
        "education": "doctor",
        "research_field": "煤层气开采",
        "consent": "y",
    }
    return {**values, **changes}


def how_many(stop: Stop) -> int:
    count = select(func.count()).select_from(Registration).where(Registration.stop_id == stop.id)
    return db.session.scalar(count) or 0


def test_somebody_registers_and_sees_the_ticket(client: Browser) -> None:
    stop = campaigns.stop()
    cities = [campaigns.host_city("Datong").id, campaigns.host_city("Jincheng").id]
    page = client.get(address(stop) + "?from=shanxi-university")
    assert page.status_code == 200
    assert 'value="shanxi-university"' in page.text
    answer = client.post(address(stop), data=filled(channel="shanxi-university", preferred_city_ids=cities))
    assert answer.status_code == 303
    registration = db.session.scalars(select(Registration).where(Registration.stop_id == stop.id)).one()
    assert answer.location == f"/r/{link_for(registration)}"
    assert registration.person.mobile == "+8613800138000"
    assert registration.person.full_name == "买买提·艾力"
    assert registration.channel == "shanxi-university"
    assert registration.preferred_city_ids == cities
    own = client.get(answer.location)
    assert own.status_code == 200
    assert registration.spaced_code in own.text
    assert '<svg xmlns="http://www.w3.org/2000/svg" role="img"' in own.text
    assert own.headers["Cache-Control"] == "no-store"
    assert "noindex" in own.headers["X-Robots-Tag"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"full_name": ""}, "full_name"),
        ({"full_name": "李"}, "full_name"),
        ({"full_name": "李4"}, "full_name"),
        ({"full_name": "<b>李文博"}, "full_name"),
        ({"mobile": "12345678901"}, "mobile"),
        ({"mobile": ""}, "mobile"),
        ({"email": "li@"}, "email"),
        ({"university": ""}, "university"),
        ({"education": "king"}, "education"),
        ({"research_field": "煤"}, "research_field"),
        ({"research_field": "煤" * 201}, "research_field"),
        ({"consent": ""}, "consent"),
    ],
)
def test_a_wrong_field_is_named_and_what_was_typed_stays(
    client: Browser, changes: dict[str, Any], field: str
) -> None:
    stop = campaigns.stop()
    sent = filled(**changes)
    sent = {name: value for name, value in sent.items() if name != "consent" or value}
    answer = client.post(address(stop), data=sent)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert answer.text.count('class="field-error"') == 1
    for name in ("mobile", "email", "university"):
        assert f'value="{sent[name]}"' in answer.text
    assert f'value="{sent["submission_id"]}"' in answer.text
    assert how_many(stop) == 0


def test_more_than_three_cities_are_too_many(client: Browser) -> None:
    stop = campaigns.stop()
    cities = [campaigns.host_city(name).id for name in ("Taiyuan", "Datong", "Jincheng", "Linfen")]
    answer = client.post(address(stop), data=filled(preferred_city_ids=cities))
    assert answer.status_code == 422
    assert 'id="preferred_city_ids-error"' in answer.text


def test_a_stop_that_closes_while_somebody_types_says_so_and_keeps_what_was_typed(client: Browser) -> None:
    stop = campaigns.stop()
    assert client.get(address(stop)).status_code == 200
    stop.registration_closes_at = now() - timedelta(seconds=1)
    db.session.commit()
    answer = client.post(address(stop), data=filled())
    assert answer.status_code == 409
    assert 'class="error-summary"' in answer.text
    assert 'value="maimaiti@xju.example.com"' in answer.text
    assert how_many(stop) == 0


def test_a_second_registration_of_the_same_person_is_refused_beside_the_mobile(client: Browser) -> None:
    stop = campaigns.stop()
    client.post(address(stop), data=filled())
    answer = client.post(address(stop), data=filled())
    assert answer.status_code == 409
    assert 'id="mobile-error"' in answer.text
    assert how_many(stop) == 1


def test_the_same_form_sent_twice_leads_to_the_same_page(client: Browser) -> None:
    stop = campaigns.stop()
    sent = filled()
    assert client.post(address(stop), data=sent).location == client.post(address(stop), data=sent).location
    assert how_many(stop) == 1


def test_a_full_stop_says_before_anything_is_typed_that_one_will_wait(client: Browser) -> None:
    stop = campaigns.stop(capacity=0)
    assert 'class="notice notice-ochre"' in client.get(address(stop)).text
    answer = client.post(address(stop), data=filled())
    own = client.get(answer.location)
    assert 'class="own-place"' in own.text
    assert "<strong>1</strong>" in own.text


@pytest.mark.parametrize(
    "changes", [{"cancelled_at": now()}, {"registration_closes_at": now()}, {"registration_opened_at": None}]
)
def test_a_stop_that_is_not_open_shows_no_form(client: Browser, changes: dict[str, Any]) -> None:
    page = client.get(address(campaigns.stop(**changes)))
    assert page.status_code == 200
    assert 'name="full_name"' not in page.text


def test_the_form_of_another_campaigns_stop_is_not_there(client: Browser) -> None:
    stop, other = campaigns.stop(), campaigns.stop()
    assert client.get(f"/c/{other.campaign.slug}/stops/{stop.id}/register").status_code == 404
    draft = campaigns.stop(of=campaigns.campaign(published_at=None))
    assert client.get(address(draft)).status_code == 404


@pytest.mark.parametrize("state", list(RegistrationState))
def test_the_own_page_shows_each_state_and_the_ticket_only_with_a_seat(
    client: Browser, state: RegistrationState
) -> None:
    registration = registrations.registration(state)
    link = link_for(registration)
    page = client.get(f"/r/{link}")
    assert page.status_code == 200
    assert ('class="ticket-code"' in page.text) is (state is S.CONFIRMED)
    assert client.get(f"/r/{link}/ticket.png").status_code == (200 if state is S.CONFIRMED else 404)


def test_a_confirmed_seat_of_a_cancelled_stop_has_no_ticket(client: Browser) -> None:
    registration = registrations.registration(S.CONFIRMED, at=campaigns.stop(cancelled_at=now()))
    link = link_for(registration)
    assert 'class="ticket-code"' not in client.get(f"/r/{link}").text
    assert client.get(f"/r/{link}/ticket.png").status_code == 404


def test_the_own_page_tells_nothing_of_others(client: Browser) -> None:
    stop = campaigns.stop()
    other = registrations.registration(S.CONFIRMED, at=stop, full_name="赵钱孙", university="外校大学")
    mine = registrations.registration(S.WAITING, at=stop)
    text = client.get(f"/r/{link_for(mine)}").text
    for secret in ("赵钱孙", "外校大学", other.email, other.spaced_code):
        assert secret not in text


def test_a_link_cut_short_is_sent_back_to_the_mail_and_hears_nothing_of_cities(client: Browser) -> None:
    client.set_cookie("language", "en")
    answer = client.get(f"/r/{link_for(registrations.registration())[:-3]}")
    assert answer.status_code == 404
    assert "open it from the e-mail" in answer.text
    assert "another city" not in answer.text


def test_the_language_can_be_changed_after_a_refused_form(client: Browser) -> None:
    stop = campaigns.stop()
    answer = client.post(address(stop), data=filled(mobile="1"))
    assert answer.status_code == 422
    assert f'href="/language/en?next={address(stop)}"' in answer.text


def test_somebody_withdraws_on_the_own_page(client: Browser) -> None:
    registration = registrations.registration()
    link = link_for(registration)
    page = client.get(f"/r/{link}")
    assert f'href="/r/{link}/withdraw"' in page.text
    assert "<form" in client.get(f"/r/{link}/withdraw").text
    answer = client.post(f"/r/{link}/withdraw")
    assert answer.status_code == 303
    db.session.refresh(registration)
    assert registration.state is S.WITHDRAWN
    assert client.post(f"/r/{link}/withdraw", follow_redirects=True).status_code == 200


def test_a_link_that_is_not_ours_is_not_found(client: Browser) -> None:
    for path in ("/r/x", "/r/x/calendar.ics", "/r/x/ticket.png"):
        assert client.get(path).status_code == 404
    assert client.post("/r/x/withdraw").status_code == 404


def test_the_calendar_entry_holds_the_stop_in_lines_of_75_octets(client: Browser) -> None:
    stop = campaigns.stop(venue_zh="很长的会议中心名称，含逗号、分号;与更多文字" * 4)
    registration = registrations.registration(at=stop)
    answer = client.get(f"/r/{link_for(registration)}/calendar.ics")
    assert answer.content_type == "text/calendar; charset=utf-8; method=PUBLISH"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.data.endswith(b"END:VCALENDAR\r\n")
    lines = answer.data.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    for line in lines:
        line.decode()  # no character is cut
    whole = re.sub("\r\n ", "", answer.text)
    assert f"DTSTART;TZID=Asia/Shanghai:{in_china(stop.starts_at):%Y%m%dT%H%M%S}" in whole
    assert stop.venue_zh.replace(";", "\\;") in whole


def test_the_form_is_sent_only_with_its_token(app: Flask, client: Browser) -> None:
    stop = campaigns.stop()
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        assert client.post(address(stop), data=filled()).status_code == 400
    finally:
        app.config["WTF_CSRF_ENABLED"] = False
    assert how_many(stop) == 0


def test_the_privacy_notice_says_which_version_it_is(client: Browser) -> None:
    from registrations.register import CONSENT_VERSION

    assert CONSENT_VERSION in client.get("/privacy").text

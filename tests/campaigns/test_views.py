"""The organiser's desk, page by page: one way that works and one that is refused."""

from __future__ import annotations

from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
import zxingcpp
from flask import Flask
from PIL import Image
from sqlalchemy import select

from accounts.models import Role, Staff
from campaigns.models import Campaign, ProgrammeItem, ProgrammeKind, Stop
from shared.clock import CHINA, in_china, now
from shared.db import db
from tests.conftest import Browser
from tests.counting import CountQueries
from tests.factories import accounts, campaigns, registrations


@pytest.fixture
def organiser(app: Flask) -> Staff:
    return accounts.staff(Role.ORGANISER, host_city_id=campaigns.host_city().id)


@pytest.fixture
def desk(client: Browser, organiser: Staff) -> Browser:
    """A browser in which Taiyuan's organiser is signed in."""
    client.sign_in(organiser)
    return client


def campaign_form(**changes: Any) -> dict[str, Any]:
    return {
        "name_zh": "博士太原行",
        "family": "doctors_tour",
        "year": "2026",
        "host_city_id": str(campaigns.host_city().id),
        **changes,
    }


def typed(moment: datetime) -> str:
    return in_china(moment).strftime("%Y-%m-%dT%H:%M")


def stop_form(**changes: Any) -> dict[str, Any]:
    start = now() + timedelta(days=20)
    return {
        "city_zh": "上海",
        "venue_zh": "复旦大学光华楼",
        "address_zh": "上海市杨浦区邯郸路220号",
        "host_city_id": str(campaigns.host_city().id),
        "starts_at": typed(start),
        "ends_at": typed(start + timedelta(hours=8)),
        "registration_closes_at": typed(start - timedelta(days=1)),
        "capacity": "120",
        **changes,
    }


def test_a_tour_is_drafted_gets_a_stop_opens_and_is_published(desk: Browser) -> None:
    answer = desk.post("/desk/campaigns/new", data=campaign_form())
    tour = db.session.scalars(select(Campaign)).one()
    assert answer.status_code == 302
    assert answer.location == f"/desk/campaigns/{tour.id}"

    answer = desk.post(
        f"/desk/campaigns/{tour.id}/stops/new",
        data=stop_form(
            starts_at="2030-05-28T09:00",
            ends_at="2030-05-28T17:30",
            registration_closes_at="2030-05-27T18:00",
        ),
    )
    stop = db.session.scalars(select(Stop)).one()
    assert answer.location == f"/desk/campaigns/stops/{stop.id}"
    assert stop.starts_at == datetime(2030, 5, 28, 9, tzinfo=CHINA)

    steps = (
        (f"/desk/campaigns/stops/{stop.id}/open", False),  # the campaign is a draft still
        (f"/desk/campaigns/{tour.id}/publish", True),
        (f"/desk/campaigns/stops/{stop.id}/close", False),
    )
    for path, is_open in steps:
        assert desk.post(path).status_code == 302
        assert stop.is_open is is_open, path


def test_what_was_typed_wrongly_is_shown_again_with_the_reason_beside_it(desk: Browser) -> None:
    tour = campaigns.campaign(host=campaigns.host_city())
    wrong = stop_form(capacity="many", ends_at="2020-01-01T09:00", venue_zh="  ", starts_at="soon")
    page = desk.post(f"/desk/campaigns/{tour.id}/stops/new", data=wrong)
    assert page.status_code == 422
    for kept in ("many", "soon", "上海市杨浦区邯郸路220号"):
        assert f'value="{kept}"' in page.text
    for field in ("capacity", "venue_zh", "starts_at"):
        assert f'id="{field}-error"' in page.text
    assert db.session.scalars(select(Stop)).all() == []


def test_an_end_before_the_beginning_and_a_closing_after_the_end_are_refused(desk: Browser) -> None:
    tour = campaigns.campaign(host=campaigns.host_city())
    start = now() + timedelta(days=3)
    page = desk.post(
        f"/desk/campaigns/{tour.id}/stops/new",
        data=stop_form(
            starts_at=typed(start),
            ends_at=typed(start),
            registration_closes_at=typed(start + timedelta(minutes=5)),
        ),
    )
    assert page.status_code == 422
    assert 'id="ends_at-error"' in page.text
    assert 'id="registration_closes_at-error"' in page.text


def test_too_few_seats_are_refused_beside_the_field_and_nothing_is_changed(desk: Browser) -> None:
    stop = campaigns.stop(capacity=5)
    for _number in range(3):
        registrations.registration(at=stop)
    page = desk.post(f"/desk/campaigns/stops/{stop.id}/edit", data=stop_form(capacity="2"))
    assert page.status_code == 409
    assert 'id="capacity-error"' in page.text
    assert 'value="2"' in page.text
    assert (stop.capacity, stop.city_zh) == (5, "太原")


def test_an_address_in_use_is_refused_beside_the_field(desk: Browser) -> None:
    campaigns.campaign(slug="taken-2026")
    page = desk.post("/desk/campaigns/new", data=campaign_form(slug="taken-2026"))
    assert page.status_code == 409
    assert 'id="slug-error"' in page.text
    assert 'value="博士太原行"' in page.text


def test_a_city_is_offered_no_other_city_and_a_forged_one_is_refused(desk: Browser) -> None:
    jincheng = campaigns.host_city("Jincheng")
    assert "晋城" not in desk.get("/desk/campaigns/new").text
    page = desk.post("/desk/campaigns/new", data=campaign_form(host_city_id=str(jincheng.id)))
    assert page.status_code == 422
    page = desk.post("/desk/campaigns/new", data=campaign_form(host_city_id="x"))
    assert page.status_code == 422
    assert db.session.scalars(select(Campaign)).all() == []


def test_a_city_sees_its_stop_of_the_provinces_tour_and_cannot_rename_the_tour(desk: Browser) -> None:
    tour = campaigns.campaign(name_zh="全省宣介")
    own = campaigns.stop(of=tour, city_zh="上海")
    other = campaigns.stop(of=tour, city_zh="杭州", host=campaigns.host_city("Jincheng"))
    page = desk.get(f"/desk/campaigns/{tour.id}")
    assert "上海" in page.text
    assert "杭州" not in page.text
    assert f"/desk/campaigns/{tour.id}/edit" not in page.text
    assert desk.get(f"/desk/campaigns/{tour.id}/edit").status_code == 404
    assert desk.post(f"/desk/campaigns/{tour.id}/publish").status_code == 404
    assert desk.get(f"/desk/campaigns/stops/{own.id}").status_code == 200
    assert desk.get(f"/desk/campaigns/stops/{other.id}").status_code == 404


def test_a_viewer_reads_and_finds_no_button_that_changes_anything(client: Browser) -> None:
    stop = campaigns.stop()
    client.sign_in(accounts.staff(Role.VIEWER))
    for path in (
        "/desk/campaigns/",
        f"/desk/campaigns/{stop.campaign_id}",
        f"/desk/campaigns/stops/{stop.id}",
    ):
        page = client.get(path)
        assert page.status_code == 200
        assert "/new" not in page.text
        assert "/edit" not in page.text
        assert 'method="post" action="/desk/campaigns' not in page.text
    assert client.post(f"/desk/campaigns/stops/{stop.id}/close").status_code == 403
    assert stop.is_open


def test_a_stop_leads_on_to_the_work_that_is_ones_own(client: Browser) -> None:
    stop = campaigns.stop()
    ways = {f"/desk/registrations?stop={stop.id}", f"/desk/badges/stops/{stop.id}", f"/gate/{stop.id}"}
    for role, open_ways in ((Role.ORGANISER, ways), (Role.VIEWER, set())):
        client.sign_in(accounts.staff(role, host_city_id=stop.host_city_id))
        page = client.get(f"/desk/campaigns/stops/{stop.id}").text
        assert {way for way in ways if f'href="{way}"' in page} == open_ways
        assert {client.get(way).status_code for way in open_ways} <= {200}


def test_a_cancellation_needs_a_reason_and_says_how_many_people_it_strikes(desk: Browser) -> None:
    stop = campaigns.stop()
    registrations.registration(at=stop)
    assert "1" in desk.get(f"/desk/campaigns/stops/{stop.id}/cancel").text
    assert desk.post(f"/desk/campaigns/stops/{stop.id}/cancel", data={"reason": " "}).status_code == 422
    assert stop.cancelled_at is None
    assert desk.post(f"/desk/campaigns/stops/{stop.id}/cancel", data={"reason": "停电"}).status_code == 302
    assert stop.cancelled_at is not None


def test_a_programme_item_is_added_and_removed_and_one_outside_is_refused(desk: Browser) -> None:
    stop = campaigns.stop()
    path = f"/desk/campaigns/stops/{stop.id}/programme"
    item = {
        "kind": ProgrammeKind.SALON.value,
        "title_zh": "新材料沙龙",
        "starts_at": typed(stop.starts_at + timedelta(minutes=1)),
        "ends_at": typed(stop.starts_at + timedelta(hours=1)),
    }
    assert desk.post(path, data=item).status_code == 302
    row = db.session.scalars(select(ProgrammeItem)).one()
    assert "新材料沙龙" in desk.get(path).text
    outside = {**item, "starts_at": typed(stop.starts_at - timedelta(hours=1))}
    page = desk.post(path, data=outside)
    assert page.status_code == 422
    assert 'id="starts_at-error"' in page.text
    elsewhere = campaigns.stop()
    assert desk.post(f"/desk/campaigns/stops/{elsewhere.id}/programme/{row.id}/remove").status_code == 404
    assert desk.post(f"{path}/{row.id}/remove").status_code == 302
    assert db.session.scalars(select(ProgrammeItem)).all() == []


@pytest.mark.parametrize("channel", ["fudan", None])
def test_a_poster_leads_to_the_stop_and_names_where_it_hangs(desk: Browser, channel: str | None) -> None:
    stop = campaigns.stop()
    answer = desk.get(f"/desk/campaigns/stops/{stop.id}/poster.png", query_string={"channel": channel or ""})
    assert answer.mimetype == "image/png"
    picture = Image.open(BytesIO(answer.data)).convert("L")
    assert picture.width >= 500
    read = zxingcpp.read_barcodes(picture)
    query = f"?from={channel}" if channel else ""
    assert [code.text for code in read] == [f"http://localhost/c/{stop.campaign.slug}/stops/{stop.id}{query}"]


def test_a_channel_that_is_no_word_is_refused_and_stands_in_no_header(desk: Browser) -> None:
    stop = campaigns.stop()
    answer = desk.get(
        f"/desk/campaigns/stops/{stop.id}/poster.png", query_string={"channel": 'a"b; filename=x'}
    )
    assert answer.headers["Content-Disposition"] == f'inline; filename="{stop.campaign.slug}-{stop.id}.png"'
    page = desk.get(f"/desk/campaigns/stops/{stop.id}", query_string={"channel": "上海"})
    assert page.status_code == 200
    assert 'id="channel-error"' in page.text


def test_a_line_break_in_a_line_ends_no_header_of_a_download(desk: Browser) -> None:
    tour = campaigns.campaign(host=campaigns.host_city())
    desk.post(f"/desk/campaigns/{tour.id}/stops/new", data=stop_form(city_zh="上\r\n海"))
    stop = db.session.scalars(select(Stop)).one()
    assert stop.city_zh == "上 海"
    registrations.registration(at=stop)
    assert desk.post(f"/desk/badges/stops/{stop.id}.pdf", data={"layout": "a6"}).status_code == 200


def test_signs_that_the_database_cannot_keep_do_no_harm(desk: Browser) -> None:
    assert desk.post("/desk/campaigns/new", data=campaign_form(name_zh="博士\0行")).status_code == 302
    assert db.session.scalars(select(Campaign)).one().name_zh == "博士行"


def test_an_empty_desk_says_what_to_do_next(desk: Browser) -> None:
    assert 'href="/desk/campaigns/new"' in desk.get("/desk/campaigns/").text


def test_the_list_takes_as_many_queries_for_three_campaigns_as_for_one(
    desk: Browser, count_queries: CountQueries
) -> None:
    campaigns.stop()
    counts = []
    for _round in range(2):
        with count_queries() as sent:
            page = desk.get("/desk/campaigns/")
        counts.append((page.text.count('class="panel campaign-panel"'), len(sent)))
        campaigns.stop()
        campaigns.stop(host=campaigns.host_city())
    assert [number for number, _ in counts] == [1, 3]
    assert counts[0][1] == counts[1][1], sent.listed()

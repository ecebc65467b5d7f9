"""What everybody sees, in both languages, at every moment of a stop."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask

from accounts.models import Role
from campaigns.models import Family, ProgrammeItem, ProgrammeKind, Stop
from shared.clock import now
from shared.db import db
from tests.conftest import Browser
from tests.counting import CountQueries
from tests.factories import accounts, campaigns


def register_link(stop: Stop) -> str:
    return f"/c/{stop.campaign.slug}/stops/{stop.id}/register"


def test_the_front_page_shows_what_is_published_and_no_draft(client: Browser) -> None:
    shown = campaigns.stop(of=campaigns.campaign(name_zh="青年博士太原行", name_en="Young Doctors' Tour"))
    campaigns.stop(of=campaigns.campaign(name_zh="未公开活动", published_at=None))
    page = client.get("/")
    assert "青年博士太原行" in page.text
    assert register_link(shown) in page.text
    assert "未公开活动" not in page.text


def test_the_front_page_speaks_english_when_asked(client: Browser) -> None:
    campaigns.stop(of=campaigns.campaign(name_zh="青年博士太原行", name_en="Young Doctors' Tour"))
    client.set_cookie("language", "en")
    page = client.get("/").text
    assert "Young Doctors&#39; Tour" in page
    assert '<html lang="en"' in page
    assert "Next stops" in page


def test_an_empty_office_says_that_campaigns_are_being_prepared(client: Browser) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert 'class="empty"' in page.text


def test_kinds_are_chosen_and_an_unknown_kind_shows_everything(client: Browser) -> None:
    campaigns.stop(of=campaigns.campaign(name_zh="某博士行", family=Family.DOCTORS_TOUR))
    campaigns.stop(of=campaigns.campaign(name_zh="某人才周", family=Family.TALENT_WEEK))
    weeks = client.get("/?family=talent_week").text
    assert "某人才周" in weeks
    assert "某博士行" not in weeks
    everything = client.get("/?family=nothing").text
    assert "某人才周" in everything
    assert "某博士行" in everything


def test_what_one_can_register_for_stands_before_what_comes_sooner_and_is_closed(client: Browser) -> None:
    soon = now() + timedelta(days=1)
    campaigns.stop(city_zh="甲地", starts_at=soon, registration_closes_at=now() - timedelta(hours=1))
    campaigns.stop(city_zh="乙地")
    page = client.get("/").text
    assert 0 < page.index("乙地</a>") < page.index("甲地</a>")


def test_a_campaigns_page_shows_its_stops_and_the_way_into_the_form(client: Browser) -> None:
    stop = campaigns.stop(venue_zh="煤炭交易中心")
    page = client.get(f"/c/{stop.campaign.slug}")
    assert "煤炭交易中心" in page.text
    assert f'id="stop-{stop.id}"' in page.text
    assert register_link(stop) in page.text


def test_the_posters_channel_is_handed_on_to_the_form_and_nonsense_is_not(client: Browser) -> None:
    stop = campaigns.stop()
    assert f"{register_link(stop)}?from=fudan" in client.get(f"/c/{stop.campaign.slug}?from=fudan").text
    nonsense = client.get(f"/c/{stop.campaign.slug}?from=%22%3E%3Cscript%3E").text
    assert "<script>" not in nonsense.replace("<script src", "")
    assert "?from=" not in nonsense.split("<main")[1]


def test_full_closed_cancelled_and_past_stops_say_so_and_only_the_full_one_has_a_way_in(
    client: Browser,
) -> None:
    tour = campaigns.campaign()
    ago = now() - timedelta(days=3)
    full = campaigns.stop(of=tour, capacity=0)
    closed = campaigns.stop(of=tour, registration_closes_at=ago)
    not_open = campaigns.stop(of=tour, registration_opened_at=None)
    cancelled = campaigns.stop(of=tour, cancelled_at=ago)
    past = campaigns.stop(
        of=tour, starts_at=ago, ends_at=ago + timedelta(hours=1), registration_closes_at=ago
    )
    client.set_cookie("language", "en")
    page = client.get(f"/c/{tour.slug}").text
    assert register_link(full) in page
    for stop in (closed, not_open, cancelled, past):
        assert register_link(stop) not in page
    for words in (
        "Full, waiting list open",
        "Registration closed",
        "Registration is not open",
        "This stop does not take place",
        "Over",
    ):
        assert words in page


def test_a_draft_is_not_found_by_the_public_and_other_cities_and_shown_to_its_own(client: Browser) -> None:
    stop = campaigns.stop(of=campaigns.campaign(host=campaigns.host_city(), published_at=None))
    path = f"/c/{stop.campaign.slug}"
    assert client.get(path).status_code == 404
    client.sign_in(accounts.staff(Role.ORGANISER, host_city_id=campaigns.host_city("Jincheng").id))
    assert client.get(path).status_code == 404
    client.sign_in(accounts.staff(Role.ORGANISER, host_city_id=campaigns.host_city().id))
    page = client.get(path)
    assert page.status_code == 200
    assert register_link(stop) not in page.text


def test_the_programme_marks_what_is_going_on_now(client: Browser) -> None:
    start = now() - timedelta(hours=2)
    stop = campaigns.stop(starts_at=start, ends_at=start + timedelta(hours=6), registration_closes_at=start)
    for number, title in enumerate(("开幕式", "宣讲", "双选会")):
        begin = start + timedelta(hours=1.5 * number)
        db.session.add(
            ProgrammeItem(
                stop_id=stop.id,
                kind=ProgrammeKind.BRIEFING,
                title_zh=title,
                title_en="",
                place_zh="",
                place_en="",
                starts_at=begin,
                ends_at=begin + timedelta(hours=1),
            )
        )
    page = client.get(f"/c/{stop.campaign.slug}").text
    assert page.count('aria-current="time"') == 1
    now_item = page.split('aria-current="time"')[1].split("</li>")[0]
    assert "宣讲" in now_item


def test_what_an_organiser_typed_is_never_read_as_html(client: Browser) -> None:
    stop = campaigns.stop(
        of=campaigns.campaign(name_zh="<b>粗体</b>", summary_zh="<img src=x>"), venue_zh="<i>厅</i>"
    )
    for path in ("/", f"/c/{stop.campaign.slug}"):
        page = client.get(path).text
        assert "&lt;b&gt;粗体" in page
        assert "<b>粗体" not in page
        assert "<img src=x>" not in page


def test_the_public_pages_take_as_many_queries_for_three_as_for_one(
    app: Flask, client: Browser, count_queries: CountQueries
) -> None:
    tour = campaigns.campaign()
    campaigns.stop(of=tour)
    counts = []
    for _round in range(2):
        both = []
        for path in ("/", f"/c/{tour.slug}"):
            with count_queries() as sent:
                assert client.get(path).status_code == 200
            both.append(len(sent))
        counts.append(both)
        campaigns.stop(of=tour)
        campaigns.stop(of=tour, host=campaigns.host_city("Jincheng"))
        campaigns.stop()
    assert counts[0] == counts[1]


def test_a_draft_takes_as_many_queries_for_three_stops_as_for_one(
    client: Browser, count_queries: CountQueries
) -> None:
    tour = campaigns.campaign(published_at=None)
    client.sign_in(accounts.staff(Role.ADMINISTRATOR))
    counts = []
    for _round in range(2):
        campaigns.stop(of=tour)
        campaigns.stop(of=tour, host=campaigns.host_city("Jincheng"))
        with count_queries() as sent:
            assert client.get(f"/c/{tour.slug}").status_code == 200
        counts.append(len(sent))
    assert counts[0] == counts[1]

"""What the public sees of one stop, the calendar files, the filters of the list, and the channels with their posters."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from accounts.models import Role
from campaigns.models import Channel
from reports.sources import Source, sources_of
from shared.clock import in_china, now
from shared.db import db
from tests.conftest import Browser
from tests.counting import CountQueries
from tests.factories import accounts, campaigns, leads, registrations


def test_a_stops_own_page_tells_all_of_it_and_marks_what_goes_on_now(client: Browser) -> None:
    begins = now() - timedelta(hours=2)
    main = campaigns.stop(
        is_main_venue=True,
        starts_at=begins,
        ends_at=begins + timedelta(hours=8),
        registration_closes_at=begins,
        details_zh="## 交通\n\n地铁**2号线**<script>alert(1)</script>",
        details_en="## The way\n\nLine 2",
    )
    sub = campaigns.stop(of=main.campaign, main_stop_id=main.id, city_zh="杭州")
    over = campaigns.item(at=main, hours=(0, 1), is_chosen=False)
    going_on = campaigns.item(at=main, hours=(1.5, 4), capacity=4, seats_taken=3)
    campaigns.item(at=main, hours=(5, 6), capacity=4, seats_taken=4, route_zh="线路2")
    address = f"/c/{main.campaign.slug}/stops/{main.id}"
    page = client.get(address + "?from=fudan").text
    assert "<strong>2号线</strong>" in page
    assert "<script>alert" not in page
    assert f'href="#item-{going_on.id}" data-jump-to-now>' in page
    assert f'id="item-{over.id}"' in page
    assert "名额紧张" in page
    assert "已满" in page
    assert "线路2" in page
    assert f"/stops/{sub.id}?from=fudan" in page
    assert f'<meta property="og:url" content="http://localhost{address}">' in page
    assert f"{main.venue_zh} {main.address_zh}" in page
    client.set_cookie("language", "en")
    assert "Line 2" in client.get(address).text
    assert client.get(f"/c/{campaigns.campaign().slug}/stops/{main.id}").status_code == 404


def test_a_draft_and_its_stops_are_for_staff_alone(client: Browser) -> None:
    draft = campaigns.campaign(published_at=None, host=campaigns.host_city())
    stop = campaigns.stop(of=draft)
    addresses = [
        f"/c/{draft.slug}{rest}"
        for rest in ("", f"/stops/{stop.id}", "/calendar.ics", f"/stops/{stop.id}/calendar.ics")
    ]
    assert [client.get(address).status_code for address in addresses] == [404] * 4
    client.sign_in(accounts.staff(Role.ORGANISER, host_city_id=campaigns.host_city("Jincheng").id))
    assert [client.get(address).status_code for address in addresses] == [404] * 4
    client.sign_in(accounts.staff(Role.ORGANISER, host_city_id=campaigns.host_city("Taiyuan").id))
    assert [client.get(address).status_code for address in addresses] == [200] * 4


def test_the_calendar_files_hold_the_stops_and_say_what_is_cancelled(client: Browser) -> None:
    stop = campaigns.stop(venue_zh="甲,乙;丙\\丁")
    campaigns.item(at=stop)
    campaigns.stop(of=stop.campaign, cancelled_at=now())
    one = client.get(f"/c/{stop.campaign.slug}/stops/{stop.id}/calendar.ics")
    assert one.content_type == "text/calendar; charset=utf-8"
    unfolded = one.text.replace("\r\n ", "")
    assert f"UID:stop-{stop.id}@good-scenery" in unfolded
    assert "甲\\,乙\\;丙\\\\丁" in unfolded
    assert all(len(line.encode()) <= 75 for line in one.text.split("\r\n"))
    whole = client.get(f"/c/{stop.campaign.slug}/calendar.ics").text
    assert whole.count("BEGIN:VEVENT") == 2
    assert "STATUS:CANCELLED" in whole


def test_the_list_is_narrowed_by_kind_city_and_month_with_as_many_queries(
    client: Browser, count_queries: CountQueries
) -> None:
    first = campaigns.stop(city_zh="上海", city_en="Shanghai")
    with count_queries() as one:
        client.get("/")
    second = campaigns.stop(
        city_zh="北京", starts_at=now() + timedelta(days=70), ends_at=now() + timedelta(days=71)
    )
    campaigns.stop(city_zh="杭州")
    with count_queries() as three:
        client.get("/")
    assert len(three) == len(one)
    shanghai = client.get("/?city=上海").text
    assert first.campaign.name_zh in shanghai
    assert second.campaign.name_zh not in shanghai
    month = client.get(f"/?month={in_china(second.starts_at):%Y-%m}").text
    assert second.campaign.name_zh in month
    assert first.campaign.name_zh not in month
    assert client.get("/?city=<b>&month=99").status_code == 200


def test_a_channel_has_a_poster_and_its_figures_and_another_city_sees_neither(client: Browser) -> None:
    stop = campaigns.stop(of=campaigns.campaign(host=campaigns.host_city()))
    tour = stop.campaign
    here = registrations.registration(at=stop, channel="fudan")
    registrations.registration(at=stop, channel="elsewhere")
    registrations.registration(at=stop)
    leads.arrival(of=here)
    taiyuan = accounts.staff(Role.ORGANISER, host_city_id=campaigns.host_city().id)
    client.sign_in(taiyuan)
    address = f"/desk/campaigns/{tour.id}/channels"
    for word in ("fudan", "wechat"):
        assert client.post(address, data={"name": f"渠道{word}", "word": word}).status_code == 302
    assert client.post(address, data={"name": "又一个", "word": "fudan"}).status_code == 409
    assert client.post(address, data={"name": "空", "word": "Fu Dan"}).status_code == 422
    assert sources_of(taiyuan, tour) == [
        Source(None, "", 1, 1, 0),
        Source("elsewhere", "", 1, 1, 0),
        Source("fudan", "渠道fudan", 1, 1, 1),
        Source("wechat", "渠道wechat", 0, 0, 0),
    ]
    page = client.get(address).text
    assert "未登记的渠道" in page
    channel = db.session.scalars(select(Channel).where(Channel.word == "fudan")).one()
    poster = f"/desk/badges/posters/{tour.id}/{channel.id}.pdf"
    for way in ("", f"?stop={stop.id}"):
        pdf = client.get(poster + way)
        assert (pdf.status_code, pdf.mimetype, pdf.data[:5]) == (200, "application/pdf", b"%PDF-")
    assert client.get(f"{poster}?stop={campaigns.stop().id}").status_code == 404
    assert client.post(f"{address}/{channel.id}/remove").status_code == 302
    client.sign_in(accounts.staff(Role.ORGANISER, host_city_id=campaigns.host_city("Jincheng").id))
    assert (client.get(address).status_code, client.get(poster).status_code) == (404, 404)

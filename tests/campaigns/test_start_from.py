"""Copying a campaign and starting from a template."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from accounts.models import Role
from campaigns.errors import NothingToCopy, NotWithinYourReach, TemplateNameTaken
from campaigns.families import built_in
from campaigns.models import Campaign, CampaignTemplate, Channel, Family, Stop
from campaigns.start_from import Start, copy_campaign, delete_template, save_as_template, start_from
from questions.models import Kind, Question, QuestionPage
from registrations.models import Registration, SeatRules
from shared.clock import from_china, in_china, now
from shared.db import db, transaction
from tests.conftest import Browser
from tests.factories import accounts, campaigns, registrations


def tour() -> Campaign:
    """Two stops a week apart, a main venue and its sub-venue, with everything that is copied and a registration."""
    campaign = campaigns.campaign(summary_zh="一天之内", details_zh="**详情**", poster_line="扫码报名")
    begins = from_china(datetime.fromisoformat("2026-04-22 09:00"))
    times: dict[str, Any] = {"starts_at": begins, "ends_at": begins + timedelta(hours=8)}
    main = campaigns.stop(
        of=campaign,
        is_main_venue=True,
        city_zh="上海",
        registration_closes_at=begins - timedelta(days=2),
        **times,
    )
    later: dict[str, Any] = {name: moment + timedelta(days=7) for name, moment in times.items()}
    sub = campaigns.stop(
        of=campaign, main_stop_id=main.id, city_zh="杭州", registration_closes_at=begins, **later
    )
    campaigns.stop(of=campaign, cancelled_at=now())
    campaigns.item(at=main, capacity=40, group_zh="沙龙（选一场）", route_zh="线路1")
    db.session.add(Channel(campaign_id=campaign.id, word="fudan", name="复旦大学", created_at=now()))
    page = db.session.scalars(select(QuestionPage).where(QuestionPage.campaign_id == campaign.id)).one()
    for key, stop_id in (("thesis", None), ("bus", sub.id)):
        db.session.add(
            Question(
                campaign_id=campaign.id,
                page_id=page.id,
                key=key,
                kind=Kind.TEXT,
                label_zh=key,
                position=200,
                stop_id=stop_id,
            )
        )
    db.session.add(SeatRules(stop_id=main.id, offer_hours=24))
    db.session.commit()
    registrations.registration(at=main)
    return campaign


def test_a_copy_keeps_weekdays_and_times_and_takes_nothing_of_people_along(app: Flask) -> None:
    source, staff = tour(), accounts.staff()
    start = Start("人到山西好风光2027", date(2027, 4, 21))
    with transaction():
        copy = copy_campaign(source.id, start, by=staff)
    db.session.expire_all()
    assert (copy.year, copy.published_at, copy.summary_zh, copy.details_zh) == (
        2027,
        None,
        "一天之内",
        "**详情**",
    )
    main, sub = copy.stops
    assert [f"{in_china(stop.starts_at):%Y-%m-%d %a %H:%M}" for stop in (main, sub)] == [
        "2027-04-21 Wed 09:00",
        "2027-04-28 Wed 09:00",
    ]
    assert in_china(main.registration_closes_at).date() == date(2027, 4, 19)
    assert (main.is_main_venue, sub.main_stop_id) == (True, main.id)
    assert main.registration_opened_at is None
    assert main.seats_taken == 0
    (item,) = main.programme
    assert (item.capacity, item.seats_taken, item.route_zh) == (40, 0, "线路1")
    assert f"{in_china(item.starts_at):%m-%d %H:%M}" == "04-21 10:00"
    assert db.session.scalars(select(Channel.word).where(Channel.campaign_id == copy.id)).all() == ["fudan"]
    assert db.session.get_one(SeatRules, main.id).offer_hours == 24
    questions = {
        question.key: question
        for question in db.session.scalars(select(Question).where(Question.campaign_id == copy.id))
    }
    assert questions["bus"].stop_id == sub.id
    assert {"thesis", "full_name", "consent"} <= set(questions)
    of_copy = select(func.count()).where(Registration.stop_id.in_([main.id, sub.id]))
    assert db.session.scalar(of_copy) == 0


def test_a_template_outlives_its_campaign_and_is_deleted_with_a_record(app: Flask) -> None:
    source, staff = tour(), accounts.staff()
    with transaction():
        template = save_as_template(source.id, "高校行标准版", by=staff)
    with pytest.raises(TemplateNameTaken), transaction():
        save_as_template(source.id, "高校行标准版", by=staff)
    with transaction():
        made = start_from(template.outline, Start("又一季", date(2028, 5, 10)), by=staff)
    db.session.expire_all()
    assert [stop.city_zh for stop in made.stops] == ["上海", "杭州"]
    with transaction():
        delete_template(template.id, by=staff)
    assert db.session.scalar(select(func.count()).select_from(CampaignTemplate)) == 0


def test_a_city_starts_for_itself_and_not_for_its_neighbour(app: Flask) -> None:
    taiyuan, jincheng = campaigns.host_city("Taiyuan"), campaigns.host_city("Jincheng")
    staff = accounts.staff(Role.ORGANISER, host_city_id=taiyuan.id)
    source = tour()
    with pytest.raises(NotWithinYourReach), transaction():
        copy_campaign(source.id, Start("行", date(2027, 4, 21), host_city_id=jincheng.id), by=staff)
    with pytest.raises(NotWithinYourReach), transaction():
        save_as_template(source.id, "省的", by=staff)
    with transaction():
        made = start_from(
            built_in(Family.TALENT_WEEK),
            Start("太原人才周", date(2027, 4, 21), host_city_id=taiyuan.id),
            by=staff,
        )
    db.session.expire_all()
    assert {stop.host_city_id for stop in made.stops} == {taiyuan.id}
    assert {stop.city_zh for stop in made.stops} == {"太原", "太原 · 县区", "太原 · 双选会"}
    with pytest.raises(NothingToCopy), transaction():
        copy_campaign(campaigns.campaign().id, Start("空", date(2027, 1, 1)), by=accounts.staff())


@pytest.mark.parametrize("family", list(Family))
def test_each_kind_of_campaign_comes_with_an_outline_that_the_rules_accept(
    app: Flask, family: Family
) -> None:
    with transaction():
        made = start_from(built_in(family), Start("新活动", date(2027, 4, 21)), by=accounts.staff())
    db.session.expire_all()
    assert made.family is family
    for stop in made.stops:
        assert stop.programme
        for item in stop.programme:
            assert stop.starts_at <= item.starts_at < item.ends_at <= stop.ends_at
            assert item.title_en


def test_the_pages_copy_keep_start_and_delete(client: Browser) -> None:
    source = tour()
    client.sign_in(accounts.staff())
    page = client.get(f"/desk/campaigns/{source.id}/copy").text
    assert 'value="2027-04-21"' in page
    wrong = client.post(f"/desk/campaigns/{source.id}/copy", data={"name_zh": "新", "first_day": "明天"})
    assert wrong.status_code == 422
    assert "2026-05-28" in wrong.text
    answer = client.post(
        f"/desk/campaigns/{source.id}/copy", data={"name_zh": "新一季", "first_day": "2027-04-21"}
    )
    assert answer.status_code == 302
    assert (
        client.post(f"/desk/campaigns/{source.id}/save-as-template", data={"name": "标准版"}).status_code
        == 302
    )
    template = db.session.scalars(select(CampaignTemplate)).one()
    assert "标准版" in client.get("/desk/campaigns/templates").text
    assert "上海" in client.get(f"/desk/campaigns/templates/{template.id}").text
    for address in (f"/desk/campaigns/templates/{template.id}", "/desk/campaigns/templates/built-in/forum"):
        assert client.post(address, data={"name_zh": "论坛", "first_day": "2027-09-01"}).status_code == 302
    assert client.post(f"/desk/campaigns/templates/{template.id}/delete").status_code == 302
    assert db.session.scalar(select(func.count()).select_from(Stop)) == 3 + 2 + 2 + 1

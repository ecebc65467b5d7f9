"""The queue: filters, order, pieces that neither hide nor repeat, views that are kept, keys answered in place."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from accounts.models import Role
from accounts.permissions import Reach
from questions.models import Kind
from registrations.models import Education, QuotaDimension, Registration, RegistrationState, Review
from registrations.queue import (
    Wanted,
    channels_within,
    counts_of,
    everybody_within,
    order_named,
    queue_of,
    save_view,
    views_for,
)
from registrations.quotas import set_quota
from shared.clock import now, today
from shared.db import db, transaction
from shared.pages import slice_of
from tests.conftest import Browser
from tests.counting import queries as counting
from tests.factories import accounts, campaigns, questions, registrations

S = RegistrationState
LIST = "/desk/registrations"
EVERYWHERE = Reach(everywhere=True)


def names(wanted: Wanted, reach: Reach = EVERYWHERE) -> set[str]:
    statement = queue_of(everybody_within(reach, wanted.text), wanted)
    return {row.person.full_name for row in db.session.scalars(statement).unique()}


def test_each_filter_narrows_and_together_they_narrow_further(app: Flask) -> None:
    taiyuan = campaigns.host_city()
    stop = campaigns.stop()
    reviewer = accounts.staff(Role.REVIEWER)
    li = registrations.registration(
        S.APPLIED,
        at=stop,
        full_name="李一",
        education=Education.MASTER,
        university="北京大学",
        research_field="量子光学",
        channel="pku",
        preferred_city_ids=[taiyuan.id],
        score=820,
        answers={"size": "m", "days": ["one", "two"]},
        applied_at=now() - timedelta(days=9),
    )
    db.session.add(Review(registration_id=li.id, reviewer_id=reviewer.id, asked_at=now()))
    registrations.registration(S.WAITING, at=stop, full_name="王二")
    registrations.registration(S.CONFIRMED, full_name="赵三")
    with transaction():
        cell = set_quota(stop.id, QuotaDimension.EDUCATION, "master", most=3, by=accounts.staff())
    only_li: list[dict[str, Any]] = [
        {"education": Education.MASTER},
        {"university": "北京"},
        {"research_field": "光学"},
        {"channel": "pku"},
        {"wish_id": taiyuan.id},
        {"score_from": 800},
        {"reviewer_id": reviewer.id},
        {"quota_id": cell.id},
        {"answers": {"size": "m"}},
        {"answers": {"days": "two"}},
        {"until": today() - timedelta(days=5)},
        {"text": "李一"},
        {"state": S.APPLIED, "stop_id": stop.id, "campaign_id": stop.campaign_id},
    ]
    for narrow in only_li:
        assert names(Wanted(**narrow)) == {"李一"}, narrow
    assert names(Wanted(stop_id=stop.id)) == {"李一", "王二"}
    assert names(Wanted(since=today() - timedelta(days=1))) == {"王二", "赵三"}
    assert names(Wanted(education=Education.MASTER, answers={"size": "l"})) == set()
    assert names(Wanted(lacks_second_form=True)) == set()
    counts = counts_of(everybody_within(EVERYWHERE), Wanted(stop_id=stop.id, state=S.APPLIED))
    assert (counts[S.APPLIED], counts[S.WAITING], counts[S.CONFIRMED]) == (1, 1, 0)


@pytest.mark.parametrize(
    "order", ["newest", "line", "name", "-name", "university", "score", "-applied", "expires"]
)
def test_pieces_go_through_everybody_once_forwards_and_back_though_some_come_meanwhile(
    app: Flask, order: str
) -> None:
    stop = campaigns.stop()
    for number in range(7):
        registrations.registration(
            S.APPLIED, at=stop, university="山西大学" if number % 2 else "中北大学", score=number % 3 or None
        )
    _name, keys = order_named(order)
    statement = queue_of(everybody_within(EVERYWHERE), Wanted(stop_id=stop.id))
    whole = [row.id for row in slice_of(statement, keys, size=99).rows]
    seen: list[int] = []
    mark = None
    pieces = []
    while True:
        piece = slice_of(statement, keys, after=mark, size=3)
        pieces.append(piece)
        seen += [row.id for row in piece.rows]
        if piece.after is None:
            break
        mark = piece.after
    assert seen == whole
    assert len(set(seen)) == 7
    back = slice_of(statement, keys, before=pieces[2].before, size=3)
    assert [row.id for row in back.rows] == [row.id for row in pieces[1].rows]
    assert pieces[0].before is None
    assert slice_of(statement, keys, after="nonsense", size=3).rows == pieces[0].rows


def test_the_page_shows_what_its_address_says(client: Browser) -> None:
    city = campaigns.host_city()
    client.sign_in(accounts.staff(Role.ORGANISER, host_city_id=city.id))
    stop = campaigns.stop()
    for number in range(52):
        registrations.registration(S.APPLIED, at=stop, full_name=f"张{chr(0x4E00 + number)}")
    page = client.get(LIST, query_string={"sort": "name", "column": ["mobile", "reviewers"]}).text
    assert 'aria-sort="ascending"' in page
    assert page.count("data-row") == 50
    assert "after=" in page
    assert ">评审人</th>" in page
    assert ">毕业院校</" not in page.split("<tbody")[0].split("<thead")[1]
    foreign = campaigns.stop(host=campaigns.host_city("Jincheng"))
    registrations.registration(S.APPLIED, at=foreign, full_name="晋城人")
    assert "晋城人" not in client.get(LIST, query_string={"stop": foreign.id}).text
    for nonsense in (
        {"sort": "x"},
        {"score_from": "x"},
        {"since": "x"},
        {"state": "x"},
        {"wish": "x"},
        {"after": "x"},
    ):
        assert client.get(LIST, query_string=nonsense).status_code == 200


def test_own_questions_narrow_and_are_columns_within_reach(client: Browser) -> None:
    city = campaigns.host_city()
    client.sign_in(accounts.staff(Role.ORGANISER, host_city_id=city.id))
    stop = campaigns.stop()
    for number in range(9):
        questions.question(stop.campaign, kind=Kind.CHOICE, options=questions.choices("a"), position=number)
    questions.question(stop.campaign, key="home", kind=Kind.CITY, label_zh="生源地")
    questions.question(stop.campaign, key="secret", label_zh="保密的", restricted=True)
    registrations.registration(S.APPLIED, at=stop, full_name="李一", answers={"home": str(city.id)})
    registrations.registration(S.APPLIED, at=stop, full_name="王二", channel="pku")
    address = {"campaign": stop.campaign_id, "answer.home": city.id, "column": "answer.home"}
    page = client.get(LIST, query_string=address).text
    assert ("李一" in page, "王二" in page, "保密的" in page) == (True, False, False)
    assert f'title="{city.name_zh}"' in page
    assert ">生源地</th>" in page
    foreign = campaigns.stop(host=campaigns.host_city("Jincheng"))
    registrations.registration(S.APPLIED, at=foreign, channel="thu")
    questions.question(foreign.campaign, key="away", kind=Kind.CITY, label_zh="外地的问题")
    assert "外地的问题" not in client.get(LIST, query_string={"campaign": foreign.campaign_id}).text
    assert channels_within(EVERYWHERE) == ["pku", "thu"]
    assert channels_within(Reach(host_city_ids=frozenset({city.id}))) == ["pku"]


def test_the_page_asks_as_much_for_three_as_for_one(client: Browser) -> None:
    client.sign_in(accounts.staff(Role.ADMINISTRATOR))
    stop = campaigns.stop()
    reviewer = accounts.staff(Role.REVIEWER)

    def one_more() -> None:
        row = registrations.registration(S.APPLIED, at=stop)
        db.session.add(Review(registration_id=row.id, reviewer_id=reviewer.id, asked_at=now()))
        db.session.commit()

    address = f"{LIST}?column=reviewers&column=stop&column=score&stop={stop.id}"
    one_more()
    client.get(address)
    with counting() as for_one:
        client.get(address)
    one_more()
    one_more()
    with counting() as for_three:
        client.get(address)
    assert len(for_three) == len(for_one), for_three.listed()


def test_a_view_is_kept_shared_within_reach_and_forgotten_by_its_owner(client: Browser) -> None:
    city, elsewhere = campaigns.host_city(), campaigns.host_city("Jincheng")
    own = accounts.staff(Role.ORGANISER, host_city_id=city.id)
    colleague = accounts.staff(Role.REVIEWER, host_city_id=city.id)
    stranger = accounts.staff(Role.ORGANISER, host_city_id=elsewhere.id)
    client.sign_in(own)
    answer = client.post(
        f"{LIST}/views", data={"name": " 硕士 ", "query": "education=master&after=xyz", "shared": "y"}
    )
    assert answer.headers["Location"].endswith("education=master")
    client.post(f"{LIST}/views", data={"name": "我的", "query": "state=waiting"})
    client.post(f"{LIST}/views", data={"name": "我的", "query": "state=offered"})
    assert [(view.name, view.query) for view in views_for(own)] == [
        ("我的", "state=offered"),
        ("硕士", "education=master"),
    ]
    assert [view.name for view in views_for(colleague)] == ["硕士"]
    assert views_for(stranger) == []
    assert "硕士" in client.get(LIST).text
    view = views_for(colleague)[0]
    client.sign_in(colleague)
    assert client.post(f"{LIST}/views/{view.id}/drop").status_code == 404
    client.sign_in(own)
    assert client.post(f"{LIST}/views/{view.id}/drop").status_code == 303
    assert "请为视图命名" in client.post(f"{LIST}/views", data={"name": " "}, follow_redirects=True).text


def test_a_province_view_is_seen_by_all_who_see_registrations(app: Flask) -> None:
    admin = accounts.staff(Role.ADMINISTRATOR)
    with transaction():
        save_view("全省", "state=applied", shared=True, by=admin)
    city = accounts.staff(Role.ORGANISER, host_city_id=campaigns.host_city().id)
    assert [view.name for view in views_for(city)] == ["全省"]


def test_a_key_is_answered_in_place_and_the_side_shows_one_person(client: Browser) -> None:
    client.sign_in(accounts.staff(Role.ORGANISER, host_city_id=campaigns.host_city().id))
    stop = campaigns.stop(capacity=1)
    first, second = (registrations.registration(S.APPLIED, at=stop) for _ in range(2))
    fetch = {"X-Requested-With": "fetch"}
    told: Any = client.post(f"{LIST}/{first.id}/confirm", headers=fetch).json
    assert "state-malachite" in told["pill"]
    assert "已确认" in told["message"]
    refused: Any = client.post(f"{LIST}/{second.id}/confirm", headers=fetch)
    assert (refused.status_code, refused.json["error"]) == (409, "stop_is_full")
    brief = client.get(f"{LIST}/{second.id}/brief").text
    assert "山西大学" in brief
    assert "已用 1 / 共 1" in brief
    assert "<html" not in brief
    states = db.session.scalars(select(Registration.state).where(Registration.stop_id == stop.id)).all()
    assert sorted(states) == [S.APPLIED, S.CONFIRMED]

"""Reviewers: points by criteria, unseen until one's own are given, averages, conflicts of interest."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from accounts.models import Role, Staff
from campaigns.models import Stop
from registrations.assign import (
    add_criterion,
    assign_in_turn,
    declare_conflict,
    give_review,
    left_to_review,
    next_to_review,
    opinions_on,
    own_review,
    remove_criterion,
    reviewers_of,
)
from registrations.errors import ConflictDeclared, CriterionIsUsed, PointsMissing, ReasonMissing, WrongState
from registrations.models import Criterion, Registration, RegistrationState, Review, Score
from shared.clock import now
from shared.db import db, transaction
from tests.conftest import Browser
from tests.counting import queries as counting
from tests.factories import accounts, campaigns, registrations

S = RegistrationState
LIST = "/desk/registrations"


def scored(people: int = 1) -> tuple[list[Registration], list[Criterion], list[Staff]]:
    """Applicants of a stop in Taiyuan, two criteria (weights 3 and 1) and two reviewers."""
    city = campaigns.host_city().id
    stop = campaigns.stop()
    admin = accounts.staff(Role.ADMINISTRATOR)
    with transaction():
        criteria = [
            add_criterion(stop.campaign_id, name_zh=name, name_en="", weight=weight, by=admin)
            for name, weight in (("学术", 3), ("意愿", 1))
        ]
    rows = [registrations.registration(S.APPLIED, at=stop) for _ in range(people)]
    return rows, criteria, [accounts.staff(Role.REVIEWER, host_city_id=city) for _ in range(2)]


def points(criteria: list[Criterion], *given: int) -> dict[int, int]:
    return {criterion.id: number for criterion, number in zip(criteria, given, strict=True)}


def test_points_are_weighed_averaged_and_changed_by_their_giver_only(app: Flask) -> None:
    (row,), criteria, (one, other) = scored()
    with transaction():
        give_review(row.id, points(criteria, 8, 4), note="扎实", by=one)
    assert row.score == 700
    with transaction():
        give_review(row.id, points(criteria, 10, 10), by=other)
    assert row.score == 850
    opinions = opinions_on(row)
    assert (opinions.average, opinions.spread) == (8.5, 1.5)
    with transaction():
        give_review(row.id, points(criteria, 10, 10), by=one)
    assert row.score == 1000
    assert len(opinions_on(row).given) == 2
    with pytest.raises(CriterionIsUsed), transaction():
        remove_criterion(criteria[0], by=one)


@pytest.mark.parametrize("given", [{}, {0: 11}, {0: -1, 1: 3}])
def test_a_review_is_whole_or_none(app: Flask, given: dict[int, int]) -> None:
    (row,), criteria, (one, _other) = scored()
    with pytest.raises(PointsMissing), transaction():
        give_review(row.id, {criteria[at].id: number for at, number in given.items()}, by=one)
    assert own_review(row.id, one) is None


def test_whoever_has_a_conflict_is_left_out_and_passed_over(app: Flask) -> None:
    (row,), criteria, (one, other) = scored()
    with transaction():
        give_review(row.id, points(criteria, 10, 10), by=one)
    with pytest.raises(ReasonMissing), transaction():
        declare_conflict(row.id, reason=" ", by=one)
    with transaction():
        declare_conflict(row.id, reason="导师", by=one)
    assert row.score is None
    assert opinions_on(row).conflicts == [one.full_name]
    with pytest.raises(ConflictDeclared), transaction():
        give_review(row.id, points(criteria, 10, 10), by=one)
    with transaction():
        asked = assign_in_turn(row.id, [one.id, other.id], 0, by=accounts.staff())
    assert [review.reviewer_id for review in asked] == [other.id]


def test_nobody_out_of_reach_is_asked_and_the_decided_are_scored_no_more(app: Flask) -> None:
    (row,), criteria, (one, _other) = scored()
    stranger = accounts.staff(Role.REVIEWER, host_city_id=campaigns.host_city("Jincheng").id)
    with transaction():
        assert assign_in_turn(row.id, [stranger.id], 0, by=accounts.staff()) == []
    row.state = S.CONFIRMED
    db.session.commit()
    with pytest.raises(WrongState), transaction():
        give_review(row.id, points(criteria, 1, 1), by=one)


@pytest.mark.parametrize("guard", ["uq_reviews_reviewer", "pk_scores"])
def test_the_database_takes_one_review_a_reviewer_and_one_number_a_criterion(app: Flask, guard: str) -> None:
    (row,), criteria, (one, _other) = scored()
    with transaction():
        review = give_review(row.id, points(criteria, 1, 1), by=one)
    again: Any = (
        Review(registration_id=row.id, reviewer_id=one.id, asked_at=now())
        if guard == "uq_reviews_reviewer"
        else Score(review_id=review.id, criterion_id=criteria[0].id, points=3)
    )
    db.session.expunge_all()
    with pytest.raises(IntegrityError, match=guard), db.session.begin_nested():
        db.session.add(again)


def test_a_reviewer_goes_through_the_own_list_and_sees_others_points_after_the_own(client: Browser) -> None:
    rows, criteria, (one, other) = scored(people=2)
    with transaction():
        for row in rows:
            assign_in_turn(row.id, [one.id], 0, by=other)
        give_review(rows[0].id, points(criteria, 9, 9), note="很合适", by=other)
    assert next_to_review(one) == rows[0].id
    client.sign_in(one)
    first = f"{LIST}/{rows[0].id}"
    assert client.get(f"{LIST}/to-score").headers["Location"].endswith(f"/{rows[0].id}/score")
    scoring = client.get(f"{first}/score").text
    assert "很合适" not in scoring
    assert [
        "待我评分" in entry
        for entry in scoring.split('class="side-link"')
        if ' aria-current="page"' in entry[:80]
    ] == [True]
    assert "9.0" not in client.get(f"{first}/brief").text
    assert client.post(f"{first}/score", data={f"points-{criteria[0].id}": "7"}).status_code == 422
    answer = client.post(f"{first}/score", data={f"points-{one.id}": "7" for one in criteria})
    assert answer.status_code == 303
    assert "很合适" in client.get(f"{first}/score").text
    assert "8.0" in client.get(f"{first}/brief").text
    assert left_to_review(one) == 1
    client.post(f"{LIST}/{rows[1].id}/conflict", data={"reason": "亲属"})
    assert "没有待您评分的报名" in client.get(f"{LIST}/to-score").text


def test_an_organiser_names_the_criteria(client: Browser) -> None:
    admin = accounts.staff(Role.ADMINISTRATOR)
    client.sign_in(admin)
    campaign = campaigns.campaign()
    address = f"{LIST}/criteria/{campaign.id}"
    client.post(address, data={"usual": "y"})
    assert "来晋意愿" in client.get(address).text
    assert client.post(address, data={"name_zh": "", "weight": "1"}).status_code == 422
    assert client.post(address, data={"name_zh": "论文", "weight": "2"}).status_code == 303
    assert "已有同名评分项" in client.post(address, data={"name_zh": "论文", "weight": "2"}).text
    (last,) = db.session.query(Criterion).filter_by(name_zh="论文")
    client.post(f"{address}/{last.id}/remove")
    assert "论文" not in client.get(address).text


def test_whoever_may_review_a_stop_is_offered_by_name_a_few_at_a_time(app: Flask) -> None:
    stop = campaigns.stop()
    taiyuan, jincheng = campaigns.host_city("Taiyuan"), campaigns.host_city("Jincheng")
    admin = accounts.staff()
    mine = [accounts.staff(Role.REVIEWER, host_city_id=taiyuan.id) for _ in range(3)]
    of_campaign = accounts.staff(Role.REVIEWER, campaign_id=stop.campaign_id)
    of_stop = accounts.staff(Role.REVIEWER, stop_id=stop.id)
    others = [
        accounts.staff(Role.REVIEWER, host_city_id=jincheng.id),
        accounts.staff(Role.GATE_VOLUNTEER, host_city_id=taiyuan.id),
        accounts.staff(Role.REVIEWER, host_city_id=taiyuan.id),
    ]
    others[-1].is_active = False
    for one, name in zip(mine, "甲乙丙", strict=True):
        one.full_name = f"评审{name}"
    db.session.commit()
    stops = select(Stop).where(Stop.id == stop.id)
    with counting() as sent:
        offered, more = reviewers_of(stops)
    ids = {one.id for one in offered}
    assert {admin.id, of_campaign.id, of_stop.id, *(one.id for one in mine)} <= ids
    assert (ids & {one.id for one in others}, more, len(sent)) == (set(), False, 1)
    some, more = reviewers_of(stops, most=2, keep=[mine[2].id, others[0].id])
    assert (some[0].id, len(some), more) == (mine[2].id, 2, True)
    found, more = reviewers_of(stops, find="审乙", keep=[mine[2].id])
    assert ([one.full_name for one in found], more) == (["评审丙", "评审乙"], False)
    row = registrations.registration(S.APPLIED, at=stop)
    db.session.add(Review(registration_id=row.id, reviewer_id=mine[0].id, asked_at=now()))
    db.session.commit()
    assert [one.id for one in reviewers_of(stops, asked_only=True)[0]] == [mine[0].id]

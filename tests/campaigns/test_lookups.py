"""Who reaches which campaign and which stop."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from accounts.models import Role
from accounts.permissions import Permission, Reach
from campaigns.lookups import (
    campaign_by_slug,
    campaign_for,
    campaigns_for,
    host_cities,
    published_campaigns,
    stop_for,
    stops_for,
    stops_of,
    stops_within,
)
from shared.clock import now
from shared.db import db
from shared.errors import NotFound
from tests.counting import CountQueries
from tests.factories import accounts, campaigns


def test_the_province_reaches_every_stop_and_a_city_its_own(app: Flask) -> None:
    in_taiyuan, in_jincheng = campaigns.stop(), campaigns.stop(host=campaigns.host_city("Jincheng"))
    organiser = accounts.staff(Role.ORGANISER, host_city_id=in_taiyuan.host_city_id)
    assert stops_for(accounts.staff(), Permission.PLAN_CAMPAIGNS) == [in_taiyuan, in_jincheng]
    assert stops_for(organiser, Permission.PLAN_CAMPAIGNS) == [in_taiyuan]
    assert stop_for(organiser, in_taiyuan.id, Permission.CHECK_IN) == in_taiyuan
    with pytest.raises(NotFound):
        stop_for(organiser, in_jincheng.id, Permission.CHECK_IN)


def test_a_stop_that_does_not_exist_and_one_of_another_city_look_the_same(app: Flask) -> None:
    of_another = campaigns.stop(host=campaigns.host_city("Jincheng"))
    organiser = accounts.staff(Role.ORGANISER, host_city_id=campaigns.host_city().id)
    sentences = set()
    for number in (of_another.id, 2_000_000_000):
        with pytest.raises(NotFound) as refusal:
            stop_for(organiser, number, Permission.PLAN_CAMPAIGNS)
        sentences.add(refusal.value.message)
    assert len(sentences) == 1


def test_a_grant_for_one_campaign_or_one_stop_reaches_no_further(app: Flask) -> None:
    tour = campaigns.campaign(host=campaigns.host_city())
    first, second = campaigns.stop(of=tour), campaigns.stop(of=tour)
    campaigns.stop()
    of_the_tour = accounts.staff(Role.ORGANISER, campaign_id=tour.id)
    at_the_gate = accounts.staff(Role.GATE_VOLUNTEER, stop_id=second.id)
    assert stops_for(of_the_tour, Permission.PLAN_CAMPAIGNS) == [first, second]
    assert stops_for(at_the_gate, Permission.CHECK_IN) == [second]
    assert stops_for(at_the_gate, Permission.PLAN_CAMPAIGNS) == []
    assert campaigns_for(of_the_tour, Permission.PLAN_CAMPAIGNS) == [tour]


def test_a_reach_over_an_employer_or_over_nothing_holds_no_stop(app: Flask) -> None:
    campaigns.stop()
    for reach in (Reach(), Reach(employer_ids=frozenset({1}))):
        assert db.session.scalars(stops_within(reach)).all() == []


def test_a_city_sees_the_provinces_tour_through_its_stop_but_does_not_hold_the_whole(app: Flask) -> None:
    tour = campaigns.campaign()
    own = campaigns.stop(of=tour)
    campaigns.stop(of=tour, host=campaigns.host_city("Jincheng"))
    organiser = accounts.staff(Role.ORGANISER, host_city_id=own.host_city_id)
    assert campaign_for(organiser, tour.id, Permission.PLAN_CAMPAIGNS) == tour
    assert stops_of([tour], Reach(host_city_ids=frozenset({own.host_city_id or 0}))) == {tour.id: [own]}
    with pytest.raises(NotFound):
        campaign_for(organiser, tour.id, Permission.PLAN_CAMPAIGNS, whole=True)


def test_another_citys_campaign_is_not_to_be_found(app: Flask) -> None:
    tour = campaigns.campaign(host=campaigns.host_city("Jincheng"))
    organiser = accounts.staff(Role.ORGANISER, host_city_id=campaigns.host_city().id)
    assert campaigns_for(organiser, Permission.SEE_CAMPAIGNS) == []
    with pytest.raises(NotFound):
        campaign_for(organiser, tour.id, Permission.SEE_CAMPAIGNS)


def test_the_public_finds_what_is_published_and_no_draft(app: Flask) -> None:
    shown = campaigns.campaign(published_at=now() - timedelta(days=1))
    draft = campaigns.campaign(published_at=None)
    assert published_campaigns() == [shown]
    assert campaign_by_slug(shown.slug) == shown
    with pytest.raises(NotFound):
        campaign_by_slug(draft.slug)


def test_the_eleven_cities_come_in_the_order_of_their_codes(app: Flask) -> None:
    names = [city.name_zh for city in host_cities()]
    assert (len(names), names[0], names[-1]) == (11, "太原", "吕梁")


def test_published_campaigns_take_as_many_queries_for_three_as_for_one(
    app: Flask, count_queries: CountQueries
) -> None:
    campaigns.stop()
    counts = []
    for _round in range(2):
        db.session.expunge_all()
        with count_queries() as sent:
            names = [stop.city for campaign in published_campaigns() for stop in campaign.stops]
        counts.append((len(names), len(sent)))
        campaigns.stop()
        campaigns.stop()
    assert [number for number, _ in counts] == [1, 3]
    assert counts[0][1] == counts[1][1] == 2

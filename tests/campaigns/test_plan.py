"""Planning: campaigns, stops and their programmes, by whom and within which bounds."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from accounts.models import Role, Staff
from audit.models import AuditEntry
from campaigns.errors import (
    AddressIsOut,
    CapacityBelowSeatsTaken,
    HasSubVenues,
    NoMainVenue,
    NotWithinYourReach,
    OutsideTheStop,
    SlugTaken,
    StopIsCancelled,
    StopIsOver,
)
from campaigns.facts import SeatsAdded, StopMoved
from campaigns.models import Family, ProgrammeKind, Stop
from campaigns.plan import (
    CampaignPlan,
    StopPlan,
    add_stop,
    cancel_stop,
    draft_campaign,
    revise_campaign,
    revise_stop,
    slug_for,
)
from campaigns.programme import ProgrammeEntry, add_to_programme, take_from_programme
from jobs import outbox
from shared.clock import now
from shared.db import db, transaction
from tests.factories import accounts, campaigns, registrations

PLAN = CampaignPlan(Family.DOCTORS_TOUR, 2026, "博士太原行")


def stop_plan(**changes: Any) -> StopPlan:
    start = now().replace(microsecond=0) + timedelta(days=20)
    plan = StopPlan(
        city_zh="上海",
        venue_zh="复旦大学光华楼",
        address_zh="上海市杨浦区邯郸路220号",
        starts_at=start,
        ends_at=start + timedelta(hours=8),
        registration_closes_at=start - timedelta(days=1),
        capacity=100,
        host_city_id=campaigns.host_city().id,
    )
    return replace(plan, **changes)


def as_planned(stop: Stop, **changes: Any) -> StopPlan:
    """The stop as it is, to be revised."""
    return replace(
        StopPlan(**{name: getattr(stop, name) for name in StopPlan.__dataclass_fields__}),
        **changes,
    )


def organiser(city: str = "Taiyuan") -> Staff:
    return accounts.staff(Role.ORGANISER, host_city_id=campaigns.host_city(city).id)


def acts() -> list[str]:
    return list(db.session.scalars(select(AuditEntry.act).order_by(AuditEntry.id)))


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("博士太原行", "boshitaiyuanxing-2026"),
        ("“人到山西好风光”2026年上海专场", "rendaoshanxihaofengguang-shanghaizhuanchang-2026"),
        ("Doctors' Tour 2026", "doctors-tour-2026"),
        ("！？", "campaign-2026"),
    ],
)
def test_an_address_is_made_of_the_names_pinyin(name: str, slug: str) -> None:
    assert slug_for(name, 2026) == slug


def test_a_very_long_name_gives_an_address_of_at_most_sixty_characters() -> None:
    assert len(slug_for("长" * 200, 2026)) <= 60


def test_the_same_name_twice_gives_two_addresses(app: Flask) -> None:
    admin = accounts.staff()
    slugs = []
    for _number in range(3):
        with transaction():
            slugs.append(draft_campaign(PLAN, by=admin).slug)
    assert slugs == ["boshitaiyuanxing-2026", "boshitaiyuanxing-2026-2", "boshitaiyuanxing-2026-3"]
    assert acts() == ["draft_campaign"] * 3


def test_an_address_typed_by_hand_must_be_free(app: Flask) -> None:
    admin = accounts.staff()
    campaigns.campaign(slug="taiyuan-2026")
    with pytest.raises(SlugTaken), transaction():
        draft_campaign(replace(PLAN, slug="taiyuan-2026"), by=admin)
    assert acts() == []


def test_a_city_drafts_for_itself_and_neither_for_its_neighbour_nor_for_the_province(app: Flask) -> None:
    staff = organiser()
    with transaction():
        assert draft_campaign(replace(PLAN, host_city_id=campaigns.host_city().id), by=staff).id
    for forged in (campaigns.host_city("Jincheng").id, None):
        with pytest.raises(NotWithinYourReach), transaction():
            draft_campaign(replace(PLAN, host_city_id=forged), by=staff)


def test_a_published_campaign_keeps_its_address_and_may_change_its_name(app: Flask) -> None:
    admin, tour = accounts.staff(), campaigns.campaign(slug="tour")
    with transaction():
        revise_campaign(tour.id, replace(PLAN, slug="tour", name_zh="新名"), by=admin)
    assert tour.name_zh == "新名"
    with pytest.raises(AddressIsOut), transaction():
        revise_campaign(tour.id, replace(PLAN, slug="elsewhere"), by=admin)


def test_a_city_adds_its_stop_to_the_provinces_tour_but_no_other_citys(app: Flask) -> None:
    staff, tour = organiser(), campaigns.campaign()
    with transaction():
        stop = add_stop(tour.id, stop_plan(), by=staff)
    assert (stop.seats_taken, stop.is_open, stop.registration_opened_at) == (0, False, None)
    with pytest.raises(NotWithinYourReach), transaction():
        add_stop(tour.id, stop_plan(host_city_id=campaigns.host_city("Jincheng").id), by=staff)


def test_a_stop_cannot_be_handed_to_another_city_by_a_forged_form(app: Flask) -> None:
    stop = campaigns.stop()
    with pytest.raises(NotWithinYourReach), transaction():
        revise_stop(
            stop.id, as_planned(stop, host_city_id=campaigns.host_city("Jincheng").id), by=organiser()
        )


def test_fewer_seats_than_people_hold_are_refused_with_their_number(app: Flask) -> None:
    stop = campaigns.stop(capacity=5)
    for _number in range(3):
        registrations.registration(at=stop)
    with pytest.raises(CapacityBelowSeatsTaken) as refusal, transaction():
        revise_stop(stop.id, as_planned(stop, capacity=2), by=organiser())
    assert refusal.value.seats_taken == 3
    assert "3" in refusal.value.message
    with transaction():
        revise_stop(stop.id, as_planned(stop, capacity=3), by=organiser())
    assert stop.is_full


def test_more_seats_are_announced_for_the_waiting_list_and_fewer_are_not(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[outbox.Fact] = []
    monkeypatch.setattr("campaigns.plan.announce", heard.append)
    stop, staff = campaigns.stop(capacity=5), organiser()
    for capacity in (5, 4, 9):
        with transaction():
            revise_stop(stop.id, as_planned(stop, capacity=capacity), by=staff)
    assert heard == [SeatsAdded(stop_id=stop.id)]


def test_a_later_beginning_takes_the_programme_along_and_is_announced(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[outbox.Fact] = []
    monkeypatch.setattr("campaigns.plan.announce", heard.append)
    stop, staff = campaigns.stop(), organiser()
    entry = ProgrammeEntry(
        ProgrammeKind.OPENING, "开幕式", stop.starts_at, stop.starts_at + timedelta(hours=1)
    )
    with transaction():
        item = add_to_programme(stop.id, entry, by=staff)
    before, week = stop.starts_at, timedelta(days=7)
    with transaction():
        revise_stop(stop.id, as_planned(stop, starts_at=before + week, ends_at=stop.ends_at + week), by=staff)
    assert (item.starts_at, item.ends_at) == (before + week, before + week + timedelta(hours=1))
    assert heard == [StopMoved(stop_id=stop.id)]


def test_an_address_put_right_after_the_stop_is_told_to_nobody(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[outbox.Fact] = []
    monkeypatch.setattr("campaigns.plan.announce", heard.append)
    ended = now().replace(microsecond=0) - timedelta(days=1)
    stop = campaigns.stop(
        starts_at=ended - timedelta(hours=8), ends_at=ended, registration_closes_at=ended - timedelta(days=2)
    )
    with transaction():
        revise_stop(stop.id, as_planned(stop, address_zh="太原市小店区长治路"), by=organiser())
    assert stop.address_zh == "太原市小店区长治路"
    assert heard == []


def test_a_cancelled_stop_is_closed_for_good(app: Flask) -> None:
    stop, staff = campaigns.stop(), organiser()
    with transaction():
        cancel_stop(stop.id, reason="场馆维修", by=staff)
    assert not stop.is_open
    with pytest.raises(StopIsCancelled), transaction():
        cancel_stop(stop.id, reason="again", by=staff)
    with pytest.raises(StopIsCancelled), transaction():
        revise_stop(stop.id, as_planned(stop), by=staff)
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "cancel_stop")).one()
    assert entry.details == {"reason": "场馆维修"}


def test_what_has_taken_place_cannot_be_cancelled(app: Flask) -> None:
    start = now() - timedelta(days=2)
    over = campaigns.stop(starts_at=start, ends_at=start + timedelta(hours=3), registration_closes_at=start)
    with pytest.raises(StopIsOver), transaction():
        cancel_stop(over.id, reason="late", by=organiser())


@pytest.mark.parametrize("hours", [(-1, 1), (7, 9)])
def test_a_programme_item_lies_within_its_stop(app: Flask, hours: tuple[int, int]) -> None:
    stop = campaigns.stop()
    begin, end = (stop.starts_at + timedelta(hours=number) for number in hours)
    with pytest.raises(OutsideTheStop), transaction():
        add_to_programme(stop.id, ProgrammeEntry(ProgrammeKind.SALON, "沙龙", begin, end), by=organiser())


def test_an_item_taken_from_the_programme_is_remembered_by_its_title(app: Flask) -> None:
    stop, staff = campaigns.stop(), organiser()
    entry = ProgrammeEntry(ProgrammeKind.SALON, "新材料沙龙", stop.starts_at, stop.ends_at)
    with transaction():
        item = add_to_programme(stop.id, entry, by=staff)
    with transaction():
        take_from_programme(item.id, stop_id=stop.id, by=staff)
    db.session.expire_all()
    assert stop.programme == []
    last = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert last is not None
    assert last.details["title"] == "新材料沙龙"


def test_a_sub_venue_belongs_to_a_main_venue_of_its_campaign(app: Flask) -> None:
    staff = organiser()
    main = campaigns.stop(is_main_venue=True)
    foreign = campaigns.stop(is_main_venue=True)
    plain = campaigns.stop(of=main.campaign)
    for wrong in (foreign.id, plain.id, 10**6):
        with pytest.raises(NoMainVenue), transaction():
            add_stop(main.campaign_id, stop_plan(main_stop_id=wrong), by=staff)
    with transaction():
        sub = add_stop(main.campaign_id, stop_plan(main_stop_id=main.id), by=staff)
    with pytest.raises(HasSubVenues), transaction():
        revise_stop(main.id, stop_plan(), by=staff)
    with pytest.raises(NoMainVenue), transaction():
        revise_stop(sub.id, stop_plan(main_stop_id=sub.id), by=staff)
    with transaction():
        revise_stop(sub.id, stop_plan(), by=staff)
        revise_stop(main.id, stop_plan(), by=staff)
    assert (main.is_main_venue, sub.main_stop_id) == (False, None)


def test_the_schema_keeps_main_venues_and_sub_venues_apart(app: Flask) -> None:
    main = campaigns.stop(is_main_venue=True)
    sub = campaigns.stop(of=main.campaign, main_stop_id=main.id)
    foreign = campaigns.stop(is_main_venue=True)
    for row, changes, constraint in (
        (main, {"is_main_venue": False}, "main venue with sub-venues"),
        (sub, {"is_main_venue": True}, "main_or_sub"),
        (sub, {"main_stop_id": foreign.id}, "fk_stops_main_venue"),
        (foreign, {"main_stop_id": sub.id, "is_main_venue": False}, "belongs to a main venue"),
    ):
        with pytest.raises(IntegrityError, match=constraint), transaction():
            db.session.execute(update(Stop).where(Stop.id == row.id).values(**changes))

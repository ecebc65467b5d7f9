"""Choosing from the programme: how many seats there are, what excludes what, and what the schema holds by itself."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from pathlib import Path
from threading import Barrier, BrokenBarrierError, Thread
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.exc import IntegrityError

from audit.record import APPLICANT
from campaigns.errors import CapacityBelowChoices, ItemIsChosen
from campaigns.models import ProgrammeItem
from campaigns.programme import ProgrammeEntry, revise_item, take_from_programme
from registrations import choose_programme
from registrations.choose_programme import choose, choose_exactly, unchoose
from registrations.errors import ChoicesOverlap, ItemIsFull, NotToBeChosen, OneOfTheGroup
from registrations.links import link_for
from registrations.models import ProgrammeChoice, Registration
from registrations.register import register, withdraw
from registrations.review import decline
from shared.clock import now
from shared.db import db, transaction
from tests.conftest import Browser, settings_for
from tests.factories import accounts, campaigns, registrations
from tests.registrations.applications import application


def seats(item: ProgrammeItem) -> int:
    db.session.refresh(item)
    return item.seats_taken


def test_a_choice_is_a_seat_and_is_given_back_with_the_registration(app: Flask) -> None:
    stop = campaigns.stop()
    item = campaigns.item(at=stop, capacity=2)
    staff = accounts.staff()
    first, second, third = (registrations.registration(at=stop) for _ in range(3))
    with transaction():
        choose(first.id, item.id, by=APPLICANT)
        choose(first.id, item.id, by=APPLICANT)
        choose(second.id, item.id, by=APPLICANT)
    assert seats(item) == 2
    with pytest.raises(ItemIsFull), transaction():
        choose(third.id, item.id, by=APPLICANT)
    with transaction():
        withdraw(first.id, by=APPLICANT)
        decline(second.id, by=staff, reason="名额有限")
    assert seats(item) == 0
    with transaction():
        choose(third.id, item.id, by=APPLICANT)
        unchoose(third.id, item.id, by=APPLICANT)
    assert seats(item) == 0


def test_of_a_group_one_is_chosen_and_nobody_is_in_two_places_at_once(app: Flask) -> None:
    stop = campaigns.stop()
    one = campaigns.item(at=stop, group_zh="沙龙（选一场）")
    other = campaigns.item(at=stop, hours=(3, 4), group_zh="沙龙（选一场）")
    across = campaigns.item(at=stop, hours=(1.5, 3.5))
    after = campaigns.item(at=stop, hours=(4, 5))
    foreign = campaigns.item(at=campaigns.stop())
    person = registrations.registration(at=stop)
    with transaction():
        choose(person.id, one.id, by=APPLICANT)
    for item, refusal in ((other, OneOfTheGroup), (across, ChoicesOverlap), (foreign, NotToBeChosen)):
        with pytest.raises(refusal), transaction():
            choose(person.id, item.id, by=APPLICANT)
    with pytest.raises(ChoicesOverlap) as said, transaction():
        choose_exactly(person.id, [other.id, across.id, after.id], by=APPLICANT)
    assert across.title_zh in said.value.message
    assert seats(one) == 1, "a refused change takes nothing away"
    with transaction():
        choose_exactly(person.id, [other.id, after.id], by=APPLICANT)
    assert (seats(one), seats(other), seats(after)) == (0, 1, 1)


def test_the_schema_refuses_a_second_of_a_group_and_an_oversold_item_to_raw_sql(app: Flask) -> None:
    stop = campaigns.stop()
    one = campaigns.item(at=stop, group_zh="线路", capacity=1)
    other = campaigns.item(at=stop, hours=(3, 4), group_zh="线路")
    people = [registrations.registration(at=stop) for _ in range(2)]

    def row(person: Registration, item: ProgrammeItem, group: str = "线路") -> ProgrammeChoice:
        return ProgrammeChoice(registration_id=person.id, item_id=item.id, group_zh=group, chosen_at=now())

    with transaction():
        db.session.add(row(people[0], one))
    for refused, constraint in (
        (row(people[1], one), "never_oversold"),
        (row(people[0], other), "uq_programme_choices_group"),
        (row(people[0], other, "别的"), "fk_programme_choices_item"),
    ):
        with pytest.raises(IntegrityError, match=constraint), transaction():
            db.session.add(refused)


def test_what_people_chose_is_not_taken_from_them(app: Flask) -> None:
    stop, staff = campaigns.stop(), accounts.staff()
    item = campaigns.item(at=stop, capacity=5)
    for _ in range(2):
        with transaction():
            choose(registrations.registration(at=stop).id, item.id, by=APPLICANT)

    def revised(**changes: Any) -> None:
        entry: dict[str, Any] = {
            "kind": item.kind,
            "title_zh": item.title_zh,
            "place_zh": item.place_zh,
            "starts_at": item.starts_at,
            "ends_at": item.ends_at,
            "is_chosen": True,
            "capacity": 5,
        }
        with transaction():
            revise_item(item.id, ProgrammeEntry(**{**entry, **changes}), stop_id=stop.id, by=staff)

    with pytest.raises(CapacityBelowChoices):
        revised(capacity=1)
    with pytest.raises(ItemIsChosen):
        revised(is_chosen=False)
    with pytest.raises(ItemIsChosen), transaction():
        take_from_programme(item.id, stop_id=stop.id, by=staff)
    revised(capacity=2, title_zh="氢能沙龙")
    db.session.refresh(item)
    assert (item.capacity, item.title_zh) == (2, "氢能沙龙")


def test_a_full_item_refuses_the_whole_registration(app: Flask) -> None:
    stop = campaigns.stop()
    item = campaigns.item(at=stop, capacity=1)
    with transaction():
        register(application(programme_item_ids=[item.id]), stop_id=stop.id, submission_id=uuid4())
    with pytest.raises(ItemIsFull), transaction():
        register(application(programme_item_ids=[item.id]), stop_id=stop.id, submission_id=uuid4())
    assert db.session.scalar(select(func.count()).where(Registration.stop_id == stop.id)) == 1


def test_one_chooses_while_registering_and_changes_it_on_ones_own_page(client: Browser) -> None:
    stop = campaigns.stop()
    salon = campaigns.item(at=stop, capacity=1, group_zh="沙龙（选一场）")
    other = campaigns.item(at=stop, hours=(1, 3), group_zh="沙龙（选一场）", capacity=1)
    visit = campaigns.item(at=stop, hours=(4, 5), route_zh="线路3")
    address = f"/c/{stop.campaign.slug}/stops/{stop.id}/register"
    page = client.get(address).text
    assert page.count('type="radio" name="programme-1"') == 3
    assert "线路3" in page
    form = {
        "full_name": "王思远",
        "mobile": "13800001111",
        "email": "wang@example.com",
        "university": "太原理工大学",
        "education": "doctor",
        "research_field": "碳基半导体",
        "consent": "y",
        "programme-1": str(salon.id),
        "programme": str(visit.id),
    }
    kept = client.post(address, data={**form, "mobile": "12"})
    assert kept.status_code == 422
    assert f'value="{salon.id}" checked' in kept.text
    assert client.post(address, data=form).status_code == 303
    registration = db.session.scalars(select(Registration).where(Registration.stop_id == stop.id)).one()
    link = link_for(registration)
    assert salon.title_zh in client.get(f"/r/{link}").text

    late = client.post(address, data={**form, "full_name": "李文博", "mobile": "13800002222"})
    assert late.status_code == 409
    assert "刚刚已满" in late.text
    with transaction():
        choose(registrations.registration(at=stop).id, other.id, by=APPLICANT)
    mine = f"/r/{link}/programme"
    refused = client.post(mine, data={"programme-1": str(other.id)})
    assert (refused.status_code, "刚刚已满" in refused.text) == (409, True)
    assert client.post(mine, data={"programme-1": str(salon.id)}).status_code == 303
    assert visit.title_zh not in client.get(f"/r/{link}").text

    organiser = accounts.staff()
    client.sign_in(organiser)
    assert "王思远" in client.get(f"/desk/registrations/programme/{stop.id}/{salon.id}").text
    assert salon.title_zh in client.get(f"/desk/registrations/{registration.id}").text


SEATS, CLIENTS, TOGETHER = 5, 24, 8


def rush(url: str, directory: Path) -> tuple[Counter[str], int]:
    """So many clients choose one item with five seats at once; what they were told, and the seats given."""
    from app import create_app

    app = create_app(settings_for(url, directory))
    told: Counter[str] = Counter()
    together = Barrier(TOGETHER)
    with app.app_context():
        stop = campaigns.stop()
        item_id = campaigns.item(at=stop, capacity=SEATS).id
        ids = [registrations.registration(at=stop).id for _ in range(CLIENTS)]
        db.session.remove()

    def clients(mine: list[int]) -> None:
        with app.app_context():
            together.wait(30)
            for registration_id in mine:
                try:
                    with transaction():
                        choose(registration_id, item_id, by=APPLICANT)
                    told["chosen"] += 1
                except ItemIsFull:
                    told["full"] += 1
            db.session.remove()

    threads = [Thread(target=clients, args=(ids[number::TOGETHER],)) for number in range(TOGETHER)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with app.app_context():
        given = db.session.scalar(select(func.count()).select_from(ProgrammeChoice)) or 0
        db.session.remove()
        db.engine.dispose()
    return told, given


def without_holding(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the holds away, and let everybody ask for a seat before anybody takes one."""
    meeting = Barrier(TOGETHER)
    asked = choose_programme._refuse_unless_free

    def only_read(registration_id: int) -> Any:
        registration = db.session.get_one(Registration, registration_id)
        return registration.stop, registration

    def asked_together(item: ProgrammeItem, chosen: list[ProgrammeItem]) -> None:
        asked(item, chosen)
        with suppress(BrokenBarrierError):  # whoever comes last meets nobody any more
            meeting.wait(2)

    monkeypatch.setattr(choose_programme, "held_with_stop", only_read)
    monkeypatch.setattr(choose_programme, "_refuse_unless_free", asked_together)


def test_a_crowd_fills_an_item_and_not_one_more(fresh_database: Any, tmp_path: Path) -> None:
    told, given = rush(fresh_database(), tmp_path)
    assert told == {"chosen": SEATS, "full": CLIENTS - SEATS}
    assert given == SEATS


def test_without_the_hold_the_constraint_says_no(
    fresh_database: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_holding(monkeypatch)
    told, given = rush(fresh_database(), tmp_path)
    assert told == {"chosen": SEATS, "full": CLIENTS - SEATS}
    assert given == SEATS


def test_without_both_the_item_is_oversold(
    fresh_database: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: if nothing is oversold without the guards, the tests above prove nothing."""
    without_holding(monkeypatch)
    url = fresh_database()
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(
            text("ALTER TABLE programme_items DROP CONSTRAINT ck_programme_items_never_oversold")
        )
    engine.dispose()
    told, given = rush(url, tmp_path)
    assert given == told["chosen"] > SEATS

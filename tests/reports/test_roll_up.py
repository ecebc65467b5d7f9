"""A campaign's figures: persons once each, visits beside them, a main venue with its sub-venues."""

from __future__ import annotations

from flask import Flask

from accounts.models import Role
from registrations.models import RegistrationState
from reports.roll_up import Counted, roll_up_of
from tests.conftest import Browser
from tests.counting import CountQueries
from tests.factories import accounts, campaigns, leads, registrations


def test_a_person_at_two_sub_venues_counts_once_and_makes_two_visits(app: Flask) -> None:
    tour = campaigns.campaign()
    main = campaigns.stop(of=tour, is_main_venue=True, capacity=10)
    first, second = (campaigns.stop(of=tour, main_stop_id=main.id, capacity=20) for _ in range(2))
    alone = campaigns.stop(of=tour, capacity=5)
    here = registrations.registration(at=first)
    there = registrations.registration(at=second, person=here.person)
    registrations.registration(RegistrationState.WITHDRAWN, at=main, person=here.person)
    registrations.registration(at=alone, person=here.person)
    registrations.registration(at=alone)
    leads.arrival(of=here)
    leads.arrival(of=there)

    roll = roll_up_of(accounts.staff(Role.VIEWER), tour)
    assert roll is not None
    assert (roll.total.seats, roll.total.seats_taken) == (55, 4)
    assert roll.total.registered == Counted(2, 5)
    assert roll.total.confirmed == Counted(2, 4)
    assert roll.total.arrived == Counted(1, 2)
    ((venue, subs, figures),) = roll.venues
    assert (venue.id, {stop.id for stop in subs}) == (main.id, {first.id, second.id})
    assert (figures.seats, figures.seats_taken) == (50, 2)
    assert (figures.registered, figures.confirmed, figures.arrived) == (
        Counted(1, 3),
        Counted(1, 2),
        Counted(1, 2),
    )


def test_another_citys_stop_is_not_counted_and_the_pages_show_the_figures(
    client: Browser, count_queries: CountQueries
) -> None:
    tour = campaigns.campaign()
    taiyuan, jincheng = campaigns.host_city("Taiyuan"), campaigns.host_city("Jincheng")
    main = campaigns.stop(of=tour, host=taiyuan, is_main_venue=True)
    registrations.registration(at=main)
    registrations.registration(at=campaigns.stop(of=tour, host=jincheng, main_stop_id=main.id))
    organiser = accounts.staff(Role.ORGANISER, host_city_id=taiyuan.id)
    roll = roll_up_of(organiser, tour)
    assert roll is not None
    assert roll.total.registered == Counted(1, 1)
    assert (
        roll_up_of(accounts.staff(Role.ORGANISER, host_city_id=campaigns.host_city("Datong").id), tour)
        is None
    )

    client.sign_in(organiser)
    with count_queries() as one:
        assert "人次" in client.get(f"/desk/campaigns/{tour.id}").text
    for _ in range(2):
        registrations.registration(at=campaigns.stop(of=tour, host=taiyuan, main_stop_id=main.id))
    with count_queries() as three:
        client.get(f"/desk/campaigns/{tour.id}")
    assert len(three) == len(one)
    assert "人次" in client.get(f"/desk/reports/funnel?campaign={tour.id}").text

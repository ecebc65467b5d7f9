"""From the registration to the signature, in figures."""

from __future__ import annotations

from typing import Any

from flask import Flask

from accounts.models import Role
from leads.models import Stage
from registrations.models import Registration, RegistrationState
from reports.funnel import Steps, funnel_by_stop
from shared.clock import now, today
from shared.db import db
from tests.conftest import Browser
from tests.counting import CountQueries
from tests.factories import accounts, campaigns, leads, registrations


def _came(registration: Registration, **lead_changes: Any) -> None:
    leads.arrival(of=registration)
    leads.lead(of=registration, **lead_changes)


def test_each_step_counts_the_people_who_took_it(app: Flask) -> None:
    stop = campaigns.stop()
    recruiter = accounts.staff(Role.RECRUITER)
    registrations.registration(RegistrationState.WITHDRAWN, at=stop)
    registrations.registration(RegistrationState.WAITING, at=stop)
    registrations.registration(at=stop)
    _came(registrations.registration(at=stop))
    evidence = {"employer_id": leads.employer().id, "signed_on": today()}
    _came(registrations.registration(at=stop), owner=recruiter, stage=Stage.SIGNED, **evidence)
    _came(
        registrations.registration(at=stop),
        owner=recruiter,
        stage=Stage.ONBOARDED,
        started_on=today(),
        **evidence,
    )
    leads.arrival(of=registrations.registration(at=stop), voided_at=now())

    funnel = funnel_by_stop(accounts.staff(Role.VIEWER))
    assert [(row.id, steps) for row, steps in funnel.by_stop] == [(stop.id, Steps(7, 5, 3, 3, 2))]
    assert funnel.total == Steps(7, 5, 3, 3, 2)
    assert (now() - funnel.cut_off_at).total_seconds() < 60


def test_a_person_at_two_stops_counts_at_each_and_once_in_the_total(app: Flask) -> None:
    tour = campaigns.campaign()
    first = registrations.registration(at=campaigns.stop(of=tour))
    second = registrations.registration(at=campaigns.stop(of=tour), person=first.person)
    registrations.registration(at=second.stop)
    leads.arrival(of=first)
    leads.arrival(of=second)
    leads.lead(of=first)

    funnel = funnel_by_stop(accounts.staff(Role.VIEWER))
    by_stop = {stop.id: steps for stop, steps in funnel.by_stop}
    assert by_stop[first.stop_id] == Steps(1, 1, 1, 1, 0)
    assert by_stop[second.stop_id] == Steps(2, 2, 1, 0, 0)
    assert funnel.total == Steps(2, 2, 1, 1, 0)


def test_somebody_who_withdrew_and_registered_again_is_one_person(app: Flask) -> None:
    stop = campaigns.stop()
    gone = registrations.registration(RegistrationState.WITHDRAWN, at=stop)
    registrations.registration(at=stop, person=gone.person)
    assert funnel_by_stop(accounts.staff(Role.VIEWER)).total == Steps(1, 1, 0, 0, 0)


def test_a_city_sees_its_own_stops_and_a_filter_narrows_to_one_campaign(app: Flask) -> None:
    taiyuan = registrations.registration(at=campaigns.stop(host=campaigns.host_city("Taiyuan")))
    jincheng = registrations.registration(at=campaigns.stop(host=campaigns.host_city("Jincheng")))
    of_jincheng = accounts.staff(Role.ORGANISER, host_city_id=jincheng.stop.host_city_id)
    assert [stop.id for stop, _steps in funnel_by_stop(of_jincheng).by_stop] == [jincheng.stop_id]
    assert funnel_by_stop(of_jincheng).total.registered == 1
    viewer = accounts.staff(Role.VIEWER)
    assert funnel_by_stop(viewer).total.registered == 2
    of_one = funnel_by_stop(viewer, campaign_id=taiyuan.stop.campaign_id)
    assert [stop.id for stop, _steps in of_one.by_stop] == [taiyuan.stop_id]
    assert of_one.total.registered == 1


def test_a_stop_without_anybody_stands_with_zeros(app: Flask) -> None:
    campaigns.stop()
    funnel = funnel_by_stop(accounts.staff(Role.VIEWER))
    assert [steps for _stop, steps in funnel.by_stop] == [Steps()]
    assert funnel.total == Steps()


def test_the_page_takes_as_many_queries_for_three_stops_as_for_one(
    client: Browser, count_queries: CountQueries
) -> None:
    client.sign_in(accounts.staff(Role.VIEWER))
    _came(registrations.registration(at=campaigns.stop()))
    with count_queries() as for_one:
        assert client.get("/desk/reports/funnel").status_code == 200
    for _ in range(2):
        _came(registrations.registration(at=campaigns.stop()))
    with count_queries() as for_three:
        assert client.get("/desk/reports/funnel").status_code == 200
    assert len(for_three) == len(for_one), for_three.listed()


def test_the_page_shows_the_figures_their_meaning_and_the_filter(client: Browser) -> None:
    stop = campaigns.stop()
    for _ in range(4):
        registrations.registration(at=stop)
    client.sign_in(accounts.staff(Role.VIEWER))
    client.set_cookie("language", "en")
    page = client.get(f"/desk/reports/funnel?campaign={stop.campaign_id}").get_data(as_text=True)
    assert '<td class="funnel-count">4</td>' in page
    assert "each person once" in page
    assert f'<option value="{stop.campaign_id}" selected>' in page
    assert "As of" in page


def test_a_cancelled_stop_is_not_said_to_be_still_to_come(client: Browser) -> None:
    stop = campaigns.stop()
    registrations.registration(at=stop)
    client.sign_in(accounts.staff(Role.VIEWER))
    client.set_cookie("language", "en")
    assert ">still to come<" in client.get("/desk/reports/funnel").text
    stop.cancelled_at = now()
    db.session.flush()
    page = client.get("/desk/reports/funnel").text
    assert ">still to come<" not in page
    assert ">Cancelled<" in page


def test_another_citys_campaign_is_not_found_and_a_volunteer_is_not_let_in(client: Browser) -> None:
    stop = campaigns.stop(host=campaigns.host_city("Taiyuan"))
    client.sign_in(accounts.staff(Role.ORGANISER, host_city_id=campaigns.host_city("Jincheng").id))
    assert client.get(f"/desk/reports/funnel?campaign={stop.campaign_id}").status_code == 404
    client.sign_in(accounts.staff(Role.GATE_VOLUNTEER))
    assert client.get("/desk/reports/funnel").status_code == 403
    assert db.session.get(type(stop), stop.id) is not None

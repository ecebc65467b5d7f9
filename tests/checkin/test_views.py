"""The gate's pages, as a browser without script and as the page's own script ask for them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import event, select

from accounts.models import Role, Staff
from campaigns.models import Stop
from checkin.figures import counted_of
from checkin.lookups import standing_check_in
from checkin.models import CheckIn
from registrations.models import RegistrationState
from registrations.tickets import make_first_key, ticket_for
from shared.clock import now
from shared.db import db
from tests.conftest import Browser
from tests.factories import accounts, campaigns, registrations

FETCH = {"X-Requested-With": "fetch"}


@pytest.fixture
def stop(client: Browser) -> Stop:
    """Taiyuan's stop, held now."""
    return campaigns.stop(
        starts_at=now() - timedelta(minutes=5),
        ends_at=now() + timedelta(hours=6),
        registration_closes_at=now() - timedelta(hours=1),
    )


@pytest.fixture
def volunteer(client: Browser, stop: Stop) -> Staff:
    """A volunteer at that stop, signed in."""
    staff = accounts.staff(Role.GATE_VOLUNTEER, stop_id=stop.id)
    client.sign_in(staff)
    return staff


@pytest.mark.usefixtures("volunteer")
def test_a_volunteer_chooses_among_his_own_stops_and_names_the_gate(client: Browser, stop: Stop) -> None:
    campaigns.stop(host=campaigns.host_city("Jincheng"))
    page = client.get("/gate")
    assert page.status_code == 200
    assert "太原" in page.text
    assert "晋城" not in page.text
    answer = client.get(f"/gate?stop={stop.id}&gate=+东门+")
    assert answer.location == f"/gate/{stop.id}"
    assert "东门" in client.get(answer.location).text


@pytest.mark.usefixtures("volunteer")
def test_another_citys_stop_cannot_be_chosen_and_the_gate_needs_a_name(client: Browser, stop: Stop) -> None:
    jincheng = campaigns.stop(host=campaigns.host_city("Jincheng"))
    assert client.get(f"/gate?stop={jincheng.id}&gate=A").status_code == 422
    page = client.get(f"/gate?stop={stop.id}&gate=++")
    assert page.status_code == 422
    assert 'id="gate-error"' in page.text


def test_whoever_is_on_duty_nowhere_is_told_so(client: Browser) -> None:
    stop = campaigns.stop(cancelled_at=now())
    client.sign_in(accounts.staff(Role.GATE_VOLUNTEER, stop_id=stop.id))
    page = client.get("/gate")
    assert page.status_code == 200
    assert 'class="empty"' in page.text


def test_the_choice_asks_the_database_as_often_for_three_stops_as_for_one(client: Browser) -> None:
    tour = campaigns.campaign()
    client.sign_in(accounts.staff(Role.ORGANISER, campaign_id=tour.id))
    campaigns.stop(of=tour)
    client.get("/gate")
    counts = []
    for _ in range(2):
        with counted() as statements:
            assert client.get("/gate").status_code == 200
        counts.append(len(statements))
        campaigns.stop(of=tour)
        campaigns.stop(of=tour, host=campaigns.host_city("Jincheng"))
    assert counts[0] == counts[1]


@pytest.mark.usefixtures("volunteer")
def test_the_gate_page_shows_how_many_of_how_many_are_in(client: Browser, stop: Stop) -> None:
    for _ in range(3):
        registration = registrations.registration(at=stop)
    client.post(f"/gate/{stop.id}", data={"code": registration.code, "gate": "东门"}, headers=FETCH)
    page = client.get(f"/gate/{stop.id}")
    assert 'max="3" value="1"' in page.text
    assert "李文博" in page.text


@pytest.mark.usefixtures("volunteer")
def test_a_gate_renamed_between_two_scans_keeps_its_name(client: Browser, stop: Stop) -> None:
    client.get(f"/gate?stop={stop.id}&gate=东门")
    client.post(f"/gate/{stop.id}", data={"code": "22222222", "gate": "西门"}, headers=FETCH)
    page = client.get(f"/gate/{stop.id}").text
    assert "西门" in page
    assert "东门" not in page


@pytest.mark.usefixtures("volunteer")
def test_a_scan_by_the_script_is_answered_with_a_piece_of_a_page_in_green(
    client: Browser, stop: Stop
) -> None:
    registration = registrations.registration(at=stop)
    make_first_key()
    data = {"code": ticket_for(registration) + "\r\n", "gate": "东门", "scan_id": str(uuid4())}
    answer = client.post(f"/gate/{stop.id}", data=data, headers=FETCH)
    assert answer.status_code == 200
    assert 'data-result="arrived"' in answer.text
    assert "李文博" in answer.text
    assert "山西大学" in answer.text
    assert "<html" not in answer.text
    again = client.post(f"/gate/{stop.id}", data=data, headers=FETCH)
    assert (again.status_code, 'data-result="arrived"' in again.text) == (200, True)
    assert counted_of(stop).arrived == 1


@pytest.mark.usefixtures("volunteer")
def test_the_gate_shows_name_unit_and_class_and_neither_mobile_nor_mail(client: Browser, stop: Stop) -> None:
    registration = registrations.registration(at=stop)
    pages = [
        client.post(f"/gate/{stop.id}", data={"code": registration.code, "gate": "东门"}).text,
        client.post(f"/gate/{stop.id}", data={"code": registration.code, "gate": "东门"}).text,
        client.get(f"/gate/{stop.id}/arrived").text,
    ]
    for page in pages:
        assert "李文博" in page
        assert str(registration.person.mobile)[-8:] not in page
        assert registration.email not in page
        assert registration.code not in page


@pytest.mark.usefixtures("volunteer")
def test_a_second_scan_is_answered_409_with_gate_and_time_of_the_first(client: Browser, stop: Stop) -> None:
    registration = registrations.registration(at=stop)
    client.post(f"/gate/{stop.id}", data={"code": registration.code, "gate": "东门"}, headers=FETCH)
    answer = client.post(f"/gate/{stop.id}", data={"code": registration.code, "gate": "西门"}, headers=FETCH)
    assert answer.status_code == 409
    assert 'data-result="already"' in answer.text
    assert "东门" in answer.text
    assert "西门" not in answer.text


@pytest.mark.usefixtures("volunteer")
def test_an_unknown_code_is_answered_404_and_one_that_waits_409(client: Browser, stop: Stop) -> None:
    unknown = client.post(f"/gate/{stop.id}", data={"code": "22222222", "gate": "A"}, headers=FETCH)
    assert (unknown.status_code, 'data-code="unknown_code"' in unknown.text) == (404, True)
    waits = registrations.registration(RegistrationState.WAITING, at=stop)
    answer = client.post(f"/gate/{stop.id}", data={"code": waits.code, "gate": "A"}, headers=FETCH)
    assert (answer.status_code, 'data-code="not_confirmed"' in answer.text) == (409, True)


@pytest.mark.usefixtures("volunteer")
def test_without_script_the_whole_page_comes_back_with_the_answer_and_a_new_form(
    client: Browser, stop: Stop
) -> None:
    registration = registrations.registration(at=stop)
    answer = client.post(f"/gate/{stop.id}", data={"code": registration.spaced_code, "gate": "东门"})
    assert answer.status_code == 200
    assert "<html" in answer.text
    assert 'data-result="arrived"' in answer.text
    refused = client.post(f"/gate/{stop.id}", data={"code": registration.code, "gate": "西门"})
    assert refused.status_code == 409
    assert "<html" in refused.text
    assert 'data-result="already"' in refused.text


@pytest.mark.usefixtures("volunteer")
@pytest.mark.parametrize(
    "data",
    [
        {"gate": "A"},
        {"code": "  ", "gate": "A"},
        {"code": "\x00\x01", "gate": "A"},
        {"code": "A" * 301, "gate": "A"},
        {"code": "22222222", "gate": ""},
        {"code": "22222222", "gate": "门" * 41},
        {"code": "22222222", "gate": "A", "scan_id": "7"},
    ],
)
def test_what_is_no_scan_is_answered_422(client: Browser, stop: Stop, data: dict[str, str]) -> None:
    assert client.post(f"/gate/{stop.id}", data=data, headers=FETCH).status_code == 422
    assert client.post(f"/gate/{stop.id}", data=data).status_code == 422


@pytest.mark.usefixtures("volunteer")
def test_a_null_character_does_not_reach_the_database(client: Browser, stop: Stop) -> None:
    registration = registrations.registration(at=stop)
    data = {"code": f"\x02{registration.code}\x00\r", "gate": "东\x00门"}
    assert client.post(f"/gate/{stop.id}", data=data, headers=FETCH).status_code == 200
    arrival = standing_check_in(registration.id)
    assert arrival is not None
    assert arrival.gate == "东门"


@pytest.mark.usefixtures("volunteer")
def test_another_citys_gate_is_not_there(client: Browser, stop: Stop) -> None:
    jincheng = campaigns.stop(host=campaigns.host_city("Jincheng"))
    registration = registrations.registration(at=jincheng)
    assert client.get(f"/gate/{jincheng.id}").status_code == 404
    assert client.get(f"/gate/{jincheng.id}/arrived").status_code == 404
    data = {"code": registration.code, "gate": "A"}
    assert client.post(f"/gate/{jincheng.id}", data=data, headers=FETCH).status_code == 404
    assert client.post(f"/gate/{stop.id}", data=data, headers=FETCH).status_code == 409
    assert standing_check_in(registration.id) is None


def test_whoever_may_not_check_in_does_not_see_the_gate(client: Browser, stop: Stop) -> None:
    client.sign_in(accounts.staff(Role.RECRUITER))
    assert client.get("/gate").status_code == 403
    assert client.post(f"/gate/{stop.id}", data={"code": "x", "gate": "A"}).status_code == 403


@pytest.mark.usefixtures("volunteer")
def test_an_arrival_is_undone_where_its_answer_stands(client: Browser, stop: Stop) -> None:
    registration = registrations.registration(at=stop)
    client.post(f"/gate/{stop.id}", data={"code": registration.code, "gate": "A"}, headers=FETCH)
    arrival = db.session.scalars(select(CheckIn).where(CheckIn.registration_id == registration.id)).one()
    assert client.post(f"/gate/{stop.id}/void/{arrival.id}", headers=FETCH).status_code == 204
    assert standing_check_in(registration.id) is None
    again = client.post(f"/gate/{stop.id}", data={"code": registration.code, "gate": "A"}, headers=FETCH)
    assert again.status_code == 200


def test_undoing_a_colleagues_scan_is_refused_and_another_stops_is_not_there(
    client: Browser, stop: Stop, volunteer: Staff
) -> None:
    registration = registrations.registration(at=stop)
    client.post(f"/gate/{stop.id}", data={"code": registration.code, "gate": "A"}, headers=FETCH)
    arrival = db.session.scalars(select(CheckIn).where(CheckIn.registration_id == registration.id)).one()
    client.sign_in(accounts.staff(Role.GATE_VOLUNTEER, stop_id=stop.id))
    refused = client.post(f"/gate/{stop.id}/void/{arrival.id}", headers=FETCH)
    assert (refused.status_code, 'data-code="not_yours_to_undo"' in refused.text) == (403, True)
    other = campaigns.stop(host=campaigns.host_city("Jincheng"))
    client.sign_in(accounts.staff(Role.ORGANISER, host_city_id=other.host_city_id))
    assert client.post(f"/gate/{other.id}/void/{arrival.id}").status_code == 404
    assert standing_check_in(registration.id) is not None


def test_the_list_of_arrivals_offers_the_undo_to_an_organiser_and_tells_what_was_done(
    client: Browser, stop: Stop, volunteer: Staff
) -> None:
    registration = registrations.registration(at=stop)
    client.post(f"/gate/{stop.id}", data={"code": registration.code, "gate": "A"}, headers=FETCH)
    arrival = db.session.scalars(select(CheckIn).where(CheckIn.registration_id == registration.id)).one()
    undo = f"/gate/{stop.id}/void/{arrival.id}"
    client.sign_in(accounts.staff(Role.GATE_VOLUNTEER, stop_id=stop.id))
    assert undo not in client.get(f"/gate/{stop.id}/arrived").text
    client.sign_in(accounts.staff(Role.ORGANISER, host_city_id=stop.host_city_id))
    assert undo in client.get(f"/gate/{stop.id}/arrived").text
    answer = client.post(undo, data={"reason": "同名"}, follow_redirects=True)
    assert answer.status_code == 200
    assert "李文博" in answer.text
    assert standing_check_in(registration.id) is None


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements sent to the database inside a ``with``."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(db.engine.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(db.engine.engine, "before_cursor_execute", note)

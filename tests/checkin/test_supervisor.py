"""What only a device that supervises may: let in by name, undo any scan of its checkpoints, register on the spot."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from accounts.models import Role
from audit.models import AuditEntry
from checkin.lookups import arrival_point, standing_check_in
from checkin.models import CheckIn, DeviceRole, Scan, ScanUndo, Verdict
from people.find_or_add import find_or_add
from people.models import Person
from privacy.models import Consent
from registrations.models import Registration, RegistrationState, Way
from registrations.register import CONSENT_VERSION
from registrations.tickets import make_first_key
from shared.clock import now
from shared.db import db
from tests.checkin.test_api import Gate, another, described, fits
from tests.conftest import Browser
from tests.counting import CountQueries
from tests.factories import accounts, campaigns, gates, registrations


@pytest.fixture
def desk(client: Browser) -> Gate:
    """A device that supervises the door of a stop that has begun."""
    stop = campaigns.stop(
        capacity=3,
        starts_at=now() - timedelta(minutes=5),
        ends_at=now() + timedelta(hours=6),
        registration_closes_at=now() - timedelta(days=1),
    )
    make_first_key()
    device = gates.device(stop, role=DeviceRole.SUPERVISE, name="服务台")
    return Gate(client, stop, device, gates.token_of(device))


def typed(**changes: Any) -> dict[str, Any]:
    """What the app sends of somebody on the spot."""
    return {
        "id": str(uuid4()),
        "full_name": "康定国",
        "mobile": "139 0000 1234",
        "unit": "山西大学",
        "consent_version": CONSENT_VERSION,
        **changes,
    }


def count(model: type[Any]) -> int:
    """How many rows there are."""
    return int(db.session.scalar(select(func.count()).select_from(model)) or 0)


# --- by name ----------------------------------------------------------------------------------------------------------


def by_name(desk: Gate, registration_id: int, **more: Any) -> Any:
    """Letting in somebody who was found by name."""
    place = min(desk.device.checkpoint_ids)
    return desk.post(
        "/scans", {"id": str(uuid4()), "checkpoint_id": place, "registration_id": registration_id, **more}
    )


def test_whoever_was_found_by_name_is_let_in_like_anybody_with_a_ticket(
    desk: Gate, count_queries: CountQueries
) -> None:
    here, elsewhere = registrations.registration(at=desk.stop), registrations.registration()
    waits = registrations.registration(RegistrationState.WAITING, at=desk.stop)
    with count_queries() as counted:
        first = by_name(desk, here.id)
    assert len(counted) <= 4
    assert (first.json["let_in"], first.json["name"]) == (True, here.person.full_name)
    fits(described("/api/v1/scans", "post", 200), first.json)
    assert desk.scan(here.code).json["reason"] == "already_checked_in"
    assert by_name(desk, here.id).json["first"]["gate"] == "服务台"
    assert by_name(desk, waits.id).json["reason"] == "not_confirmed"
    # Another stop's people are nobody here: numbers can be guessed.
    for nobody in (elsewhere.id, 999_999):
        answer = by_name(desk, nobody).json
        assert (answer["reason"], answer["name"]) == ("unknown_code", None)
    # With a code it is a companion that is meant: whoever is in no delegation with the holder does not come along.
    alone = registrations.registration(at=desk.stop)
    assert by_name(desk, alone.id, code=here.code).json["reason"] == "unknown_code"
    assert standing_check_in(alone.id) is None


def test_alone_a_supervisor_lets_in_by_name_too_and_nobody_else_can(desk: Gate) -> None:
    here, elsewhere = registrations.registration(at=desk.stop), registrations.registration()
    scans = [
        {**{k: v for k, v in desk.upload(here).items() if k != "code"}, "registration_id": number}
        for number in (here.id, elsewhere.id)
    ]
    for _ in range(2):
        answer = desk.post("/scans/batch", {"scans": scans}).json["results"]
        assert [(one["kept"], one["set_aside"]) for one in answer] == [(True, None), (False, "unknown_code")]
    assert standing_check_in(here.id) is not None
    # A device that only scans has no list to search, so a name from it is not believed.
    scanner = another(desk, name="东门一号")
    stranger = registrations.registration(at=desk.stop)
    assert by_name(scanner, stranger.id).status_code == 403
    one = {**scans[0], "id": str(uuid4()), "registration_id": stranger.id}
    (told,) = scanner.post("/scans/batch", {"scans": [one]}).json["results"]
    assert (told["kept"], told["set_aside"]) == (False, "not_understood")
    assert standing_check_in(stranger.id) is None


def test_search_names_the_passes_so_that_a_supervisor_may_undo_another_devices_scan(
    desk: Gate, count_queries: CountQueries
) -> None:
    people = [registrations.registration(at=desk.stop, full_name="王建国")]
    scanner = another(desk, name="东门一号")
    scanner.scan(people[0].code)
    with count_queries() as one:
        (found,) = desk.get("/search?q=王建").json["people"]
    (passed,) = found["passed"]
    assert passed["gate"] == "东门一号"
    assert desk.post(f"/scans/{passed['scan_id']}/undo").status_code == 200
    assert standing_check_in(people[0].id) is None
    people += [registrations.registration(at=desk.stop, full_name=name) for name in ("王建军", "王建华")]
    for person in people:
        scanner.scan(person.code)
    with count_queries() as two:
        answer = desk.get("/search?q=王建")
    assert len(answer.json["people"]) == 3
    assert len(one) == len(two)
    fits(described("/api/v1/search", "get", 200), answer.json)


def test_only_a_supervisors_list_can_be_searched_by_sound(desk: Gate) -> None:
    registrations.registration(at=desk.stop, full_name="王建国")
    (person,) = desk.get("/bundle").json["people"]
    assert person["y"] == ["wangjianguo", "wjg"]
    fits(described("/api/v1/bundle", "get", 200), desk.get("/bundle").json)
    assert "y" not in another(desk, name="东门一号").get("/bundle").json["people"][0]


# --- on the spot ------------------------------------------------------------------------------------------------------


def test_a_walk_in_sent_again_is_one_person_one_seat_and_one_arrival(desk: Gate) -> None:
    one = typed()
    for _ in range(3):
        answer = desk.post("/walk-ins", one)
        assert answer.status_code == 201, answer.text
        fits(described("/api/v1/walk-ins", "post", 201), answer.json)
        assert (answer.json["let_in"], answer.json["name"], answer.json["unit"]) == (
            True,
            "康定国",
            "山西大学",
        )
    registration = db.session.scalars(select(Registration)).one()
    assert (registration.way, registration.state) == (Way.WALK_IN, RegistrationState.CONFIRMED)
    assert answer.json["registration_id"] == registration.id
    assert (count(Person), count(CheckIn), count(Scan), desk.stop.seats_taken) == (1, 1, 1, 1)
    scan = db.session.scalars(select(Scan)).one()
    assert (str(scan.id), scan.device_id, scan.asked) == (one["id"], desk.device.id, True)
    consent = db.session.scalars(select(Consent)).one()
    assert consent.registration_id == registration.id
    assert (
        db.session.scalar(select(AuditEntry.staff_id).where(AuditEntry.act == "register"))
        == desk.device.vouched_by_id
    )
    # The number is his: with another's name it is not understood, and nobody is made.
    for other in ({"full_name": "康定邦"}, {"mobile": "139 0000 9999"}):
        refused = desk.post("/walk-ins", {**one, **other})
        assert (refused.status_code, refused.json["error"]) == (409, "walk_in_used_before")
    assert (count(Person), count(Registration)) == (1, 1)


def test_one_written_down_without_a_network_has_arrived_when_he_was_written_down(desk: Gate) -> None:
    at = now() - timedelta(minutes=40)
    one = typed(device_at=(at - timedelta(minutes=10)).isoformat(), clock_ahead_ms=600_000)
    # The first try was asked at once and its answer lost; or it never came: the end is the same.
    for _ in range(2):
        assert desk.post("/walk-ins", one).status_code == 201
    arrival = db.session.scalars(select(CheckIn)).one()
    assert (abs(arrival.arrived_at - at) < timedelta(seconds=1), arrival.asked) == (True, False)
    asked = typed(full_name="郑思远", mobile="139 0000 5678")
    assert desk.post("/walk-ins", asked).status_code == 201
    assert desk.post("/walk-ins", {**asked, "device_at": at.isoformat()}).status_code == 201
    assert (count(CheckIn), count(Scan), count(Registration)) == (2, 2, 2)
    # Undone meanwhile, sent again: it stays undone.
    assert desk.post(f"/scans/{asked['id']}/undo").status_code == 200
    assert desk.post("/walk-ins", {**asked, "device_at": at.isoformat()}).status_code == 201
    assert (
        db.session.get_one(Scan, db.session.scalars(select(ScanUndo.scan_id)).one()).verdict is Verdict.UNDONE
    )
    assert count(Scan) == 2


def test_what_is_wrong_stands_beside_its_field_and_keeps_nobody(desk: Gate) -> None:
    for field, wrong in (("full_name", "1"), ("mobile", "12"), ("unit", ""), ("consent_version", "none")):
        answer = desk.post("/walk-ins", typed(**{field: wrong}))
        assert (answer.status_code, answer.json["error"], list(answer.json["fields"])) == (
            422,
            "not_valid",
            [field],
        )
        fits(described("/api/v1/walk-ins", "post", 422), answer.json)
    assert desk.post("/walk-ins", typed(id="7")).status_code == 400
    assert desk.post("/walk-ins", typed(badge_class="king")).status_code == 422
    assert count(Registration) == 0
    known = registrations.registration(at=desk.stop)
    answer = desk.post("/walk-ins", typed(mobile=str(known.person.mobile)))
    assert (answer.status_code, answer.json["registration_id"]) == (409, known.id)
    assert known.person.full_name in answer.json["fields"]["mobile"]
    fits(described("/api/v1/walk-ins", "post", 409), answer.json)
    waits = registrations.registration(RegistrationState.WAITING, at=desk.stop)
    assert "registration_id" not in desk.post("/walk-ins", typed(mobile=str(waits.person.mobile))).json
    for _ in range(2):
        registrations.registration(at=desk.stop)
    full = desk.post("/walk-ins", typed())
    assert (full.status_code, full.json["error"]) == (409, "stop_is_full")


def test_only_a_supervisor_at_the_door_registers_and_only_where_whoever_vouches_for_it_may(
    desk: Gate,
) -> None:
    scanner = another(desk, name="东门一号")
    kiosk = another(desk, name="自助一号", role=DeviceRole.KIOSK)
    for one in (scanner, kiosk):
        for answer in (one.post("/walk-ins", typed()), one.get("/search?q=康定国")):
            assert (answer.status_code, answer.json["error"]) == (403, "not_for_this_role")
    dinner = another(desk, gates.checkpoint(desk.stop), name="晚宴", role=DeviceRole.SUPERVISE)
    assert dinner.post("/walk-ins", typed()).json["error"] == "not_its_checkpoint"
    volunteer = accounts.staff(Role.GATE_VOLUNTEER, host_city_id=desk.stop.host_city_id)
    by_volunteer = another(desk, name="志愿者", role=DeviceRole.SUPERVISE, vouched_by=volunteer)
    assert by_volunteer.post("/walk-ins", typed()).status_code == 403
    assert count(Registration) == 0
    assert arrival_point(desk.stop.id).id in desk.device.checkpoint_ids


def test_a_walk_in_known_before_by_another_spelling_is_sent_again_as_well(desk: Gate) -> None:
    """Who was here last year with the same mobile stays the person he was, by the name he had."""
    known = find_or_add(full_name="张国强", mobile="+8613900001234", email="")
    db.session.commit()
    sent = typed(full_name="張國強")
    for _lost_answer in range(2):
        answer = desk.post("/walk-ins", sent)
        assert (answer.status_code, answer.json.get("let_in")) == (201, True), answer.json
    here = db.session.scalars(select(Registration).where(Registration.stop_id == desk.stop.id)).one()
    assert here.person_id == known.id
    other = desk.post("/walk-ins", {**sent, "full_name": "李四"})
    assert other.json["error"] == "walk_in_used_before"

"""What the office wants the gate to know of somebody: shown at the scan, to the gate of that stop, where notes are shown."""

from __future__ import annotations

from typing import Any

from accounts.models import Role
from checkin.lookups import arrival_point
from checkin.models import DeviceRole
from shared.db import db
from tests.checkin.test_api import Gate, another, gate  # noqa: F401 - the fixture
from tests.conftest import Browser
from tests.factories import accounts, campaigns, gates, registrations

NOTE = "院士，请通知王主任"


def held_of(one: Gate, registration_id: int) -> dict[str, Any]:
    """What a device's list says of somebody."""
    people = one.get("/bundle").json["people"]
    return next(person for person in people if person["i"] == registration_id)


def test_a_note_is_shown_at_the_scan_and_held_by_devices_where_notes_are_shown(gate: Gate) -> None:  # noqa: F811
    noted = registrations.registration(at=gate.stop, gate_note=NOTE)
    plain = registrations.registration(at=gate.stop)
    elsewhere = registrations.registration(at=campaigns.stop(), gate_note=NOTE)
    assert gate.scan(noted.code).json["attention"] == NOTE
    again = gate.scan(noted.code).json
    assert (again["reason"], again["attention"]) == ("already_checked_in", NOTE)
    assert gate.scan(plain.code).json["attention"] is None
    assert gate.scan(elsewhere.code).json["attention"] is None  # another stop's guest
    assert held_of(gate, noted.id)["a"] == NOTE
    assert held_of(gate, plain.id)["a"] is None

    kiosk = another(gate, role=DeviceRole.KIOSK)
    assert kiosk.scan(noted.code).json["attention"] is None
    assert held_of(kiosk, noted.id)["a"] is None

    dinner = gates.checkpoint(gate.stop, shows_notes=False)
    at_dinner = another(gate, dinner)
    assert at_dinner.scan(noted.code).json["attention"] is None
    assert held_of(at_dinner, noted.id)["a"] is None
    both = another(gate, dinner, arrival_point(gate.stop.id))
    held = both.get("/bundle").json
    assert {point["id"]: point["shows_notes"] for point in held["checkpoints"]}[dinner.id] is False
    assert held_of(both, noted.id)["a"] == NOTE  # shown at the door alone: static/checkin/app/attention.js


def test_the_staffs_own_gate_page_shows_it_and_the_organiser_may_switch_it_off(client: Browser) -> None:
    stop = campaigns.stop()
    noted = registrations.registration(at=stop, gate_note=NOTE)
    client.sign_in(accounts.staff(Role.ORGANISER, host_city_id=stop.host_city_id))
    page = client.post(f"/gate/{stop.id}", data={"code": noted.code, "gate": "东门"})
    assert NOTE in page.text
    assert 'data-attention="' in page.text
    again = client.post(f"/gate/{stop.id}", data={"code": noted.code, "gate": "东门"})
    assert again.status_code == 409
    assert NOTE in again.text

    door = arrival_point(stop.id)
    assert (
        client.post(f"/gate/{stop.id}/checkpoints/{door.id}/seen", data={"csrf_token": "x"}).status_code
        == 303
    )
    db.session.refresh(door)
    assert door.shows_notes is False
    quiet = client.post(f"/gate/{stop.id}", data={"code": noted.code, "gate": "东门"})
    assert NOTE not in quiet.text

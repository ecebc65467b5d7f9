"""The API for devices: what it answers, to whom, and that it is as it describes itself."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import func, select

from audit.models import AuditEntry
from campaigns.models import Stop
from checkin.api_description import description
from checkin.lookups import arrival_point, standing_check_in
from checkin.models import CheckIn, Device, DeviceRole, DeviceSighting, Often, Scan, SetAside
from registrations.models import Registration, RegistrationState
from registrations.tickets import make_first_key, ticket_for
from shared.clock import now
from shared.db import db
from shared.display import day
from tests.conftest import Browser
from tests.counting import CountQueries
from tests.factories import campaigns, gates, registrations


@dataclass
class Gate:
    """A stop, one of its devices, and how the device asks."""

    client: Browser
    stop: Stop
    device: Device
    shows: dict[str, str]

    def get(self, path: str, **more: str) -> Any:
        """A question."""
        return self.client.get(f"/api/v1{path}", headers={**self.shows, **more})

    def post(self, path: str, body: Any = None, **more: str) -> Any:
        """Something sent as JSON."""
        return self.client.post(f"/api/v1{path}", json=body, headers={**self.shows, **more})

    def scan(self, code: str, scan_id: UUID | None = None, **more: Any) -> Any:
        """One scan at the device's first checkpoint."""
        place = min(self.device.checkpoint_ids)
        return self.post(
            "/scans", {"id": str(scan_id or uuid4()), "checkpoint_id": place, "code": code, **more}
        )

    def upload(self, registration: Registration, **more: Any) -> dict[str, Any]:
        """A scan made alone."""
        return {
            "id": str(uuid4()),
            "checkpoint_id": min(self.device.checkpoint_ids),
            "code": registration.code,
            "direction": "in",
            "device_at": now().isoformat(),
            "clock_ahead_ms": 0,
            "reason": None,
            **more,
        }


@pytest.fixture
def gate(client: Browser) -> Gate:
    """A device that supervises the door."""
    stop = campaigns.stop()
    make_first_key()
    device = gates.device(stop, role=DeviceRole.SUPERVISE)
    return Gate(client, stop, device, gates.token_of(device))


def another(gate: Gate, *points: Any, **changes: Any) -> Gate:
    """A further device of the same stop."""
    device = gates.device(gate.stop, *points, **changes)
    return Gate(gate.client, gate.stop, device, gates.token_of(device))


# --- as described -----------------------------------------------------------------------------------------------------


def fits(shape: dict[str, Any], value: Any, at: str = "") -> None:
    """Whether ``value`` is as ``shape`` says: the part of JSON Schema that the description uses."""
    if "$ref" in shape:
        shape = description()["components"]["schemas"][shape["$ref"].rsplit("/", 1)[1]]
    if "oneOf" in shape:
        if value is None:
            return None
        shape = shape["oneOf"][0]
        return fits(shape, value, at)
    if "enum" in shape:
        assert value in shape["enum"], f"{at}: {value!r}"
    if "type" not in shape:
        return None
    kinds = shape["type"] if isinstance(shape["type"], list) else [shape["type"]]
    python: dict[str, Any] = {"string": str, "integer": int, "boolean": bool, "number": (int, float), "array": list,
              "object": dict, "null": type(None)}  # fmt: skip
    assert any(isinstance(value, python[kind]) for kind in kinds), f"{at}: {value!r} is no {kinds}"
    if isinstance(value, list) and "items" in shape:
        for number, one in enumerate(value):
            fits(shape["items"], one, f"{at}[{number}]")
    if isinstance(value, dict):
        known = shape.get("properties", {})
        for name in shape.get("required", []):
            assert name in value, f"{at}.{name} is missing"
        for name, one in value.items():
            if name in known:
                fits(known[name], one, f"{at}.{name}")
            elif isinstance(shape.get("additionalProperties"), dict):
                fits(shape["additionalProperties"], one, f"{at}.{name}")
            else:
                assert shape.get("additionalProperties", True), f"{at}.{name} is not described"
    return None


def described(path: str, method: str, status: int) -> dict[str, Any]:
    """What an answer must look like."""
    answer = description()["paths"][path][method]["responses"][str(status)]
    shape: dict[str, Any] = answer["content"]["application/json"]["schema"]
    return shape


def test_it_is_described_at_each_address_and_each_answer_is_as_described(app: Flask, gate: Gate) -> None:
    rules = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert rules == {(path, method) for path, methods in description()["paths"].items() for method in methods}
    assert gate.client.get("/api/v1/openapi.json").json == description()
    registration = registrations.registration(at=gate.stop)
    item = registrations.registration(RegistrationState.WITHDRAWN, at=gate.stop)
    scanned = uuid4()
    answers = {
        ("/api/v1/device", "get"): gate.get("/device"),
        ("/api/v1/scans", "post"): gate.scan(registration.code, scanned),
        ("/api/v1/scans/batch", "post"): gate.post(
            "/scans/batch", {"scans": [gate.upload(registration), gate.upload(item), 7]}
        ),
        ("/api/v1/bundle", "get"): gate.get("/bundle"),
        ("/api/v1/search", "get"): gate.get(f"/search?q={registration.code}"),
        ("/api/v1/scans/{scan_id}/undo", "post"): gate.post(f"/scans/{scanned}/undo"),
    }
    for (path, method), answer in answers.items():
        assert answer.status_code == 200, (path, answer.text)
        fits(described(path, method, 200), answer.json, path)
        assert answer.json["server_time"].endswith("Z")
    for answer in (gate.scan(registration.code), gate.scan("22222222"), gate.scan(item.code)):
        fits(described("/api/v1/scans", "post", 200), answer.json)
    with pytest.raises(AssertionError):  # the negative control: the check sees what is missing
        fits(described("/api/v1/device", "get", 200), {"server_time": "x"})


# --- one scan ---------------------------------------------------------------------------------------------------------


def test_a_scan_is_green_once_then_says_when_and_where_the_first_was(gate: Gate) -> None:
    registration = registrations.registration(at=gate.stop)
    ticket, scan_id = ticket_for(registration), uuid4()
    green = gate.scan(ticket, scan_id).json
    assert (green["let_in"], green["reason"], green["name"]) == (True, None, registration.person.full_name)
    assert gate.scan(ticket, scan_id).json["let_in"], "sent again because its answer was lost"
    red = gate.scan(ticket).json
    assert (red["let_in"], red["reason"]) == (False, "already_checked_in")
    assert red["first"] == {"at": green["at"], "gate": gate.device.name}
    arrival = standing_check_in(registration.id)
    assert arrival is not None and arrival.scanned_by_id == gate.device.vouched_by_id
    scan = db.session.get_one(Scan, scan_id)
    assert (scan.device_id, scan.asked) == (gate.device.id, True)


def test_red_has_its_reason_and_a_ticket_of_another_stop_tells_no_name(gate: Gate) -> None:
    other = registrations.registration(at=campaigns.stop(host=campaigns.host_city("Jincheng")))
    answer = gate.scan(other.code).json
    assert (answer["reason"], answer["name"], answer["unit"]) == ("not_for_this_stop", None, None)
    assert gate.scan("22222222").json["reason"] == "unknown_code"
    english = gate.scan("22222222").json["message"], gate.post(
        "/scans",
        {"id": str(uuid4()), "checkpoint_id": min(gate.device.checkpoint_ids), "code": "22222222"},
        **{"Accept-Language": "en-GB"},
    ).json["message"]  # fmt: skip
    assert english[0] != english[1] and english[1].isascii()


def test_an_online_scan_takes_at_most_four_statements(gate: Gate, count_queries: CountQueries) -> None:
    first, second = (ticket_for(registrations.registration(at=gate.stop)) for _ in range(2))
    gate.scan(first)  # the keys are read
    scan = {"id": str(uuid4()), "checkpoint_id": min(gate.device.checkpoint_ids), "code": second}
    with count_queries() as sent:
        assert gate.post("/scans", scan).json["let_in"]
    assert len(sent) <= 4, sent.listed()


def test_a_kiosk_hides_names_and_a_full_room_says_how_full(gate: Gate) -> None:
    room = gates.checkpoint(gate.stop, often=Often.IN_AND_OUT, capacity=1)
    kiosk = another(gate, room, role=DeviceRole.KIOSK)
    one, two = (registrations.registration(at=gate.stop) for _ in range(2))
    answer = kiosk.scan(one.code).json
    assert (answer["name"], answer["unit"]) == (f"{one.person.full_name[0]}**", None)
    assert answer["within"] == {"number": 1, "most": 1}
    assert kiosk.scan(two.code).json["reason"] == "no_room_within"
    assert kiosk.scan(one.code, direction="out").json["within"] == {"number": 0, "most": 1}
    held = kiosk.get("/bundle").json["people"]
    assert {person["u"] for person in held} == {None} and one.person.full_name not in str(held)
    assert kiosk.get("/search?q=李文").status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "7"}, {"id": str(UUID(int=7))}, {"id": None}, {"checkpoint_id": "1"}, {"checkpoint_id": True},
        {"checkpoint_id": 2**40}, {"code": ""}, {"code": "A\0B"}, {"code": "\ud800"}, {"code": "A" * 301},
        {"code": 5}, {"direction": "up"},
    ],
)  # fmt: skip
def test_what_is_not_as_described_is_refused_with_a_sentence(gate: Gate, wrong: dict[str, Any]) -> None:
    body = {"id": str(uuid4()), "checkpoint_id": min(gate.device.checkpoint_ids), "code": "22222222"}
    answer = gate.post("/scans", {**body, **wrong})
    assert (answer.status_code, answer.json["error"]) == (400, "not_understood")
    assert next(iter(wrong)) in answer.json["message"]


def test_what_is_no_json_object_is_refused(gate: Gate) -> None:
    for body in (b"", b"[]", b"{", b"\xff", b'{"id": NaN}', b"[" * 100_000, b'"\\ud800"'):
        answer: Any = gate.client.post("/api/v1/scans", data=body, headers=gate.shows)
        assert (answer.status_code, answer.json["error"]) == (400, "not_understood"), body[:10]
    big: Any = gate.client.post("/api/v1/scans", data=b" " * (1024 * 1024 + 1), headers=gate.shows)
    assert (big.status_code, big.json["error"]) == (413, "too_much_at_once")
    assert gate.get("/nothing").status_code == 404


# --- many at once -----------------------------------------------------------------------------------------------------


def test_one_bad_item_keeps_none_of_the_others_out_and_is_kept_itself(gate: Gate) -> None:
    good = [gate.upload(registrations.registration(at=gate.stop)) for _ in range(2)]
    bad = [
        {**good[0], "id": "no-uuid"},
        {**good[0], "id": str(uuid4()), "code": "A\0"},
        {**good[0], "id": str(uuid4()), "device_at": "gestern"},
        {**good[0], "id": str(uuid4()), "clock_ahead_ms": 10**400},
        ["x", "\ud800"],
    ]
    for _ in range(2):
        answer = gate.post("/scans/batch", {"scans": [bad[0], good[0], *bad[1:], good[1]]})
        results = answer.json["results"]
        assert [one["set_aside"] for one in results] == [
            "not_understood", None, *["not_understood"] * 4, None,
        ]  # fmt: skip
        assert [one["verdict"] for one in results if one["kept"]] == ["first", "first"]
        assert (results[0]["id"], results[-2]["id"]) == ("no-uuid", None)
    kept = db.session.scalars(select(SetAside)).all()
    assert len(kept) == len(bad) and good[0]["code"] not in str([row.payload for row in kept])


def test_five_hundred_come_in_at_once_and_one_more_does_not(gate: Gate) -> None:
    people = [registrations.registration(at=gate.stop) for _ in range(20)]
    scans = [gate.upload(people[number % 20]) for number in range(500)]
    answer = gate.post("/scans/batch", {"scans": scans})
    assert answer.status_code == 200 and all(one["kept"] for one in answer.json["results"])
    arrived = select(func.count()).select_from(CheckIn).where(CheckIn.stop_id == gate.stop.id)
    assert db.session.scalar(arrived) == 20
    assert db.session.scalar(select(func.count()).select_from(Scan)) == 500
    assert gate.post("/scans/batch", {"scans": [*scans, scans[0]]}).status_code == 413


def test_alone_a_device_is_told_afterwards_who_had_not_chosen_or_arrived(gate: Gate) -> None:
    dinner = gates.checkpoint(gate.stop, after_arrival=True)
    door = arrival_point(gate.stop.id)
    alone = another(gate, dinner, door)
    came, came_late, stranger = (registrations.registration(at=gate.stop) for _ in range(3))
    gate.scan(came.code)
    start = now()

    def at(registration: Registration, point: Any, minute: int) -> dict[str, Any]:
        moment = (start + timedelta(minutes=minute)).isoformat()
        return gate.upload(registration, checkpoint_id=point.id, device_at=moment)

    sent = [at(came, dinner, 2), at(came_late, dinner, 3), at(came_late, door, 1), at(stranger, dinner, 2)]
    answer = alone.post("/scans/batch", {"scans": sent})
    assert [one["verdict"] for one in answer.json["results"]] == ["first"] * 4
    objections = [db.session.get_one(Scan, UUID(one["id"])).objection for one in sent]
    assert objections == [None, None, None, "not_arrived_yet"]


def test_undone_is_what_was_scanned_here_or_what_one_supervises(gate: Gate) -> None:
    registration, ours, theirs = registrations.registration(at=gate.stop), uuid4(), uuid4()
    plain, other = another(gate, name="甲"), another(gate, name="乙")
    assert plain.scan(registration.code, ours).json["let_in"]
    refused = other.post(f"/scans/{ours}/undo")
    assert (refused.status_code, refused.json["error"]) == (403, "not_yours_to_undo")
    assert other.post("/scans/batch", {"undone": [str(ours)]}).status_code == 200
    assert standing_check_in(registration.id) is not None, "nor by an upload"
    for _ in range(2):
        assert plain.post(f"/scans/{ours}/undo").json["undone"]
    assert standing_check_in(registration.id) is None
    assert plain.scan(registration.code, theirs).json["let_in"]
    assert gate.post(f"/scans/{theirs}/undo").status_code == 200
    assert gate.post(f"/scans/{uuid4()}/undo").status_code == 404
    old = plain.upload(registration, device_at=(now() - timedelta(minutes=20)).isoformat())
    plain.post("/scans/batch", {"scans": [old]})
    assert plain.post(f"/scans/{old['id']}/undo").json["error"] == "undo_too_late"


# --- what it holds ----------------------------------------------------------------------------------------------------


def test_the_bundle_holds_the_stops_people_and_their_codes_as_hashes(gate: Gate) -> None:
    one = registrations.registration(at=gate.stop)
    gone = registrations.registration(RegistrationState.WITHDRAWN, at=gate.stop)
    other = registrations.registration(at=campaigns.stop())
    gate.scan(one.code)
    answer = gate.get("/bundle")
    held = answer.json
    (person,) = held["people"]
    salt = base64.b64decode(held["salt"])
    assert len(salt) == 16
    assert base64.b64decode(person["h"]) == hashlib.sha256(salt + one.code.encode()).digest()[:12]
    assert (person["i"], person["n"], person["s"]) == (one.id, one.person.full_name, "confirmed")
    assert person["p"][str(arrival_point(gate.stop.id).id)]["gate"] == gate.device.name
    assert held["revoked"] == [gone.id]
    assert other.id not in [person["i"] for person in held["people"]]
    for unwanted in (one.code, one.email, one.person.mobile):
        assert str(unwanted) not in answer.text
    again = gate.get("/bundle", **{"If-None-Match": answer.headers["ETag"], "Accept-Encoding": "gzip"})
    assert again.status_code == 304 and not again.data
    registrations.registration(at=gate.stop)
    assert gate.get("/bundle", **{"If-None-Match": answer.headers["ETag"]}).status_code == 200
    assert another(gate).get("/bundle").json["salt"] != held["salt"]


def test_the_bundle_of_a_cancelled_stop_says_so_and_names_nobody(gate: Gate) -> None:
    registrations.registration(at=gate.stop)
    before = gate.get("/bundle")
    assert (before.json["cancelled_at"], len(before.json["people"])) == (None, 1)
    gate.stop.cancelled_at = now()
    held = gate.get("/bundle", **{"If-None-Match": before.headers["ETag"]}).json
    assert held["cancelled_at"] and (held["people"], held["revoked"], held["reissued"]) == ([], [], {})
    assert gate.get("/device").json["device"]["stop"]["cancelled_at"] == held["cancelled_at"]


def test_the_bundle_tells_where_the_campaigns_other_stops_are(gate: Gate) -> None:
    other = campaigns.stop(
        of=gate.stop.campaign, city_zh="大同", venue_zh="古城会堂", starts_at=now() - timedelta(days=1)
    )
    campaigns.stop()
    stops = gate.get("/bundle").json["other_stops"]
    assert stops == {str(other.id): {"city": "大同", "venue": "古城会堂", "day": day(other.starts_at)}}


def test_search_finds_people_of_the_stop_and_is_recorded(gate: Gate) -> None:
    here = registrations.registration(at=gate.stop)
    registrations.registration(at=campaigns.stop(), person=here.person)
    answer = gate.get(f"/search?q={here.person.full_name}")
    (found,) = answer.json["people"]
    assert (found["registration_id"], found["arrived_at"]) == (here.id, None)
    assert found["mobile_tail"] == (here.person.mobile or "")[-4:]
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "search_at_gate")).one()
    assert entry.details == {"shown": [here.id]}
    assert gate.get("/search?q=李").status_code == 400
    assert another(gate).get("/search?q=李文").status_code == 403


def test_what_a_device_says_of_itself_is_kept(gate: Gate) -> None:
    gate.get("/device?pending=12&held_at=2026-05-01T08:00:00Z")
    gate.get("/device")
    seen = db.session.get_one(DeviceSighting, gate.device.id)
    assert (seen.pending, seen.held_at is not None) == (12, True)
    assert gate.get("/device?pending=-1").status_code == 400
    assert gate.get("/device?held_at=now").status_code == 400


# --- who may not ------------------------------------------------------------------------------------------------------


def each(gate: Gate, scan_id: UUID) -> Iterator[Any]:
    """Everything that can be asked for the rows of this gate's stop."""
    point, scan = arrival_point(gate.stop.id).id, {"id": str(uuid4()), "code": "22222222"}
    yield ("post", "/scans", {**scan, "checkpoint_id": point})
    yield ("post", f"/scans/{scan_id}/undo", None)
    yield ("get", "/device", None)
    yield ("get", "/bundle", None)
    yield ("get", "/search?q=李文", None)


def test_a_revoked_device_is_told_so_at_once_and_hands_in_what_it_has_for_seven_days(gate: Gate) -> None:
    registration, scanned = registrations.registration(at=gate.stop), uuid4()
    gate.scan(registration.code, scanned)
    late = gate.upload(registration)
    gate.device.revoked_at = now() - timedelta(minutes=1)
    for method, path, body in each(gate, scanned):
        answer = gate.get(path) if method == "get" else gate.post(path, body)
        assert (answer.status_code, answer.json["error"]) == (401, "device_revoked"), path
    taken = gate.post("/scans/batch", {"scans": [late]})
    assert taken.json["results"][0]["kept"]
    assert db.session.get_one(Scan, UUID(late["id"])).objection == "device_revoked"
    gate.device.revoked_at = now() - timedelta(days=8)
    assert gate.post("/scans/batch", {"scans": [late]}).json["error"] == "device_revoked"
    gate.device.revoked_at, gate.device.expires_at = None, now() - timedelta(seconds=1)
    assert gate.get("/device").json["error"] == "device_revoked"


def test_a_device_of_another_stop_reaches_nothing_of_this_one(gate: Gate) -> None:
    registration, scanned = registrations.registration(at=gate.stop), uuid4()
    gate.scan(registration.code, scanned)
    stranger = gates.device(campaigns.stop(), role=DeviceRole.SUPERVISE)
    theirs = Gate(gate.client, gate.stop, stranger, gates.token_of(stranger))
    for method, path, body in each(gate, scanned):
        answer = theirs.get(path) if method == "get" else theirs.post(path, body)
        if method == "post":
            assert answer.status_code == 404, path
        assert registration.person.full_name not in answer.text, path
    upload = gate.upload(registration)
    answer = theirs.post("/scans/batch", {"scans": [upload], "undone": [str(scanned)]})
    assert answer.json["results"][0]["set_aside"] == "not_its_checkpoint"
    assert standing_check_in(registration.id) is not None


def test_whoever_has_no_token_is_nobody(gate: Gate) -> None:
    for header in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Basic eA=="}, {"Authorization": ""}):
        answer: Any = gate.client.get("/api/v1/device", headers=header)
        assert (answer.status_code, answer.json["error"]) == (401, "no_token")
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_another_stops_guest_stays_unnamed_also_where_the_stop_is_cancelled(gate: Gate) -> None:
    elsewhere = registrations.registration(gate_note="院士")
    gate.stop.cancelled_at = now()
    db.session.commit()
    answer = gate.scan(elsewhere.code).json
    assert answer["reason"] == "stop_cancelled"
    assert {answer[one] for one in ("name", "unit", "badge_class", "attention", "group")} == {None}
    ours = gate.scan(registrations.registration(at=gate.stop).code).json
    assert ours["name"], "whose stop it is may be named"

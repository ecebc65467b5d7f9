"""Devices join, are seen and are revoked; wrong codes are counted; what did not agree is shown to the organiser."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from accounts.models import Role, Staff
from audit.models import AuditEntry
from campaigns.models import Stop
from campaigns.plan import StopPlan, revise_stop
from checkin import devices
from checkin.lookups import arrival_point
from checkin.models import Device, DeviceInvite, DeviceRole, Direction, InviteKind, SetAside
from checkin.take_in import Upload, take_in
from shared.clock import now
from shared.db import db
from tests.conftest import Browser
from tests.counting import CountQueries
from tests.factories import accounts, campaigns, gates, registrations
from tests.promises import keep_promises


@pytest.fixture
def stop(client: Browser) -> Stop:
    """Taiyuan's stop, held now."""
    return campaigns.stop(
        starts_at=now() - timedelta(minutes=5),
        ends_at=now() + timedelta(hours=6),
        registration_closes_at=now() - timedelta(hours=1),
    )


@pytest.fixture
def organiser(client: Browser, stop: Stop) -> Staff:
    """Who plans it, signed in."""
    staff = accounts.staff(Role.ORGANISER, host_city_id=stop.host_city_id)
    client.sign_in(staff)
    return staff


def join(client: Browser, code: str, **more: Any) -> Any:
    """A device asks to join."""
    return client.post("/api/v1/devices/join", json={"code": code, **more})


def said_to(client: Browser, shows: dict[str, str]) -> Any:
    """What a device is told of itself."""
    return client.get("/api/v1/device", headers=shows).json


def open_code(client: Browser, stop: Stop, **more: Any) -> str:
    """A code as the page shows it."""
    said = {
        "code-role": "scan",
        "code-checkpoints": arrival_point(stop.id).id,
        "code-most_uses": 2,
        "code-lasts": "4",
    }
    page = client.post(f"/gate/{stop.id}/devices/code", data={**said, **more})
    assert page.status_code == 200, page.text
    found = re.search(r'join-letters mono">([0-9A-Z]{4}-[0-9A-Z]{4})<', page.text)
    assert found and 'src="data:image/png;base64,' in page.text
    return found[1]


@pytest.mark.usefixtures("organiser")
def test_a_code_lets_as_many_devices_join_as_it_says_and_is_kept_as_a_hash(
    client: Browser, stop: Stop
) -> None:
    code = open_code(client, stop)
    invite = db.session.scalars(select(DeviceInvite)).one()
    assert code.replace("-", "").encode() not in (invite.code_hash or b"")
    first = join(client, code.lower(), name=" 东门  一号 ")
    assert first.status_code == 201 and first.json["device"]["name"] == "东门 一号"
    assert [point["kind"] for point in first.json["device"]["checkpoints"]] == ["arrival"]
    shows = {"Authorization": f"Bearer {first.json['token']}"}
    assert said_to(client, shows)["device"]["stop"]["city"] == "太原"
    assert join(client, code).status_code == 201
    assert join(client, code).json["error"] == "join_code_used_up"
    acts = set(db.session.scalars(select(AuditEntry.act)))
    assert {"open_join_code", "join_device"} <= acts
    device = db.session.get_one(Device, first.json["device"]["id"])
    page = client.post(f"/gate/{stop.id}/devices/{device.id}/revoke", follow_redirects=True)
    assert "东门 一号" in page.text
    assert said_to(client, shows)["error"] == "device_revoked"


def test_volunteers_get_a_pin_each_and_the_sheet_shows_it_once(
    client: Browser, stop: Stop, organiser: Staff
) -> None:
    accounts.staff(Role.GATE_VOLUNTEER, stop_id=stop.id).full_name = "王小满"
    assert "王小满</textarea>" in client.get(f"/gate/{stop.id}/devices").text
    said = {"pins-role": "supervise", "pins-checkpoints": arrival_point(stop.id).id}
    sheet = client.post(
        f"/gate/{stop.id}/devices/pins", data={**said, "pins-names": " 李雷 \n\n韩梅梅\n李雷\n"}
    )
    pins = re.findall(r'join-letters mono">(\d{3}) (\d{3})<', sheet.text)
    assert len(pins) == 2 and len(set(pins)) == 2
    joined = join(client, "".join(pins[0]))
    assert (joined.json["device"]["name"], joined.json["device"]["role"]) == ("李雷", "supervise")
    second = db.session.scalars(select(DeviceInvite).where(DeviceInvite.name == "韩梅梅")).one()
    assert second.kind is InviteKind.PIN and second.ends_at == stop.ends_at + timedelta(hours=12)
    client.post(f"/gate/{stop.id}/devices/invites/{second.id}/end")
    assert join(client, " ".join(pins[1])).json["error"] == "join_code_unknown"
    page = client.get(f"/gate/{stop.id}/devices").text
    assert "".join(pins[0]) not in page and "李雷" in page and "韩梅梅" not in page
    assert organiser.id == db.session.get_one(Device, joined.json["device"]["id"]).vouched_by_id


@pytest.mark.usefixtures("organiser")
def test_five_wrong_codes_close_the_door_for_that_place_also_to_a_good_one(
    client: Browser, stop: Stop
) -> None:
    code = open_code(client, stop, **{"code-most_uses": 50})
    for number in range(4):
        assert join(client, f"{number:06}").json["error"] == "join_code_unknown"
        assert join(client, code).status_code == 201, "a good one is not counted"
    assert join(client, "nonsense!").json["error"] == "join_code_unknown"
    for again in ("000009", code):
        answer = join(client, again)
        assert (answer.status_code, answer.json["error"]) == (429, "too_many_tries")
    elsewhere = client.post(
        "/api/v1/devices/join", json={"code": code}, environ_base={"REMOTE_ADDR": "10.1.2.3"}
    )
    assert elsewhere.status_code == 201


@pytest.mark.usefixtures("organiser")
def test_nothing_joins_what_is_over_and_what_was_typed_is_not_lost(client: Browser, stop: Stop) -> None:
    code = open_code(client, stop)
    page = client.post(f"/gate/{stop.id}/devices/code", data={"code-name": "东门", "code-most_uses": 0})
    assert page.status_code == 422 and 'value="东门"' in page.text and "error-summary" in page.text
    names = "\n".join(f"志愿者{number}" for number in range(201))
    page = client.post(f"/gate/{stop.id}/devices/pins", data={"pins-names": names})
    assert page.status_code == 422 and "志愿者200" in page.text
    far = campaigns.stop(host=campaigns.host_city("Taiyuan"))
    said = {"code-role": "scan", "code-most_uses": 2, "code-lasts": "4"}
    foreign = {**said, "code-checkpoints": arrival_point(far.id).id}
    assert client.post(f"/gate/{stop.id}/devices/code", data=foreign).status_code == 422
    stop.cancelled_at = now()
    assert join(client, code).json["error"] == "stop_is_over"
    own = {**said, "code-checkpoints": arrival_point(stop.id).id}
    assert client.post(f"/gate/{stop.id}/devices/code", data=own).status_code == 409


def test_only_whoever_plans_the_stop_sees_its_devices(client: Browser, stop: Stop) -> None:
    client.sign_in(accounts.staff(Role.GATE_VOLUNTEER, stop_id=stop.id))
    assert client.get(f"/gate/{stop.id}/devices").status_code == 403
    assert f"/gate/{stop.id}/devices" not in client.get(f"/gate/{stop.id}").text


def upload(device: Device, code: str, minute: int) -> Upload:
    """A green scan made alone."""
    return Upload(
        id=uuid4(),
        checkpoint_id=min(device.checkpoint_ids),
        code=code,
        direction=Direction.IN,
        device_at=now() + timedelta(minutes=minute),
        clock_ahead=timedelta(),
        reason=None,
        gate=device.name,
    )


@pytest.mark.usefixtures("organiser")
def test_conflicts_name_both_devices_and_pages_ask_as_often_for_three_as_for_one(
    client: Browser, stop: Stop, count_queries: CountQueries
) -> None:
    east, west = (
        gates.device(stop, name="东门一号"),
        gates.device(stop, name="西门二号", role=DeviceRole.KIOSK),
    )
    assert 'class="empty"' in client.get(f"/gate/{stop.id}/conflicts").text
    counts: list[tuple[str, int]] = []
    for _ in range(2):
        for _ in range(len(counts) + 1):
            registration = registrations.registration(at=stop)
            take_in([upload(east, registration.code, 1)], device=east)
            take_in([upload(west, registration.code, 2), upload(west, "22222222", 3)], device=west)
            gates.device(stop)
        db.session.commit()
        for path in ("conflicts", "devices", ""):
            client.get(f"/gate/{stop.id}/{path}".rstrip("/"))
            with count_queries() as sent:
                page = client.get(f"/gate/{stop.id}/{path}".rstrip("/"))
            assert page.status_code == 200
            counts.append((path, len(sent)))
    assert counts[:3] == counts[3:]
    page = client.get(f"/gate/{stop.id}/conflicts")
    assert registration.person.full_name in page.text
    assert page.text.count("东门一号") >= 4 and page.text.count("西门二号") >= 8
    assert "(8)" in client.get(f"/gate/{stop.id}").text or "(10)" in client.get(f"/gate/{stop.id}").text
    aside = db.session.scalars(select(SetAside)).first()
    assert aside is not None
    client.post(f"/gate/{stop.id}/conflicts/{aside.id}/seen")
    db.session.expire_all()
    assert db.session.get_one(SetAside, aside.id).seen_at is not None


def test_the_devices_of_a_stop_that_is_moved_live_until_its_new_end(stop: Stop) -> None:
    admin = accounts.staff()
    here = devices.issue_pins(
        stop, names=["赵小雨"], role=DeviceRole.SCAN, checkpoint_ids=[arrival_point(stop.id).id], by=admin
    )[0].invite
    device, lost = gates.device(stop), gates.device(stop, revoked_at=now())
    elsewhere = gates.device(campaigns.stop())
    before = lost.expires_at, elsewhere.expires_at
    later = timedelta(days=30)
    plan = StopPlan(**{name: getattr(stop, name) for name in StopPlan.__dataclass_fields__})
    revise_stop(
        stop.id, replace(plan, starts_at=plan.starts_at + later, ends_at=plan.ends_at + later), by=admin
    )
    keep_promises()
    db.session.expire_all()
    until = devices.joins_until(stop)
    assert until > now() + later
    assert (device.expires_at, here.ends_at) == (until, until)
    assert (lost.expires_at, elsewhere.expires_at) == before
    devices.follow_stop(stop)
    acts = db.session.scalars(select(AuditEntry.details).where(AuditEntry.act == "move_devices")).all()
    assert acts == [{"device_ids": [device.id]}]

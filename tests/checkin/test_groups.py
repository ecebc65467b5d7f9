"""One scan for a whole group: the others of a delegation are offered after one of them, and each passes by himself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

from flask import Flask
from sqlalchemy import select

from accounts.models import Role
from audit.models import AuditEntry
from campaigns.models import Stop
from checkin.groups import others_of
from checkin.lookups import arrival_point, standing_check_in
from checkin.models import CheckIn, DeviceRole, Scan, SetAside, Verdict
from delegations.gather import DelegationPlan, name_members, open_delegation
from registrations.models import Registration, RegistrationState
from registrations.ticket_keys import end_key, withdraw_key
from registrations.tickets import make_key, ticket_for, ticket_on
from shared.clock import now
from shared.db import db, transaction
from tests.checkin.test_api import Gate, another, described, fits, gate  # noqa: F401 - the fixture
from tests.conftest import Browser
from tests.counting import CountQueries
from tests.factories import accounts, campaigns, gates, registrations


def delegation_at(stop: Stop, number: int) -> list[Registration]:
    """A delegation of so many who have confirmed."""
    with transaction():
        plan = DelegationPlan("山西大学", "王芳", "+8613800009999", "wang@example.com", number)
        opened = open_delegation(plan, stop_id=stop.id)
    with transaction():
        named = name_members(opened.id, [(f"代表{one}", f"d{one}@example.com") for one in range(number)])
    rows = [registrations.registration(at=stop, full_name=f"代表{one}") for one in range(number)]
    for member, row in zip(named, rows, strict=True):
        member.registration_id = row.id
    db.session.commit()
    return rows


def reasons(answers: list[Any]) -> list[str | None]:
    return [answer.json["reason"] for answer in answers]


def test_after_one_of_them_the_others_are_named_and_let_in_each_by_a_scan_of_his_own(
    gate: Gate,  # noqa: F811
    count_queries: CountQueries,
) -> None:
    leader, *others = delegation_at(gate.stop, 4)
    single = registrations.registration(at=gate.stop)
    scans_only = another(gate, role=DeviceRole.SCAN)
    early = uuid4()
    assert scans_only.get(f"/scans/{early}/group").status_code == 404  # nobody was scanned yet

    place, code = arrival_point(gate.stop.id).id, ticket_for(leader)
    asked = {"id": str(early), "checkpoint_id": place, "code": code}
    with count_queries() as counted:
        answer = scans_only.post("/scans", asked).json
    assert len(counted) <= 4, counted.listed()
    assert answer["group"] is not None
    assert scans_only.scan(single.code).json["group"] is None
    shown = scans_only.get(f"/scans/{early}/group")
    fits(described("/api/v1/scans/{scan_id}/group", "get", 200), shown.json)
    assert [one["name"] for one in shown.json["people"]] == [one.person.full_name for one in others]
    assert another(gate).get(f"/scans/{early}/group").status_code == 404  # another device's scan
    assert gate.get(f"/scans/{early}/group").status_code == 200  # who supervises
    seen = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "see_group_at_gate")).all()
    assert [len(entry.details["shown"]) for entry in seen] == [3, 3]

    # With the ticket of one the others pass; whoever is not of them, or does not come, does not.
    others[2].state = RegistrationState.WITHDRAWN
    db.session.commit()
    named = [others[0], others[0], others[1], others[2], single]
    answers = [scans_only.scan(code, registration_id=one.id) for one in named]
    assert reasons(answers) == [None, "already_checked_in", None, "not_confirmed", "unknown_code"]
    rows = db.session.scalars(select(Scan).where(Scan.registration_id == others[0].id)).all()
    assert sorted(row.verdict for row in rows) == [Verdict.FIRST, Verdict.REFUSED]
    people = scans_only.get(f"/scans/{early}/group").json["people"]
    assert [one["passed_at"] is None for one in people] == [False, False]

    # Each is taken back by himself.
    undone = scans_only.post(f"/scans/{answers[0].json['id']}/undo")
    assert undone.json["undone"]
    assert standing_check_in(others[0].id) is None
    assert standing_check_in(others[1].id) is not None
    # A number alone is for who supervises; a kiosk offers nobody's companions.
    alone = {"id": str(uuid4()), "checkpoint_id": place, "registration_id": others[0].id}
    assert scans_only.post("/scans", alone).status_code == 403
    kiosk = another(gate, role=DeviceRole.KIOSK)
    assert kiosk.scan(code).json["group"] is None
    assert kiosk.scan(code, registration_id=others[0].id).status_code == 403
    assert all("g" not in one for one in kiosk.get("/bundle").json["people"])
    # Somebody who has no seat any more lets nobody in.
    leader.state = RegistrationState.WITHDRAWN
    db.session.commit()
    assert scans_only.scan(code, registration_id=others[0].id).json["reason"] == "unknown_code"


def test_a_ticket_whose_key_is_over_lets_in_nobody_who_came_with_its_holder(gate: Gate) -> None:  # noqa: F811
    leader, first, second, third = delegation_at(gate.stop, 4)
    scans_only = another(gate, role=DeviceRole.SCAN)
    code = ticket_for(leader)
    with transaction():
        make_key()
    assert scans_only.scan(code, registration_id=first.id).json["reason"] is None, "an earlier key holds"
    key_id = ticket_on(code).key_id
    with transaction():
        end_key(key_id, now() + timedelta(hours=1)).ends_at = now() - timedelta(seconds=1)
    assert scans_only.scan(code, registration_id=second.id).json["reason"] == "unknown_code"
    with transaction():
        end_key(key_id, None)
        withdraw_key(key_id)
    assert scans_only.scan(code, registration_id=third.id).json["reason"] == "unknown_code"
    assert scans_only.scan(ticket_for(leader), registration_id=third.id).json["let_in"]


def test_alone_a_device_knows_them_by_its_list_and_uploads_each_in_any_order(gate: Gate) -> None:  # noqa: F811
    leader, *others = delegation_at(gate.stop, 3)
    stranger, elsewhere = registrations.registration(at=gate.stop), delegation_at(campaigns.stop(), 1)[0]
    scans_only = another(gate, role=DeviceRole.SCAN)
    held = {one["i"]: one.get("g") for one in scans_only.get("/bundle").json["people"]}
    assert held[leader.id] == held[others[0].id] is not None
    assert held[stranger.id] is None
    uploads = [scans_only.upload(leader, registration_id=one.id) for one in (*others, stranger, elsewhere)]
    uploads.append(scans_only.upload(leader))  # the one whose ticket it is comes last
    for _again in range(2):
        results = scans_only.post("/scans/batch", {"scans": uploads, "undone": []}).json["results"]
        assert [one["set_aside"] for one in results] == [None, None, "unknown_code", "unknown_code", None]
        assert [one["verdict"] for one in results if one["kept"]] == ["first", "first", "first"]
    assert all(standing_check_in(one.id) for one in (leader, *others))
    assert len(db.session.scalars(select(SetAside)).all()) == 2


def test_the_staffs_page_offers_the_others_without_script(client: Browser) -> None:
    stop = campaigns.stop()
    leader, *others = delegation_at(stop, 4)
    client.sign_in(accounts.staff(Role.GATE_VOLUNTEER, stop_id=stop.id))
    page = client.post(f"/gate/{stop.id}", data={"code": leader.code, "gate": "东门"}).text
    arrival = standing_check_in(leader.id)
    assert arrival is not None
    address = f"/gate/{stop.id}/with/{arrival.id}"
    assert address in page
    assert (
        address in client.post(f"/gate/{stop.id}", data={"code": leader.code, "gate": "东门"}).text
    )  # in already
    assert client.get(address).text.count('name="ids"') == 3
    assert client.post(address, data={}).status_code == 422
    number = str(uuid4())
    form = {"ids": [str(others[0].id), str(others[1].id)], f"scan_{others[0].id}": number}
    for _again in range(2):  # sent twice it is one scan each
        done = client.post(address, data=form)
        assert done.status_code in (200, 422)
    assert standing_check_in(others[0].id) is not None
    assert standing_check_in(others[2].id) is None
    entry = standing_check_in(others[0].id)
    assert entry is not None
    assert (str(entry.scan_id), entry.gate) == (number, "东门")
    assert client.get(f"/gate/{campaigns.stop().id}/with/{arrival.id}").status_code == 404
    assert len(db.session.scalars(select(CheckIn)).unique().all()) == 3


def test_a_dinner_counts_its_own_passes(app: Flask) -> None:
    stop = campaigns.stop()
    leader, other = delegation_at(stop, 2)
    dinner = gates.checkpoint(stop)
    db.session.add(
        CheckIn(
            registration_id=other.id, stop_id=stop.id, gate="东门", scanned_by_id=accounts.staff().id,
            arrived_at=now(), checkpoint_id=arrival_point(stop.id).id,
        )
    )  # fmt: skip
    db.session.commit()
    assert [one.passed_at for one in others_of(leader.id, dinner)] == [None]
    assert others_of(leader.id, arrival_point(stop.id))[0].passed_at is not None

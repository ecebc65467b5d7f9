"""What the gate sees beside name, unit and class: what was ticked for the checkpoint, online and in the list, and no more."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

from accounts.models import Role
from checkin.checkpoints import choose_what_is_shown
from checkin.errors import NotOffered
from checkin.lookups import arrival_point
from checkin.models import DeviceRole
from checkin.shown_fields import offered
from privacy.purposes import Purpose
from questions.models import Kind
from registrations.models import ProgrammeChoice, Registration
from shared.clock import now
from shared.db import db, transaction
from tests.checkin.test_api import Gate, another, gate  # noqa: F401 - the fixture
from tests.conftest import Browser
from tests.counting import CountQueries
from tests.factories import accounts, campaigns, gates, questions, registrations

MEAL: dict[str, Any] = {
    "key": "table", "kind": Kind.CHOICE, "label_zh": "桌号", "label_en": "Table", "purpose": Purpose.REGISTRATION,
    "options": {"choices": [{"key": "a", "label_zh": "一号桌", "label_en": "Table one"}]},
}  # fmt: skip


def guest_of(gate: Gate) -> Registration:  # noqa: F811
    """Somebody who has something to show of each kind, and has been to another stop."""
    questions.question(gate.stop.campaign, **MEAL)
    row = registrations.registration(at=gate.stop, honour="中国工程院院士", answers={"table": "a"})
    item = campaigns.item(at=gate.stop, title_zh="煤化工沙龙")
    db.session.add(ProgrammeChoice(registration_id=row.id, item_id=item.id, group_zh="", chosen_at=now()))
    db.session.commit()
    return row


def test_what_is_ticked_is_told_by_the_scan_and_the_list_alike_and_nothing_else(
    gate: Gate,  # noqa: F811
    count_queries: CountQueries,
) -> None:
    row = guest_of(gate)
    door = arrival_point(gate.stop.id)
    assert gate.scan(row.code).json["fields"] == []  # nothing is ticked
    held = gate.get("/bundle").json
    assert held["fields"] == []
    assert all("f" not in person for person in held["people"])

    names = ["title", "first_time", "programme", "answer.table"]
    with transaction():
        choose_what_is_shown(door.id, names, shows_notes=True, by=accounts.staff())
    told = [
        {"label": "称谓或职务", "value": "中国工程院院士"},
        {"label": "首次来访", "value": "是"},
        {"label": "已选日程", "value": "煤化工沙龙"},
        {"label": "桌号", "value": "一号桌"},
    ]
    other = another(gate)
    assert other.scan(row.code).json["fields"] == told  # in already
    held = gate.get("/bundle").json
    assert [one["name"] for one in held["fields"]] == names
    assert held["checkpoints"][0]["fields"] == names
    mine = next(person for person in held["people"] if person["i"] == row.id)
    assert mine["f"] == [one["value"] for one in told]
    english: dict[str, str] = {"Accept-Language": "en"}
    asked = {"id": str(uuid4()), "checkpoint_id": door.id, "code": row.code}
    in_english = gate.post("/scans", asked, **english).json["fields"]
    assert in_english[3] == {"label": "Table", "value": "Table one"}

    # A first scan still asks no more of the database, own questions or not.
    fresh = registrations.registration(at=gate.stop, answers={"table": "a"})
    asked = {"id": str(uuid4()), "checkpoint_id": door.id, "code": fresh.code}
    with count_queries() as counted:
        answer = gate.post("/scans", asked).json
    assert [one["value"] for one in answer["fields"]] == ["是", "一号桌"]
    assert len(counted) <= 4, counted.listed()

    # Who has been to another stop is not here for the first time; a kiosk and another checkpoint tell nothing.
    elsewhere = campaigns.stop()
    before = registrations.registration(at=elsewhere, person=fresh.person)
    device = gates.device(elsewhere)
    there = Gate(gate.client, elsewhere, device, gates.token_of(device))
    assert there.scan(before.code).json["let_in"]
    assert [one["value"] for one in other.scan(fresh.code).json["fields"]] == ["一号桌"]
    kiosk = another(gate, role=DeviceRole.KIOSK)
    assert kiosk.scan(row.code).json["fields"] == []
    assert kiosk.get("/bundle").json["fields"] == []
    assert another(gate, gates.checkpoint(gate.stop)).scan(row.code).json["fields"] == []


def test_only_open_answers_asked_for_the_entry_are_offered_and_taken(app: Flask) -> None:
    stop = campaigns.stop()
    made: dict[str, dict[str, Any]] = {
        "fine": {"kind": Kind.TEXT, "purpose": Purpose.REGISTRATION},
        "travel": {"kind": Kind.TEXT, "purpose": Purpose.TRAVEL},
        "sealed": {"kind": Kind.TEXT, "purpose": Purpose.REGISTRATION, "restricted": True},
        "id_number": {"kind": Kind.RESIDENT_ID, "purpose": Purpose.REGISTRATION, "restricted": True},
        "phone": {"kind": Kind.MOBILE, "purpose": Purpose.REGISTRATION},
        "born": {"kind": Kind.DATE, "purpose": Purpose.REGISTRATION, "label_zh": "出生日期"},
        "cv": {"kind": Kind.FILE, "purpose": Purpose.REGISTRATION},
    }
    for key, changes in made.items():
        questions.question(stop.campaign, key=key, **changes)
    own = [one.name for one in offered(stop.campaign_id) if one.name.startswith("answer.")]
    assert own == ["answer.fine"]
    with pytest.raises(NotOffered), transaction():
        choose_what_is_shown(
            arrival_point(stop.id).id, ["answer.sealed"], shows_notes=True, by=accounts.staff()
        )


def test_the_organiser_ticks_with_a_real_guest_as_preview_and_reads_what_is_wrong(client: Browser) -> None:
    stop = campaigns.stop()
    for number in range(5):
        questions.question(stop.campaign, key=f"q{number}", purpose=Purpose.REGISTRATION)
    registrations.registration(at=stop)
    fullest = registrations.registration(
        at=stop, full_name="古丽米热·阿布都热依木", honour="院士", answers={"q1": "长" * 90}
    )
    client.sign_in(accounts.staff(Role.ORGANISER, host_city_id=stop.host_city_id))
    door = arrival_point(stop.id)
    page = f"/gate/{stop.id}/checkpoints/{door.id}/seen"
    seen = client.get(page).text
    assert fullest.person.full_name in seen
    assert f"{'长' * 59}…" in seen
    many = client.post(page, data={"fields": ["title", "first_time", *(f"answer.q{n}" for n in range(5))]})
    assert many.status_code == 422
    assert "最多" in many.text
    assert many.text.count(" checked") >= 7  # nothing ticked is lost
    assert client.post(page, data={"fields": ["title", "answer.q1"], "shows_notes": "y"}).status_code == 303
    db.session.refresh(door)
    assert (door.shown_fields, door.shows_notes) == (["title", "answer.q1"], True)
    assert client.get(f"/gate/{stop.id}").status_code == 200
    scan = client.post(f"/gate/{stop.id}", data={"code": fullest.code, "gate": "东门"}).text
    assert "<dd>院士</dd>" in scan

    client.sign_in(accounts.staff(Role.GATE_VOLUNTEER, stop_id=stop.id))
    assert client.get(page).status_code in (403, 404)
    client.sign_in(accounts.staff(Role.ORGANISER, host_city_id=campaigns.host_city("Jincheng").id))
    assert client.get(page).status_code == 404

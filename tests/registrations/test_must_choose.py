"""A group of which one has to be chosen: the form asks, and a full group keeps nobody away; the roll of an item."""

from __future__ import annotations

from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from accounts.models import Role
from audit.models import AuditEntry
from audit.record import APPLICANT
from campaigns.models import ProgrammeItem
from campaigns.outline import outline_of
from registrations.choose_programme import choose
from registrations.links import link_for
from registrations.models import Registration
from shared.clock import in_china
from shared.db import db, transaction
from tests.conftest import Browser
from tests.factories import accounts, campaigns, registrations

GROUP = "考察线路（选一条）"


def test_an_organiser_makes_a_group_a_must_and_the_form_asks_for_one(client: Browser) -> None:
    stop = campaigns.stop()
    one = campaigns.item(at=stop, hours=(1, 2), group_zh=GROUP, capacity=1)
    two = campaigns.item(at=stop, hours=(1, 3), group_zh=GROUP, capacity=1)
    campaigns.item(at=stop, hours=(4, 5))
    client.sign_in(accounts.staff())
    typed: dict[str, Any] = {
        "kind": "site_visit", "title_zh": one.title_zh, "is_chosen": "y", "group_zh": GROUP, "capacity": "1",
        "starts_at": f"{in_china(one.starts_at):%Y-%m-%dT%H:%M}",
        "ends_at": f"{in_china(one.ends_at):%Y-%m-%dT%H:%M}",
    }  # fmt: skip
    programme = f"/desk/campaigns/stops/{stop.id}/programme"
    typed["starts_at"] = f"{in_china(two.starts_at):%Y-%m-%dT%H:%M}"
    later = {**typed, "title_zh": "线路三", "starts_at": f"{in_china(two.ends_at):%Y-%m-%dT%H:%M}", "ends_at": f"{in_china(stop.ends_at):%Y-%m-%dT%H:00}"}  # fmt: skip
    with transaction():  # the form knows minutes only
        one.starts_at = two.starts_at = one.starts_at.replace(second=0, microsecond=0)
        stop.starts_at = one.starts_at
    assert client.post(f"{programme}/{one.id}", data={**typed, "group_is_must": "y"}).status_code == 302
    assert client.post(programme, data=later).status_code == 302
    items = db.session.scalars(select(ProgrammeItem).where(ProgrammeItem.group_zh == GROUP)).all()
    assert [item.group_is_must for item in items] == [True] * 3, "it holds for the whole group, newcomers too"
    assert [part["group_is_must"] for part in outline_of(stop.campaign)["stops"][0]["programme"]].count(
        True
    ) == 3
    three = max(items, key=lambda item: item.id)
    with transaction():
        three.capacity = 1

    address = f"/c/{stop.campaign.slug}/stops/{stop.id}/register"
    form = {
        "full_name": "王思远", "mobile": "13800001111", "email": "wang@example.com", "university": "太原理工大学",
        "education": "doctor", "research_field": "碳基半导体", "consent": "y",
    }  # fmt: skip
    assert "必选一项" in client.get(address).text
    asked = client.post(address, data=form)
    assert asked.status_code == 422
    assert f"请选择一项：{GROUP}" in asked.text
    assert client.post(address, data={**form, "programme-1": str(one.id)}).status_code == 303
    mine = db.session.scalars(select(Registration).where(Registration.stop_id == stop.id)).one()
    own = f"/r/{link_for(mine)}/programme"
    assert client.post(own, data={"programme-1": ""}).status_code == 422

    for item in (two, three):
        with transaction():
            choose(registrations.registration(at=stop).id, item.id, by=APPLICANT)
    page = client.get(address).text
    assert "下列项目均已满" in page
    late = {**form, "full_name": "李文博", "mobile": "13800002222", "email": "li@example.com"}
    assert client.post(address, data=late).status_code == 303, "a full group keeps nobody away"
    assert client.post(own, data={"programme-1": ""}).status_code == 422, "who has one keeps one"


def test_the_schema_knows_no_must_without_a_group(client: Browser) -> None:
    item = campaigns.item(at=campaigns.stop())
    with pytest.raises(IntegrityError, match="must_of_group"), transaction():
        item.group_is_must = True


def test_the_roll_is_printed_and_taken_out_with_a_line_in_the_record(client: Browser, tmp_path: Any) -> None:
    city = campaigns.host_city()
    stop = campaigns.stop(host_city_id=city.id)
    item = campaigns.item(at=stop)
    person = registrations.registration(at=stop)
    with transaction():
        choose(person.id, item.id, by=APPLICANT)
    address = f"/desk/registrations/programme/{stop.id}/{item.id}"
    client.sign_in(accounts.staff(Role.ORGANISER, host_city_id=city.id))
    page = client.get(address).text
    assert "data-print" in page
    answer = client.post(f"{address}/export")
    assert answer.status_code == 200
    (tmp_path / "roll.xlsx").write_bytes(answer.data)
    sheet = load_workbook(tmp_path / "roll.xlsx").worksheets[0]
    cells = [cell for row in sheet.values for cell in row]
    assert person.person.full_name in cells
    assert person.person.mobile not in cells
    (entry,) = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "export_registrations"))
    assert item.title_zh in str(entry.details)
    client.sign_in(accounts.staff(Role.ORGANISER, host_city_id=campaigns.host_city("Jincheng").id))
    assert client.post(f"{address}/export").status_code == 404

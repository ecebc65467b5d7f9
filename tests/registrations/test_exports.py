"""The list as a file: what stands in it, what cannot run, who may have what, and what is recorded."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from typing import Any

import pytest
from flask import Flask
from openpyxl import load_workbook
from sqlalchemy import select

from accounts.models import Role, Staff
from audit.models import AuditEntry
from jobs.long_work import go_on, result_of
from jobs.models import LongWork, WorkState
from questions.models import Kind
from registrations import export_views
from registrations.exports import as_text, csv_lines, xlsx_pieces
from registrations.models import Registration
from registrations.sealed_answers import seal_answers
from shared.db import db, transaction
from tests.conftest import Browser
from tests.factories import accounts, campaigns, questions, registrations
from tests.factories.people import somebody

EVIL = [
    "=1+1", "+cmd|' /C calc'!A0", "-2+3+cmd|x", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", "=HYPERLINK(\"http://x\")", "+1a", "-a",
]  # fmt: skip
KEPT = [
    "+8613800000000",
    "-",
    "00123",
    "0351-1234567",
    "+44 7700 900123",
    "-5",
    "张文博",
    "2345-6E78",
    "a=b",
    "",
]


@pytest.mark.parametrize("cell", EVIL)
def test_what_begins_like_a_formula_is_text(cell: str) -> None:
    assert as_text(cell) == "'" + cell
    rows = _sheet(b"".join(xlsx_pieces(["x"], [[cell]], number="GS1")))
    kept = rows[1][0]
    assert kept.data_type == "s"
    assert kept.value.replace("_x000D_", "\r") == cell


@pytest.mark.parametrize("cell", KEPT)
def test_telephones_codes_and_names_stay_as_they_are(cell: str) -> None:
    content = b"".join(csv_lines([[cell, "x"]], encoding="utf-8"))
    assert content.startswith("\ufeff".encode())
    assert list(csv.reader(io.StringIO(content.decode("utf-8-sig")))) == [[cell, "x"]]
    kept = _sheet(b"".join(xlsx_pieces(["x"], [[cell, "x"]], number="GS1")))[1][0]
    assert (kept.value or "", kept.data_type) == (cell, "s" if cell else kept.data_type)


def test_a_cell_with_commas_quotes_and_lines_is_one_cell() -> None:
    cell = 'a,"b"\nc;d'
    content = b"".join(csv_lines([[cell, "x"], ["y", "z"]], encoding="gb18030"))
    assert list(csv.reader(io.StringIO(content.decode("gb18030"), newline=""))) == [[cell, "x"], ["y", "z"]]
    assert content.count(b"\r\n") == 2


def test_no_formula_stands_in_the_workbook_at_all() -> None:
    content = b"".join(xlsx_pieces(["=x"], [[cell] for cell in EVIL], number="GS1"))
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")


def _sheet(content: bytes) -> list[Any]:
    return list(load_workbook(io.BytesIO(content)).worksheets[0].iter_rows())


@pytest.fixture
def office(client: Browser) -> Staff:
    """The province's organiser, signed in."""
    staff = accounts.staff(Role.ORGANISER)
    client.sign_in(staff)
    return staff


def order(client: Browser, **changes: Any) -> Any:
    """Order the list as a file."""
    data = {
        "columns": ["name", "mobile", "email"],
        "format": "csv",
        "reason": "安排住宿",
        "query": "",
        **changes,
    }
    return client.post("/desk/registrations/export", data=data)


def lines(answer: Any, encoding: str = "utf-8-sig") -> list[list[str]]:
    """The lines of a CSV answer."""
    return list(csv.reader(io.StringIO(answer.data.decode(encoding), newline="")))


def test_contacts_are_masked_unless_asked_for_with_a_reason_and_everything_is_recorded(
    client: Browser, office: Staff
) -> None:
    person = somebody("张䶮", mobile="+8613812345678", email="zhang@example.com")
    registrations.registration(person=person, email="zhang@example.com")
    answer = order(client)
    head, row = lines(answer)
    number = row[-1]
    assert head[0] == "姓名"
    assert row[:2] == ["张䶮", "138****5678"]
    assert "zhang@example.com" not in answer.text
    assert number in answer.headers["Content-Disposition"]
    assert lines(order(client, contacts="y", format="csv_gb18030"), "gb18030")[1][:3] == [
        "张䶮",
        "+8613812345678",
        "zhang@example.com",
    ]
    entries = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "export_registrations")).all()
    assert [(entry.staff_id, entry.details["contacts"], entry.details["rows"]) for entry in entries] == [
        (office.id, False, 1),
        (office.id, True, 1),
    ]
    assert (entries[0].details["number"], entries[0].details["reason"]) == (number, "安排住宿")


def test_without_a_reason_there_is_no_file_and_nothing_typed_is_lost(client: Browser, office: Staff) -> None:
    registrations.registration()
    answer = order(client, reason="", format="xlsx")
    assert answer.status_code == 422
    assert "请写明导出用途" in answer.text
    assert answer.text.count("checked") >= 4
    assert db.session.scalar(select(AuditEntry.id).where(AuditEntry.act == "export_registrations")) is None


def test_a_reviewer_has_masked_contacts_whatever_he_sends(client: Browser) -> None:
    registrations.registration(person=somebody(mobile="+8613812345678"))
    client.sign_in(accounts.staff(Role.REVIEWER))
    assert "138****5678" in order(client, contacts="y").text
    assert 'name="contacts"' not in client.get("/desk/registrations/export").text


def test_a_city_takes_out_its_own_people_as_filtered(client: Browser) -> None:
    taiyuan, jincheng = campaigns.host_city("Taiyuan"), campaigns.host_city("Jincheng")
    for place, name in ((taiyuan, "张文博"), (taiyuan, "李雷"), (jincheng, "张文武")):
        registrations.registration(at=campaigns.stop(host=place), person=somebody(name))
    client.sign_in(accounts.staff(Role.ORGANISER, host_city_id=taiyuan.id))
    assert {row[0] for row in lines(order(client))[1:]} == {"张文博", "李雷"}
    assert {row[0] for row in lines(order(client, query="text=zhang"))[1:]} == {"张文博"}


def test_a_long_list_is_written_in_the_background_a_chunk_at_a_time(
    client: Browser, office: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = campaigns.stop(capacity=20)
    for number in range(7):
        registrations.registration(
            at=stop,
            person=somebody(f"张文{number + 1}".translate(str.maketrans("1234567", "甲乙丙丁戊己庚"))),
        )
    monkeypatch.setattr(export_views, "AT_ONCE", 3)
    answer = order(client, format="xlsx", columns=["name", "code", "arrived"])
    assert answer.status_code == 303
    work = db.session.scalars(select(LongWork).where(LongWork.kind == "export_registrations")).one()
    work.chunk_size = 3
    db.session.commit()
    for position in (0, 0, 3, 6):  # a chunk that is delivered twice is done once
        with transaction():
            go_on(work.id, position)
    assert (work.state, work.done, work.total) == (WorkState.FINISHED, 7, 7)
    file = result_of(work)
    assert file is not None
    assert file.stat().st_mode & 0o777 == 0o600
    assert [row[0].value for row in _sheet(file.read_bytes())][1:] == [
        row.person.full_name
        for row in db.session.scalars(select(Registration).order_by(Registration.id.desc())).unique()
    ]
    assert not list(file.parent.glob(f"{work.id}-part-*"))
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "export_registrations")).one()
    assert (entry.details["rows"], entry.details["number"]) == (7, work.result["number"])


def test_whoever_may_no_longer_gets_no_rows(
    app: Flask, client: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    taiyuan = campaigns.host_city("Taiyuan")
    staff = accounts.staff(Role.ORGANISER, host_city_id=taiyuan.id)
    client.sign_in(staff)
    registrations.registration(at=campaigns.stop(host=taiyuan))
    monkeypatch.setattr(export_views, "AT_ONCE", 0)
    order(client)
    work = db.session.scalars(select(LongWork).where(LongWork.kind == "export_registrations")).one()
    with transaction():
        for grant in list(staff.grants):
            db.session.delete(grant)
    db.session.expire_all()
    with transaction():
        go_on(work.id, 0)
    assert (work.done, work.skipped) == (0, 1)


def test_own_questions_are_columns_restricted_ones_only_with_the_permission_and_recorded(
    client: Browser, office: Staff
) -> None:
    stop, elsewhere = campaigns.stop(), campaigns.stop(host=campaigns.host_city("Jincheng"))
    questions.question(
        stop.campaign, key="size", kind=Kind.CHOICE, label_zh="尺码", options=questions.choices("m", "l")
    )
    questions.question(stop.campaign, key="cv", kind=Kind.FILE, label_zh="简历")
    questions.question(stop.campaign, key="allergy", label_zh="过敏", restricted=True)
    row = registrations.registration(at=stop, answers={"size": "m"})
    registrations.registration(at=elsewhere, answers={"size": "m"})
    with transaction():
        seal_answers(row, {"allergy": "花生"})
    export = "/desk/registrations/export"
    assert 'name="answers"' not in client.get(export).text
    page = client.get(f"{export}?stop={stop.id}&column=answer.size").text
    assert re.search(r'<input[^>]*checked[^>]*value="answer.size"', page)
    wanted = {
        "columns": ["name"],
        "answers": ["answer.size", "answer.cv"],
        "restricted": ["answer.allergy"],
        "query": f"campaign={stop.campaign_id}",
    }
    head, line = lines(order(client, **wanted))
    assert (head[1:4], line[1:4]) == (["尺码", "简历", "过敏"], ["选项m", "", "花生"])
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "export_registrations")).one()
    assert entry.details["restricted"] == ["allergy"]
    client.sign_in(accounts.staff(Role.REVIEWER))
    assert 'name="restricted"' not in client.get(f"{export}?stop={stop.id}").text
    head, line = lines(order(client, **wanted))
    assert ("过敏" in head, "花生" in line) == (False, False)
    client.sign_in(accounts.staff(Role.ORGANISER, host_city_id=campaigns.host_city("Jincheng").id))
    assert "尺码" not in client.get(f"{export}?campaign={stop.campaign_id}").text

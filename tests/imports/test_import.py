"""A list is brought in: judged before anything is stored, in the background, and taken back where nobody has touched it."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from accounts.models import Role, Staff
from campaigns.models import Stop
from imports.erase import forget_cells
from imports.models import ImportRow, ImportRun, ImportState
from imports.read_sheet import read_sheet
from jobs.models import LongWork, OutboxJob
from jobs.perform import perform
from messages.models import Message
from people.find_or_add import find_or_add
from people.models import Person, PersonPair
from questions.models import Kind, Question
from registrations.erase import erase
from registrations.models import BadgeClass, Basis, Registration, RegistrationState, Way
from registrations.review import decline
from shared.clock import now
from shared.db import db, transaction
from tests.conftest import Browser
from tests.factories import accounts, campaigns, registrations
from tests.promises import keep_promises

CHOICES = {
    "begins": "confirmed",
    "no_seat": "wait",
    "existing": "update",
    "earlier": "skip",
    "badge_class": "doctor",
    "basis": "on_paper",
}
HEADS = "姓名,手机,邮箱,毕业院校,学历,研究方向,意向城市\n"


@pytest.fixture
def stop(app: Flask) -> Stop:
    """A stop with room for three."""
    return campaigns.stop(capacity=3)


@pytest.fixture
def desk(stop: Stop, client: Browser) -> Browser:
    """An organiser of the stop's city."""
    client.sign_in(accounts.staff(Role.ORGANISER, host_city_id=stop.host_city_id))
    return client


def upload(desk: Browser, stop: Stop, content: bytes | str, name: str = "名单.csv") -> ImportRun:
    """The import that comes of a file."""
    if isinstance(content, str):
        content = content.encode("gb18030")
    answer = desk.post(f"/desk/stops/{stop.id}/imports", data={"sheet": (io.BytesIO(content), name)})
    answer.close()
    assert answer.status_code == 303, answer.text
    return db.session.scalars(select(ImportRun).order_by(ImportRun.id.desc())).first()  # type: ignore[return-value]


def chosen_in(page: str) -> dict[str, str]:
    """Which columns the page has chosen."""
    import re

    chosen = {}
    for number, inside in re.findall(r'<select[^>]* name="column-(\d+)"[^>]*>(.*?)</select>', page, re.S):
        picked = re.search(r'value="([^"]+)" selected', inside)
        if picked:
            chosen[f"column-{number}"] = picked[1]
    return chosen


def look_through(desk: Browser, run: ImportRun, **choices: str) -> str:
    """Take the columns as guessed; the page with the figures."""
    columns = desk.get(f"/desk/imports/{run.id}/columns")
    answer = desk.post(
        f"/desk/imports/{run.id}/columns",
        data={**CHOICES, **chosen_in(columns.text), **choices},
        follow_redirects=True,
    )
    assert answer.status_code == 200, answer.text
    return answer.text


def bring_in(desk: Browser, run: ImportRun) -> ImportRun:
    """Begin it and do all of it."""
    desk.post(f"/desk/imports/{run.id}/begin")
    keep_promises()
    db.session.expire_all()
    return db.session.get_one(ImportRun, run.id)


def outcomes(run: ImportRun) -> dict[str, int]:
    """How many rows became what."""
    rows = db.session.execute(
        select(ImportRow.outcome, func.count()).where(ImportRow.run_id == run.id).group_by(ImportRow.outcome)
    )
    return {outcome.value: count for outcome, count in rows if outcome}


def people() -> int:
    """How many registrations there are."""
    return int(db.session.scalar(select(func.count()).select_from(Registration)) or 0)


LIST = HEADS + (
    "李文博,13800001111,li@example.com,太原理工大学,博士研究生,煤基新材料,太原、晋城市\n"
    "王思远,138 0000 2222,wang@example.com,山西大学,博士,碳基半导体,\n"
    "王思远,13800002222,,山西大学,,,\n"
    "张三,12345,zhang@example,山西大学,博士,,火星\n"
    ",13800003333,,,,,\n"
    "赵四,,,中北大学,,,\n"
    "孙五,13800005555,,,,,\n"
)


def test_a_list_is_judged_brought_in_corrected_and_taken_back(desk: Browser, stop: Stop) -> None:
    known = registrations.registration(at=stop, full_name="孙五")
    known.person.mobile = "+8613800005555"
    db.session.commit()
    run = upload(desk, stop, LIST.replace("孙五,13800005555,,,", "孙五,13800005555,,吕梁学院,"))
    assert (run.read_as, run.row_count) == ("GB18030", 7)
    page = look_through(desk, run)
    assert people() == 1
    for sentence in ("火星", "12345", "姓名", "第 3 行"):
        assert sentence in page, sentence
    assert "新增 3，更新 1，跳过 0，有误 3" in page
    run = bring_in(desk, run)
    assert run.state is ImportState.DONE
    assert outcomes(run) == {"made": 3, "updated": 1, "refused": 3}
    rows = {row.person.full_name: row for row in db.session.scalars(select(Registration))}
    li = rows["李文博"]
    assert (li.way, li.basis, li.state, li.university) == (
        Way.IMPORT,
        Basis.ON_PAPER,
        RegistrationState.CONFIRMED,
        "太原理工大学",
    )
    assert len(li.preferred_city_ids) == 2
    assert rows["赵四"].state is RegistrationState.WAITING  # three seats, and one was taken
    assert rows["赵四"].person.mobile is None
    assert rows["孙五"].university == "吕梁学院"
    assert db.session.scalar(select(func.count()).select_from(Message)) == 0
    # What was refused comes as a sheet, and can be uploaded again once corrected.
    refused = desk.post(f"/desk/imports/{run.id}/refused").data
    sheet = read_sheet(refused, "x.xlsx")
    assert [cells[0] for _line, cells in sheet.rows] == ["王思远", "张三", ""]
    assert "火星" in sheet.rows[1][1][-2]
    # Somebody is declined meanwhile; the rest is taken back.
    with transaction():
        decline(rows["王思远"].id, by=accounts.staff(), reason="名额")
    desk.post(f"/desk/imports/{run.id}/revert")
    keep_promises()
    db.session.expire_all()
    # 赵四 moved up when the seat came free: that is a change as well.
    assert outcomes(run) == {"reverted": 2, "stayed": 2, "refused": 3}
    left = {"王思远", "赵四", "孙五"}
    assert {row.person.full_name for row in db.session.scalars(select(Registration))} == left
    assert db.session.get_one(Registration, known.id).university == "山西大学"
    assert {one.full_name for one in db.session.scalars(select(Person))} == left
    page = desk.get(f"/desk/imports/{run.id}").text
    assert "之后状态已变更。" in page
    assert "火星" not in page, "a row that never came in is not among those that stay"
    assert db.session.get_one(Stop, stop.id).seats_taken == 2


def test_columns_are_remembered_and_reach_the_campaigns_own_questions(desk: Browser, stop: Stop) -> None:
    core = db.session.scalars(select(Question).where(Question.campaign_id == stop.campaign_id)).first()
    assert core is not None
    db.session.add(
        Question(
            campaign_id=stop.campaign_id,
            page_id=core.page_id,
            key="meal",
            kind=Kind.CHOICE,
            label_zh="饮食",
            label_en="Meal",
            position=99,
            options={
                "choices": [
                    {"key": "halal", "label_zh": "清真", "label_en": "Halal"},
                    {"key": "any", "label_zh": "普通", "label_en": "Any"},
                ]
            },
        )
    )
    db.session.commit()
    run = upload(
        desk,
        stop,
        "参会者,饮食\n李文博,清真\n王思远,火锅\n".replace("\n", ",山西大学\n").replace(
            "饮食,山西大学", "饮食,单位", 1
        ),
    )
    page = desk.get(f"/desk/imports/{run.id}/columns").text
    assert chosen_in(page) == {"column-1": "q:meal", "column-2": "university"}
    assert desk.post(f"/desk/imports/{run.id}/columns", data=CHOICES).status_code == 422
    twice = {"column-0": "full_name", "column-2": "full_name"}
    assert desk.post(f"/desk/imports/{run.id}/columns", data={**CHOICES, **twice}).status_code == 422
    page = look_through(desk, run, **{"column-0": "full_name"})
    assert "火锅" in page
    bring_in(desk, run)
    row = db.session.scalars(select(Registration)).one()
    assert row.answers == {"meal": "halal"}
    named = upload(desk, stop, "姓名,学历身份\n赵四,博士\n")
    assert chosen_in(desk.get(f"/desk/imports/{named.id}/columns").text)["column-1"] == "education"
    again = upload(desk, stop, "参会者\n赵四\n")
    assert chosen_in(desk.get(f"/desk/imports/{again.id}/columns").text) == {"column-0": "full_name"}


def test_told_when_wished_and_then_it_stays(desk: Browser, stop: Stop) -> None:
    run = upload(desk, stop, LIST)
    look_through(desk, run, tells="y", badge_class="expert")
    bring_in(desk, run)
    assert sorted(db.session.scalars(select(Message.recipient))) == ["li@example.com", "wang@example.com"]
    desk.post(f"/desk/imports/{run.id}/revert")
    keep_promises()
    assert {row.person.full_name for row in db.session.scalars(select(Registration))} == {"李文博", "王思远"}
    assert {row.badge_class for row in db.session.scalars(select(Registration))} == {BadgeClass.EXPERT}


def test_no_seat_is_oversold_and_rows_without_one_are_refused_when_wished(desk: Browser, stop: Stop) -> None:
    run = upload(
        desk,
        stop,
        HEADS + "".join(f"李文{c},1380000{n:04d},,山西大学,,,\n" for n, c in enumerate("一二三四五")),
    )
    look_through(desk, run, no_seat="refuse")
    run = bring_in(desk, run)
    assert outcomes(run) == {"made": 3, "refused": 2}
    refused = read_sheet(desk.post(f"/desk/imports/{run.id}/refused").data, "x.xlsx")
    assert [cells[0] for _line, cells in refused.rows] == ["李文四", "李文五"]


def test_whoever_was_declined_is_skipped_or_registered_anew(desk: Browser, stop: Stop) -> None:
    earlier = registrations.registration(RegistrationState.DECLINED, at=stop, full_name="孙五")
    line = HEADS + f"孙五,{earlier.person.mobile},sun@example.com,山西大学,,,\n"
    run = upload(desk, stop, line)
    assert "新增 0，更新 0，跳过 1" in look_through(desk, run)
    assert "新增 1" in look_through(desk, run, earlier="new")
    bring_in(desk, run)
    assert people() == 2
    assert db.session.scalar(select(func.count()).select_from(Person)) == 1


def test_bad_files_get_a_sentence_and_nothing_is_kept(desk: Browser, stop: Stop) -> None:
    for content in (b"", b"%PDF-1.4", "姓名\n".encode()):
        answer = desk.post(f"/desk/stops/{stop.id}/imports", data={"sheet": (io.BytesIO(content), "x.csv")})
        assert answer.status_code == 422
    assert desk.post(f"/desk/stops/{stop.id}/imports", data={}).status_code == 422
    assert db.session.scalar(select(func.count()).select_from(ImportRun)) == 0
    run = upload(desk, stop, HEADS.encode() + "李\0文博,13800001111,,山西大学,,,\n=1+1,1,,,,,\n".encode())
    page = look_through(desk, run)
    assert "新增 0" in page
    assert "有误 2" in page


def test_cells_are_forgotten_after_a_week(desk: Browser, stop: Stop) -> None:
    run = upload(desk, stop, LIST)
    look_through(desk, run)
    job = db.session.scalars(select(OutboxJob).where(OutboxJob.task == "imports.tasks.forget")).one()
    assert job.due_at > now() + timedelta(days=6)
    with transaction():
        forget_cells(run.id)
    db.session.expire_all()
    assert db.session.get_one(ImportRun, run.id).sheet is None
    kept = db.session.scalar(
        select(func.count()).where(ImportRow.cells.is_not(None) | ImportRow.entry.is_not(None))
    )
    assert kept == 0
    assert desk.get(f"/desk/imports/{run.id}").status_code == 200


def test_many_rows_come_and_go_a_chunk_at_a_time(desk: Browser, app: Flask) -> None:
    stop = campaigns.stop(capacity=900)
    desk.sign_in(accounts.staff(Role.ORGANISER, host_city_id=stop.host_city_id))
    run = upload(desk, stop, HEADS + many(1_200))
    assert "新增 1200" in look_through(desk, run)
    desk.post(f"/desk/imports/{run.id}/begin")
    job = db.session.scalars(select(OutboxJob).where(OutboxJob.task == "jobs.long_work.go_on")).one()
    assert perform(job.id)
    work = db.session.scalars(select(LongWork)).one()
    assert (work.done, work.percent) == (500, 41)
    assert "data-work-progress" in desk.get(f"/desk/imports/{run.id}").text
    run = bring_in(desk, run)
    assert outcomes(run) == {"made": 1_200}
    assert db.session.get_one(Stop, stop.id).seats_taken == 900
    desk.post(f"/desk/imports/{run.id}/revert")
    keep_promises()
    assert outcomes(run) == {"reverted": 1_200}
    assert people() == 0
    assert db.session.scalar(select(func.count()).select_from(Person)) == 0


def many(number: int) -> str:
    """So many rows, each of another person."""
    surnames, given = "王李张刘陈杨赵黄周吴", "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平"
    return "".join(
        f"{surnames[n % 10]}{given[n // 10 % 20]}{given[n // 200 % 20]},139{n:08d},p{n}@example.com,太原理工大学,博士,煤基新材料,太原\n"
        for n in range(number)
    )


def test_another_citys_organiser_sees_no_import(desk: Browser, stop: Stop) -> None:
    run = upload(desk, stop, LIST)
    desk.sign_in(accounts.staff(Role.ORGANISER, host_city_id=campaigns.host_city("Jincheng").id))
    assert desk.get(f"/desk/imports/{run.id}").status_code == 404
    assert desk.post(f"/desk/imports/{run.id}/begin").status_code == 404
    assert isinstance(db.session.get(Staff, run.by_staff_id), Staff)


DOUBLES = HEADS + (
    "李文博,13800001111,li@example.com,太原理工大学,博士,煤基新材料,太原\n"
    "王思远,13800002222,wang@example.com,山西大学,博士,碳纤维,太原\n"
    "李文博,13800003333,li@example.com,太原理工大学,博士,煤基新材料,太原\n"
)


def test_who_may_stand_in_the_file_twice_is_shown_and_skipped_when_wished(desk: Browser, stop: Stop) -> None:
    earlier = find_or_add(full_name="王思远", mobile="+8613900009999", email="wang@example.com")
    run = upload(desk, stop, DOUBLES)
    page = look_through(desk, run, doubles="keep")
    assert "可能在文件中重复" in page
    assert "电子邮箱相同" in page or "邮箱" in page
    row = db.session.scalars(select(ImportRow).where(ImportRow.like_number.is_not(None))).one()
    assert (row.number, row.like_number) == (4, 2)
    look_through(desk, run, doubles="skip")
    assert outcomes(bring_in(desk, run)) == {"made": 2, "skipped": 1}
    # Whoever came by the list is compared with those who are known; taken back, nothing is left of it.
    pair = db.session.scalars(select(PersonPair)).one()
    assert earlier.id in (pair.one_id, pair.other_id)
    desk.post(f"/desk/imports/{run.id}/revert")
    keep_promises()
    db.session.expire_all()
    assert outcomes(run) == {"reverted": 2, "skipped": 1}
    assert db.session.scalars(select(Person.id)).all() == [earlier.id]


def test_erasing_reaches_lists_at_once_also_those_not_brought_in(desk: Browser, stop: Stop) -> None:
    looked, begun = upload(desk, stop, DOUBLES), upload(desk, stop, DOUBLES + "某人,123,li@example.com,,,,\n")
    look_through(desk, looked)
    look_through(desk, begun)
    assert outcomes(bring_in(desk, begun)) == {"made": 3, "refused": 1}
    li = db.session.scalars(
        select(Registration).where(Registration.email == "li@example.com").order_by(Registration.id)
    ).first()
    assert li is not None
    with transaction():
        receipt = erase([li], by=accounts.staff(Role.ADMINISTRATOR))
    assert receipt.counts["import_rows"] >= 3
    db.session.expire_all()
    runs = db.session.scalars(select(ImportRun).order_by(ImportRun.id)).all()
    rows = db.session.scalars(select(ImportRow)).all()
    said = [str(run.sheet) for run in runs] + [
        f"{row.entry}{row.cells}{row.before}{row.problems}" for row in rows
    ]
    assert not any("li@example.com" in one or "某人" in one for one in said)
    assert (runs[0].row_count, len([row for row in rows if row.run_id == runs[0].id])) == (1, 1)
    assert "王思远" in str(runs[0].sheet)

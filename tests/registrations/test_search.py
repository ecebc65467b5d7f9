"""Somebody is found by whatever the desk has of him, and the best match stands first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text

from accounts.permissions import Reach
from people.search_keys import NAME, key
from registrations.models import Registration, RegistrationState
from registrations.queue import Counts, Wanted, counts_of, everybody_within, order_named, piece_of
from registrations.search import found, understood
from shared.db import db, transaction
from tests.conftest import settings_for
from tests.factories import campaigns, registrations
from tests.factories.people import somebody

PROVINCE = Reach(everywhere=True)
S = RegistrationState


def hits(typed: str, reach: Reach = PROVINCE) -> list[Registration]:
    """What the queue's first page shows, in its order."""
    everybody = everybody_within(reach, typed)
    _name, keys = order_named("", typed, broad=everybody.broad)
    return piece_of(everybody, Wanted(), keys).rows


def names(typed: str, reach: Reach = PROVINCE) -> list[str]:
    """The names found, in their order."""
    return [one.person.full_name for one in hits(typed, reach)]


@pytest.fixture
def desk(app: Flask) -> dict[str, Registration]:
    """Six people with names as one meets them."""
    given = [
        ("张文博", "+8613812345678", "zwb.work@example.com", "太原理工大学"),
        ("曾国华", "+8613900001111", "zeng@example.org", "北京大学"),
        ("吕乐", "+8613700002222", "lele@example.net", "Shanxi University"),
        ("歐陽雨桐", "+8613600003333", "ouyang@example.com", "清华大学"),
        ("阿不都热合曼·艾尼瓦尔", "+8613500004444", "abdu@example.com", "新疆大学"),
        ("James O’Connor", "+447700900123", "jim@example.com", "University of Oxford"),
    ]
    return {
        name: registrations.registration(
            person=somebody(name, mobile=mobile, email=email, university=university),
            university=university,
            email=email,
        )
        for name, mobile, email, university in given
    }


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("张文博", "张文博"),
        ("張文博", "张文博"),
        ("文博", "张文博"),
        ("博", "张文博"),
        ("zhangwenbo", "张文博"),
        ("Zhang Wen Bo", "张文博"),
        ("ＺＨＡＮＧ　ｗｅｎ", "张文博"),
        ("wenb", "张文博"),
        ("zwb", "张文博"),
        ("张w", "张文博"),
        ("5678", "张文博"),
        ("138 1234 5678", "张文博"),
        ("+86 138-1234-5678", "张文博"),
        ("１３８１２３４", "张文博"),
        ("zwb.work", "张文博"),
        ("zwb.work@example.com", "张文博"),
        ("太理工", "张文博"),
        ("太原理工", "张文博"),
        ("tyut", "张文博"),
        ("zhang 太理工 5678", "张文博"),
        ("张文搏", "张文博"),  # the same sound
        ("张文彬", "张文博"),  # one wrong character
        ("张文博博", "张文博"),  # one too many
        ("zhangwembo", "张文博"),  # one wrong letter
        ("zhangwebno", "张文博"),  # two letters exchanged
        ("zengguohua", "曾国华"),
        ("cengguohua", "曾国华"),
        ("北大", "曾国华"),
        ("beida", "曾国华"),
        ("lvle", "吕乐"),
        ("lü le", "吕乐"),
        ("lyule", "吕乐"),
        ("lvyue", "吕乐"),
        ("欧阳雨桐", "歐陽雨桐"),
        ("欧阳", "歐陽雨桐"),
        ("ouyang yt", "歐陽雨桐"),
        ("阿不都热合曼艾尼瓦尔", "阿不都热合曼·艾尼瓦尔"),
        ("阿不都热合曼•艾尼瓦尔", "阿不都热合曼·艾尼瓦尔"),
        ("艾尼瓦尔", "阿不都热合曼·艾尼瓦尔"),
        ("o'connor", "James O’Connor"),
        ("oconnor james", "James O’Connor"),
        ("oxford", "James O’Connor"),
        ("900123", "James O’Connor"),
    ],
)
def test_somebody_is_found_by_whatever_the_desk_has(
    desk: dict[str, Registration], typed: str, name: str
) -> None:
    assert names(typed) == [name]


@pytest.mark.parametrize(
    "typed",
    [
        "李",
        "wangwu",
        "9999",
        "%",
        "_",
        "%" * 100,
        "张文博 北大",
        "张文博 9999",
        "zhangwenbo 9999",
        "\0",
        "·",
        "@",
        "💐",
    ],
)
def test_whoever_does_not_match_is_not_found(desk: dict[str, Registration], typed: str) -> None:
    assert names(typed) == []


def test_a_code_finds_the_one_registration_however_it_is_written(desk: dict[str, Registration]) -> None:
    wanted = desk["张文博"]
    wanted.code = "7KQ2M9XD"
    registrations.registration(person=wanted.person)
    for typed in ("7KQ2M9XD", "7kq2-m9xd", " 7KQ2 M9XD "):
        assert hits(typed) == [wanted]


def test_a_code_of_letters_alone_may_be_a_name_too(app: Flask) -> None:
    by_name = registrations.registration(person=somebody("韩文汉", mobile="+8613000000901"))
    by_code = registrations.registration(code="HANWENHA")
    both = hits("hanwenha")
    assert {one.id for one in both} == {by_name.id, by_code.id}


def test_the_best_match_stands_first(app: Flask) -> None:
    for number, name in enumerate(["王伟明", "王微", "小王伟", "王伟", "汪伟"]):
        registrations.registration(person=somebody(name, mobile=f"+861310000{number:04d}"))
    assert names("王伟") == ["王伟", "王伟明", "汪伟", "小王伟", "王微"]
    assert names("wangwei")[-2:] == ["小王伟", "王伟明"] or names("wangwei")[-2:] == ["王伟明", "小王伟"]


def test_nearly_is_said_and_shown_only_behind_what_was_typed(desk: dict[str, Registration]) -> None:
    statement = select(Registration)
    assert found(statement, "张文博").exact
    assert not found(statement, "张文彬").exact
    registrations.registration(person=somebody("张文彬", mobile="+8613100000099"))
    assert found(statement, "张文彬").exact
    assert names("张文彬") == ["张文彬", "张文博"]


def test_a_city_finds_its_own_people_only(app: Flask) -> None:
    taiyuan, jincheng = campaigns.host_city("Taiyuan"), campaigns.host_city("Jincheng")
    for place in (taiyuan, jincheng):
        registrations.registration(
            at=campaigns.stop(host=place), person=somebody("张文博", mobile=f"+8613100{place.id:06d}")
        )
    reach = Reach(host_city_ids=frozenset({taiyuan.id}))
    for typed in ("张文博", "zwb", "zhangwembo", "张"):
        assert len(names(typed)) == 2
        assert len(names(typed, reach)) == 1


def test_whoever_changes_his_name_or_university_is_found_by_the_new_one(
    desk: dict[str, Registration],
) -> None:
    with transaction():
        desk["张文博"].person.full_name = "张武"
    assert names("张武") == ["张武"]
    assert names("张文博") == []
    with transaction():
        desk["曾国华"].university = "复旦大学"
    assert names("复旦") == ["曾国华"]


@pytest.mark.parametrize(
    ("typed", "words", "digits", "code"),
    [
        ("张 文", ("张", "文"), "", None),
        ("zhang3", ("zhang3",), "", None),
        ("138-0000", (), "1380000", None),
        ("7kq2-m9xd", (), "", "7KQ2M9XD"),
        ("Li@Example.com", ("li@example.com",), "", None),
        ("a b c d e f g", ("a", "b", "c", "d", "e", "f"), "", None),
        ("123", ("123",), "", None),
        ("", (), "", None),
    ],
)
def test_what_was_typed_is_understood(
    typed: str, words: tuple[str, ...], digits: str, code: str | None
) -> None:
    asked = understood(typed)
    assert (asked.words, asked.digits, asked.code) == (words, digits, code)


# Plans

MANY = """
INSERT INTO people (id, full_name, name_pinyin, name_initials, mobile, email, created_at, name_folded, search_keys)
SELECT n, '张' || n, 'zhang' || n, 'z', '+86' || n, '', now(), '张' || n, ARRAY[n, n + 1000000, 7, :zhang]
FROM generate_series(100001, 130000) AS n;
INSERT INTO registrations (id, code, submission_id, stop_id, person_id, state, badge_class, email, university, education,
                           research_field, language, consent_version, consented_at, applied_at)
SELECT n, 'C' || n, gen_random_uuid(), :stop, n, 'applied', 'doctor', 'x@example.com', '', 'doctor', '', 'zh', '', now(), now()
FROM generate_series(100001, 130000) AS n;
ANALYZE people; ANALYZE registrations
"""
TYPED = [
    "张文博",
    "文博",
    "zhangwenbo",
    "zwb",
    "zhangwembo",
    "5678",
    "13812345678",
    "zwb.w",
    "太理工",
    "张 太理工 5678",
]


@pytest.fixture(scope="module")
def crowded(fresh_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A database with thirty thousand others beside Dr Zhang."""
    from app import create_app

    app = create_app(settings_for(fresh_database(), tmp_path_factory.mktemp("crowded")))
    with app.app_context():
        stop = campaigns.stop()
        registrations.registration(
            at=stop,
            person=somebody(
                "张文博", mobile="+8613812345678", email="zwb.work@example.com", university="太原理工大学"
            ),
        )
        for statement in MANY.split(";"):
            given = {"stop": stop.id, "zhang": key(NAME, "张")}
            db.session.execute(
                text(statement), {name: one for name, one in given.items() if f":{name}" in statement}
            )
        db.session.commit()
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def plans_of(app: Flask, reach: Reach, typed: str) -> list[str]:
    """The plans of every statement that a search sends, asked for while they are sent."""
    from sqlalchemy import event

    told: list[str] = []

    def explain(_connection: Any, cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if statement.startswith("SELECT"):
            told.append("\n".join(row[0] for row in cursor.execute("EXPLAIN " + statement, parameters)))

    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", explain)
        try:
            hits(typed, reach)
            counts_of(everybody_within(reach, typed), Wanted())
        finally:
            event.remove(db.engine, "before_cursor_execute", explain)
            db.session.remove()
    return told


@pytest.mark.parametrize("typed", [*TYPED, "张"])
def test_no_search_reads_all_people_or_registrations(crowded: Flask, typed: str) -> None:
    for reach in (PROVINCE, Reach(host_city_ids=frozenset({1}))):
        for plan in plans_of(crowded, reach, typed):
            assert "Seq Scan on people" not in plan, plan
            assert "Seq Scan on registrations" not in plan, plan


def test_a_common_name_is_looked_through_from_the_newest_and_counted_so_far(crowded: Flask) -> None:
    with crowded.app_context():
        everybody = everybody_within(PROVINCE, "张")
        assert everybody.broad
        assert [one.id for one in hits("张")] == list(range(130_000, 129_950, -1))
        counts = counts_of(everybody, Wanted())
        assert (counts.is_more(None), counts.number(None) > 9_000) == (True, True)
        everybody = everybody_within(PROVINCE)
        assert counts_of(everybody, Wanted()).shown(S.APPLIED) == "10,000+"
        of_stop: Counts = counts_of(everybody, Wanted(stop_id=hits("张")[0].stop_id))
        assert (of_stop[S.APPLIED], of_stop[S.CONFIRMED], of_stop.shown()) == (30_000, 1, "30001")
        db.session.remove()


def test_without_the_index_all_people_are_read(crowded: Flask) -> None:
    with crowded.app_context():
        db.session.execute(text("DROP INDEX ix_people_search_keys"))
        db.session.execute(text("SET LOCAL enable_seqscan = off"))
        plan = "\n".join(
            row[0]
            for row in db.session.execute(text("EXPLAIN SELECT id FROM people WHERE search_keys @> '{7}'"))
        )
        db.session.rollback()
    assert "Seq Scan on people" in plan


def test_the_crowd_does_not_hide_dr_zhang(crowded: Flask, tmp_path: Path) -> None:
    with crowded.app_context():
        for typed in TYPED:
            assert names(typed)[0] == "张文博", typed
        db.session.remove()

"""Every answer that cannot be right has its sentence, in Chinese and in English; every right one has one spelling."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale

from questions.engine import Choice, Field, Occasion, Page, Questionnaire, asked, check
from questions.models import Core, Kind
from questions.papers import Paper, check_digit, masked
from shared.universities import UNIVERSITIES, university_typed

OCCASION = Occasion(date(2026, 5, 20), opening=date(2026, 6, 13), closing=date(2026, 6, 10))
ROUTES = tuple(Choice(key, key, key) for key in ("a", "b", "c", "d"))


def one(kind: Kind, **more: Any) -> Field:
    more.setdefault("required", True)
    return Field("q", kind, "问题", "Question", **more)


def read(field: Field, *typed: str, paper: str = "") -> tuple[Any, str | None]:
    """The value and the sentence of one question with this typed."""
    form = Questionnaire(1, (Page(1, "", "", (field,)),))
    checked = check(form, {"q": list(typed), "q-paper": [paper]}, occasion=OCCASION)
    return checked.values.get("q"), checked.errors.get("q")


WRONG: list[tuple[Field, tuple[str, ...], str, str]] = [
    (one(Kind.NAME), ("",), "请填写姓名", "type your full name"),
    (one(Kind.NAME), ("李",), "2 至 50", "2 to 50 characters"),
    (one(Kind.NAME), ("李4",), "数字", "no digits"),
    (one(Kind.NAME), ("李<博",), "<", "The sign <"),
    (one(Kind.MOBILE), ("",), "手机号", "type your mobile"),
    (one(Kind.MOBILE), ("12345678901",), "11 位", "11 digits"),
    (one(Kind.MOBILE), ("1380013800",), "11 位", "11 digits"),
    (one(Kind.MOBILE), ("+1 234",), "11 位", "11 digits"),
    (one(Kind.EMAIL), ("",), "邮箱", "type your e-mail"),
    (one(Kind.EMAIL), ("li@",), "name@example.com", "name@example.com"),
    (one(Kind.TEXT), ("",), "请填写", "fill this in"),
    (one(Kind.TEXT, options={"min_length": 2, "max_length": 5}), ("煤" * 6,), "2 至 5", "2 to 5 characters"),
    (one(Kind.LONG_TEXT, options={"max_length": 1000}), ("果" * 1001,), "1001", "these are 1001"),
    (one(Kind.WECHAT), ("1abc",), "微信号", "WeChat number has 6 to 20"),
    (one(Kind.WECHAT), ("wx中文号码",), "微信号", "WeChat number has 6 to 20"),
    (one(Kind.UNIVERSITY), ("大",), "2 至", "2 to"),
    (one(Kind.DISCIPLINE), ("9999",), "学科", "discipline from the list"),
    (one(Kind.CHOICE, choices=ROUTES), ("",), "请选择", "choose what fits best"),
    (one(Kind.CHOICE, choices=ROUTES), ("z",), "请选择", "choose what fits best"),
    (one(Kind.SEVERAL, choices=ROUTES), (), "至少选择一项", "at least one"),
    (one(Kind.SEVERAL, choices=ROUTES), ("z",), "停用", "no longer offered"),
    (one(Kind.SEVERAL, choices=ROUTES, options={"min_choices": 2}), ("a",), "至少选择 2", "at least 2"),
    (one(Kind.SEVERAL, choices=ROUTES, options={"max_choices": 2}), ("a", "b", "c"), "最多选择 2", "2 at most"),
    (one(Kind.RANKED, choices=ROUTES), ("a", "b", "c", "d"), "最多选择 3", "3 at most"),
    (one(Kind.RANKED, choices=ROUTES), ("a", "a"), "填了两次", "same one twice"),
    (one(Kind.CITIES, choices=ROUTES), ("a", "b", "c", "d"), "三个", "three cities"),
    (one(Kind.NUMBER), ("三",), "阿拉伯数字", "number in digits"),
    (one(Kind.NUMBER, options={"whole": True}), ("1.5",), "整数", "whole number"),
    (one(Kind.NUMBER, options={"min": 1, "max": 9}), ("10",), "1 至 9", "between 1 and 9"),
    (one(Kind.NUMBER, options={"min": 1}), ("0",), "不能小于 1", "1 at least"),
    (one(Kind.NUMBER, options={"max": 9}), ("10",), "不能大于 9", "9 at most"),
    (one(Kind.DATE), ("2026-02-30",), "日期不存在", "day does not exist"),
    (one(Kind.DATE, options={"latest": "opening"}), ("2026-06-14",), "不能晚于 2026-06-13", "2026-06-13 at the latest"),
    (one(Kind.DATE, options={"earliest": "opening-3d"}), ("2026-06-09",), "不能早于 2026-06-10", "2026-06-10 at the earliest"),
    (one(Kind.MONTH), ("2026-13",), "年月不存在", "month does not exist"),
    (one(Kind.MONTH, options={"latest": "today+6y"}), ("2032-06",), "不能晚于 2032-05", "2032-05 at the latest"),
    (one(Kind.MONTH, options={"earliest": "2000-01"}), ("1999-12",), "不能早于 2000-01", "2000-01 at the earliest"),
    (one(Kind.RESIDENT_ID), ("",), "请填写", "fill this in"),
    (one(Kind.RESIDENT_ID), ("110105491231002",), "15 位旧号码", "old number of 15 digits"),
    (one(Kind.RESIDENT_ID), ("1101051949123100",), "18 位", "has 18 characters; these are 16"),
    (one(Kind.RESIDENT_ID), ("11010519491231002A",), "字母 X", "the letter X"),
    (one(Kind.RESIDENT_ID), ("993456199001015678",), "省份代码", "stand for no province"),
    (one(Kind.RESIDENT_ID), ("123456789012345678",), "不存在", "does not exist"),
    (one(Kind.RESIDENT_ID), ("110105194913310029",), "出生日期（第 7 至 14 位）不存在", "digits 7 to 14) does not exist"),
    (one(Kind.RESIDENT_ID), ("11010520991231002X",), "晚于今天", "lies in the future"),
    (one(Kind.RESIDENT_ID), ("110105180012310021",), "过早", "too far back"),
    (one(Kind.RESIDENT_ID), ("110105194912310021",), "校验未通过", "mistyped"),
    (one(Kind.RESIDENT_ID), ("810000199408230021",), "居住证", "residence permit"),
    (one(Kind.TRIP), ("高铁602",), "车次或航班", "neither the number of a train"),
    (one(Kind.FILE), ("",), "请选择文件", "choose a file"),
    (one(Kind.PICTURE), ("",), "请选择图片", "choose a picture"),
    (one(Kind.CONSENT), (), "请勾选", "tick this"),
    (one(Kind.CONSENT, core=Core.CONSENT), (), "同意", "Without your agreement"),
]  # fmt: skip


@pytest.mark.parametrize(("field", "typed", "chinese", "english"), WRONG)
def test_a_wrong_answer_has_its_sentence(
    app: Flask, field: Field, typed: tuple[str, ...], chinese: str, english: str
) -> None:
    with app.test_request_context():
        with force_locale("zh_Hans"):
            assert chinese in (read(field, *typed)[1] or "")
        with force_locale("en"):
            value, sentence = read(field, *typed)
    assert english in (sentence or "")
    assert value is None


RIGHT: list[tuple[Field, tuple[str, ...], Any]] = [
    (one(Kind.NAME), ("买买提•艾力",), "买买提·艾力"),
    (one(Kind.NAME), ("李䶮",), "李䶮"),
    (one(Kind.MOBILE), ("１３８ 0013-8000",), "+8613800138000"),
    (one(Kind.MOBILE), ("19912345678",), "+8619912345678"),
    (one(Kind.MOBILE), ("+852 6123 4567",), "+85261234567"),
    (one(Kind.EMAIL), ("li@Example.COM",), "li@example.com"),
    (one(Kind.TEXT), (" 煤基  新材料 ",), "煤基 新材料"),
    (one(Kind.LONG_TEXT), ("一\r\n\r\n\r\n\r\n二 ",), "一\n\n二"),
    (one(Kind.WECHAT), ("wx_li-2026",), "wx_li-2026"),
    (one(Kind.UNIVERSITY), ("北大",), "北京大学"),
    (one(Kind.UNIVERSITY), ("太原重型机械学院",), "太原科技大学"),
    (one(Kind.UNIVERSITY), ("10003",), "清华大学"),
    (one(Kind.UNIVERSITY), ("ETH Zürich",), "ETH Zürich"),
    (one(Kind.DISCIPLINE), ("0812",), "0812"),
    (one(Kind.DISCIPLINE), ("工商管理",), "1202"),
    (one(Kind.SEVERAL, choices=ROUTES), ("c", "a"), ["a", "c"]),
    (one(Kind.RANKED, choices=ROUTES), ("c", "", "a"), ["c", "a"]),
    (one(Kind.NUMBER), ("１２",), 12),
    (one(Kind.NUMBER), ("2.5",), 2.5),
    (one(Kind.DATE), ("2026/6/1",), "2026-06-01"),
    (one(Kind.DATE), ("2026年6月1日",), "2026-06-01"),
    (one(Kind.MONTH), ("2026年7月",), "2026-07"),
    (one(Kind.RESIDENT_ID), ("１１０１０５１９４９１２３１００２ｘ",), "11010519491231002X"),
    (one(Kind.RESIDENT_ID), ("34052419800101001x",), "34052419800101001X"),
    (one(Kind.TRIP), ("g602次",), "G602"),
    (one(Kind.TRIP), ("mu5278",), "MU5278"),
    (one(Kind.CONSENT), ("y",), True),
]  # fmt: skip


@pytest.mark.parametrize(("field", "typed", "value"), RIGHT)
def test_a_right_answer_has_one_spelling(
    app: Flask, field: Field, typed: tuple[str, ...], value: Any
) -> None:
    with app.test_request_context():
        assert read(field, *typed) == (value, None)


PAPERS = [
    (Paper.PASSPORT, "e12345678", "E12345678", "!!", "护照"),
    (Paper.HK_MACAO_PERMIT, "h12345678", "H12345678", "K12345678", "H 或 M"),
    (Paper.TAIWAN_PERMIT, "12345678", "12345678", "1234567", "8 位数字"),
    (Paper.RESIDENCE_PERMIT, f"81000019940823002{check_digit('81000019940823002')}", None, "11010519491231002X", "81、82 或 83"),
    (Paper.FOREIGN_PERMANENT, "911124198108030024", "911124198108030024", "811124198108030024", "以 9 开头"),
    (Paper.RESIDENT_ID, "11010519491231002x", "11010519491231002X", "110105194912310020", "校验"),
]  # fmt: skip


@pytest.mark.parametrize(("paper", "right", "spelled", "wrong", "chinese"), PAPERS)
def test_each_identity_paper_has_its_own_form(
    app: Flask, paper: Paper, right: str, spelled: str | None, wrong: str, chinese: str
) -> None:
    with app.test_request_context(), force_locale("zh_Hans"):
        field = one(Kind.IDENTITY_PAPER)
        assert read(field, right, paper=paper.value)[0] == {"paper": paper.value, "number": spelled or right}
        assert chinese in (read(field, wrong, paper=paper.value)[1] or "")
        assert read(field, right, paper="library_card")[1] is not None


def test_the_standards_own_examples_pass_and_any_mistyped_digit_does_not(app: Flask) -> None:
    assert check_digit("44052418800101001") == "4"
    with app.test_request_context():
        for place in range(17):
            digit = str((int("11010519491231002"[place]) + 1) % 10)
            mistyped = "11010519491231002X"[:place] + digit + "11010519491231002X"[place + 1 :]
            assert read(one(Kind.RESIDENT_ID), mistyped)[1] is not None


def test_answers_are_compared_with_the_id_number(app: Flask) -> None:
    fields = (
        Field("id", Kind.RESIDENT_ID, "身份证"),
        Field("sex", Kind.CHOICE, "性别", choices=(Choice("male", "男"), Choice("female", "女")), options={"fits_id": "id"}),
        Field("graduation", Kind.MONTH, "毕业", options={"after_birth": {"question": "id", "years": 20}}),
    )  # fmt: skip
    form = Questionnaire(1, (Page(1, "", "", fields),))
    typed = {"id": ["34052419800101001X"], "sex": ["female"], "graduation": ["1999-06"]}
    with app.test_request_context():
        checked = check(form, typed, occasion=OCCASION)
        assert set(checked.errors) == {"sex", "graduation"}
        right = check(form, {**typed, "sex": ["male"], "graduation": ["2000-06"]}, occasion=OCCASION)
        assert right.errors == {}


def test_what_is_not_asked_is_not_read_and_asks_for_nothing_further(app: Flask) -> None:
    fields = (
        Field("a", Kind.CHOICE, "一", choices=ROUTES),
        Field("b", Kind.TEXT, "二", required=True, condition={"question": "a", "op": "is", "value": "a"}),
        Field("c", Kind.TEXT, "三", required=True, condition={"question": "b", "op": "answered"}),
    )
    form = Questionnaire(1, (Page(1, "", "", fields),))
    assert asked(form, {"a": ["b"], "b": ["x"], "c": ["y"]}) == {"a"}
    with app.test_request_context():
        checked = check(form, {"a": ["b"], "b": ["x"], "c": ["y"]}, occasion=OCCASION)
    assert (checked.values, checked.errors) == ({"a": "b"}, {})


def test_a_masked_number_can_be_recognised_and_no_more() -> None:
    assert masked("11010519491231002X") == "1101**********002X"
    assert masked("E12345678") == "E******78"


def test_names_and_codes_of_universities_mean_one_each() -> None:
    codes = [university.code for university in UNIVERSITIES if university.code]
    assert len(codes) == len(set(codes)) > 150
    for university in UNIVERSITIES:
        assert university_typed(university.name_zh) == university
        assert university_typed(university.name_en) == university
    assert university_typed("不存在大学") is None

"""Every wrong answer has a sentence, in the reader's language and tied to its field, and nothing typed is lost.

All kinds of question there are, several wrong answers each, at every place where a form is sent.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import func, select

from campaigns.models import Stop
from delegations.links import member_link
from questions.models import AskedWhen, Kind
from registrations.invite import InvitationPlan, invite
from registrations.links import link_for
from registrations.models import BadgeClass, Registration
from shared.clock import now
from shared.db import db, transaction
from tests.conftest import Browser
from tests.delegations.test_delegation import named, opened
from tests.factories import accounts, campaigns, questions, registrations
from tests.files.samples import pdf
from tests.reading import Read
from tests.registrations.test_views import filled

RARE = "𠮷野㛃·䶮 <b>&\"'é"
LONG = "煤" * 2001
Wrong = tuple[Any, str, str]
"""What is typed (a file: its bytes), and what the sentence holds in Chinese and in English."""

WRONG: dict[Kind, list[Wrong]] = {
    Kind.NAME: [("", "请填写姓名", "type your full name"), ("李", "2 至 50", "2 to 50"), ("李4四", "数字", "no digits")],
    Kind.MOBILE: [("", "手机号", "your mobile"), ("1380013", "11 位", "11 digits"), ("一三八", "11 位", "11 digits")],
    Kind.EMAIL: [("", "邮箱", "your e-mail"), ("li@", "name@example.com", "name@example.com"), ("李 李@x.cn", "邮箱", "e-mail")],
    Kind.TEXT: [("", "请填写", "fill this in"), ("煤" * 201, "200", "200 characters"), ("煤", "2 至", "2 to")],
    Kind.LONG_TEXT: [("", "请填写", "fill this in"), (LONG, "2001", "these are 2001")],
    Kind.CHOICE: [("", "请选择", "choose what fits"), ("z", "请选择", "choose what fits")],
    Kind.SEVERAL: [([], "至少选择一项", "at least one"), (["z"], "停用", "no longer offered"), (["a", "b", "c"], "最多选择 2", "2 at most")],
    Kind.DATE: [("", "请选择日期", "choose a day"), ("2026-02-30", "日期不存在", "day does not exist"), ("1899-01-01", "不能早于", "at the earliest")],
    Kind.MONTH: [("", "请选择年月", "choose a month"), ("2026-13", "年月不存在", "month does not exist"), ("1899-01", "不能早于", "at the earliest")],
    Kind.NUMBER: [("", "请填写", "fill this in"), ("三", "阿拉伯数字", "number in digits"), ("10", "1 至 9", "between 1 and 9"), ("1.5", "整数", "whole number")],
    Kind.RESIDENT_ID: [("", "请填写", "fill this in"), ("110105194912310021", "校验", "mistyped"), ("1101051949123100", "18 位", "has 18 characters"), ("110105194913310029", "不存在", "does not exist")],
    Kind.IDENTITY_PAPER: [("", "请填写", "fill this in"), ("!!", "护照", "passport"), ("E1", "护照", "passport")],
    Kind.UNIVERSITY: [("", "请填写", "fill this in"), ("大", "2 至", "2 to"), ("大" * 101, "100", "100 characters")],
    Kind.DISCIPLINE: [("", "请填写", "fill this in"), ("9999", "学科", "discipline from the list")],
    Kind.RANKED: [([], "至少选择一项", "at least one"), (["a", "a"], "填了两次", "same one twice"), (["z"], "停用", "no longer offered")],
    Kind.CITY: [("", "请选择", "choose what fits"), ("999", "请选择", "choose what fits")],
    Kind.CITIES: [([], "至少选择一项", "at least one"), (["999"], "停用", "no longer offered")],
    Kind.TRIP: [("", "请填写", "fill this in"), ("高铁602", "车次或航班", "neither the number of a train")],
    Kind.WECHAT: [("", "请填写", "fill this in"), ("1abc", "微信号", "WeChat number"), ("微信中文号码", "微信号", "WeChat number")],
    Kind.FILE: [("", "请选择文件", "choose a file"), (b"MZ not a paper", "PDF", "PDF"), (b"", "空文件", "is empty"), ("of-somebody-else", "已失效", "no longer here")],
    Kind.PICTURE: [("", "请选择图片", "choose a picture"), (pdf(), "JPEG", "JPEG")],
    Kind.CONSENT: [("", "请勾选", "tick this")],
}  # fmt: skip

OPTIONS: dict[Kind, dict[str, Any]] = {
    Kind.TEXT: {"min_length": 2},
    Kind.CHOICE: questions.choices("a", "b"),
    Kind.SEVERAL: {**questions.choices("a", "b", "c"), "max_choices": 2},
    Kind.RANKED: questions.choices("a", "b", "c"),
    Kind.DATE: {"earliest": "1900-01-01"},
    Kind.MONTH: {"earliest": "1900-01"},
    Kind.NUMBER: {"min": 1, "max": 9, "whole": True},
    Kind.IDENTITY_PAPER: {"papers": ["passport"]},
}
CANNOT_HOLD = {Kind.FILE, Kind.PICTURE, Kind.CONSENT, Kind.CHOICE, Kind.CITY, Kind.CITIES, Kind.DISCIPLINE}
"""Fields in a page that hold only what they offer."""
ROUNDS = max(map(len, WRONG.values()))


def every_kind(stop: Stop, asked_when: AskedWhen) -> None:
    page = questions.page(stop.campaign, title_zh="全部题型", title_en="Every kind")
    for kind in WRONG:
        questions.question(
            stop.campaign,
            page=page,
            key=f"q_{kind}",
            kind=kind,
            label_zh=f"题 {kind.label}",
            required=True,
            asked_when=asked_when,
            options=OPTIONS.get(kind, {}),
            restricted=kind in (Kind.RESIDENT_ID, Kind.IDENTITY_PAPER),
        )
    questions.question(
        stop.campaign, page=page, key="rare", kind=Kind.TEXT, asked_when=asked_when, options={}
    )


def wrong_form(turn: int) -> tuple[dict[str, Any], dict[Kind, Wrong]]:
    """One wrong answer to each question, and what each is."""
    wrongs = {kind: wrong[turn % len(wrong)] for kind, wrong in WRONG.items()}
    form: dict[str, Any] = {"rare": RARE}
    for kind, (typed, _chinese, _english) in wrongs.items():
        if isinstance(typed, bytes):
            form[f"q_{kind}-file"] = (io.BytesIO(typed), "简历.pdf")
        else:
            form[f"q_{kind}"] = typed
    return form, wrongs


Place = tuple[str, dict[str, Any]]
"""Where the form is sent, and what else stands in it."""


def of_strangers(client: Browser) -> Place:
    stop = campaigns.stop()
    every_kind(stop, AskedWhen.APPLICATION)
    return f"/c/{stop.campaign.slug}/stops/{stop.id}/register", filled()


def of_the_invited(client: Browser) -> Place:
    """As a stranger sends it, with an invitation's code in hand."""
    address, form = of_strangers(client)
    stop = stop_in(address)
    plan = InvitationPlan(BadgeClass.DOCTOR, valid_until=stop.ends_at, quota=3)
    with transaction():
        invitation = invite(plan, stop_id=stop.id, by=accounts.staff(host_city_id=stop.host_city_id))
    assert client.get(f"/i/{invitation.code}").status_code == 200
    return address, form


def of_a_member(client: Browser) -> Place:
    """Named by a delegation's contact, on the own link."""
    address, form = of_strangers(client)
    [member] = named(opened(stop_in(address)), 1)
    assert client.get(f"/delegation/member/{member_link(member)}").status_code == 200
    return address, {**form, "full_name": member.full_name, "email": member.email}


def of_an_edit(client: Browser) -> Place:
    stop = campaigns.stop()
    every_kind(stop, AskedWhen.APPLICATION)
    return f"/r/{link_for(registrations.registration(at=stop))}/answers", filled()


def after_approval(client: Browser) -> Place:
    stop = campaigns.stop()
    every_kind(stop, AskedWhen.AFTER_APPROVAL)
    return f"/r/{link_for(registrations.registration(at=stop))}/after-approval", {}


def stop_in(address: str) -> Stop:
    return db.session.get_one(Stop, int(address.split("/stops/")[1].split("/")[0]))


PLACES = (of_strangers, of_the_invited, of_a_member, of_an_edit, after_approval)


def kept(page: Read, form: dict[str, Any], wrongs: dict[Kind, Wrong]) -> None:
    """Everything that a page can hold is in it again."""
    for name, typed in form.items():
        kind = name.removeprefix("q_")
        if name.endswith("-file") or name in ("submission_id", "csrf_token"):
            continue
        if kind in wrongs and Kind(kind) in CANNOT_HOLD:
            continue
        typed = typed if isinstance(typed, list) else [typed]
        offered = [one for one in typed if one != "z"]
        assert [one for one in page.held[name] if one] == [one for one in offered if one], name


@pytest.mark.parametrize("place", PLACES)
def test_each_wrong_answer_has_its_sentence_and_nothing_typed_is_lost(
    client: Browser, place: Callable[[Browser], Place]
) -> None:
    address, core = place(client)
    before = count_registrations()
    for turn in range(ROUNDS):
        for language in ("zh", "en"):
            client.set_cookie("language", language)
            form, wrongs = wrong_form(turn)
            form = {**core, **form}
            answer = client.post(address, data=form, content_type="multipart/form-data")
            assert answer.status_code == 422
            page = Read(answer.text)
            for kind, (_typed, chinese, english) in wrongs.items():
                name = f"q_{kind}-file" if kind in (Kind.FILE, Kind.PICTURE) else f"q_{kind}"
                sentence = chinese if language == "zh" else english
                assert sentence in page.words.get(f"q_{kind}-error", ""), (kind, turn)
                assert sentence in page.described(name), (kind, turn)
            assert "rare-error" not in page.words
            kept(page, form, wrongs)
    assert count_registrations() == before


@pytest.mark.parametrize("place", PLACES)
def test_a_page_open_too_long_is_given_back_whole_at_every_place(
    app: Flask, client: Browser, place: Callable[[Browser], Place]
) -> None:
    address, core = place(client)
    form, wrongs = wrong_form(1)
    form = {**core, **{name: typed for name, typed in form.items() if not name.endswith("-file")}}
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        with client.session_transaction() as session:
            session.clear()
        answer = client.post(address, data={**form, "csrf_token": "of yesterday"})
    finally:
        app.config["WTF_CSRF_ENABLED"] = False
    assert answer.status_code == 400
    assert "页面停留时间过长" in answer.text
    kept(Read(answer.text), form, wrongs)


def test_no_kind_of_question_is_forgotten() -> None:
    assert set(WRONG) == set(Kind) - {Kind.HEADING}


def test_at_the_gate_too_each_wrong_answer_has_its_sentence(client: Browser) -> None:
    stop = campaigns.stop(starts_at=now() - timedelta(minutes=5))
    client.sign_in(accounts.staff())
    wrong = {
        "full_name": ("李4四", "数字", "no digits"),
        "mobile": ("1380013", "11 位", "11 digits"),
        "university": ("大", "2 至", "2 to"),
        "email": ("li@", "name@example.com", "name@example.com"),
        "badge_class": ("king", "", ""),
    }
    form = {"submission_id": str(uuid4()), "gate": RARE, "consent": "y"}
    form |= {name: typed for name, (typed, _zh, _en) in wrong.items()}
    for language in ("zh", "en"):
        client.set_cookie("language", language)
        answer = client.post(f"/gate/{stop.id}/walk-in", data=form)
        assert answer.status_code == 422
        page = Read(answer.text)
        for name, (_typed, chinese, english) in wrong.items():
            assert page.words.get(f"{name}-error", "").strip()
            assert (chinese if language == "zh" else english) in page.described(name), name
        for name in ("full_name", "mobile", "university", "email", "gate"):
            assert page.held[name] == [form[name]]


def count_registrations() -> int:
    return db.session.scalar(select(func.count()).select_from(Registration)) or 0

"""Changing a form: nothing is lost, nothing is broken, nothing is overwritten silently."""

from __future__ import annotations

from dataclasses import replace
from threading import Barrier, Thread
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text
from werkzeug.datastructures import MultiDict

from accounts.models import Role, Staff
from app import create_app
from audit.models import AuditEntry
from campaigns.models import Campaign, Stop
from privacy.purposes import Purpose
from questions import edit_pages, edit_questions, insert_ready
from questions.changes import fingerprint, refuse_broken, times_answered
from questions.condition_rows import ConditionRow, condition_from, rows_of
from questions.edit_questions import QuestionPlan
from questions.engine import Choice, Field
from questions.errors import (
    ConditionBroken,
    FewerThanTaken,
    FormChangedMeanwhile,
    KindHoldsNoAnswers,
    LastPage,
    NeedsReason,
    NeverLeftOut,
    NothingToTakeBack,
    NotYourPart,
    PurposeWasSaid,
    SaysFirst,
    SealedOrNot,
)
from questions.library import DOCTORS_TOUR, LIBRARY, READY
from questions.lookups import form_of, pages_of, questionnaire_for, questions_of
from questions.models import AskedWhen, Core, FormChange, Kind, Question
from questions.take_back import take_back
from shared.clock import now
from shared.db import db, transaction
from tests.conftest import Browser, settings_for
from tests.factories import accounts, campaigns, questions, registrations

CHOSEN = questions.choices("a", "b", "c")


def organiser() -> Staff:
    return accounts.staff(Role.ORGANISER)


def plan_of(question: Question, **changes: Any) -> QuestionPlan:
    """The question as it is, with changes."""
    now = QuestionPlan(**{name: getattr(question, name) for name in QuestionPlan.__dataclass_fields__})
    return replace(now, **changes)


def save(question: Question, *, by: Staff, agreed: bool = False, **changes: Any) -> Question:
    with transaction():
        return edit_questions.save_question(
            question.id, plan_of(question, **changes), seen=fingerprint(question), by=by, agreed=agreed
        )


def order(campaign: Campaign) -> list[str]:
    return [one.key for one in questions_of(campaign.id)]


def answered(stop: Stop, **answers: Any) -> None:
    registrations.registration(at=stop, answers=answers)


def test_a_question_of_every_kind_is_added_where_it_is_wanted(app: Flask) -> None:
    stop, by = campaigns.stop(), organiser()
    version = form_of(stop.campaign_id).version
    second = questions.page(stop.campaign)
    with transaction():
        made = [
            edit_questions.add_question(stop.campaign_id, kind, by=by, page_id=second.id) for kind in Kind
        ]
        between = edit_questions.add_question(stop.campaign_id, Kind.TEXT, by=by, after_id=made[0].id)
    keys = order(stop.campaign)
    assert keys.index(between.key) == keys.index(made[0].key) + 1
    assert len(set(keys)) == len(keys)
    assert all(one.label_zh and one.label_en and one.label_zh != one.label_en for one in made)
    assert {one.page_id for one in made} == {second.id}
    assert questionnaire_for(stop).version > version
    refuse_broken(stop.campaign_id)
    entries = db.session.scalars(select(AuditEntry.by_whom).where(AuditEntry.act == "add_question")).all()
    assert set(entries) == {by.login}


def test_questions_move_by_steps_over_pages_and_by_dropping(app: Flask) -> None:
    stop, by = campaigns.stop(), organiser()
    second = questions.page(stop.campaign)
    a, b = (questions.question(stop.campaign, page=second) for _ in range(2))
    with transaction():
        edit_questions.step_question(b.id, up=True, by=by)
    assert order(stop.campaign)[-2:] == [b.key, a.key]
    with transaction():
        edit_questions.step_question(b.id, up=True, by=by)
    assert b.page_id == pages_of(stop.campaign_id)[0].id, "over the edge of the page"
    with transaction():
        edit_questions.step_question(b.id, up=False, by=by)
        edit_questions.move_question(
            a.id,
            by=by,
            page_id=pages_of(stop.campaign_id)[0].id,
            before_id=questions_of(stop.campaign_id)[0].id,
        )
    assert order(stop.campaign)[0] == a.key
    assert order(stop.campaign)[-1] == b.key
    for _ in range(30):  # until there is no number left between two neighbours
        with transaction():
            edit_questions.step_question(b.id, up=True, by=by)
    assert order(stop.campaign)[:2] == [b.key, a.key]


def test_a_page_that_goes_leaves_its_questions(app: Flask) -> None:
    stop, by = campaigns.stop(), organiser()
    with pytest.raises(LastPage), transaction():
        edit_pages.remove_page(pages_of(stop.campaign_id)[0].id, by=by)
    with transaction():
        page = edit_pages.add_page(stop.campaign_id, by=by)
    one = questions.question(stop.campaign, page=page)
    page_id, before = page.id, order(stop.campaign)
    with transaction():
        edit_pages.step_page(page_id, up=True, by=by)
    assert order(stop.campaign)[0] == one.key
    with transaction():
        take_back(stop.campaign_id, by=by)
    with transaction():
        edit_pages.remove_page(page_id, by=by)
    assert order(stop.campaign) == before
    with transaction():
        take_back(stop.campaign_id, by=by)
    assert [p.id for p in pages_of(stop.campaign_id)][-1] == page_id
    assert db.session.get_one(Question, one.id).page_id == page_id


def test_each_change_is_taken_back_and_only_ones_own(app: Flask) -> None:
    stop, by, other = campaigns.stop(), organiser(), organiser()
    before = order(stop.campaign)
    with transaction():
        added = edit_questions.add_question(stop.campaign_id, Kind.TEXT, by=by)
    save(added, by=by, label_zh="期望岗位")
    with pytest.raises(NothingToTakeBack), transaction():
        take_back(stop.campaign_id, by=other)
    with transaction():
        take_back(stop.campaign_id, by=by)
    assert db.session.get_one(Question, added.id).label_zh == Kind.TEXT.label
    save(db.session.get_one(Question, added.id), by=other, label_zh="别人改的")
    with pytest.raises(NothingToTakeBack), transaction():
        take_back(stop.campaign_id, by=by)
    db.session.rollback()
    with transaction():
        take_back(stop.campaign_id, by=other)
        take_back(stop.campaign_id, by=by)
    assert order(stop.campaign) == before
    assert len(db.session.scalars(select(FormChange).where(FormChange.undone_at.is_not(None))).all()) == 3


def test_a_question_that_people_answered_goes_nowhere(app: Flask) -> None:
    stop, by = campaigns.stop(), organiser()
    with transaction():
        one = edit_questions.add_question(stop.campaign_id, Kind.TEXT, by=by)
    for _ in range(2):
        answered(stop, **{one.key: "工程师"})
    with app.test_request_context(), pytest.raises(SaysFirst) as said, transaction():
        edit_questions.archive_question(one.id, by=by)
    assert "2 人" in said.value.sentences[0]
    assert one.key in order(stop.campaign), "nothing was saved by asking"
    with transaction():
        edit_questions.archive_question(one.id, by=by, agreed=True)
    assert one.key not in order(stop.campaign)
    assert times_answered(stop.campaign_id, [one]) == {one.id: 2}
    with transaction():
        edit_questions.restore_question(one.id, by=by)
        take_back(stop.campaign_id, by=by)
        take_back(stop.campaign_id, by=by)
        take_back(stop.campaign_id, by=by)  # the adding of it: answered, so it is archived
    db.session.refresh(one)
    assert one.archived_at is not None


@pytest.mark.parametrize(
    "changes",
    [
        {"required": True},
        {"asked_when": AskedWhen.AFTER_APPROVAL},
        {"kind": Kind.LONG_TEXT},
        {"condition": {"question": "education", "op": "is", "value": "doctor"}},
    ],
)
def test_a_change_that_touches_answers_says_so_first(app: Flask, changes: dict[str, Any]) -> None:
    stop, by = campaigns.stop(), organiser()
    one = questions.question(stop.campaign)
    save(one, by=by, **changes)
    with transaction():
        take_back(stop.campaign_id, by=by)
    answered(stop, **{one.key: "x"})
    with pytest.raises(SaysFirst), transaction():
        edit_questions.save_question(one.id, plan_of(one, **changes), seen=fingerprint(one), by=by)
    db.session.refresh(one)
    save(one, by=by, agreed=True, **changes)
    db.session.refresh(one)
    assert all(getattr(one, name) == value for name, value in changes.items())
    save(one, by=by, label_zh="只改文字")  # words are changed without a question


def test_a_choice_that_was_chosen_is_archived_and_one_that_was_not_goes(app: Flask) -> None:
    stop, by = campaigns.stop(), organiser()
    one = questions.question(stop.campaign, kind=Kind.SEVERAL, options=CHOSEN)
    answered(stop, **{one.key: ["a", "b"]})
    only_b = {"choices": [CHOSEN["choices"][1]]}
    with pytest.raises(SaysFirst) as said, transaction():
        edit_questions.save_question(one.id, plan_of(one, options=only_b), seen=fingerprint(one), by=by)
    assert len(said.value.sentences) == 1
    assert "选项a" in said.value.sentences[0]
    db.session.refresh(one)
    save(one, by=by, agreed=True, options=only_b)
    kept = {c["key"]: c.get("archived", False) for c in one.options["choices"]}
    assert kept == {"b": False, "a": True}
    asked = questionnaire_for(stop).field(one.key)
    assert asked is not None
    assert asked.choice_keys == ("b",)
    save(one, by=by, options={"choices": CHOSEN["choices"][:2]})
    assert [c["key"] for c in one.options["choices"] if not c.get("archived")] == ["a", "b"]


def test_places_are_never_fewer_than_taken(app: Flask) -> None:
    stop, by = campaigns.stop(), organiser()
    one = questions.question(stop.campaign, kind=Kind.CHOICE, options=questions.choices("a", "b", capacity=5))
    db.session.execute(text("UPDATE choice_places SET taken = 3 WHERE choice = 'a'"))
    with pytest.raises(FewerThanTaken) as said:
        save(one, by=by, options=questions.choices("a", "b", capacity=2))
    assert "3" in said.value.message
    db.session.rollback()
    save(one, by=by, options=questions.choices("a", "b", capacity=3))


def test_what_answers_would_not_survive_is_refused(app: Flask) -> None:
    stop, by = campaigns.stop(), organiser()
    one = questions.question(stop.campaign)
    sealed = questions.question(stop.campaign, restricted=True)
    save(one, by=by, kind=Kind.DATE)
    save(one, by=by, kind=Kind.TEXT)
    answered(stop, **{one.key: "x"})
    registrations.registration(at=stop, sealed_answers=b"sealed")
    for question, changes, refusal in (
        (one, {"kind": Kind.DATE}, KindHoldsNoAnswers),
        (one, {"restricted": True}, SealedOrNot),
        (sealed, {"restricted": False}, SealedOrNot),
    ):
        with pytest.raises(refusal):
            save(question, by=by, agreed=True, **changes)
        db.session.rollback()


def test_answers_are_not_kept_longer_than_was_said_when_they_were_given(app: Flask) -> None:
    stop, by = campaigns.stop(), organiser()
    travel = questions.question(stop.campaign, key="coach", purpose=Purpose.TRAVEL)
    wish = questions.question(stop.campaign, key="wish", purpose=Purpose.MATCHING)
    save(travel, by=by, purpose=Purpose.MATCHING)
    save(travel, by=by, purpose=Purpose.TRAVEL)
    answered(stop, coach="3", wish="b")
    with pytest.raises(PurposeWasSaid) as refusal:
        save(travel, by=by, purpose=Purpose.FOLLOW_UP)
    assert "30" in refusal.value.message
    with pytest.raises(SaysFirst) as first:
        save(wish, by=by, purpose=Purpose.TRAVEL)
    assert "30" in first.value.sentences[0]
    assert save(wish, by=by, agreed=True, purpose=Purpose.TRAVEL).purpose is Purpose.TRAVEL


def test_the_notice_names_what_a_campaign_asks_by_purpose(client: Browser) -> None:
    stop = campaigns.stop()
    questions.question(
        stop.campaign,
        label_zh="用餐要求",
        purpose=Purpose.TRAVEL,
        restricted=True,
        asked_when=AskedWhen.AFTER_APPROVAL,
    )
    questions.question(stop.campaign, label_zh="只在此站问", stop_id=stop.id, purpose=Purpose.FOLLOW_UP)
    questions.question(stop.campaign, label_zh="不再问", archived_at=now())
    assert "用餐要求" not in client.get("/privacy").text
    page = client.get(f"/privacy?campaign={stop.campaign.slug}").text
    travel = page[page.index('id="travel"') : page.index('id="messages"')]
    assert "用餐要求" in travel
    assert "审核通过后" in travel
    assert "只在此站问" in page[page.index('id="follow_up"') :]
    assert "研究方向" in page[page.index('id="matching"') : page.index('id="travel"')]
    assert "不再问" not in page
    assert client.get("/privacy?campaign=nowhere").status_code == 404
    register = client.get(f"/c/{stop.campaign.slug}/stops/{stop.id}/register").text
    assert f"/privacy?campaign={stop.campaign.slug}" in register


def test_what_every_registration_needs_stays(app: Flask) -> None:
    stop, by = campaigns.stop(), organiser()
    name = next(one for one in questions_of(stop.campaign_id) if one.core is Core.FULL_NAME)
    for changes in (
        {"required": False},
        {"kind": Kind.TEXT},
        {"asked_when": AskedWhen.AFTER_APPROVAL},
        {"condition": {"question": "x", "op": "answered"}},
        {"stop_id": stop.id},
    ):
        with pytest.raises(NeverLeftOut):
            save(name, by=by, agreed=True, **changes)
        db.session.rollback()
    with pytest.raises(NeverLeftOut), transaction():
        edit_questions.archive_question(name.id, by=by, agreed=True)


def test_a_condition_never_points_at_nothing(app: Flask) -> None:
    stop, by = campaigns.stop(), organiser()
    lodging = questions.question(stop.campaign, kind=Kind.CHOICE, options=CHOSEN)
    roommate = questions.question(stop.campaign)
    save(roommate, by=by, condition={"any": [{"question": lodging.key, "op": "is", "value": "a"}]})
    first = questions_of(stop.campaign_id)[0]
    local = questions.question(stop.campaign, stop_id=stop.id, kind=Kind.CHOICE, options=CHOSEN)
    attempts: list[Any] = [
        lambda: edit_questions.archive_question(lodging.id, by=by),
        lambda: edit_questions.step_question(roommate.id, up=True, by=by),
        lambda: edit_questions.move_question(roommate.id, by=by, page_id=first.page_id, before_id=first.id),
        lambda: edit_questions.save_question(
            lodging.id,
            plan_of(lodging, options={"choices": CHOSEN["choices"][1:]}),
            seen=fingerprint(lodging),
            by=by,
        ),
        lambda: edit_questions.save_question(
            lodging.id,
            plan_of(lodging, asked_when=AskedWhen.AFTER_APPROVAL),
            seen=fingerprint(lodging),
            by=by,
        ),
        lambda: edit_questions.save_question(
            lodging.id, plan_of(lodging, stop_id=stop.id), seen=fingerprint(lodging), by=by
        ),
        lambda: edit_questions.save_question(
            roommate.id, plan_of(roommate, condition={"all": []}), seen=fingerprint(roommate), by=by
        ),
        lambda: edit_questions.save_question(
            roommate.id,
            plan_of(roommate, condition={"question": roommate.key, "op": "answered"}),
            seen=fingerprint(roommate),
            by=by,
        ),
        lambda: edit_questions.save_question(
            roommate.id,
            plan_of(roommate, condition={"question": local.key, "op": "answered"}),
            seen=fingerprint(roommate),
            by=by,
        ),
    ]
    for attempt in attempts:
        with pytest.raises(ConditionBroken), transaction():
            attempt()
    # A question after approval may look at the whole first form, also at what stands behind it.
    last = questions.question(stop.campaign)
    save(
        roommate,
        by=by,
        asked_when=AskedWhen.AFTER_APPROVAL,
        condition={"question": last.key, "op": "answered"},
    )


def test_a_city_adds_to_its_own_stop_and_to_nothing_else(app: Flask) -> None:
    taiyuan, jincheng = campaigns.host_city("Taiyuan"), campaigns.host_city("Jincheng")
    province = campaigns.campaign(host=None)
    own, others = campaigns.stop(of=province, host=taiyuan), campaigns.stop(of=province, host=jincheng)
    by = accounts.staff(Role.ORGANISER, host_city_id=taiyuan.id)
    with transaction():
        added = edit_questions.add_question(province.id, Kind.TEXT, by=by, stop_id=own.id)
    save(added, by=by, label_zh="是否乘坐接驳车")
    attempts: list[Any] = [
        lambda: edit_questions.add_question(province.id, Kind.TEXT, by=by),
        lambda: edit_questions.add_question(province.id, Kind.TEXT, by=by, stop_id=others.id),
        lambda: edit_questions.save_question(
            added.id, plan_of(added, stop_id=None), seen=fingerprint(added), by=by
        ),
        lambda: edit_questions.save_question(
            added.id, plan_of(added, stop_id=others.id), seen=fingerprint(added), by=by
        ),
        lambda: edit_questions.archive_question(questions_of(province.id)[4].id, by=by),
        lambda: edit_questions.step_question(questions_of(province.id)[4].id, up=True, by=by),
        lambda: edit_pages.add_page(province.id, by=by),
        lambda: insert_ready.add_ready(province.id, READY["school"], by=by),
    ]
    for attempt in attempts:
        with pytest.raises(NotYourPart), transaction():
            attempt()
    assert questionnaire_for(own).field(added.key) is not None
    assert questionnaire_for(others).field(added.key) is None


def test_the_library_fits_every_form_in_one_click(app: Flask) -> None:
    stop, by = campaigns.stop(), organiser()
    with transaction():
        assert insert_ready.insert_ready_form(stop.campaign_id, DOCTORS_TOUR, by=by) > 20
        for ready in LIBRARY:
            insert_ready.add_ready(stop.campaign_id, ready, by=by, reason="用于安排少数民族代表座谈")
    assert {ready.key for ready in LIBRARY} <= set(order(stop.campaign))
    assert {key for page in DOCTORS_TOUR for key in page.keys} <= set(READY)
    refuse_broken(stop.campaign_id)
    application, later = questionnaire_for(stop), questionnaire_for(stop, AskedWhen.AFTER_APPROVAL)
    assert application.field("cv") is not None
    roommate = later.field("roommate")
    assert roommate is not None
    assert roommate.condition == {"question": "lodging", "op": "is", "value": "shared"}
    assert roommate.is_sealed
    people = application.field("ethnicity")
    assert people is not None
    assert len(people.choices) == 58
    assert people.help_zh == "用于安排少数民族代表座谈"
    with transaction():
        assert insert_ready.insert_ready_form(stop.campaign_id, DOCTORS_TOUR, by=by) == 0, "twice is once"
    with pytest.raises(NeedsReason), transaction():
        insert_ready.add_ready(campaigns.stop().campaign_id, READY["ethnicity"], by=by, reason="  ")


def test_of_two_who_change_the_same_question_the_second_is_told(app: Flask) -> None:
    stop, by, other = campaigns.stop(), organiser(), organiser()
    one, two = questions.question(stop.campaign), questions.question(stop.campaign)
    seen_one, seen_two = fingerprint(one), fingerprint(two)
    with transaction():
        edit_questions.save_question(one.id, plan_of(one, label_zh="郭的"), seen=seen_one, by=other)
        edit_questions.save_question(
            two.id, plan_of(two, label_zh="王的"), seen=seen_two, by=by
        )  # another question: no conflict
    with pytest.raises(FormChangedMeanwhile) as said, transaction():
        edit_questions.save_question(one.id, plan_of(one, label_zh="王的"), seen=seen_one, by=by)
    assert other.full_name in said.value.message
    db.session.refresh(one)
    assert one.label_zh == "郭的"


def both_save(fresh_database: Any, tmp_path: Any) -> tuple[list[str], str, list[str]]:
    """Two organisers save the same question at the same moment. What came out of both, what stands, both labels."""
    app = create_app(settings_for(fresh_database(), tmp_path))
    with app.app_context():
        stop = campaigns.stop()
        question = questions.question(stop.campaign)
        staff = [organiser().id, organiser().id]
        question_id, seen = question.id, fingerprint(question)
    ready, came = Barrier(2), []

    def one(number: int) -> None:
        with app.app_context():
            try:
                by = db.session.get_one(Staff, staff[number])
                question = db.session.get_one(Question, question_id)
                plan = plan_of(question, label_zh=f"第{number}人")
                ready.wait(20)
                with transaction():
                    edit_questions.save_question(question_id, plan, seen=seen, by=by)
                came.append("saved")
            except FormChangedMeanwhile:
                came.append("told")

    threads = [Thread(target=one, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with app.app_context():
        changes = db.session.scalars(select(FormChange).order_by(FormChange.id)).all()
        label = db.session.get_one(Question, question_id).label_zh
        labels = [change.after["questions"][str(question_id)]["label_zh"] for change in changes]
        db.session.remove()
        db.engine.dispose()
    return sorted(came), label, labels


@pytest.mark.crowd
def test_of_two_at_the_same_moment_one_saves_and_one_is_told(fresh_database: Any, tmp_path: Any) -> None:
    came, label, labels = both_save(fresh_database, tmp_path)
    assert came == ["saved", "told"]
    assert labels == [label]


@pytest.mark.crowd
def test_without_the_fingerprint_the_first_is_overwritten(
    fresh_database: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control of the test above."""
    monkeypatch.setattr("questions.edit_questions.fingerprint", lambda _row: AlwaysTheSame())
    came, label, labels = both_save(fresh_database, tmp_path)
    assert came == ["saved", "saved"]
    assert label == labels[-1] != labels[0]


class AlwaysTheSame(str):
    """Equal to every fingerprint."""

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False

    __hash__ = str.__hash__


def test_the_editor_answers_in_parts_and_as_a_page(client: Browser) -> None:
    stop, by = campaigns.stop(), organiser()
    client.sign_in(by)
    base = f"/desk/campaigns/{stop.campaign_id}/form"
    fetch = {"X-Requested-With": "fetch"}
    assert "报名表单" in client.get(base).text
    page = pages_of(stop.campaign_id)[0]
    added = client.post(
        f"{base}/questions/add", data={"kind": "choice", "page_id": page.id}, headers=fetch
    ).get_json()
    assert "题目已添加" in added["said"]
    question = questions_of(stop.campaign_id)[-1]
    assert f'data-question="{question.id}"' in added["outline"]
    form = {"seen": fingerprint(question), "kind": "choice", "label_zh": "住宿", "label_en": "", "asked_when": "application",
            "choice_key": ["c1", "", "c1"], "choice_zh": ["单间", "合住", "不需要"], "choice_en": ["", "", ""], "choice_capacity": ["", "40", ""]}  # fmt: skip
    saved = client.post(f"{base}/questions/{question.id}", data=form, headers=fetch)
    assert saved.status_code == 200
    db.session.refresh(question)
    assert [(c["label_zh"], c.get("capacity")) for c in question.options["choices"]] == [
        ("单间", None),
        ("合住", 40),
        ("不需要", None),
    ]
    assert len({c["key"] for c in question.options["choices"]}) == 3
    stale = client.post(f"{base}/questions/{question.id}", data=form, headers=fetch)
    assert stale.status_code == 409
    assert "没有覆盖" in stale.get_json()["refused"]
    wrong = {
        **form,
        "seen": fingerprint(question),
        "label_zh": " ",
        "choice_capacity": ["", "many", ""],
        "condition": "{",
    }
    answer = client.post(f"{base}/questions/{question.id}", data=wrong, headers=fetch)
    assert answer.status_code == 422
    assert set(answer.get_json()["errors"]) == {"label_zh", "choices", "condition"}
    # Without a script the same is said on the page, with what was typed.
    plain = client.post(
        f"{base}/questions/{question.id}",
        data={**form, "seen": fingerprint(question), "label_zh": "", "label_en": "Kept"},
    )
    assert plain.status_code == 422
    assert "Kept" in plain.text
    answered(stop, **{question.key: "c1"})
    asks = client.post(f"{base}/questions/{question.id}/archive")
    assert asks.status_code == 409
    assert 'name="agreed"' in asks.text
    gone = client.post(f"{base}/questions/{question.id}/archive", data={"agreed": "1"}, headers=fetch)
    assert gone.status_code == 200
    assert client.post(f"{base}/undo", headers=fetch).status_code == 200
    assert question.key in order(stop.campaign)
    assert client.get(f"{base}/version").get_json()["version"] == form_of(stop.campaign_id).version


def plainly(client: Browser, question: Question, **typed: Any) -> Any:
    """What a browser without scripts sends when the question's form is sent."""
    base = {"seen": fingerprint(question), "label_zh": question.label_zh, "condition": ""} | typed
    pairs = [(k, one) for k, v in base.items() for one in (v if isinstance(v, list) else [v])]
    return client.post(
        f"/desk/campaigns/{question.campaign_id}/form/questions/{question.id}", data=MultiDict(pairs)
    )


def test_a_condition_is_written_without_a_script(client: Browser) -> None:
    stop = campaigns.stop()
    room = questions.question(stop.campaign, kind=Kind.CHOICE, label_zh="住宿", options=CHOSEN)
    age = questions.question(stop.campaign, kind=Kind.NUMBER, label_zh="年龄")
    topics = questions.question(stop.campaign, kind=Kind.SEVERAL, label_zh="议题", options=CHOSEN)
    asked = questions.question(stop.campaign, label_zh="与谁同住")
    client.sign_in(accounts.staff(Role.ORGANISER))

    def row(*rows: tuple[str, str, str, str], **more: Any) -> Any:
        names = ("question", "op", "choice", "value")
        columns = {f"plain_{name}": [one[at] for one in rows] for at, name in enumerate(names)}
        return plainly(client, db.session.get_one(Question, asked.id), **columns, **more)

    def held() -> Any:
        return db.session.get_one(Question, asked.id, populate_existing=True).condition

    empty = ("", "", "", "")
    assert row((room.key, "", f"{room.key}:b", ""), empty).status_code == 303
    assert held() == {"all": [{"question": room.key, "op": "is", "value": "b"}]}
    page = client.get(f"/desk/campaigns/{stop.campaign_id}/form?q={asked.id}").text
    assert f'<option value="{room.key}:b" selected>' in page
    two = (
        (age.key, "more_than", "", "３０"),
        (topics.key, "is", f"{topics.key}:c", ""),
        (room.key, "not_answered", "", ""),
    )
    assert row(*two, empty, plain_how="any").status_code == 303
    assert held() == {
        "any": [
            {"question": age.key, "op": "more_than", "value": 30},
            {"question": topics.key, "op": "contains", "value": "c"},
            {"not": {"question": room.key, "op": "answered"}},
        ]
    }
    for wrong, words in (
        ((age.key, "more_than", "", "三十"), "数字"),
        ((age.key, "before", "", "3"), "年龄"),
        ((room.key, "is", f"{topics.key}:a", ""), "住宿"),
        (("nothing", "", "", ""), "之前"),
    ):
        refused = row(wrong, empty, label_en="Typed")
        assert refused.status_code == 422
        assert words in refused.text[refused.text.index('data-error="condition"') :][:300]
        assert 'value="Typed"' in refused.text
    assert held()["any"], "what held goes on holding"
    assert row(empty, empty).status_code == 303
    assert held() is None
    deep = {"all": [{"any": [{"question": room.key, "op": "answered"}]}]}
    save(db.session.get_one(Question, asked.id), by=accounts.staff(Role.ORGANISER), condition=deep)
    assert row(empty, empty).status_code == 303
    assert held() == deep, "what rows cannot hold stays unless it is replaced"
    assert row(empty, plain_everybody="1").status_code == 303
    assert held() is None


def test_what_was_typed_without_a_script_is_there_after_a_refusal(client: Browser) -> None:
    stop = campaigns.stop()
    room = questions.question(stop.campaign, kind=Kind.CHOICE, options=CHOSEN)
    client.sign_in(accounts.staff(Role.ORGANISER))
    refused = plainly(
        client, room, choice_key=["a", "", ""], choice_zh=["单间", "套间", ""], choice_en=["", "", ""],
        choice_capacity=["5", "很多", ""], required="1", purpose="travel", help_zh="请选择",
    )  # fmt: skip
    assert refused.status_code == 422
    for kept in (
        'value="套间"',
        'value="很多"',
        'name="required" value="1" checked',
        'value="travel" selected',
        "请选择",
    ):
        assert kept in refused.text


def test_the_english_that_was_there_first_goes_with_the_chinese_that_was(client: Browser) -> None:
    stop, by = campaigns.stop(), organiser()
    with transaction():
        page = edit_pages.add_page(stop.campaign_id, by=by)
        question = edit_questions.add_question(stop.campaign_id, Kind.CHOICE, by=by)
    client.sign_in(by)
    first = {
        "choice_key": ["c1", "c2"],
        "choice_zh": ["需要", "选项二"],
        "choice_en": ["Choice 1", "Choice 2"],
    }
    assert (
        plainly(client, question, **(first | {"label_zh": "住宿", "label_en": question.label_en})).status_code
        == 303
    )
    kept = db.session.get_one(Question, question.id, populate_existing=True)
    assert (kept.label_zh, kept.label_en) == ("住宿", "")
    assert [one["label_en"] for one in kept.options["choices"]] == ["", "Choice 2"]
    assert plainly(client, kept, **(first | {"label_en": "Lodging"})).status_code == 303
    assert db.session.get_one(Question, question.id, populate_existing=True).label_en == "Lodging"
    typed = {"seen": fingerprint(page), "title_zh": "住宿", "title_en": page.title_en}
    client.post(f"/desk/campaigns/{stop.campaign_id}/form/pages/{page.id}", data=typed)
    db.session.refresh(page)
    assert (page.title_zh, page.title_en) == ("住宿", "")


def test_a_condition_in_rows_is_read_back_as_it_was_written() -> None:
    rows = [ConditionRow("a", "is", "a:x", "x"), ConditionRow("b", "not_answered")]
    fields = {key: Field(key, kind, key, choices=(Choice("x", "x"),) if kind is Kind.CHOICE else ())
              for key, kind in (("a", Kind.CHOICE), ("b", Kind.TEXT))}  # fmt: skip
    condition, complaint = condition_from(rows, "any", fields)
    assert complaint == ""
    assert rows_of(condition) == ("any", rows)
    of_several = rows_of({"question": "a", "op": "in", "value": ["x", "y"]})
    assert of_several is not None
    assert of_several[0] == "any"
    assert [row.value for row in of_several[1]] == ["x", "y"]
    assert rows_of({"not": {"any": [{"question": "a", "op": "answered"}]}}) is None


def test_the_side_shows_every_kind_and_every_ready_question(client: Browser) -> None:
    stop, by = campaigns.stop(), organiser()
    with transaction():
        for kind in Kind:
            edit_questions.add_question(stop.campaign_id, kind, by=by)
        for ready in LIBRARY:
            insert_ready.add_ready(stop.campaign_id, ready, by=by, reason="统计需要")
    everything = [(one.id, one.label_zh, one.key) for one in questions_of(stop.campaign_id)]
    base = f"/desk/campaigns/{stop.campaign_id}/form"
    client.sign_in(by)
    for question_id, label, key in everything:
        answer = client.get(f"{base}?q={question_id}", headers={"X-Requested-With": "fetch"})
        assert answer.status_code == 200, key
        assert label in (answer.get_json() or {})["side"], key
    shown = client.get(
        f"{base}?q={next(one for one, _label, key in everything if key == 'birth_month')}"
    ).text
    assert "报名当天之前 16 年" in shown
    assert client.get(f"{base}?add={pages_of(stop.campaign_id)[0].id}").status_code == 200
    assert client.get(f"{base}?page={pages_of(stop.campaign_id)[0].id}").status_code == 200


def test_the_editor_asks_as_often_for_many_questions_as_for_few(client: Browser, count_queries: Any) -> None:
    few, many = campaigns.stop(), campaigns.stop()
    for number in range(6):
        questions.question(many.campaign, kind=list(Kind)[3 + number], options=CHOSEN)
    for stop in (few, many):
        questions.question(stop.campaign, kind=Kind.DISCIPLINE)
        answered(stop, x="1")
    client.sign_in(organiser())
    addresses = [f"/desk/campaigns/{stop.campaign_id}/form" for stop in (few, many)]
    with count_queries() as first:
        client.get(addresses[0])
    with count_queries() as second:
        client.get(addresses[1])
    assert len(first) == len(second)

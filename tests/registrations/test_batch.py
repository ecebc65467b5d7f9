"""One act for many: the preview says what the act does, and who is passed over and why."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from accounts.models import Role, RoleGrant, Staff
from jobs.models import LongWork
from messages.models import Message
from registrations import queue_views
from registrations.batch import batch_for, carry_out, choose, preview_of
from registrations.errors import BatchIsUnderWay, NobodyChosen, ReasonMissing
from registrations.models import (
    Act,
    Batch,
    Education,
    QuotaDimension,
    ReadyReason,
    Registration,
    RegistrationState,
    Review,
)
from registrations.quotas import set_quota
from shared.clock import now
from shared.db import db, transaction
from shared.errors import NotFound
from tests.conftest import Browser
from tests.factories import accounts, campaigns, registrations
from tests.promises import keep_promises

S = RegistrationState
LIST = "/desk/registrations"


@pytest.fixture
def organiser(app: Flask) -> Staff:
    """An organiser in Taiyuan."""
    return accounts.staff(Role.ORGANISER, host_city_id=campaigns.host_city().id)


def many() -> list[Registration]:
    """A stop with three free seats, one of them for masters, and people in every state."""
    stop = campaigns.stop(capacity=5)
    with transaction():
        set_quota(stop.id, QuotaDimension.EDUCATION, "master", most=1, by=accounts.staff())
    made = [registrations.registration(S.CONFIRMED, at=stop), registrations.registration(S.OFFERED, at=stop)]
    for number in range(6):
        made.append(
            registrations.registration(
                S.APPLIED,
                at=stop,
                education=Education.MASTER if number < 2 else Education.DOCTOR,
                applied_at=now() - timedelta(hours=number),
            )
        )
    made.append(registrations.registration(S.WITHDRAWN, at=stop))
    made.append(registrations.registration(S.DECLINED, at=stop))
    cancelled = campaigns.stop(cancelled_at=now())
    made.append(registrations.registration(S.APPLIED, at=cancelled))
    return made


def chosen(act: Act, rows: list[Registration], by: Staff) -> Batch:
    with transaction():
        return choose(act, [row.id for row in rows], by=by)


def carried_out(batch: Batch, by: Staff, **options: Any) -> Batch:
    with transaction():
        carry_out(batch.id, options, by=by)
    keep_promises()
    db.session.expire_all()
    return batch


@pytest.mark.parametrize(
    ("act", "options"),
    [
        (Act.CONFIRM, {}),
        (Act.CONFIRM, {"over_quota": True, "note": "特邀"}),
        (Act.OFFER, {}),
        (Act.WAIT, {}),
        (Act.DECLINE, {"reason": "名额有限"}),
        (Act.PRIORITY, {"priority": 7, "reason": "重点对象"}),
        (Act.LETTER, {"subject": "行程提醒", "text": "请提前十分钟到场。"}),
    ],
)
def test_the_act_does_what_the_preview_says(
    app: Flask, organiser: Staff, act: Act, options: dict[str, Any]
) -> None:
    rows = many()
    batch = chosen(act, rows, organiser)
    preview = preview_of(batch, over_quota=bool(options.get("over_quota")))
    expected = {row.id for row in preview.done}
    passed_over = sorted((row.id, one.why) for one in preview.skipped for row in one.registrations)
    assert len(expected) + len(passed_over) == len(rows)
    before = {row.id: (row.state, row.priority) for row in rows}
    carried_out(batch, organiser, **options)
    work = db.session.get_one(LongWork, batch.work_id)
    assert (work.done, work.skipped) == (len(expected), len(passed_over))
    assert sorted((number, why) for number, why in batch.skipped) == passed_over
    if act is not Act.LETTER:
        changed = {row.id for row in rows if (row.state, row.priority) != before[row.id]}
        assert changed == expected


def test_the_preview_gathers_by_reason_in_the_order_in_which_seats_are_given(
    app: Flask, organiser: Staff
) -> None:
    rows = many()
    preview = preview_of(chosen(Act.CONFIRM, rows, organiser))
    applied = sorted((row for row in rows[2:8]), key=lambda row: row.applied_at)
    # Offered has its seat; then by who applied first: four doctors, of whom three get a seat.
    assert [row.id for row in preview.done] == [rows[1].id, *(row.id for row in applied[:3])] or [
        row.id for row in preview.done
    ] == [*(row.id for row in applied[:3]), rows[1].id]
    reasons = {one.why: len(one.registrations) for one in preview.skipped}
    assert reasons["已确认"] == 1
    assert reasons["已取消"] == 1
    assert (
        sum(count for why, count in reasons.items() if "已满" in why) == 4
    )  # two masters and a doctor; the declined


def test_reviewers_get_registrations_in_turn(app: Flask, organiser: Staff) -> None:
    stop = campaigns.stop()
    rows = [registrations.registration(S.APPLIED, at=stop) for _ in range(4)]
    city = campaigns.host_city().id
    reviewers = [accounts.staff(Role.REVIEWER, host_city_id=city) for _ in range(3)]
    batch = chosen(Act.REVIEWERS, rows, organiser)
    carried_out(batch, organiser, reviewer_ids=[one.id for one in reviewers], each=2)
    given = [
        len(db.session.scalars(select(Review).where(Review.reviewer_id == one.id)).all()) for one in reviewers
    ]
    assert sorted(given) == [2, 3, 3]
    for row in rows:
        assert len(db.session.scalars(select(Review).where(Review.registration_id == row.id)).all()) == 2


def test_a_ready_reason_is_told_in_each_ones_language(app: Flask, organiser: Staff) -> None:
    stop = campaigns.stop()
    rows = [registrations.registration(S.APPLIED, at=stop, language=language) for language in ("zh", "en")]
    ready = db.session.scalars(select(ReadyReason)).first()
    assert ready is not None
    carried_out(chosen(Act.DECLINE, rows, organiser), organiser, reason_id=ready.id)
    bodies = dict(
        db.session.execute(
            select(Message.language, Message.body_text).where(Message.kind == "declined")
        ).all()
    )
    assert ready.text_zh in bodies["zh"]
    assert ready.text_en in bodies["en"]


def test_what_is_missing_is_said_and_nothing_is_ordered_twice(app: Flask, organiser: Staff) -> None:
    row = registrations.registration(S.APPLIED)
    with pytest.raises(NobodyChosen), transaction():
        choose(Act.CONFIRM, [], by=organiser)
    batch = chosen(Act.DECLINE, [row], organiser)
    with pytest.raises(ReasonMissing), transaction():
        carry_out(batch.id, {}, by=organiser)
    with transaction():
        carry_out(batch.id, {"reason": "名额有限"}, by=organiser)
    with pytest.raises(BatchIsUnderWay), transaction():
        carry_out(batch.id, {"reason": "名额有限"}, by=organiser)
    with pytest.raises(NotFound):
        batch_for(accounts.staff(), batch.id)


def test_everybody_whom_a_filter_shows_is_chosen_seen_and_carried_out_in_the_browser(
    client: Browser, organiser: Staff
) -> None:
    client.sign_in(organiser)
    stop = campaigns.stop(capacity=2)
    for _ in range(3):
        registrations.registration(S.APPLIED, at=stop)
    foreign = registrations.registration(S.APPLIED, at=campaigns.stop(host=campaigns.host_city("Jincheng")))
    empty = client.post(
        f"{LIST}/batches", data={"act": "confirm", "ids": [foreign.id]}, follow_redirects=True
    )
    assert "尚未选择人员" in empty.text
    query = f"stop={stop.id}&state=applied"
    answer = client.post(f"{LIST}/batches", data={"act": "confirm", "everybody": "y", "query": query})
    address = answer.headers["Location"]
    page = client.get(address).text
    assert "确认 2 人" in page
    assert "已满" in page
    assert client.post(address, data={"over_quota": "y"}).status_code == 422
    assert client.post(address, data={"note": "第一批"}).status_code == 303
    keep_promises()
    page = client.get(address).text
    assert "跳过 1 条" in page
    assert "已满" in page
    states = db.session.scalars(select(Registration.state).where(Registration.stop_id == stop.id)).all()
    assert sorted(states) == [S.APPLIED, S.CONFIRMED, S.CONFIRMED]
    assert foreign.state is S.APPLIED


def test_whoever_plans_one_city_goes_over_no_quota_of_another_where_he_only_reviews(client: Browser) -> None:
    staff = accounts.staff(Role.REVIEWER, host_city_id=campaigns.host_city().id)
    staff.grants.append(RoleGrant(role=Role.ORGANISER, host_city_id=campaigns.host_city("Jincheng").id))
    stop = campaigns.stop(capacity=5)
    with transaction():
        set_quota(stop.id, QuotaDimension.EDUCATION, "master", most=0, by=accounts.staff())
    row = registrations.registration(S.APPLIED, at=stop, education=Education.MASTER)
    client.sign_in(staff)
    answer = client.post(f"{LIST}/batches", data={"act": "confirm", "ids": [row.id]})
    address = answer.headers["Location"]
    assert "over_quota" not in client.get(address).text
    assert client.post(address, data={"over_quota": "y", "note": "特邀"}).status_code == 303
    keep_promises()
    db.session.expire_all()
    assert row.state is S.APPLIED


def test_reviewers_of_another_name_are_looked_for_and_those_ticked_stay(
    client: Browser, organiser: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    city = campaigns.host_city().id
    reviewers = [accounts.staff(Role.REVIEWER, host_city_id=city) for _ in "甲乙丙"]
    for one, name in zip(reviewers, "甲乙丙", strict=True):
        one.full_name = f"评审{name}"
    db.session.commit()
    batch = chosen(Act.REVIEWERS, [registrations.registration(S.APPLIED)], organiser)
    client.sign_in(organiser)
    address = f"{LIST}/batches/{batch.id}"
    assert 'name="look"' not in client.get(address).text
    monkeypatch.setattr(queue_views, "MOST_REVIEWERS", 2)
    assert 'name="look"' in client.get(address).text
    page = client.post(
        address, data={"look": "y", "find": "审丙", "reviewers": [reviewers[0].id], "each": "1"}
    ).text
    assert re.findall(r"评审[甲乙丙]", page) == ["评审甲", "评审丙"]
    assert re.search(rf'<input[^>]*checked[^>]*value="{reviewers[0].id}"', page)
    assert db.session.scalar(select(LongWork.id)) is None
    assert "没有" in client.post(address, data={"look": "y", "find": "没有此人"}).text
    data = {"reviewers": [reviewers[0].id, reviewers[2].id], "each": "1", "find": "审丙"}
    assert client.post(address, data=data).status_code == 303

"""Quotas of a stop: who counts in which cell, what is refused, what goes over with a reason, what waits."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from accounts.models import Role
from questions.models import Kind
from registrations.errors import OverQuota, QuotaBelowTaken, QuotaExists, ReasonMissing, SeatsAreFree
from registrations.models import Education, Quota, QuotaDimension, Registration, RegistrationState
from registrations.offer import fill_free_seats
from registrations.quotas import change_quota, falls_into, lift_quota, set_quota
from registrations.register import register
from registrations.review import confirm, decline, put_on_waitlist
from shared.db import db, transaction
from tests.conftest import Browser
from tests.factories import accounts, campaigns, questions, registrations
from tests.registrations.applications import application

S, D = RegistrationState, QuotaDimension
MASTER: dict[str, Any] = {"education": Education.MASTER}


def quota(stop_id: int, dimension: QuotaDimension, value: str, most: int) -> Quota:
    with transaction():
        return set_quota(stop_id, dimension, value, most=most, by=accounts.staff())


def test_a_used_up_quota_refuses_and_is_gone_over_with_a_reason_only(app: Flask) -> None:
    stop = campaigns.stop(capacity=10)
    first, second, doctor = (
        registrations.registration(S.APPLIED, at=stop, **MASTER),
        registrations.registration(S.APPLIED, at=stop, **MASTER),
        registrations.registration(S.APPLIED, at=stop),
    )
    masters = quota(stop.id, D.EDUCATION, "master", 1)
    staff = accounts.staff()
    with transaction():
        confirm(first.id, by=staff)
        confirm(doctor.id, by=staff)
    with pytest.raises(OverQuota, match="over_quota") as refused, transaction():
        confirm(second.id, by=staff)
    assert "硕士" in refused.value.message
    with pytest.raises(ReasonMissing), transaction():
        confirm(second.id, by=staff, over_quota=True)
    with transaction():
        confirm(second.id, by=staff, over_quota=True, note="省厅点名邀请")
    db.session.expire_all()
    assert (second.state, second.over_quota, second.quota_ids) == (S.CONFIRMED, True, [])
    assert (first.quota_ids, masters.taken, stop.seats_taken) == ([masters.id], 1, 3)
    with transaction():
        decline(second.id, by=staff, reason="重复报名")
    assert not second.over_quota


def test_the_line_passes_over_whom_a_quota_stops_and_a_newcomer_waits(app: Flask) -> None:
    stop = campaigns.stop(capacity=3)
    masters = quota(stop.id, D.EDUCATION, "master", 1)
    held = registrations.registration(S.CONFIRMED, at=stop, **MASTER)
    with transaction():
        newcomer = register(application(education=Education.MASTER), stop_id=stop.id, submission_id=uuid4())
    assert newcomer.state is S.WAITING
    behind = registrations.registration(S.WAITING, at=stop)
    with transaction():
        assert [one.id for one in fill_free_seats(stop.id)] == [behind.id]
    applicant = registrations.registration(S.APPLIED, at=stop, **MASTER)
    with transaction():
        put_on_waitlist(applicant.id, by=accounts.staff())  # a seat is free, but none for this one
    doctor = registrations.registration(S.APPLIED, at=stop)
    with pytest.raises(SeatsAreFree), transaction():
        put_on_waitlist(doctor.id, by=accounts.staff())
    with transaction():
        decline(held.id, by=accounts.staff(), reason="重复报名")
    db.session.expire_all()
    assert (newcomer.state, applicant.state, masters.taken) == (S.CONFIRMED, S.WAITING, 1)


def test_a_quota_counts_who_has_a_seat_already_and_a_corrected_field_frees_no_place(app: Flask) -> None:
    stop = campaigns.stop()
    seated = [registrations.registration(at=stop, **MASTER) for _ in range(2)]
    staff = accounts.staff()
    with pytest.raises(QuotaBelowTaken), transaction():
        set_quota(stop.id, D.EDUCATION, "master", most=1, by=staff)
    masters = quota(stop.id, D.EDUCATION, "master", 2)
    with pytest.raises(QuotaExists), transaction():
        set_quota(stop.id, D.EDUCATION, "master", most=5, by=staff)
    assert masters.taken == 2
    seated[0].education = Education.DOCTOR
    db.session.commit()
    db.session.refresh(masters)
    assert masters.taken == 2
    with pytest.raises(QuotaBelowTaken), transaction():
        change_quota(masters.id, most=1, by=staff)
    with transaction():
        change_quota(masters.id, most=3, by=staff)
    with transaction():
        lift_quota(masters.id, by=staff)
    db.session.expire_all()
    assert [one.quota_ids for one in seated] == [[], []]


@pytest.mark.parametrize("guarded", [True, False], ids=["guarded", "without the constraint"])
def test_the_database_refuses_a_quota_gone_over_to_raw_sql(app: Flask, guarded: bool) -> None:
    stop = campaigns.stop()
    one, other = (registrations.registration(S.APPLIED, at=stop, **MASTER) for _ in range(2))
    quota(stop.id, D.EDUCATION, "master", 1)
    if not guarded:
        db.session.execute(text("ALTER TABLE quotas DROP CONSTRAINT ck_quotas_never_over"))
    statement = text("UPDATE registrations SET state = 'confirmed' WHERE id IN (:one, :other)")

    def both() -> None:
        with db.session.begin_nested():
            db.session.execute(statement, {"one": one.id, "other": other.id})

    if guarded:
        with pytest.raises(IntegrityError, match="ck_quotas_never_over"):
            both()
    else:
        both()
    taken = db.session.scalar(text("SELECT taken FROM quotas"))
    assert taken == (0 if guarded else 2)


@pytest.mark.parametrize(
    ("dimension", "value"),
    [
        (D.EDUCATION, "doctor"),
        (D.WISH, "3"),
        (D.FIELD, "煤基"),
        (D.FIELD, "GIS"),
        (D.UNIVERSITY, "山西大学"),
        (D.ANSWER, "home=3"),
        (D.ANSWER, "home=a=b"),
    ],
)
def test_the_database_and_we_agree_on_who_falls_into_a_cell(
    app: Flask, dimension: QuotaDimension, value: str
) -> None:
    stop = campaigns.stop()
    many: list[dict[str, Any]] = [
        {},
        MASTER,
        {"preferred_city_ids": [3, 1]},
        {"preferred_city_ids": [1, 3]},
        {"research_field": "煤基碳纤维"},
        {"research_field": "遥感与gis"},
        {"university": "太原理工大学"},
        {"answers": {"home": "3"}},
        {"answers": {"home": ["3"], "other": "3"}},
        {"answers": {"home": "a=b"}},
    ]
    rows = [registrations.registration(S.APPLIED, at=stop, **one) for one in many]
    cell = quota(stop.id, dimension, value, 99)
    for row in rows:
        row.state = S.CONFIRMED
    db.session.commit()
    db.session.expire_all()
    counted = [row.id for row in rows if row.quota_ids == [cell.id]]
    assert counted == [row.id for row in rows if falls_into(cell, row)]
    assert 0 < len(counted) < len(rows)
    assert cell.taken == len(counted)


def test_every_cell_of_a_registration_is_counted_at_once(app: Flask) -> None:
    stop = campaigns.stop()
    for dimension, value in ((D.EDUCATION, "doctor"), (D.UNIVERSITY, "山西大学"), (D.FIELD, "煤")):
        quota(stop.id, dimension, value, 1)
    row: Registration = registrations.registration(at=stop)
    assert [one.taken for one in db.session.query(Quota)] == [1, 1, 1]
    with transaction():
        decline(row.id, by=accounts.staff(), reason="重复报名")
    db.session.expire_all()
    assert [one.taken for one in db.session.query(Quota)] == [0, 0, 0]


def test_a_quota_by_the_city_somebody_comes_from_is_set_on_the_page_and_said_in_words(
    client: Browser,
) -> None:
    city, stop = campaigns.host_city(), campaigns.stop(capacity=5)
    client.sign_in(accounts.staff(Role.ORGANISER, host_city_id=city.id))
    seats = f"/desk/registrations/stops/{stop.id}"
    assert "生源地" not in client.get(f"{seats}/seats").text
    questions.question(stop.campaign, key="home", kind=Kind.CITY, label_zh="生源地")
    questions.question(stop.campaign, key="secret", kind=Kind.CITY, label_zh="保密的城市", restricted=True)
    page = client.get(f"{seats}/seats").text
    assert ('<optgroup label="生源地">' in page, "保密的城市" in page) == (True, False)
    said = {"dimension": "answer", "most": "1", "education": "doctor", "city": str(city.id)}
    for wrong in ("", "secret=1", f"home={city.id}9"):
        answer = client.post(f"{seats}/quotas", data={**said, "answer": wrong})
        assert (answer.status_code, "请填写具体内容" in answer.text) == (422, True)
    assert client.post(f"{seats}/quotas", data={**said, "answer": f"home={city.id}"}).status_code == 303
    assert f"生源地：{city.name_zh}" in client.get(f"{seats}/seats").text
    first, second = (
        registrations.registration(S.APPLIED, at=stop, answers={"home": str(city.id)}) for _ in range(2)
    )
    with transaction():
        confirm(first.id, by=accounts.staff())
    with pytest.raises(OverQuota) as refused, transaction():
        confirm(second.id, by=accounts.staff())
    assert f"生源地：{city.name_zh}" in refused.value.message
    with pytest.raises(IntegrityError, match="ck_quotas_answer_names_question"), db.session.begin_nested():
        db.session.execute(text("UPDATE quotas SET value = 'home'"))

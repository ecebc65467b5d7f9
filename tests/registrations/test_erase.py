"""Erasing: one token in every field of somebody, and nowhere afterwards; what is counted stays as it was."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import ARRAY, LargeBinary, String, cast, func, select, text
from sqlalchemy.dialects.postgresql import JSONB

from accounts.models import Role
from files.disk import path_of
from files.keep import keep_file
from files.models import StoredFile
from leads.models import Channel, Contact, Lead, Stage
from messages.models import Message
from people.models import Person
from privacy.consent import give_consent, standing_consents
from privacy.models import Erasure
from privacy.purposes import Purpose
from registrations.amend import Amendment, amend
from registrations.erase import erase, with_the_same_mailbox
from registrations.links import link_for
from registrations.models import (
    AnswerFile,
    CodeOccasion,
    Education,
    Invitation,
    Registration,
    RegistrationState,
    Review,
    StateChange,
)
from registrations.own_code import send_code
from registrations.sealed_answers import seal_answers
from shared.clock import now, today
from shared.db import Model, db
from tests.conftest import Browser
from tests.factories import accounts, campaigns, leads, registrations
from tests.files.samples import pdf
from tests.promises import keep_promises
from tests.registrations.test_own_views import latest_code

S = RegistrationState
TOKEN = "zqxjkv"


def places_of_token(app: Flask, token: str = TOKEN) -> list[str]:
    """Every text, document, list and byte column of the whole database that holds the token, and every file."""
    db.session.flush()
    held = []
    for table in Model.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, LargeBinary):
                shown: Any = func.encode(column, "escape")
            elif isinstance(column.type, String | JSONB | ARRAY):
                shown = cast(column, String)
            else:
                continue
            count = select(func.count()).select_from(table).where(func.lower(shown).contains(token))
            if db.session.scalar(count):
                held.append(f"{table.name}.{column.name}")
    folder = app.config["SETTINGS"].data_dir / "files"
    held += [one.name for one in folder.rglob("*") if one.is_file() and token.encode() in one.read_bytes()]
    return held


def full_of_token(state: RegistrationState = S.CONFIRMED) -> Registration:
    """Somebody of whom every field holds the token."""
    stop = campaigns.stop()
    registration = registrations.registration(
        state,
        at=stop,
        full_name=f"{TOKEN} 李",
        email=f"{TOKEN}@example.com",
        university=f"{TOKEN}大学",
        research_field=f"{TOKEN}研究",
        answers={"topic": f"{TOKEN}答"},
        honour=f"{TOKEN}院士",
        secretary=f"{TOKEN}秘书",
        secretary_mobile=f"+86{TOKEN}",
    )
    registration.person.email = f"{TOKEN}@example.com"
    registration.person.university_folded = f"{TOKEN}大学"
    seal_answers(registration, {"paper": f"{TOKEN}证"})
    amend(
        registration.id,
        Amendment(f"{TOKEN} 王", f"{TOKEN}二大", Education.DOCTOR, f"{TOKEN}新", []),
    )
    db.session.add(
        StateChange(
            registration=registration,
            before=state,
            after=state,
            at=now(),
            reason=f"{TOKEN}因",
            note=f"{TOKEN}记",
        )
    )
    stored = keep_file(io.BytesIO(pdf(TOKEN)), name=f"{TOKEN}.pdf", purpose="answer", by="applicant")
    db.session.flush()
    db.session.add(AnswerFile(file_id=stored.id, registration_id=registration.id))
    db.session.add(
        Invitation(
            stop_id=stop.id,
            full_name=f"{TOKEN} 李",
            email=f"{TOKEN}@example.com",
            note=f"{TOKEN}请",
            badge_class=registration.badge_class,
            quota=1,
            used=0,
            valid_until=now() + timedelta(days=1),
            language="zh",
            made_by_id=accounts.staff(Role.ORGANISER).id,
            made_at=now(),
        )
    )
    reviewer = accounts.staff(Role.REVIEWER)
    review = Review(
        registration_id=registration.id, reviewer_id=reviewer.id, asked_at=now(), note=f"{TOKEN}评"
    )
    db.session.add(review)
    send_code(registration.id, CodeOccasion.ERASE)
    give_consent(registration.id, Purpose.EMPLOYERS)
    db.session.commit()
    keep_promises()
    return registration


def test_a_token_in_every_field_is_nowhere_after_erasing(app: Flask) -> None:
    registration = full_of_token()
    arrival = leads.arrival(of=registration)
    arrival.voided_at, arrival.void_reason = now(), f"{TOKEN}误"
    recruiter = accounts.staff(Role.RECRUITER)
    lead = leads.lead(of=registration, owner=recruiter, position=f"{TOKEN}岗")
    note = f"{TOKEN}谈"
    db.session.add(
        Contact(lead=lead, staff_id=recruiter.id, channel=Channel.PHONE, reached=True, note=note, at=now())
    )
    db.session.commit()
    before = places_of_token(app)
    assert {
        "people.full_name",
        "people.name_pinyin",
        "people.email",
        "registrations.answers",
        "registrations.secretary",
        "messages.body_html",
        "messages.recipient",
        "state_changes.note",
        "reviews.note",
        "invitations.email",
        "contacts.note",
        "leads.position",
        "check_ins.void_reason",
        "stored_files.label",
    } <= set(before), "the negative control: the token is there, and the search finds it"
    place = db.session.scalars(select(StoredFile.place)).one()
    assert path_of(place).is_file()
    mobile = str(registration.person.mobile)
    receipt = erase(with_the_same_mailbox(registration))
    db.session.commit()
    keep_promises()
    assert places_of_token(app) == []
    assert not path_of(place).exists()
    assert places_of_token(app, mobile.removeprefix("+86")) == []
    assert receipt.counts["registrations"] == 1
    assert receipt.counts["files"] == 1
    assert receipt.counts["messages"] >= 2
    assert receipt.whole_person
    assert standing_consents(registration.id) == {}
    assert db.session.get_one(Lead, lead.id).stage is Stage.LOST


def test_the_seat_goes_on_and_the_numbers_stay(app: Flask) -> None:
    stop = campaigns.stop(capacity=1)
    registration = registrations.registration(at=stop)
    waiting = registrations.registration(S.WAITING, at=stop)
    arrived = registrations.registration(at=campaigns.stop())
    leads.arrival(of=arrived)
    employer = leads.employer()
    lead = leads.lead(
        of=arrived,
        owner=accounts.staff(Role.RECRUITER),
        stage=Stage.SIGNED,
        employer_id=employer.id,
        signed_on=today(),
        agreement_number="晋才协2026-007",
    )
    counted = registrations_by_state()
    erase([registration])
    erase([arrived])
    db.session.commit()
    keep_promises()
    db.session.expire_all()
    assert registration.state is S.WITHDRAWN
    assert waiting.state is S.CONFIRMED
    assert arrived.state is S.CONFIRMED, "who was there was there"
    assert registrations_by_state() == counted
    signed = db.session.get_one(Lead, lead.id)
    assert (signed.stage, signed.agreement_number) == (Stage.SIGNED, "晋才协2026-007")
    mails = db.session.scalars(select(Message).where(Message.registration_id == registration.id)).all()
    assert all(mail.recipient == "" for mail in mails), "nobody is written to any more"


def registrations_by_state() -> int:
    """How many registrations there are at all."""
    return db.session.scalar(select(func.count()).select_from(Registration)) or 0


def test_what_another_mailbox_registered_in_the_same_name_is_not_erased_with_it(app: Flask) -> None:
    mine = registrations.registration()
    other = registrations.registration(person=mine.person, email="another@example.com")
    receipt = erase(with_the_same_mailbox(mine))
    db.session.commit()
    db.session.expire_all()
    assert not receipt.whole_person
    assert other.erased_at is None
    assert other.state is S.CONFIRMED
    assert other.person.full_name == "李文博"
    assert other.person.email == "another@example.com"


def test_whoever_registers_again_afterwards_is_somebody_new(app: Flask) -> None:
    from people.find_or_add import find_or_add

    registration = registrations.registration()
    name, mobile = registration.person.full_name, str(registration.person.mobile)
    erase([registration])
    db.session.commit()
    again = find_or_add(full_name=name, mobile=mobile, email="li@example.com")
    assert again.id != registration.person_id
    for number in range(2):
        one = registrations.registration(full_name=f"又一人{'甲乙'[number]}")
        erase([one])  # many are empty side by side
    db.session.commit()
    assert db.session.scalar(select(func.count()).select_from(Person).where(Person.full_name == "")) == 3


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE registrations SET email = 'li@example.com' WHERE erased_at IS NOT NULL",
        "UPDATE people SET full_name = '李' WHERE erased_at IS NOT NULL",
    ],
)
def test_the_database_refuses_to_fill_an_erased_row_again(app: Flask, statement: str) -> None:
    erase([registrations.registration()])
    db.session.flush()
    with pytest.raises(Exception, match="erased_is_empty"), db.session.begin_nested():
        db.session.execute(text(statement))


def test_erasing_on_the_own_page_needs_a_code_and_gives_a_receipt(client: Browser) -> None:
    registration = registrations.registration()
    link = link_for(registration)
    assert "own_erase" not in client.get(f"/r/{link}/erase").text
    client.post(f"/r/{link}/erase/code")
    code = latest_code(registration)
    assert client.post(f"/r/{link}/erase", data={"one_time_code": code}).status_code == 422  # not ticked
    wrong = {"one_time_code": "000000" if code != "000 000" else "111111", "sure": "y"}
    assert client.post(f"/r/{link}/erase", data=wrong).status_code == 422
    assert registration.erased_at is None
    answer = client.post(f"/r/{link}/erase", data={"one_time_code": code, "sure": "y"})
    assert answer.status_code == 303
    receipt = client.get(answer.location)
    assert receipt.status_code == 200
    erasure = db.session.scalars(select(Erasure)).one()
    assert erasure.backups_gone_on.isoformat() in receipt.text
    assert client.get("/erased/made-up").status_code == 404
    page = client.get(f"/r/{link}")
    assert page.status_code == 200
    assert "山西大学" not in page.text
    assert client.post(f"/r/{link}/erase/code").status_code == 404


def test_the_copy_holds_everything_of_this_mailbox_and_nothing_of_another(client: Browser) -> None:
    registration = full_of_token()
    other = registrations.registration(
        person=registration.person, email="another@example.com", research_field="别人的研究"
    )
    link = link_for(registration)
    assert client.get(f"/r/{link}/data").location.endswith("/code?then=data")
    assert client.post(f"/r/{link}/data/copy.zip").status_code == 303
    client.post(f"/r/{link}/code/send")
    answer = client.post(f"/r/{link}/code?then=data", data={"one_time_code": latest_code(registration)})
    assert answer.location == f"/r/{link}/data"
    assert client.get(answer.location).status_code == 200
    bundle = client.post(f"/r/{link}/data/copy.zip")
    assert bundle.content_type == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(bundle.data))
    data = json.loads(archive.read("data.json"))
    told = json.dumps(data, ensure_ascii=False)
    for held in ("答", "证", "因", "记", "新", "二大", "秘书"):
        assert f"{TOKEN}{held}" in told
    assert data["registrations"][0]["code"] == registration.spaced_code
    assert {"person", "registrations", "steps", "changes", "consents", "messages", "reads"} <= set(data)
    assert other.research_field not in told
    assert other.spaced_code not in told
    page = archive.read("index.html").decode()
    assert f"{TOKEN}答" in page
    assert "截至" in page, "as the reader reads, not as the code is written"
    assert "As of" not in page
    assert "Nothing." not in page
    assert "<script" not in page
    assert any(name.startswith("files/") for name in archive.namelist())

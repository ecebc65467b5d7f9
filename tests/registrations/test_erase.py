"""Erasing: one token in every field of somebody, and nowhere afterwards; what is counted stays as it was."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from accounts.models import Role
from campaigns.models import Stop
from delegations.models import Delegation, DelegationMember
from files.disk import path_of
from files.keep import keep_file
from files.models import StoredFile
from imports.models import ImportRow, ImportRun, ImportState, Verdict
from jobs.long_work import begin, keep_result, results_directory
from jobs.models import LongWork
from leads.models import Channel, Contact, Lead, Stage
from messages.models import Message
from people.folding import folded_university
from people.keep import ID_NUMBER_USE, MOBILE_USE, refresh
from people.merge import merge, note_id_number
from people.models import Person
from people.search_keys import EMAIL, key
from privacy.consent import consents_of, give_consent, standing_consents
from privacy.copy import Scope
from privacy.models import Erasure
from privacy.purposes import CARD, Purpose
from questions.models import Kind
from registrations import export_in_background
from registrations.amend import Amendment, amend, keep_change
from registrations.drafts import keep_draft
from registrations.erase import erase, with_the_same_mailbox
from registrations.find import look_for
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
from registrations.own_copy import changes
from registrations.sealed_answers import seal_answers
from registrations.tasks import purge_daily
from shared.clock import now, today
from shared.db import db
from shared.reseal import sealed_columns
from shared.sealing import keyed_hash, unseal
from tests.conftest import Browser
from tests.factories import accounts, campaigns, leads, questions, registrations
from tests.factories.people import somebody
from tests.files.samples import pdf
from tests.promises import keep_promises
from tests.registrations.test_own_views import latest_code

S = RegistrationState
TOKEN = "zqxjkv"
EVERY_COLUMN = text(
    "SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns c "
    "JOIN information_schema.tables t USING (table_schema, table_name) "
    "WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' "
    "AND c.data_type IN ('text', 'character varying', 'json', 'jsonb', 'bytea', 'ARRAY') ORDER BY 1, 2"
)


def places_of_token(app: Flask, token: str = TOKEN) -> list[str]:
    """Every column of the whole database that holds the token, what is sealed opened, and every file below DATA_DIR."""
    db.session.flush()
    held = []
    sealed = {one.name: one for one in sealed_columns()}
    for table, column, kind in db.session.execute(EVERY_COLUMN):
        if one := sealed.get(f"{table}.{column}"):
            rows = db.session.execute(text(f"SELECT id, {column} FROM {table} WHERE {column} IS NOT NULL"))
            shown = [unseal(value, context=f"{one.use}:{row_id}") for row_id, value in rows]
            if any(token in value.decode(errors="replace").lower() for value in shown):
                held.append(one.name)
            continue
        as_text = f"encode({column}, 'escape')" if kind == "bytea" else f'"{column}"::text'
        if db.session.scalar(
            text(f'SELECT count(*) FROM "{table}" WHERE strpos(lower({as_text}), :token) > 0'),
            {"token": token},
        ):
            held.append(f"{table}.{column}")
    folders = (app.config["SETTINGS"].data_dir / name for name in ("files", "results"))
    held += [
        one.name
        for folder in folders
        for one in folder.rglob("*")
        if one.is_file() and token.encode() in one.read_bytes()
    ]
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
        gate_note=f"{TOKEN}请通知",
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
    assert standing_consents(consents_of([registration.id])) == {}
    assert db.session.get_one(Lead, lead.id).stage is Stage.LOST


def ways_in_of(registration: Registration) -> LongWork:
    """The same person in a delegation, a list, a second form, merges of merges, a search and a kept export."""
    stop = registration.stop
    delegation = Delegation(
        stop_id=stop.id, university="山西大学", head="", head_rank="", note="",
        contact_name=f"{TOKEN} 李", contact_mobile=f"+86{TOKEN}", contact_email=registration.email,
        language="zh", most=5, together=False, confirm_by=stop.registration_closes_at, opened_at=now(),
    )  # fmt: skip
    db.session.add(delegation)
    organiser = accounts.staff(Role.ORGANISER)
    run = ImportRun(
        stop_id=stop.id, by_staff_id=organiser.id, file_name="名单.csv", read_as="UTF-8", row_count=1,
        state=ImportState.DONE, columns={}, options={}, uploaded_at=now(), done_at=now(),
    )  # fmt: skip
    db.session.add(run)
    db.session.flush()
    db.session.add_all(
        [
            DelegationMember(
                delegation_id=delegation.id, full_name=f"{TOKEN} 李", email=registration.email,
                registration_id=registration.id, named_at=now(),
            ),
            ImportRow(
                run_id=run.id, number=2, verdict=Verdict.NEW, problems=[], entry={"full_name": TOKEN},
                cells=[TOKEN], registration_id=registration.id, before={"email": TOKEN},
            ),
        ]
    )  # fmt: skip
    keep_draft({"meal": [f"{TOKEN}餐"]}, seen=0, stop_id=stop.id, registration_id=registration.id)
    first, second = somebody(f"{TOKEN} 甲"), somebody(f"{TOKEN} 乙")
    older = merge(first.id, second.id, by="system").survivor_id
    registration.person = db.session.get_one(
        Person, merge(older, registration.person_id, by="system").survivor_id
    )
    look_for(registration.email, from_where="203.0.113.7")
    work = begin(export_in_background.KIND, by=organiser, ids=[registration.id])
    work.position = 1  # in the middle: its first lines are put aside
    keep_result(work, "名单.csv", TOKEN.encode())
    (results_directory() / f"{work.id}-part-0").write_text(TOKEN)
    db.session.flush()
    return work


def test_no_table_no_sealed_document_no_kept_file_holds_whoever_was_erased(app: Flask) -> None:
    registration = full_of_token()
    mobile = str(registration.person.mobile)
    note_id_number(registration.person_id, "11010519491231002X")
    db.session.commit()
    work = ways_in_of(registration)
    db.session.commit()
    result = results_directory() / str(work.result_file)
    assert {
        "delegation_members.full_name",
        "delegations.contact_email",
        "import_rows.entry",
        "import_rows.before",
        "form_drafts.sealed",
        "person_merges.moved",
        "find_requests.sealed",
        "registrations.sealed_answers",
        "answer_changes.values_sealed",
        result.name,
    } <= set(places_of_token(app)), "the negative control"
    erase(with_the_same_mailbox(registration))
    db.session.commit()
    keep_promises()
    assert places_of_token(app) == []
    for gone in (mobile.removeprefix("+86"), "11010519491231002x"):
        assert places_of_token(app, gone) == []
    hashes = [keyed_hash(mobile, use=MOBILE_USE), keyed_hash("11010519491231002X", use=ID_NUMBER_USE)]
    assert not db.session.scalars(
        select(Person.id).where(
            Person.mobile_hash.in_(hashes) | Person.id_number_hash.in_(hashes) | (Person.search_keys != [])
        )
    ).all()
    assert work.state.is_over
    assert not result.exists()


def test_when_their_time_is_over_people_are_gone_from_everywhere(app: Flask) -> None:
    registration = full_of_token()
    work = ways_in_of(registration)
    end = now() - timedelta(days=CARD[Purpose.REGISTRATION].kept_days + 1)
    for stop in db.session.scalars(select(Stop)):
        stop.registration_closes_at = end - timedelta(days=1)
        stop.starts_at, stop.ends_at = end - timedelta(hours=8), end
    db.session.commit()
    keep_promises()
    assert "people.full_name" in places_of_token(app)
    purge_daily()
    db.session.commit()
    keep_promises()
    db.session.expire_all()
    assert places_of_token(app) == []
    assert registration.erased_at is not None
    assert work.result_file is None


def test_whoever_goes_on_with_another_mailbox_is_not_found_by_what_was_erased(app: Flask) -> None:
    mine = registrations.registration(email=f"{TOKEN}@example.com", university="复旦大学")
    mine.person.email = "another@example.com"
    other = registrations.registration(
        person=mine.person, email="another@example.com", university="太原理工大学"
    )
    refresh(mine.person)
    gone = key(EMAIL, f"{TOKEN}@example.com")
    db.session.commit()
    assert gone in mine.person.search_keys
    erase(with_the_same_mailbox(mine))
    db.session.commit()
    db.session.refresh(other.person, ["search_keys", "university_folded"])
    assert gone not in other.person.search_keys
    assert other.person.university_folded == folded_university("太原理工大学")


def test_a_databases_complaint_names_the_rule_and_no_values(app: Flask) -> None:
    registration = registrations.registration(email=f"{TOKEN}@example.com")
    with pytest.raises(IntegrityError) as complaint, db.session.begin_nested():
        db.session.execute(
            text("UPDATE registrations SET stop_id = NULL WHERE id = :id"), {"id": registration.id}
        )
    assert "stop_id" in str(complaint.value)
    assert TOKEN not in str(complaint.value)
    assert TOKEN not in str(complaint.value.orig)


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
        "UPDATE registrations SET gate_note = '院士' WHERE erased_at IS NOT NULL",
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


def test_the_copy_tells_changes_by_the_words_of_the_form(app: Flask) -> None:
    """Choices by their labels, cities by name, files by theirs, also those of fields with a column of their own."""
    registration = registrations.registration()
    city = campaigns.host_city()
    questions.question(registration.stop.campaign, key="cv", kind=Kind.FILE, label_zh="个人简历")
    stored = keep_file(io.BytesIO(pdf()), name="李文博-简历.pdf", purpose="answer", by="applicant")
    db.session.add(AnswerFile(file_id=stored.id, registration_id=registration.id))
    changed: dict[str, list[Any]] = {
        "education": ["doctor", "master"],
        "preferred_city_ids": [[], [city.id]],
        "answers.cv": ["987654", str(stored.id)],
    }
    keep_change(registration, changed, by="applicant")
    db.session.commit()
    scope = Scope(registration.person_id, [registration.id], registration.email)
    words = {one.key: one.words for one in changes(scope)[0]}
    assert words["education"] == "博士 → 硕士"
    assert words["preferred_city_ids"] == f"– → {city.name_zh}"
    assert words["answers.cv"] == "已删除的文件 → 李文博-简历.pdf"


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

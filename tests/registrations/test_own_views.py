"""The own page: answers put right, addresses proven, stops changed, agreements, one-time codes, finding it again."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from accounts.models import Role
from files.models import StoredFile
from messages.models import Message
from privacy.consent import consents_of, standing_consents
from privacy.purposes import Purpose
from questions.models import Core, Kind, Question
from registrations import find as find_module
from registrations.amend import extend_edits, values_of
from registrations.find import answer_request
from registrations.links import link_for
from registrations.models import (
    AnswerChange,
    CodeOccasion,
    FindRequest,
    OneTimeCode,
    Registration,
    RegistrationState,
    StateChange,
)
from registrations.own_code import MOST_TRIES
from registrations.proof import COOKIE
from registrations.sealed_answers import unsealed_answers
from registrations.tell import tell_of_change
from shared.clock import now
from shared.db import db
from tests.conftest import Browser
from tests.factories import accounts, campaigns, questions, registrations
from tests.files.samples import pdf

S = RegistrationState


def said(registration: Registration, **changes: Any) -> dict[str, Any]:
    """The answers' form as its owner sends it."""
    return {
        "full_name": registration.person.full_name,
        "mobile": registration.person.mobile,
        "email": registration.email,
        "university": registration.university,
        "education": registration.education.value,
        "research_field": registration.research_field,
        **changes,
    }


def latest_code(registration: Registration, *, to: str | None = None) -> str:
    """The digits in the latest mail with a code."""
    statement = select(Message).where(Message.kind == "own_code", Message.registration_id == registration.id)
    if to is not None:
        statement = statement.where(Message.recipient == to)
    mail = db.session.scalars(statement.order_by(Message.id.desc()).limit(1)).one()
    found = re.search(r"\b(\d{3} \d{3})\b", mail.body_text)
    assert found is not None
    return found[1]


def is_flagged(registration: Registration) -> bool:
    """Whether staff are told that the name changed after there was a ticket."""
    return registration.renamed_at is not None


def test_answers_are_put_right_and_what_they_were_stays_sealed(client: Browser) -> None:
    registration = registrations.registration(S.CONFIRMED)
    link = link_for(registration)
    assert f'href="/r/{link}/answers"' in client.get(f"/r/{link}").text
    assert 'value="山西大学"' in client.get(f"/r/{link}/answers").text
    answer = client.post(
        f"/r/{link}/answers", data=said(registration, university="太原理工大学", full_name="李文渊")
    )
    assert answer.status_code == 303
    assert registration.university == "太原理工大学"
    assert registration.person.full_name == "李文渊"
    assert registration.person.name_pinyin.startswith("liwen")
    assert is_flagged(registration)
    change = db.session.scalars(select(AnswerChange)).one()
    assert change.fields == ["full_name", "university"]
    assert values_of(change)["university"] == ["山西大学", "太原理工大学"]
    assert "山西大学".encode() not in (change.values_sealed or b"")
    tell_of_change(registration.id)
    mail = db.session.scalars(select(Message).where(Message.kind == "amended")).one()
    assert "太原理工大学" not in mail.body_text
    page = client.get(f"/r/{link}").text
    assert "太原理工大学" in page

    organiser = accounts.staff(Role.ORGANISER, host_city_id=registration.stop.host_city_id)
    client.sign_in(organiser)
    assert 'data-flag="renamed"' in client.get(f"/desk/registrations/{registration.id}").text
    client.post(f"/desk/registrations/{registration.id}/new-badge")
    assert not is_flagged(registration)
    until = {"until": "2099-05-28T09:00"}
    client.post(f"/desk/registrations/{registration.id}/edits", data=until)
    assert registration.edits_until is not None


def test_a_wrong_answer_is_named_and_the_rest_stays(client: Browser) -> None:
    registration = registrations.registration()
    link = link_for(registration)
    answer = client.post(
        f"/r/{link}/answers", data=said(registration, research_field="煤", university="新校名大学")
    )
    assert answer.status_code == 422
    assert 'id="research_field-error"' in answer.text
    assert 'value="新校名大学"' in answer.text
    assert registration.university == "山西大学"


@pytest.mark.parametrize("state", [S.DECLINED, S.WITHDRAWN, S.EXPIRED])
def test_what_no_longer_stands_is_not_changed(client: Browser, state: S) -> None:
    registration = registrations.registration(state)
    answer = client.post(
        f"/r/{link_for(registration)}/answers", data=said(registration, university="别校大学")
    )
    assert answer.status_code == 409
    assert "别校大学" in answer.text, "what was typed can still be read"
    assert client.get(f"/r/{link_for(registration)}/answers").status_code == 303
    assert registration.university == "山西大学"


def test_answers_change_until_the_stops_time_and_for_one_person_longer(client: Browser) -> None:
    stop = campaigns.stop(edits_close_at=now() - timedelta(minutes=1))
    registration = registrations.registration(at=stop)
    link = link_for(registration)
    changed = said(registration, university="太原理工大学")
    client.post(f"/r/{link}/answers", data=changed)
    assert registration.university == "山西大学"
    extend_edits(
        registration.id,
        now() + timedelta(days=1),
        by=accounts.staff(Role.ORGANISER, host_city_id=stop.host_city_id),
    )
    client.post(f"/r/{link}/answers", data=changed)
    assert registration.university == "太原理工大学"


def test_a_new_address_needs_the_codes_of_the_old_and_the_new_mailbox(client: Browser) -> None:
    registration = registrations.registration()
    link, old = link_for(registration), registration.email
    answer = client.post(
        f"/r/{link}/answers", data=said(registration, email="new@example.com", mobile="13900139000")
    )
    assert answer.location == f"/r/{link}/contact"
    assert registration.email == old, "nothing changes before the codes"
    old_code, new_code = latest_code(registration, to=old), latest_code(registration, to="new@example.com")
    new_mail = db.session.scalars(select(Message).where(Message.recipient == "new@example.com")).one()
    assert registration.person.full_name not in new_mail.body_text, "a mistyped address belongs to a stranger"
    assert "/r/" not in new_mail.body_text
    wrong = "000 000" if new_code != "000 000" else "111 111"
    answer = client.post(f"/r/{link}/contact", data={"old_code": old_code, "new_code": wrong})
    assert answer.status_code == 422
    assert 'id="new_code-error"' in answer.text
    assert registration.email == old
    answer = client.post(f"/r/{link}/contact", data={"old_code": old_code, "new_code": new_code})
    assert answer.status_code == 303
    assert registration.email == "new@example.com"
    assert registration.person.mobile == "+8613900139000"
    client.post(f"/r/{link}/contact", data={"old_code": old_code, "new_code": new_code})
    assert len(db.session.scalars(select(AnswerChange)).all()) == 1


def test_renaming_oneself_renames_nobody_who_is_read_in_another_mailbox(client: Browser) -> None:
    """Somebody registers in another's name and number; what he changes is his own registration and nothing else."""
    victim = registrations.registration()
    intruder = registrations.registration(person=victim.person, email="intruder@example.com")
    client.post(f"/r/{link_for(intruder)}/answers", data=said(intruder, full_name="张冠李戴"))
    db.session.expire_all()
    assert victim.person.full_name == "李文博"
    assert intruder.person.full_name == "张冠李戴"
    assert intruder.person_id != victim.person_id


def test_a_campaign_may_ask_for_a_code_before_every_own_page(client: Browser) -> None:
    stop = campaigns.stop(of=campaigns.campaign(own_page_asks_code=True))
    registration = registrations.registration(at=stop)
    link = link_for(registration)
    for path in ("", "/ticket.png", "/calendar.ics", "/answers", "/programme"):
        assert client.get(f"/r/{link}{path}").location == f"/r/{link}/code"
    assert client.post(f"/r/{link}/withdraw").location == f"/r/{link}/code"
    assert registration.state is S.CONFIRMED
    client.post(f"/r/{link}/code/send")
    code = latest_code(registration)
    assert db.session.scalars(select(OneTimeCode)).one().digest != code.encode()
    answer = client.post(f"/r/{link}/code", data={"one_time_code": code})
    assert answer.location == f"/r/{link}"
    cookie = answer.headers["Set-Cookie"]
    assert all(part in cookie for part in ("HttpOnly", "SameSite=Lax", "Path=/r", "Max-Age=1800"))
    assert registration.spaced_code in client.get(f"/r/{link}").text
    other = registrations.registration(at=stop)
    assert client.get(f"/r/{link_for(other)}").location.endswith("/code"), (
        "another's page is not opened by it"
    )
    client.set_cookie(COOKIE, "forged", path="/r")
    assert client.get(f"/r/{link}").location.endswith("/code")


def test_a_code_has_five_tries_one_use_and_ten_minutes(client: Browser) -> None:
    stop = campaigns.stop(of=campaigns.campaign(own_page_asks_code=True))
    registration = registrations.registration(at=stop)
    page = f"/r/{link_for(registration)}/code"
    client.post(f"{page}/send")
    code = latest_code(registration)
    assert client.post(page, data={"one_time_code": "12"}).status_code == 422  # costs no try
    wrong = "000000" if code != "000 000" else "111111"
    for _try in range(MOST_TRIES):
        assert client.post(page, data={"one_time_code": wrong}).status_code == 422
    assert client.post(page, data={"one_time_code": code}).status_code == 422
    assert db.session.scalars(select(OneTimeCode)).one().tries == MOST_TRIES
    client.post(f"{page}/send")
    second = latest_code(registration)
    db.session.scalars(select(OneTimeCode).where(OneTimeCode.used_at.is_(None))).one().expires_at = now()
    assert client.post(page, data={"one_time_code": second}).status_code == 422
    client.post(f"{page}/send")
    third = latest_code(registration)
    assert client.post(page, data={"one_time_code": third}).status_code == 303
    fresh = client.application.test_client()
    assert fresh.post(page, data={"one_time_code": third}).status_code == 422, "used once"
    for _again in range(6):
        client.delete_cookie(COOKIE, path="/r")
        client.post(f"{page}/send")
    sent = select(func.count()).select_from(Message).where(Message.kind == "own_code")
    assert db.session.scalar(sent) == 6, "six an hour, and no more"


def test_one_changes_the_stop_and_keeps_link_and_code(client: Browser) -> None:
    tour = campaigns.campaign()
    here, there = campaigns.stop(of=tour, capacity=1), campaigns.stop(of=tour, capacity=1, city_zh="西安")
    registration = registrations.registration(at=here)
    waiting = registrations.registration(S.WAITING, at=here)
    link = link_for(registration)
    assert f'href="/r/{link}/move"' in client.get(f"/r/{link}").text
    answer = client.post(f"/r/{link}/move", data={"stop_id": there.id})
    assert answer.status_code == 303
    assert (registration.stop_id, registration.state) == (there.id, S.CONFIRMED)
    assert waiting.state is S.CONFIRMED, "the seat given back goes to whoever waits"
    step = db.session.scalars(select(StateChange).order_by(StateChange.id)).all()
    assert here.id in {one.from_stop_id for one in step}
    assert (here.seats_taken, there.seats_taken) == (1, 1)
    page = client.get(f"/r/{link}").text
    assert "西安" in page


def test_nobody_gives_up_a_seat_for_a_place_in_line_without_saying_so(client: Browser) -> None:
    tour = campaigns.campaign()
    here, there = campaigns.stop(of=tour), campaigns.stop(of=tour, capacity=0)
    registration = registrations.registration(at=here)
    link = link_for(registration)
    answer = client.post(f"/r/{link}/move", data={"stop_id": there.id})
    assert answer.status_code == 409
    assert 'id="without_seat-error"' in answer.text
    assert registration.stop_id == here.id
    client.post(f"/r/{link}/move", data={"stop_id": there.id, "without_seat": "y"})
    assert (registration.stop_id, registration.state) == (there.id, S.WAITING)
    other = campaigns.stop()
    assert client.post(f"/r/{link}/move", data={"stop_id": other.id}).status_code == 422, "another campaign"


def test_withdrawing_names_what_follows_and_keeps_the_reason(client: Browser) -> None:
    registration = registrations.registration()
    link = link_for(registration)
    assert 'class="consequences"' in client.get(f"/r/{link}/withdraw").text
    client.post(f"/r/{link}/withdraw", data={"reason": "行程冲突"})
    assert registration.state is S.WITHDRAWN
    assert registration.changes[-1].reason == "行程冲突"


def test_an_agreement_is_given_taken_back_and_asked_anew(client: Browser) -> None:
    registration = registrations.registration()
    link = link_for(registration)
    assert 'id="consent-anew"' in client.get(f"/r/{link}").text, (
        "the factory's people agreed to no text of ours"
    )
    client.post(f"/r/{link}/consents", data={"purpose": "registration", "given": "yes"})
    assert 'id="consent-anew"' not in client.get(f"/r/{link}").text
    client.post(f"/r/{link}/consents", data={"purpose": "employers", "given": "yes"})
    assert Purpose.EMPLOYERS in standing_consents(consents_of([registration.id]))
    client.post(f"/r/{link}/consents", data={"purpose": "employers", "given": "no"})
    assert Purpose.EMPLOYERS not in standing_consents(consents_of([registration.id]))
    for made_up in ("king", "travel", ""):
        assert (
            client.post(f"/r/{link}/consents", data={"purpose": made_up, "given": "yes"}).status_code == 404
        )


def test_finding_a_registration_says_the_same_to_everybody(client: Browser, app: Flask) -> None:
    registration = registrations.registration()
    again = registrations.registration(person=registration.person)
    shared = registrations.registration(person=registration.person, email="another@example.com")
    pages = []
    mobile = str(registration.person.mobile)
    for typed in (mobile, "+8613999999999"):
        answer = client.post("/find", data={"who": typed})
        assert answer.status_code == 200
        pages.append(answer.text.replace(typed, "…"))
    token = re.compile(r'value="[^"]{40,}"|/language/en\?next=[^"]*')
    assert token.sub("", pages[0]) == token.sub("", pages[1])
    requests = db.session.scalars(select(FindRequest).order_by(FindRequest.id)).all()
    assert mobile.encode() not in (requests[0].sealed or b"")
    assert [answer_request(request.id) for request in requests] == [2, 0]
    assert answer_request(requests[0].id) == 0, "run twice, written once"
    mails = {
        mail.recipient: mail.body_text
        for mail in db.session.scalars(select(Message).where(Message.kind == "found"))
    }
    assert set(mails) == {registration.email, shared.email}
    assert link_for(registration) in mails[registration.email]
    assert link_for(again) in mails[registration.email]
    assert link_for(shared) not in mails[registration.email], "each mailbox its own links"


def test_a_hall_behind_one_address_is_not_locked_out_and_one_person_is_not_flooded(
    client: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    registration = registrations.registration()
    monkeypatch.setattr(find_module, "MOST_FROM_ONE_PLACE", 20)
    answers = [client.post("/find", data={"who": f"person{n}@example.com"}).status_code for n in range(16)]
    answers += [client.post("/find", data={"who": registration.email}).status_code for _ in range(4)]
    assert set(answers) == {200}
    asked = db.session.scalars(select(FindRequest.id).order_by(FindRequest.id.desc()).limit(4)).all()
    assert sum(answer_request(one) for one in asked) == find_module.MOST_FOR_ONE
    refused = client.post("/find", data={"who": "more@example.com"})
    assert refused.status_code == 429
    assert 'value="more@example.com"' in refused.text


@pytest.mark.parametrize("typed", ["", "abc", "12345", "a@b", "@example.com"])
def test_what_is_neither_number_nor_address_is_refused_beside_the_field(client: Browser, typed: str) -> None:
    answer = client.post("/find", data={"who": typed})
    assert answer.status_code == 422
    assert 'id="who-error"' in answer.text


def test_staff_read_no_code_in_the_log_once_mails_are_sent(client: Browser, app: Flask) -> None:
    from dataclasses import replace

    from messages.veil import burn_codes, text_of

    registration = registrations.registration(
        at=campaigns.stop(of=campaigns.campaign(own_page_asks_code=True))
    )
    client.post(f"/r/{link_for(registration)}/code/send")
    mail = db.session.scalars(select(Message).where(Message.kind == "own_code")).one()
    code = latest_code(registration)
    settings = app.config["SETTINGS"]
    app.config["SETTINGS"] = replace(settings, smtp_url="smtp://localhost")
    try:
        assert code not in text_of(mail)
    finally:
        app.config["SETTINGS"] = settings
    burn_codes(mail)
    assert code not in mail.body_text + mail.body_html
    assert CodeOccasion.OPEN.value == "open"


def test_the_campaigns_own_questions_are_put_right_by_the_same_rules(client: Browser) -> None:
    stop = campaigns.stop()
    questions.question(stop.campaign, key="topic", kind=Kind.TEXT, label_zh="合作课题", required=True)
    questions.question(
        stop.campaign, key="paper", kind=Kind.RESIDENT_ID, label_zh="身份证号", restricted=True
    )
    registration = registrations.registration(at=stop, answers={"topic": "煤基新材料", "kept": "别处的回答"})
    link = link_for(registration)
    assert 'value="煤基新材料"' in client.get(f"/r/{link}/answers").text
    answer = client.post(f"/r/{link}/answers", data=said(registration, topic="", paper="110105194912310021"))
    assert answer.status_code == 422
    assert 'id="topic-error"' in answer.text
    assert 'id="paper-error"' in answer.text
    good = said(registration, topic="碳纤维", paper="11010519491231002X")
    assert client.post(f"/r/{link}/answers", data=good).status_code == 303
    assert registration.answers == {"topic": "碳纤维", "kept": "别处的回答"}
    assert unsealed_answers(registration) == {"paper": "11010519491231002X"}
    change = db.session.scalars(select(AnswerChange)).one()
    assert change.fields == ["answers.paper", "answers.topic"]
    assert values_of(change)["answers.topic"] == ["煤基新材料", "碳纤维"]
    assert "合作课题" in client.get(f"/r/{link}").text


def test_what_is_put_right_decides_at_once_what_else_is_asked(client: Browser) -> None:
    """The answers that have columns of their own are looked at as they are typed now, not as they were."""
    stop = campaigns.stop()
    only_doctors = {"question": "education", "op": "is", "value": "doctor"}
    questions.question(
        stop.campaign, key="supervisor", label_zh="导师", required=True, condition=only_doctors
    )
    registration = registrations.registration(at=stop, answers={"supervisor": "王建国"})
    link = link_for(registration)
    assert client.post(f"/r/{link}/answers", data=said(registration, education="master")).status_code == 303
    assert registration.answers == {}
    back = said(registration, education="doctor")
    assert 'id="supervisor-error"' in client.post(f"/r/{link}/answers", data=back).text
    assert client.post(f"/r/{link}/answers", data={**back, "supervisor": "李桂兰"}).status_code == 303
    assert registration.answers == {"supervisor": "李桂兰"}


def test_only_what_the_form_asks_is_changed_and_by_its_own_choices(client: Browser) -> None:
    stop = campaigns.stop()
    questions.question(
        stop.campaign, key="room", kind=Kind.CHOICE, options=questions.choices("single", capacity=1)
    )
    for asked in db.session.scalars(select(Question).where(Question.campaign_id == stop.campaign_id)):
        if asked.core is Core.EDUCATION:
            asked.options = questions.choices("doctor", "engineer")
        if asked.core is Core.RESEARCH_FIELD:
            asked.archived_at = now()
    registration = registrations.registration(at=stop)
    link = link_for(registration)
    page = client.get(f"/r/{link}/answers").text
    assert 'name="research_field"' not in page
    changed = {**said(registration), "education": "engineer", "room": "single", "research_field": "别的"}
    assert client.post(f"/r/{link}/answers", data=changed).status_code == 303
    assert registration.research_field == "煤基新材料"
    assert (registration.education.value, registration.answers) == (
        "other",
        {"education": "engineer", "room": "single"},
    )
    assert re.search(r'value="engineer" checked', client.get(f"/r/{link}/answers").text)
    other = registrations.registration(at=stop)
    full = client.post(
        f"/r/{link_for(other)}/answers", data={**said(other, university="别校大学"), "room": "single"}
    )
    assert full.status_code == 409
    assert 'id="room-error"' in full.text
    assert 'value="别校大学"' in full.text


def test_a_file_put_in_the_place_of_another_lets_that_one_go(client: Browser) -> None:
    stop = campaigns.stop()
    questions.question(stop.campaign, key="cv", kind=Kind.FILE, label_zh="简历")
    registration = registrations.registration(at=stop)
    page = f"/r/{link_for(registration)}/answers"
    for _ in range(2):
        sent = {**said(registration), "cv-file": (io.BytesIO(pdf()), "简历.pdf")}
        assert client.post(page, data=sent, content_type="multipart/form-data").status_code == 303
    files = db.session.scalars(select(StoredFile).order_by(StoredFile.id)).all()
    assert [file.removed_at is None for file in files] == [False, True]
    assert registration.answers == {"cv": str(files[1].id)}
    assert client.get(page).text.count("简历.pdf") == 1

"""The recruiter's desk, page by page."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from accounts.models import Role, Staff
from leads import follow_up
from leads.models import Contact, Lead, Stage
from privacy.consent import give_consent, withdraw_consent
from privacy.purposes import Purpose
from registrations.models import Registration
from shared.clock import now, today
from shared.db import db
from tests.conftest import Browser
from tests.counting import CountQueries
from tests.factories import accounts, campaigns, leads, registrations


@pytest.fixture
def recruiter(app: Flask) -> Staff:
    """A recruiter of the province."""
    return accounts.staff(Role.RECRUITER)


@pytest.fixture
def desk(client: Browser, recruiter: Staff) -> Browser:
    """The recruiter's browser, in English."""
    client.sign_in(recruiter)
    client.set_cookie("language", "en")
    return client


def text_of(browser: Browser, address: str, status: int = 200) -> str:
    answer = browser.get(address)
    assert answer.status_code == status, answer.get_data(as_text=True)[:2000]
    page: str = answer.get_data(as_text=True)
    return page


def test_an_empty_desk_says_what_comes_next(desk: Browser) -> None:
    page = text_of(desk, "/desk/leads")
    assert "Your hands are free" in page
    assert "Nobody waits in the pool now" in page
    assert "Claim the next best lead" not in page
    assert "The pool is empty" in text_of(desk, "/desk/leads/pool")
    assert "Nothing has come to an end yet" in text_of(desk, "/desk/leads?show=over")


def test_one_click_claims_the_best_lead_and_opens_the_persons_page(desk: Browser, recruiter: Staff) -> None:
    stop = campaigns.stop()
    leads.lead(at=stop, score=40)
    best = leads.lead(at=stop, score=80)
    assert "2 people wait in the pool" in text_of(desk, "/desk/leads")
    answer = desk.post("/desk/leads/claim")
    assert answer.headers["Location"] == f"/desk/leads/{best.id}"
    assert best.owner_id == recruiter.id
    assert "This lead is yours now" in text_of(desk, f"/desk/leads/{best.id}")


def test_a_claim_on_an_empty_pool_or_over_the_cap_says_so_on_the_desk(
    desk: Browser, recruiter: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = desk.post("/desk/leads/claim", follow_redirects=True)
    assert "Nobody is waiting in the pool now." in answer.get_data(as_text=True)
    monkeypatch.setattr(follow_up, "HOLDING_CAP", 0)
    answer = desk.post("/desk/leads/claim", follow_redirects=True)
    assert "as many open leads as one person can follow" in answer.get_data(as_text=True)


def test_how_to_reach_somebody_is_not_in_the_page_before_the_claim(desk: Browser) -> None:
    registration = registrations.registration(full_name="欧阳文博", email="ouyang@example.com")
    lead = leads.lead(of=registration)
    secrets = (
        "欧阳文博",
        "ouyang@example.com",
        str(registration.person.mobile),
        str(registration.person.mobile)[3:],
    )
    for address in ("/desk/leads", "/desk/leads/pool", f"/desk/leads/{lead.id}"):
        page = text_of(desk, address)
        assert not [secret for secret in secrets if secret in page], address
    assert "欧**" in text_of(desk, "/desk/leads/pool")
    answer = desk.post(f"/desk/leads/{lead.id}/claim", follow_redirects=True)
    page = answer.get_data(as_text=True)
    assert not [secret for secret in secrets if secret not in page]


def test_a_colleagues_lead_shows_neither_numbers_nor_what_was_said_nor_forms(desk: Browser) -> None:
    owner = accounts.staff(Role.RECRUITER)
    registration = registrations.registration(full_name="欧阳文博")
    lead = leads.lead(of=registration, owner=owner)
    db.session.add(
        Contact(lead_id=lead.id, staff_id=owner.id, channel="phone", reached=True, note="悄悄话", at=now())
    )
    page = text_of(desk, f"/desk/leads/{lead.id}")
    for secret in ("欧阳文博", str(registration.person.mobile), "悄悄话", "Write it down"):
        assert secret not in page
    assert f"in the hands of {owner.full_name}" in page
    answer = desk.post(
        f"/desk/leads/{lead.id}/contacts",
        data={"contact-channel": "phone", "contact-reached": "yes", "contact-note": "x"},
    )
    assert answer.status_code == 403
    assert desk.post(f"/desk/leads/{lead.id}/release").status_code == 403
    assert lead.owner_id == owner.id


def test_a_form_sent_from_a_page_that_is_no_longer_true_says_why(desk: Browser, recruiter: Staff) -> None:
    ended = leads.lead(owner=recruiter, stage=Stage.LOST, lost_reason="pay")
    for act in ("contacts", "sign", "let-go"):
        answer = desk.post(f"/desk/leads/{ended.id}/{act}")
        assert answer.status_code == 409, act
        assert "This lead has come to its end." in answer.get_data(as_text=True)
    answer = desk.post(f"/desk/leads/{ended.id}/start")
    assert answer.status_code == 409
    assert "Only a signed person can start work." in answer.get_data(as_text=True)
    waiting = leads.lead()
    for act in ("contacts", "sign", "let-go", "start", "reopen", "release"):
        assert desk.post(f"/desk/leads/{waiting.id}/{act}").status_code == 403, act


def test_a_lead_taken_by_a_colleague_meanwhile_says_so(desk: Browser) -> None:
    lead = leads.lead(owner=accounts.staff(Role.RECRUITER))
    answer = desk.post(f"/desk/leads/{lead.id}/claim", follow_redirects=True)
    assert "A colleague has taken this lead already." in answer.get_data(as_text=True)


def test_another_citys_lead_is_not_found_by_any_address(client: Browser) -> None:
    lead = leads.lead(at=campaigns.stop(host=campaigns.host_city("Taiyuan")))
    client.sign_in(accounts.staff(Role.RECRUITER, host_city_id=campaigns.host_city("Jincheng").id))
    assert client.get(f"/desk/leads/{lead.id}").status_code == 404
    for act in ("claim", "contacts", "sign", "start", "let-go", "reopen", "release"):
        assert client.post(f"/desk/leads/{lead.id}/{act}").status_code == 404, act
    assert str(lead.registration.university) not in client.get("/desk/leads/pool").get_data(as_text=True)
    assert lead.owner_id is None


def test_who_does_not_follow_leads_is_not_let_in(client: Browser) -> None:
    lead = leads.lead()
    client.sign_in(accounts.staff(Role.GATE_VOLUNTEER))
    for address in ("/desk/leads", "/desk/leads/pool", f"/desk/leads/{lead.id}", "/desk/leads/referred"):
        assert client.get(address).status_code == 403, address


def test_the_open_leads_stand_by_urgency_and_the_overdue_say_so(desk: Browser, recruiter: Staff) -> None:
    stop = campaigns.stop()
    calm = leads.lead(of=registrations.registration(at=stop, full_name="甲从容"), owner=recruiter)
    leads.lead(
        of=registrations.registration(at=stop, full_name="乙逾期"),
        owner=recruiter,
        due_at=now() - timedelta(hours=3),
    )
    page = text_of(desk, "/desk/leads")
    assert page.index("乙逾期") < page.index("甲从容")
    assert page.count('<span class="state state-cinnabar">Overdue</span>') == 1
    assert calm.owner_id == recruiter.id


def test_the_list_takes_as_many_queries_for_three_leads_as_for_one(
    desk: Browser, recruiter: Staff, count_queries: CountQueries
) -> None:
    for address, owner in (("/desk/leads", recruiter), ("/desk/leads/pool", None)):
        leads.lead(owner=owner)
        with count_queries() as for_one:
            desk.get(address)
        for _ in range(2):
            leads.lead(owner=owner)
        with count_queries() as for_three:
            desk.get(address)
        assert len(for_three) == len(for_one), for_three.listed()


def test_a_contact_is_written_down_and_stands_in_the_history(desk: Browser, recruiter: Staff) -> None:
    lead = leads.lead(owner=recruiter)
    next_on = today() + timedelta(days=9)
    answer = desk.post(
        f"/desk/leads/{lead.id}/contacts",
        data={
            "contact-channel": "wechat",
            "contact-reached": "yes",
            "contact-note": "愿意下周来访",
            "contact-stage": "qualified",
            "contact-next_on": next_on.isoformat(),
        },
        follow_redirects=True,
    )
    page = answer.get_data(as_text=True)
    assert "The contact is written down." in page
    assert "愿意下周来访" in page
    assert lead.stage is Stage.QUALIFIED
    assert timedelta(days=8) < lead.due_at - now() < timedelta(days=10)


def test_a_contact_without_words_is_refused_beside_the_field_and_keeps_what_was_typed(
    desk: Browser, recruiter: Staff
) -> None:
    lead = leads.lead(owner=recruiter)
    answer = desk.post(
        f"/desk/leads/{lead.id}/contacts",
        data={
            "contact-channel": "email",
            "contact-reached": "no",
            "contact-note": "  ",
            "contact-next_on": (today() - timedelta(days=1)).isoformat(),
        },
    )
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'id="contact-note-error"' in page
    assert 'id="contact-next_on-error"' in page
    assert re.search(r'<input[^>]*\bchecked\b[^>]*value="email"', page)
    assert db.session.scalars(select(Contact)).all() == []


def test_a_signing_is_recorded_then_the_start_of_work(desk: Browser, recruiter: Staff) -> None:
    lead, employer = leads.lead(owner=recruiter), leads.employer()
    page = desk.post(
        f"/desk/leads/{lead.id}/sign",
        data={
            "sign-employer_id": str(employer.id),
            "sign-position": "研究员",
            "sign-agreement_number": "晋才2026-017",
            "sign-signed_on": today().isoformat(),
        },
        follow_redirects=True,
    ).get_data(as_text=True)
    assert "Congratulations!" in page
    assert employer.name_en in page
    assert "晋才2026-017" in page
    assert lead.stage == "signed"
    page = desk.post(
        f"/desk/leads/{lead.id}/start", data={"start-started_on": today().isoformat()}, follow_redirects=True
    ).get_data(as_text=True)
    assert "The start of work is recorded." in page
    assert lead.stage == "onboarded"
    assert employer.name_en in text_of(desk, "/desk/leads?show=over")


def test_a_signing_without_its_evidence_is_refused_field_by_field(desk: Browser, recruiter: Staff) -> None:
    lead = leads.lead(owner=recruiter)
    answer = desk.post(
        f"/desk/leads/{lead.id}/sign",
        data={"sign-position": "研究员", "sign-signed_on": (today() + timedelta(days=1)).isoformat()},
    )
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    for field in ("employer_id", "agreement_number", "signed_on"):
        assert f'id="sign-{field}-error"' in page, field
    assert 'value="研究员"' in page
    assert lead.stage is Stage.NEW


def test_a_start_before_the_signing_is_refused_beside_its_field(desk: Browser, recruiter: Staff) -> None:
    lead = leads.lead(
        owner=recruiter, stage=Stage.SIGNED, employer_id=leads.employer().id, signed_on=today(), position="x"
    )
    answer = desk.post(
        f"/desk/leads/{lead.id}/start", data={"start-started_on": (today() - timedelta(days=1)).isoformat()}
    )
    assert answer.status_code == 422
    assert 'id="start-started_on-error"' in answer.get_data(as_text=True)
    assert lead.stage is Stage.SIGNED


def test_a_lead_is_let_go_with_a_reason_and_reopened(desk: Browser, recruiter: Staff) -> None:
    lead = leads.lead(owner=recruiter)
    answer = desk.post(f"/desk/leads/{lead.id}/let-go", data={"let_go-reason": "other"})
    assert answer.status_code == 422
    assert 'id="let_go-note-error"' in answer.get_data(as_text=True)
    desk.post(f"/desk/leads/{lead.id}/let-go", data={"let_go-reason": "elsewhere", "let_go-note": "去了杭州"})
    assert lead.stage == "lost"
    assert "Went elsewhere · 去了杭州" in text_of(desk, f"/desk/leads/{lead.id}")
    desk.post(f"/desk/leads/{lead.id}/reopen")
    assert lead.stage == "new"


def test_a_lead_given_back_lies_in_the_pool_again(desk: Browser, recruiter: Staff) -> None:
    lead = leads.lead(owner=recruiter)
    page = desk.post(f"/desk/leads/{lead.id}/release", follow_redirects=True).get_data(as_text=True)
    assert "The lead lies in the pool again." in page
    assert lead.owner_id is None


def test_the_score_is_shown_in_its_parts(desk: Browser) -> None:
    arrival = leads.arrival()
    lead = leads.lead(of=db.session.get_one(Registration, arrival.registration_id), score=50)
    page = text_of(desk, f"/desk/leads/{lead.id}")
    assert "35 of 35 points" in page
    assert "15 of 15 points" in page
    assert "0 of 20 points" in page


def test_an_employer_sees_who_signed_with_its_own_house_and_nobody_else(
    client: Browser, recruiter: Staff
) -> None:
    own, other = leads.employer(), leads.employer()
    stop = campaigns.stop()
    signed: dict[str, Any] = {"stage": Stage.SIGNED, "signed_on": today(), "owner": recruiter}
    mine = registrations.registration(at=stop, full_name="本院新人")
    leads.lead(of=mine, employer_id=own.id, **signed)
    give_consent(mine.id, Purpose.EMPLOYERS)
    silent = registrations.registration(at=stop, full_name="未同意者")
    leads.lead(of=silent, employer_id=own.id, **signed)
    leads.lead(of=registrations.registration(at=stop, full_name="别家新人"), employer_id=other.id, **signed)
    leads.lead(of=registrations.registration(at=stop, full_name="尚未签约"))
    client.sign_in(accounts.staff(Role.EMPLOYER_CONTACT, employer_id=own.id))
    page = text_of(client, "/desk/leads/referred")
    assert "本院新人" in page
    assert "别家新人" not in page
    assert "未同意者" not in page
    assert "尚未签约" not in page
    assert str(mine.person.mobile) not in page
    assert withdraw_consent(mine.id, Purpose.EMPLOYERS)
    assert "本院新人" not in text_of(client, "/desk/leads/referred")
    lead = db.session.scalars(select(Lead).limit(1)).one()
    for address in ("/desk/leads", "/desk/leads/pool", f"/desk/leads/{lead.id}"):
        assert client.get(address).status_code == 403


def test_an_employer_nobody_signed_with_is_told_what_will_stand_there(client: Browser) -> None:
    client.set_cookie("language", "en")
    client.sign_in(accounts.staff(Role.EMPLOYER_CONTACT, employer_id=leads.employer().id))
    assert "Nobody has signed yet" in text_of(client, "/desk/leads/referred")


def test_a_lead_that_lies_beyond_ones_reach_by_now_is_not_on_ones_desk(client: Browser) -> None:
    recruiter = accounts.staff(Role.RECRUITER, host_city_id=campaigns.host_city("Taiyuan").id)
    near = registrations.registration(at=campaigns.stop(), full_name="欧阳文博")
    far = registrations.registration(
        at=campaigns.stop(host=campaigns.host_city("Jincheng")), full_name="司马静"
    )
    for registration in (near, far):
        leads.lead(of=registration, owner=recruiter)
    client.sign_in(recruiter)
    page = text_of(client, "/desk/leads")
    assert "欧阳文博" in page
    assert "司马静" not in page

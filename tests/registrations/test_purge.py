"""The daily purge: what is over goes, what is not stays; a clock that jumps stops it; done twice it changes nothing."""

from __future__ import annotations

import io
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from accounts.models import Role
from campaigns.models import Stop
from files.keep import keep_file
from messages.models import Message, MessageState
from privacy import retention
from privacy.consent import give_consent, withdraw_consent
from privacy.models import PurgeRun, PurgeState
from privacy.purposes import CARD, Purpose
from privacy.retention import begin_purge, due_today
from questions.models import Kind
from registrations.amend import keep_change, values_of
from registrations.choices import take_choices
from registrations.models import AnswerFile, Registration, TakenChoice
from registrations.sealed_answers import seal_answers, unsealed_answers
from registrations.tasks import purge_daily
from shared.clock import now, today
from shared.db import db
from tests.conftest import Browser
from tests.factories import accounts, campaigns, leads, questions, registrations
from tests.files.samples import pdf
from tests.promises import keep_promises

DAYS = {purpose: card.kept_days for purpose, card in CARD.items()}


def ended(days: int) -> Stop:
    """A stop of a campaign of its own that ended so many days ago."""
    end = now() - timedelta(days=days)
    return campaigns.stop(
        starts_at=end - timedelta(hours=8), ends_at=end, registration_closes_at=end - timedelta(days=1)
    )


def mail_about(registration: Registration) -> Message:
    """A mail that was sent."""
    mail = Message(
        kind="confirmed",
        occasion="test",
        registration_id=registration.id,
        recipient=registration.email,
        language="zh",
        subject="您已确认",
        body_text="您已确认",
        body_html="<p>您已确认</p>",
        message_id=f"<{registration.id}@tests>",
        state=MessageState.SENT,
        written_at=now(),
    )
    db.session.add(mail)
    db.session.commit()
    return mail


def numbers() -> dict[Purpose, int]:
    """What would go today."""
    return {due.purpose: due.number for due in due_today()}


def test_each_purpose_goes_at_its_own_time_and_not_a_day_before(app: Flask) -> None:
    fresh = registrations.registration(at=ended(DAYS[Purpose.MESSAGES] - 1))
    written = registrations.registration(at=ended(DAYS[Purpose.MESSAGES] + 1))
    mails = mail_about(fresh), mail_about(written)
    travelled = registrations.registration(
        at=ended(DAYS[Purpose.TRAVEL] + 1), second_form_at=now() - timedelta(days=60)
    )
    over = registrations.registration(at=ended(DAYS[Purpose.REGISTRATION] + 1))
    led = registrations.registration(at=ended(DAYS[Purpose.REGISTRATION] + 1))
    leads.lead(of=led)
    long_over = registrations.registration(at=ended(DAYS[Purpose.FOLLOW_UP] + 1))
    leads.lead(of=long_over)
    db.session.commit()
    assert numbers() == {
        Purpose.REGISTRATION: 1,
        Purpose.FOLLOW_UP: 1,
        Purpose.MESSAGES: 1,
        Purpose.TRAVEL: 1,
        Purpose.MATCHING: 2,  # of those who are followed up; the others go whole
    }
    purge_daily()
    db.session.commit()
    keep_promises()
    db.session.expire_all()
    assert [mail.body_text for mail in mails] == ["您已确认", ""]
    assert travelled.second_form_at is None
    assert travelled.erased_at is None
    assert over.erased_at is not None
    assert over.person.full_name == ""
    assert led.erased_at is None, "the talks go on"
    assert led.research_field == "", "what was asked for matching goes all the same"
    assert long_over.erased_at is not None
    assert fresh.erased_at is None
    assert set(numbers().values()) == {0}
    run = db.session.scalars(select(PurgeRun)).one()
    assert run.counts == {"registration": 1, "follow_up": 1, "messages": 1, "travel": 1, "matching": 1}
    purge_daily()
    db.session.commit()
    assert keep_promises() == 0, "once a day"


def test_an_answer_goes_when_the_days_of_its_purpose_are_over_and_no_other_does(app: Flask) -> None:
    """In the open and sealed, in what it replaced, its file and its place of a scarce choice; run twice, it is quiet."""
    stop = ended(DAYS[Purpose.TRAVEL] + 1)
    campaign = stop.campaign
    questions.question(
        campaign,
        key="coach",
        kind=Kind.CHOICE,
        purpose=Purpose.TRAVEL,
        options=questions.choices("a", capacity=9),
    )
    questions.question(campaign, key="allergy", purpose=Purpose.TRAVEL, restricted=True)
    questions.question(campaign, key="scan", kind=Kind.FILE, purpose=Purpose.TRAVEL)
    questions.question(campaign, key="post", purpose=Purpose.MATCHING)
    questions.question(campaign, key="party", purpose=Purpose.FOLLOW_UP, restricted=True)
    stored = keep_file(io.BytesIO(pdf()), name="scan.pdf", purpose="answer", by="applicant")
    other = registrations.registration(at=ended(DAYS[Purpose.TRAVEL] + 1), answers={"coach": "kept"})
    questions.question(other.stop.campaign, key="coach", purpose=Purpose.MATCHING)
    registration = registrations.registration(
        at=stop, answers={"coach": "a", "scan": str(stored.id), "post": "工程师"}
    )
    seal_answers(registration, {"allergy": "花生", "party": "群众"})
    take_choices(registration)
    db.session.add(AnswerFile(file_id=stored.id, registration_id=registration.id))
    change = keep_change(
        registration, {"answers.coach": [None, "a"], "answers.post": ["研究员", "工程师"]}, by="applicant"
    )
    leads.lead(of=registration)
    db.session.commit()
    assert numbers()[Purpose.TRAVEL] == 1
    purge_daily()
    db.session.commit()
    keep_promises()
    db.session.expire_all()
    assert registration.answers == {"post": "工程师"}
    assert unsealed_answers(registration) == {"party": "群众"}
    assert values_of(change) == {"answers.post": ["研究员", "工程师"]}
    assert stored.removed_at is not None
    assert db.session.scalar(select(func.count()).select_from(TakenChoice)) == 0
    assert other.answers == {"coach": "kept"}, "there the same key is asked for something else"
    assert set(numbers().values()) == {0}
    seal_answers(registration, {"allergy": "芒果"})  # the desk writes it down once more
    db.session.commit()
    assert numbers()[Purpose.TRAVEL] == 1


def test_what_is_shown_to_employers_stays_as_long_as_that_agreement(app: Flask) -> None:
    registration = registrations.registration(at=ended(DAYS[Purpose.MATCHING] + 1))
    leads.lead(of=registration)
    give_consent(registration.id, Purpose.EMPLOYERS)
    db.session.commit()
    purge_daily()
    db.session.commit()
    keep_promises()
    db.session.expire_all()
    assert registration.research_field
    assert registration.preferred_city_ids == []
    assert numbers()[Purpose.MATCHING] == 0
    withdraw_consent(registration.id, Purpose.EMPLOYERS)
    assert numbers()[Purpose.MATCHING] == 1


def test_a_campaign_with_a_stop_to_come_is_not_over(app: Flask) -> None:
    stop = ended(2_000)
    registrations.registration(at=stop)
    campaigns.stop(of=stop.campaign)
    assert set(numbers().values()) == {0}


def test_when_too_much_would_go_an_administrator_looks_first(
    client: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "FEW", 1)
    people = [registrations.registration(at=ended(DAYS[Purpose.REGISTRATION] + 1)) for _ in range(3)]
    purge_daily()
    db.session.commit()
    keep_promises()
    run = db.session.scalars(select(PurgeRun)).one()
    assert run.state is PurgeState.STOPPED
    assert all(one.erased_at is None for one in people)

    client.sign_in(accounts.staff(Role.ADMINISTRATOR, host_city_id=campaigns.host_city().id))
    client.post(f"/desk/retention/runs/{run.id}/confirm")
    assert db.session.get_one(PurgeRun, run.id).state is PurgeState.STOPPED, "one city does not decide"
    client.sign_in(accounts.staff(Role.ADMINISTRATOR))
    page = client.get("/desk/retention")
    assert f"/desk/retention/runs/{run.id}/confirm" in page.text
    assert client.post(f"/desk/retention/runs/{run.id}/confirm").status_code == 303
    keep_promises()
    db.session.expire_all()
    assert all(one.erased_at is not None for one in people)
    client.post(f"/desk/retention/runs/{run.id}/confirm")  # a second click
    assert keep_promises() == 0


@pytest.mark.parametrize("jump", [timedelta(days=400), timedelta(days=-3)], ids=["forward", "back"])
def test_a_clock_that_jumps_stops_the_purge(
    app: Flask, monkeypatch: pytest.MonkeyPatch, jump: timedelta
) -> None:
    registration = registrations.registration(at=ended(10))
    assert begin_purge() is not None
    db.session.commit()
    moment = now() + jump

    def jumped() -> datetime:
        return moment

    monkeypatch.setattr(retention, "now", jumped)
    assert begin_purge(today() + jump) is None
    db.session.commit()
    stopped = db.session.scalars(select(PurgeRun).where(PurgeRun.state == PurgeState.STOPPED)).one()
    assert stopped.reason
    keep_promises()
    assert registration.erased_at is None


def test_two_relays_begin_one_purge(app: Flask) -> None:
    assert begin_purge() is not None
    assert begin_purge() is None

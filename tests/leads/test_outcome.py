"""How a lead ends, and begins again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from accounts.models import Role
from audit.models import AuditEntry
from leads import outcome
from leads.errors import (
    LeadIsOpen,
    LeadIsOver,
    NotSigned,
    NotYourLead,
    ReasonNeeded,
    SignedInTheFuture,
    StartedBeforeSigning,
    StartsInTheFuture,
    UnknownEmployer,
)
from leads.models import Lead, Stage
from leads.reasons import LetGoReason, in_words
from shared.clock import today
from shared.db import db, transaction
from tests.factories import accounts, leads

YESTERDAY = today() - timedelta(days=1)


def test_a_signing_keeps_employer_position_number_and_day(app: Flask) -> None:
    recruiter, employer = accounts.staff(Role.RECRUITER), leads.employer()
    lead = leads.lead(owner=recruiter)
    with transaction():
        outcome.sign(lead.id, employer.id, " 研究员 ", "晋才2026-017", YESTERDAY, by=recruiter)
    db.session.expire_all()
    assert (lead.stage, lead.employer_id, lead.position, lead.agreement_number, lead.signed_on) == (
        Stage.SIGNED,
        employer.id,
        "研究员",
        "晋才2026-017",
        YESTERDAY,
    )
    assert (
        db.session.scalars(select(AuditEntry).where(AuditEntry.act == "sign")).one().staff_id == recruiter.id
    )


def test_a_signing_is_refused_with_an_unknown_employer_a_day_ahead_or_in_strange_hands(app: Flask) -> None:
    recruiter, employer = accounts.staff(Role.RECRUITER), leads.employer()
    lead = leads.lead(owner=recruiter)
    with pytest.raises(UnknownEmployer), transaction():
        outcome.sign(lead.id, 987654, "研究员", "1", YESTERDAY, by=recruiter)
    with pytest.raises(SignedInTheFuture), transaction():
        outcome.sign(lead.id, employer.id, "研究员", "1", today() + timedelta(days=1), by=recruiter)
    with pytest.raises(NotYourLead), transaction():
        outcome.sign(lead.id, employer.id, "研究员", "1", YESTERDAY, by=accounts.staff(Role.RECRUITER))
    assert lead.stage is Stage.NEW


def test_nobody_signs_twice(app: Flask) -> None:
    recruiter, employer = accounts.staff(Role.RECRUITER), leads.employer()
    lead = leads.lead(owner=recruiter)
    with transaction():
        outcome.sign(lead.id, employer.id, "研究员", "1", YESTERDAY, by=recruiter)
    with pytest.raises(LeadIsOver), transaction():
        outcome.sign(lead.id, employer.id, "研究员", "2", YESTERDAY, by=recruiter)
    assert lead.agreement_number == "1"


def test_work_starts_after_the_signing_and_not_ahead_of_time(app: Flask) -> None:
    recruiter = accounts.staff(Role.RECRUITER)
    lead = leads.lead(owner=recruiter)
    with pytest.raises(NotSigned), transaction():
        outcome.record_start(lead.id, today(), by=recruiter)
    with transaction():
        outcome.sign(lead.id, leads.employer().id, "研究员", "1", YESTERDAY, by=recruiter)
    with pytest.raises(StartedBeforeSigning), transaction():
        outcome.record_start(lead.id, YESTERDAY - timedelta(days=1), by=recruiter)
    with pytest.raises(StartsInTheFuture), transaction():
        outcome.record_start(lead.id, today() + timedelta(days=1), by=recruiter)
    with transaction():
        outcome.record_start(lead.id, today(), by=recruiter)
    assert (lead.stage, lead.started_on) == (Stage.ONBOARDED, today())


def test_letting_go_names_a_reason_and_another_reason_needs_the_words(app: Flask) -> None:
    recruiter = accounts.staff(Role.RECRUITER)
    lead = leads.lead(owner=recruiter)
    with pytest.raises(ReasonNeeded), transaction():
        outcome.let_go(lead.id, LetGoReason.OTHER, "  ", by=recruiter)
    with transaction():
        outcome.let_go(lead.id, LetGoReason.FAMILY, "孩子上学", by=recruiter)
    assert lead.stage is Stage.LOST
    assert lead.lost_reason == "family: 孩子上学"
    assert in_words(lead.lost_reason).endswith("· 孩子上学")
    assert "孩子" not in str(
        db.session.scalars(select(AuditEntry.details).where(AuditEntry.act == "let_go")).all()
    )


def test_a_reopened_lead_is_open_with_its_owner_and_the_record_says_how_it_had_ended(app: Flask) -> None:
    recruiter, employer = accounts.staff(Role.RECRUITER), leads.employer()
    lead = leads.lead(owner=recruiter)
    with pytest.raises(LeadIsOpen), transaction():
        outcome.reopen(lead.id, by=recruiter)
    with transaction():
        outcome.sign(lead.id, employer.id, "研究员", "晋才2026-018", YESTERDAY, by=recruiter)
    with transaction():
        outcome.reopen(lead.id, by=recruiter)
    db.session.expire_all()
    assert (lead.stage, lead.owner_id, lead.employer_id, lead.signed_on) == (
        Stage.NEW,
        recruiter.id,
        None,
        None,
    )
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "reopen")).one()
    assert entry.details["agreement_number"] == "晋才2026-018"
    assert entry.details["stage"] == "signed"


def test_the_schema_itself_refuses_a_signature_without_evidence(app: Flask) -> None:
    lead = leads.lead(owner=accounts.staff(Role.RECRUITER))
    with pytest.raises(IntegrityError, match="ck_leads_signed_with_evidence"), transaction():
        held = db.session.get_one(Lead, lead.id)
        held.stage = Stage.SIGNED
        db.session.flush()

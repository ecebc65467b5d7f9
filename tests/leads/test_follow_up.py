"""Take a lead, keep in contact, give it back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text

from accounts.models import Role
from audit.models import AuditEntry
from leads import follow_up
from leads.errors import (
    AlreadyClaimed,
    HoldingCapReached,
    LeadIsOver,
    NextContactInThePast,
    NoLeadToClaim,
    NotYourLead,
)
from leads.lookups import pool_for, pool_size
from leads.models import Channel, Contact, LeadHolding, Stage
from shared.clock import now
from shared.db import db, transaction
from shared.errors import NotFound
from tests.factories import accounts, campaigns, leads


def test_the_next_best_lead_is_the_one_with_the_highest_score_then_the_oldest(app: Flask) -> None:
    stop = campaigns.stop()
    recruiter = accounts.staff(Role.RECRUITER)
    ordinary = leads.lead(at=stop, score=40)
    best = leads.lead(at=stop, score=90)
    second = leads.lead(at=stop, score=90)
    claimed = []
    for _ in range(3):
        with transaction():
            claimed.append(follow_up.claim_next(recruiter).id)
    assert claimed == [best.id, second.id, ordinary.id]
    with pytest.raises(NoLeadToClaim), transaction():
        follow_up.claim_next(recruiter)


def test_a_claim_sets_owner_moment_deadline_holding_and_record(app: Flask) -> None:
    recruiter = accounts.staff(Role.RECRUITER)
    leads.lead()
    with transaction():
        lead = follow_up.claim_next(recruiter)
    assert lead.owner is recruiter
    assert lead.claimed_at is not None
    assert lead.due_at == lead.claimed_at + timedelta(days=1)
    holding = db.session.scalars(select(LeadHolding)).one()
    assert (holding.lead_id, holding.staff_id, holding.until_at) == (lead.id, recruiter.id, None)
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "claim_next")).one()
    assert (entry.staff_id, entry.subject_id, entry.details["contact_data_shown"]) == (
        recruiter.id,
        lead.id,
        True,
    )


@pytest.mark.parametrize("over", [Stage.SIGNED, Stage.LOST])
def test_what_is_over_or_owned_is_not_in_the_pool(app: Flask, over: Stage) -> None:
    recruiter = accounts.staff(Role.RECRUITER)
    ended: dict[Stage, dict[str, Any]] = {
        Stage.SIGNED: {"employer_id": leads.employer().id, "signed_on": now().date()},
        Stage.LOST: {"lost_reason": "pay"},
    }
    leads.lead(owner=recruiter, stage=over, **ended[over])
    leads.lead(owner=recruiter)
    assert pool_size(recruiter) == 0


def test_a_recruiter_of_a_city_claims_only_what_that_city_hosts(app: Flask) -> None:
    taiyuan, jincheng = campaigns.host_city("Taiyuan"), campaigns.host_city("Jincheng")
    of_jincheng = accounts.staff(Role.RECRUITER, host_city_id=jincheng.id)
    foreign = leads.lead(at=campaigns.stop(host=taiyuan), score=99)
    own = leads.lead(at=campaigns.stop(host=jincheng), score=10)
    assert pool_size(of_jincheng) == 1
    with transaction():
        assert follow_up.claim_next(of_jincheng).id == own.id
    with pytest.raises(NoLeadToClaim), transaction():
        follow_up.claim_next(of_jincheng)
    with pytest.raises(NotFound), transaction():
        follow_up.claim(foreign.id, by=of_jincheng)


def test_nobody_holds_more_open_leads_than_the_cap_and_an_ended_one_makes_room(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow_up, "HOLDING_CAP", 2)
    stop, recruiter = campaigns.stop(), accounts.staff(Role.RECRUITER)
    for _ in range(3):
        leads.lead(at=stop)
    for _ in range(2):
        with transaction():
            last = follow_up.claim_next(recruiter)
    with pytest.raises(HoldingCapReached), transaction():
        follow_up.claim_next(recruiter)
    with transaction():
        last.stage, last.lost_reason = Stage.LOST, "pay"
    with transaction():
        follow_up.claim_next(recruiter)


def test_a_named_lead_is_claimed_once(app: Flask) -> None:
    lead = leads.lead()
    first, second = accounts.staff(Role.RECRUITER), accounts.staff(Role.RECRUITER)
    with transaction():
        follow_up.claim(lead.id, by=first)
    with pytest.raises(AlreadyClaimed), transaction():
        follow_up.claim(lead.id, by=second)
    assert lead.owner_id == first.id


def test_the_first_contact_that_reaches_somebody_makes_a_new_lead_contacted(app: Flask) -> None:
    recruiter = accounts.staff(Role.RECRUITER)
    lead = leads.lead(owner=recruiter)
    with transaction():
        follow_up.note_contact(lead.id, by=recruiter, channel=Channel.PHONE, reached=False, note="无人接听")
    assert lead.stage == "new"
    assert lead.due_at - now() < timedelta(days=1, seconds=1)
    with transaction():
        follow_up.note_contact(lead.id, by=recruiter, channel=Channel.WECHAT, reached=True, note=" 愿意来访 ")
    assert lead.stage == "contacted"
    assert lead.due_at - now() > timedelta(days=4)
    notes = db.session.scalars(select(Contact.note).order_by(Contact.id)).all()
    assert list(notes) == ["无人接听", "愿意来访"]


def test_a_contact_may_name_the_stage_and_the_next_day(app: Flask) -> None:
    recruiter = accounts.staff(Role.RECRUITER)
    lead = leads.lead(owner=recruiter)
    in_a_week = now() + timedelta(days=7)
    with transaction():
        follow_up.note_contact(
            lead.id,
            by=recruiter,
            channel=Channel.PHONE,
            reached=True,
            note="面谈约定",
            stage=Stage.INTERVIEWING,
            next_at=in_a_week,
        )
    assert lead.stage is Stage.INTERVIEWING
    assert lead.due_at == in_a_week
    with pytest.raises(NextContactInThePast), transaction():
        follow_up.note_contact(
            lead.id,
            by=recruiter,
            channel=Channel.PHONE,
            reached=True,
            note="x",
            next_at=now() - timedelta(days=1),
        )


def test_a_contact_cannot_sign_somebody_by_the_back_door(app: Flask) -> None:
    recruiter = accounts.staff(Role.RECRUITER)
    lead = leads.lead(owner=recruiter)
    with transaction():
        follow_up.note_contact(
            lead.id, by=recruiter, channel=Channel.PHONE, reached=True, note="x", stage=Stage.SIGNED
        )
    assert lead.stage is Stage.CONTACTED


def test_only_the_owner_or_an_administrator_there_acts_on_a_lead(app: Flask) -> None:
    owner, colleague = accounts.staff(Role.RECRUITER), accounts.staff(Role.RECRUITER)
    lead = leads.lead(owner=owner)
    with pytest.raises(NotYourLead), transaction():
        follow_up.note_contact(lead.id, by=colleague, channel=Channel.PHONE, reached=True, note="x")
    with pytest.raises(NotYourLead), transaction():
        follow_up.release(lead.id, by=colleague)
    with transaction():
        follow_up.release(lead.id, by=accounts.staff(Role.ADMINISTRATOR))
    assert lead.owner_id is None


def test_a_lead_given_back_lies_in_the_pool_and_may_be_claimed_by_another(app: Flask) -> None:
    first, second = accounts.staff(Role.RECRUITER), accounts.staff(Role.RECRUITER)
    lead = leads.lead(owner=first)
    with transaction():
        follow_up.release(lead.id, by=first)
    assert (lead.owner, lead.claimed_at) == (None, None)
    with transaction():
        follow_up.claim_next(second)
    holdings = db.session.scalars(select(LeadHolding).order_by(LeadHolding.id)).all()
    assert [(holding.staff_id, holding.until_at is None) for holding in holdings] == [
        (first.id, False),
        (second.id, True),
    ]


def test_a_lead_that_is_over_takes_no_contact_and_is_not_given_back(app: Flask) -> None:
    recruiter = accounts.staff(Role.RECRUITER)
    lead = leads.lead(owner=recruiter, stage=Stage.LOST, lost_reason="pay")
    with pytest.raises(LeadIsOver), transaction():
        follow_up.note_contact(lead.id, by=recruiter, channel=Channel.PHONE, reached=True, note="x")
    with pytest.raises(LeadIsOver), transaction():
        follow_up.release(lead.id, by=recruiter)


def test_the_pool_is_read_through_its_own_index(app: Flask) -> None:
    recruiter = accounts.staff(Role.RECRUITER)
    db.session.execute(text("SET LOCAL enable_seqscan = off"))
    db.session.execute(text("SET LOCAL enable_sort = off"))
    statement = (
        pool_for(recruiter)
        .limit(1)
        .compile(
            db.engine,
            compile_kwargs={"render_postcompile": True},  # values that the driver sends stay parameters
        )
    )
    plan = db.session.connection().exec_driver_sql(f"EXPLAIN {statement}", statement.params).scalars().all()
    assert any("ix_leads_pool" in line for line in plan), "\n".join(plan)

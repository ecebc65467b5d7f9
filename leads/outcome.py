"""How a lead ends: signed, at work, or let go; and how it begins again."""

from __future__ import annotations

from datetime import date

from accounts.models import Staff
from audit.record import record
from employers.models import Employer
from leads.errors import (
    LeadIsOpen,
    NotSigned,
    ReasonNeeded,
    SignedInTheFuture,
    StartedBeforeSigning,
    StartsInTheFuture,
    UnknownEmployer,
)
from leads.follow_up import NEXT_STEP_WITHIN, own, still_open
from leads.models import OPEN_STAGES, Lead, Stage
from leads.reasons import LetGoReason, as_stored, code_of
from shared.clock import now, today
from shared.db import db


def sign(
    lead_id: int, employer_id: int, position: str, agreement_number: str, signed_on: date, *, by: Staff
) -> Lead:
    """Record that the person has signed with an employer: which position, which agreement, which day (in China).

    Raises NotFound, NotYourLead, LeadIsOver, UnknownEmployer or SignedInTheFuture.
    """
    lead = still_open(own(lead_id, by=by))
    employer = db.session.get(Employer, employer_id)
    if employer is None:
        raise UnknownEmployer
    if signed_on > today():
        raise SignedInTheFuture
    lead.stage = Stage.SIGNED
    lead.employer = employer
    lead.position = position.strip()
    lead.agreement_number = agreement_number.strip()
    lead.signed_on = signed_on
    record("sign", lead, by=by, employer_id=employer.id, signed_on=signed_on.isoformat())
    return lead


def record_start(lead_id: int, started_on: date, *, by: Staff) -> Lead:
    """Record the first day of work of somebody who signed.

    Raises NotFound, NotYourLead, NotSigned, StartedBeforeSigning or StartsInTheFuture.
    """
    lead = own(lead_id, by=by)
    if lead.stage is not Stage.SIGNED:
        raise NotSigned
    if lead.signed_on is not None and started_on < lead.signed_on:
        raise StartedBeforeSigning
    if started_on > today():
        raise StartsInTheFuture
    lead.stage = Stage.ONBOARDED
    lead.started_on = started_on
    record("record_start", lead, by=by, started_on=started_on.isoformat())
    return lead


def let_go(lead_id: int, reason: LetGoReason, note: str = "", *, by: Staff) -> Lead:
    """End the lead without a signature, with a reason out of the list and words of one's own.

    Raises NotFound, NotYourLead, LeadIsOver or ReasonNeeded ("another reason" needs the words).
    """
    lead = still_open(own(lead_id, by=by))
    if reason is LetGoReason.OTHER and not note.strip():
        raise ReasonNeeded
    lead.stage = Stage.LOST
    lead.lost_reason = as_stored(reason, note)
    record("let_go", lead, by=by, reason=reason.value)
    return lead


def reopen(lead_id: int, *, by: Staff) -> Lead:
    """Take up a lead again that was let go, or whose agreement was dissolved.

    How it had ended stays in the record, without words that somebody typed about the person. Raises NotFound,
    NotYourLead or LeadIsOpen.
    """
    lead = own(lead_id, by=by)
    if lead.stage in OPEN_STAGES:
        raise LeadIsOpen
    record(
        "reopen",
        lead,
        by=by,
        stage=lead.stage.value,
        reason=code_of(lead.lost_reason),
        employer_id=lead.employer_id,
        agreement_number=lead.agreement_number,
        signed_on=lead.signed_on.isoformat() if lead.signed_on else None,
        started_on=lead.started_on.isoformat() if lead.started_on else None,
    )
    lead.stage = Stage.CONTACTED if lead.contacts else Stage.NEW
    lead.employer = None
    lead.position = lead.agreement_number = lead.lost_reason = None
    lead.signed_on = lead.started_on = None
    lead.due_at = now() + NEXT_STEP_WITHIN[Stage.NEW]
    return lead

"""Empty what recruiters wrote about somebody. That there was a lead, and how it ended, is still counted."""

from __future__ import annotations

from sqlalchemy import func, select, update

from audit.record import record
from leads.models import OPEN_STAGES, Contact, Lead, LeadHolding, Stage
from leads.reasons import LetGoReason, as_stored, code_of
from shared.clock import now
from shared.db import db, hold


def empty_leads(registration_ids: list[int]) -> int:
    """Remove notes and free words from the leads of these registrations; open ones come to an end.

    An agreement's number, employer and days stay: accounting needs them, and they name nobody. Run twice it changes
    nothing. The caller holds the transaction.
    """
    ids = list(
        db.session.scalars(
            select(Lead.id).where(Lead.registration_id.in_(registration_ids)).order_by(Lead.id)
        )
    )
    for lead_id in ids:
        lead = hold(Lead, lead_id)
        if lead is None:
            continue
        db.session.execute(
            update(Contact)
            .where(Contact.lead_id == lead_id, func.length(Contact.note) > 0)
            .values(note="")
            .execution_options(synchronize_session=False)
        )
        lead.position = None
        if lead.stage in OPEN_STAGES:
            lead.stage = Stage.LOST
            lead.lost_reason = as_stored(LetGoReason.NOT_INTERESTED, "")
            lead.agreement_number = None
            db.session.execute(
                update(LeadHolding)
                .where(LeadHolding.lead_id == lead_id, LeadHolding.until_at.is_(None))
                .values(until_at=now())
                .execution_options(synchronize_session=False)
            )
            lead.owner_id = lead.claimed_at = None
            record("end_erased_lead", lead)
        elif lead.stage is Stage.LOST:
            lead.lost_reason = code_of(lead.lost_reason)
    return len(ids)

"""What recruiters noted about somebody, for the person's own copy."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from leads.models import Contact, Lead
from leads.reasons import in_words
from privacy.copy import Entry, Scope, chapter, fact
from shared.db import db


@chapter("follow_up", _l("Follow-up"))
def follow_up(scope: Scope) -> list[Entry]:
    """How far the talks have come."""
    rows = db.session.scalars(
        select(Lead).where(Lead.registration_id.in_(scope.registration_ids)).order_by(Lead.id)
    )
    return [
        [
            fact("stage", _l("Stage"), lead.stage.label),
            fact("score", _l("Score for the order of calls"), lead.score),
            fact("opened_at", _l("Opened"), lead.opened_at),
            fact("employer", _l("Employer"), lead.employer.name if lead.employer else None),
            fact("position", _l("Position"), lead.position),
            fact("agreement_number", _l("Number of the agreement"), lead.agreement_number),
            fact("signed_on", _l("Signed on"), lead.signed_on),
            fact("started_on", _l("Work started on"), lead.started_on),
            fact(
                "lost_reason", _l("Ended because"), in_words(lead.lost_reason) if lead.lost_reason else None
            ),
        ]
        for lead in rows
    ]


@chapter("contacts", _l("Notes on talks"))
def contacts(scope: Scope) -> list[Entry]:
    """Every contact with its note."""
    rows = db.session.scalars(
        select(Contact)
        .join(Lead, Lead.id == Contact.lead_id)
        .where(Lead.registration_id.in_(scope.registration_ids))
        .order_by(Contact.id)
    )
    return [
        [
            fact("at", _l("When"), contact.at),
            fact("channel", _l("How"), contact.channel.label),
            fact("reached", _l("Reached"), contact.reached),
            fact("note", _l("Note"), contact.note),
        ]
        for contact in rows
    ]

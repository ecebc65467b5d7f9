"""Which rows there are of one registration, asked in one statement: the own page then asks for those alone.

Most who look at their page have just registered, two thousand at once, and of them there is next to nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select

from audit.models import AuditEntry
from campaigns.models import ProgrammeItem, Stop
from messages.models import Message
from registrations.models import AnswerChange, ContactChange, ProgrammeChoice, Registration, StillComing
from shared.clock import now
from shared.db import db


@dataclass(frozen=True)
class OwnTraces:
    """``arrived_at`` is when the person arrived, or None; the others say whether there is anything to ask for."""

    arrived_at: datetime | None
    was_asked: bool  # whether he still comes
    has_changed_answers: bool
    was_written_to: bool
    contact_waits: bool  # a new address or number, for its codes
    was_looked_at: bool  # by staff, in full
    has_other_stops: bool  # in the campaign
    has_programme: bool  # at the stop
    has_chosen: bool  # of a programme


def traces_of(registration: Registration, *, reads: Iterable[str]) -> OwnTraces:
    """``reads`` are the acts by which staff look at mobile number and address. Arrivals belong to a package above; their table is asked by name."""
    check_ins = Registration.metadata.tables["check_ins"]
    own_id = registration.id
    row = db.session.execute(
        select(
            select(check_ins.c.arrived_at)
            .where(
                check_ins.c.registration_id == own_id,
                check_ins.c.is_arrival,
                check_ins.c.voided_at.is_(None),
            )
            .scalar_subquery(),
            exists().where(StillComing.registration_id == own_id),
            exists().where(AnswerChange.registration_id == own_id),
            exists().where(Message.registration_id == own_id),
            exists().where(
                ContactChange.registration_id == own_id,
                ContactChange.ended_at.is_(None),
                ContactChange.expires_at > now(),
            ),
            exists().where(
                AuditEntry.subject_kind == "Registration",
                AuditEntry.subject_id == own_id,
                AuditEntry.act.in_(list(reads)),
                AuditEntry.staff_id.is_not(None),
            ),
            exists().where(
                Stop.campaign_id == registration.stop.campaign_id, Stop.id != registration.stop_id
            ),
            exists().where(ProgrammeItem.stop_id == registration.stop_id),
            exists().where(ProgrammeChoice.registration_id == own_id),
        )
    ).one()
    return OwnTraces(*row)

"""Take a lead, keep in contact, give it back."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import lazyload

from accounts.models import Staff
from accounts.permissions import Permission, reach_of
from audit.record import record
from leads.errors import (
    AlreadyClaimed,
    HoldingCapReached,
    LeadIsOver,
    NextContactInThePast,
    NoLeadToClaim,
    NotYourLead,
)
from leads.lookups import lead_for, open_leads_held, pool_for
from leads.models import OPEN_STAGES, Channel, Contact, Lead, LeadHolding, Stage
from shared.clock import now
from shared.db import db, hold
from shared.errors import NotFound

HOLDING_CAP = 50
CONTACT_WITHIN = timedelta(days=1)
# By when the next step is due once a lead stands at a stage, unless another day was agreed.
NEXT_STEP_WITHIN = {
    Stage.NEW: timedelta(days=1),
    Stage.CONTACTED: timedelta(days=5),
    Stage.QUALIFIED: timedelta(days=3),
    Stage.REFERRED: timedelta(days=3),
    Stage.INTERVIEWING: timedelta(days=10),
    Stage.PACKAGE: timedelta(days=10),
    Stage.OFFERED: timedelta(days=10),
}
# A call that reached nobody is tried again the next day.
TRY_AGAIN_WITHIN = timedelta(days=1)


def claim_next(by: Staff) -> Lead:
    """Put the best lead of the pool into the hands of ``by``: highest score, then the oldest.

    Any number of people may ask at once: a row that somebody is just taking is passed over, so each gets another.
    Raises HoldingCapReached or NoLeadToClaim. The caller holds the transaction.
    """
    _room_for_one_more(by)
    lead = db.session.scalar(
        pool_for(by)
        .options(lazyload("*"))
        .limit(1)
        .with_for_update(of=Lead, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    if lead is None:
        raise NoLeadToClaim
    return _take(lead, by, "claim_next")


def claim(lead_id: int, *, by: Staff) -> Lead:
    """Put this lead of the pool into the hands of ``by``.

    Raises HoldingCapReached, NotFound, AlreadyClaimed or LeadIsOver.
    """
    _room_for_one_more(by)
    lead = held(lead_id, by=by)
    if lead.owner_id is not None:
        raise AlreadyClaimed
    return _take(still_open(lead), by, "claim")


def note_contact(
    lead_id: int,
    *,
    by: Staff,
    channel: Channel,
    reached: bool,
    note: str,
    stage: Stage | None = None,
    next_at: datetime | None = None,
) -> Contact:
    """Write down one contact: how, whether the person was reached, what was said, where the lead stands now.

    Without ``stage`` a new lead becomes contacted once the person was reached, any other stays where it is.
    ``next_at`` is when to be in touch again; without it the stage says. Raises NotFound, NotYourLead, LeadIsOver
    or NextContactInThePast.
    """
    lead = still_open(own(lead_id, by=by))
    moment = now()
    if next_at is not None and next_at < moment:
        raise NextContactInThePast
    contact = Contact(
        lead_id=lead.id, staff_id=by.id, channel=channel, reached=reached, note=note.strip(), at=moment
    )
    db.session.add(contact)
    before = lead.stage
    if stage is not None and stage in OPEN_STAGES and stage is not Stage.NEW:
        lead.stage = stage
    elif reached and lead.stage is Stage.NEW:
        lead.stage = Stage.CONTACTED
    wait = NEXT_STEP_WITHIN[lead.stage] if reached else TRY_AGAIN_WITHIN
    lead.due_at = next_at or moment + wait
    record(
        "note_contact",
        lead,
        by=by,
        channel=channel.value,
        reached=reached,
        before=before.value,
        after=lead.stage.value,
    )
    return contact


def release(lead_id: int, *, by: Staff) -> Lead:
    """Give the lead back to the pool. Raises NotFound, NotYourLead or LeadIsOver."""
    lead = still_open(own(lead_id, by=by))
    moment = now()
    db.session.execute(
        update(LeadHolding)
        .where(LeadHolding.lead_id == lead.id, LeadHolding.until_at.is_(None))
        .values(until_at=moment)
    )
    former = lead.owner_id
    lead.owner_id = None
    lead.claimed_at = None
    record("release", lead, by=by, former_owner_id=former)
    db.session.expire(lead, ["owner"])
    return lead


def own(lead_id: int, *, by: Staff) -> Lead:
    """The lead, held until the transaction ends, if ``by`` may act on it: its owner, or an administrator there.

    Raises NotFound or NotYourLead.
    """
    lead = held(lead_id, by=by)
    if not may_act(lead, by):
        raise NotYourLead
    return lead


def may_act(lead: Lead, staff: Staff) -> bool:
    """Whether ``staff`` may act on this lead: its owner, or an administrator there once it has an owner."""
    if lead.owner_id is None:
        return False
    return lead.owner_id == staff.id or reach_of(staff, Permission.MANAGE_STAFF).covers(
        host_city_id=lead.stop.host_city_id, campaign_id=lead.campaign_id, stop_id=lead.stop_id
    )


def held(lead_id: int, *, by: Staff) -> Lead:
    """The lead within reach of ``by``, held until the transaction ends. Raises NotFound."""
    lead_for(by, lead_id)
    lead = hold(Lead, lead_id)
    if lead is None:
        raise NotFound
    return lead


def still_open(lead: Lead) -> Lead:
    """The lead itself. Raises LeadIsOver."""
    if lead.stage not in OPEN_STAGES:
        raise LeadIsOver
    return lead


def _room_for_one_more(by: Staff) -> None:
    """Two claims of one person wait for each other here, else both could see the last place under the cap."""
    db.session.execute(select(Staff.id).where(Staff.id == by.id).with_for_update(key_share=True))
    if open_leads_held(by) >= HOLDING_CAP:
        raise HoldingCapReached


def _take(lead: Lead, by: Staff, act: str) -> Lead:
    moment = now()
    lead.owner_id = by.id
    lead.claimed_at = moment
    lead.due_at = moment + CONTACT_WITHIN
    db.session.add(LeadHolding(lead_id=lead.id, staff_id=by.id, from_at=moment))
    # From here on the owner sees how to reach the person; that is what this line of the record tells.
    record(act, lead, by=by, contact_data_shown=True)
    db.session.expire(lead, ["owner"])
    return lead

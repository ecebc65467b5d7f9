"""Questions about leads. Staff reach a lead only through the doors here: ``lead_for``, ``referred_to``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, func, select, true
from sqlalchemy.orm import joinedload, lazyload, selectinload
from sqlalchemy.sql.base import ExecutableOption

from accounts.models import Staff
from accounts.permissions import Permission, Reach, reach_of
from campaigns.lookups import stops_within
from campaigns.models import HostCity, Stop
from checkin.models import CheckIn
from leads.models import OPEN_STAGES, Contact, Lead, LeadHolding, Stage
from privacy.consent import has_consented
from privacy.purposes import Purpose
from registrations.models import Registration
from shared.db import db
from shared.errors import NotFound

# Written as ix_leads_pool writes it, values in the statement's text: only then may the planner use that index.
IN_POOL = and_(
    Lead.owner_id.is_(None),
    Lead.stage.not_in(
        bindparam(
            "over",
            [Stage.SIGNED, Stage.ONBOARDED, Stage.LOST],
            expanding=True,
            literal_execute=True,
            unique=True,
        )
    ),
)
OPEN = Lead.stage.in_(OPEN_STAGES)
# What a list or a page shows of a lead, in one query: six tables instead of the seventeen that everything would take.
SHOWN: tuple[ExecutableOption, ...] = (
    lazyload("*"),
    joinedload(Lead.person),
    joinedload(Lead.campaign),
    joinedload(Lead.stop),
    joinedload(Lead.registration),
    joinedload(Lead.owner),
    joinedload(Lead.employer),
)


def lies_within(reach: Reach) -> ColumnElement[bool]:
    """The condition that a lead's stop lies within ``reach``."""
    if reach.everywhere:
        return true()
    return Lead.stop_id.in_(stops_within(reach).with_only_columns(Stop.id))


def leads_within(reach: Reach) -> Select[Any]:
    """A SELECT of the leads within ``reach``, not ordered."""
    return select(Lead).where(lies_within(reach))


def lead_for(staff: Staff, lead_id: int) -> Lead:
    """The only door to a lead for those who follow up, with its contacts. NotFound for another city's."""
    statement = leads_within(reach_of(staff, Permission.FOLLOW_LEADS)).where(Lead.id == lead_id)
    contacts = selectinload(Lead.contacts).joinedload(Contact.staff)
    lead: Lead | None = db.session.scalar(statement.options(*SHOWN, contacts))
    if lead is None:
        raise NotFound
    return lead


def leads_of(staff: Staff, *, over: bool = False) -> Select[Any]:
    """The leads in the hands of ``staff``: the open ones, most overdue first, or those that came to an end.

    One that lies beyond the reach of ``staff`` by now is left out, as its page is.
    """
    mine = (
        leads_within(reach_of(staff, Permission.FOLLOW_LEADS))
        .options(*SHOWN)
        .where(Lead.owner_id == staff.id)
    )
    if over:
        return mine.where(~OPEN).order_by(Lead.due_at.desc(), Lead.id.desc())
    return mine.where(OPEN).order_by(Lead.due_at, Lead.id)


def counts_of(staff: Staff, *, moment: datetime) -> dict[str, int]:
    """How many leads ``staff`` holds: ``open``, of those ``overdue`` at ``moment``; ``signed`` and ``over``."""
    signed = Lead.stage.in_((Stage.SIGNED, Stage.ONBOARDED))
    row = db.session.execute(
        select(
            func.count().filter(OPEN),
            func.count().filter(OPEN, Lead.due_at < moment),
            func.count().filter(signed),
            func.count().filter(~OPEN),
        ).where(Lead.owner_id == staff.id, lies_within(reach_of(staff, Permission.FOLLOW_LEADS)))
    ).one()
    return dict(zip(("open", "overdue", "signed", "over"), row, strict=True))


def open_leads_held(staff: Staff) -> int:
    """How many open leads are in the hands of ``staff``."""
    return db.session.scalar(select(func.count()).where(Lead.owner_id == staff.id, OPEN)) or 0


def pool_for(staff: Staff) -> Select[Any]:
    """The leads that ``staff`` may claim, the best first."""
    reach = reach_of(staff, Permission.FOLLOW_LEADS)
    return leads_within(reach).where(IN_POOL).order_by(Lead.score.desc(), Lead.id)


def pool_listed(staff: Staff) -> Select[Any]:
    """The same with what a list shows of each."""
    return pool_for(staff).options(*SHOWN)


def pool_size(staff: Staff) -> int:
    """How many leads ``staff`` may claim."""
    reach = reach_of(staff, Permission.FOLLOW_LEADS)
    return db.session.scalar(select(func.count(Lead.id)).where(lies_within(reach), IN_POOL)) or 0


def referred_to(staff: Staff) -> Select[Any]:
    """Who has signed with the employers that ``staff`` speaks for and agreed to be shown to them, the latest first."""
    employers = reach_of(staff, Permission.SEE_REFERRED).employer_ids
    return (
        select(Lead)
        .options(*SHOWN)
        .where(
            Lead.employer_id.in_(employers),
            Lead.stage.in_((Stage.SIGNED, Stage.ONBOARDED)),
            has_consented(Lead.registration_id, Purpose.EMPLOYERS),
        )
        .order_by(Lead.signed_on.desc(), Lead.id.desc())
    )


def referred_but_hidden(staff: Staff) -> int:
    """How many more have signed with those employers, but have not agreed that an employer sees their data here."""
    employers = reach_of(staff, Permission.SEE_REFERRED).employer_ids
    statement = select(func.count(Lead.id)).where(
        Lead.employer_id.in_(employers),
        Lead.stage.in_((Stage.SIGNED, Stage.ONBOARDED)),
        ~has_consented(Lead.registration_id, Purpose.EMPLOYERS),
    )
    return db.session.scalar(statement) or 0


def earlier_visits(registration: Registration, *, before: datetime) -> int:
    """At how many other stops this person had arrived before that moment."""
    statement = (
        select(func.count(Registration.stop_id.distinct()))
        .join(CheckIn, CheckIn.registration_id == Registration.id)
        .where(
            Registration.person_id == registration.person_id,
            Registration.stop_id != registration.stop_id,
            CheckIn.is_arrival,
            CheckIn.voided_at.is_(None),
            CheckIn.arrived_at < before,
        )
    )
    return db.session.scalar(statement) or 0


def first_arrival(person_id: int, *, campaign_id: int) -> int | None:
    """The registration with which this person first arrived in that campaign and still counts as arrived."""
    return db.session.scalar(
        select(Registration.id)
        .join(CheckIn, CheckIn.registration_id == Registration.id)
        .join(Stop, Stop.id == Registration.stop_id)
        .where(
            Registration.person_id == person_id,
            Stop.campaign_id == campaign_id,
            CheckIn.is_arrival,
            CheckIn.voided_at.is_(None),
        )
        .order_by(CheckIn.arrived_at, CheckIn.id)
        .limit(1)
    )


@dataclass(frozen=True)
class HistoryLine:
    """One line of a lead's history: ``what`` is opened, claimed, given_back or contact (then ``contact`` is it)."""

    at: datetime
    what: str
    staff: Staff | None = None
    contact: Contact | None = None


def history_of(lead: Lead) -> list[HistoryLine]:
    """Opened, in whose hands, every contact: the latest first. ``lead.contacts`` is read as loaded."""
    holdings = db.session.execute(
        select(LeadHolding, Staff)
        .join(Staff, Staff.id == LeadHolding.staff_id)
        .where(LeadHolding.lead_id == lead.id)
    ).all()
    lines = [HistoryLine(lead.opened_at, "opened")]
    lines += [HistoryLine(holding.from_at, "claimed", staff) for holding, staff in holdings]
    lines += [
        HistoryLine(holding.until_at, "given_back", staff)
        for holding, staff in holdings
        if holding.until_at is not None
    ]
    lines += [HistoryLine(contact.at, "contact", contact.staff, contact) for contact in lead.contacts]
    return sorted(lines, key=lambda line: line.at, reverse=True)


def wished_cities(registration: Registration) -> list[HostCity]:
    """The host cities where somebody would like to work, in the order of preference."""
    wanted = registration.preferred_city_ids
    if not wanted:
        return []
    order = case({city_id: place for place, city_id in enumerate(wanted)}, value=HostCity.id)
    return list(db.session.scalars(select(HostCity).where(HostCity.id.in_(wanted)).order_by(order)))

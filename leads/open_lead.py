"""Open a lead for somebody who has arrived, and take it back when the arrival was a mistake."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import insert

from audit.record import record
from checkin.lookups import standing_check_in
from leads.lookups import earlier_visits, first_arrival
from leads.models import Lead, LeadHolding, Stage
from leads.score import ScorePart, score_parts, total
from people.models import Person
from registrations.models import BadgeClass, Registration
from shared.clock import now
from shared.db import db
from shared.errors import NotFound

# A first call within four hours, while the day is still fresh.
FIRST_CALL_WITHIN = timedelta(hours=4)


def open_lead(registration_id: int) -> Lead | None:
    """Open the lead of the person who arrived with this registration, or return None when there is nothing to open.

    One person has one lead in a campaign, however often and however many at once ask for it: then the second is
    not opened. None also when the arrival was voided meanwhile, and for those who do not come to be recruited
    (guests, staff, media). The caller holds the transaction. Raises NotFound for an unknown registration.
    """
    registration = db.session.get(Registration, registration_id)
    if registration is None:
        raise NotFound
    _one_at_a_time(registration)
    arrival = standing_check_in(registration.id)
    if arrival is None or registration.badge_class is not BadgeClass.DOCTOR:
        return None
    moment = now()
    opened = db.session.scalar(
        insert(Lead)
        .values(
            person_id=registration.person_id,
            campaign_id=registration.stop.campaign_id,
            stop_id=registration.stop_id,
            registration_id=registration.id,
            stage=Stage.NEW,
            score=total(parts_for(registration, visits=earlier_visits(registration, before=moment))),
            due_at=arrival.arrived_at + FIRST_CALL_WITHIN,
            opened_at=moment,
        )
        .on_conflict_do_nothing(constraint="uq_leads_person_campaign")
        .returning(Lead.id)
    )
    if opened is None:
        return None
    lead = db.session.get_one(Lead, opened)
    record("open_lead", lead, score=lead.score, registration_id=registration.id)
    return lead


def take_back_lead(registration_id: int) -> bool:
    """Remove the lead that a mistaken scan opened, if nobody has touched it yet. True when one was removed.

    A lead that was ever in somebody's hands stays: its owner sees that the arrival is gone. When the person has
    arrived at another stop of the campaign the lead is opened anew from there. The caller holds the transaction.
    """
    registration = db.session.get(Registration, registration_id)
    if registration is None:
        raise NotFound
    _one_at_a_time(registration)
    if standing_check_in(registration.id) is not None:
        return False
    lead = db.session.scalar(
        select(Lead)
        .where(
            Lead.registration_id == registration.id,
            Lead.owner_id.is_(None),
            Lead.stage == Stage.NEW,
            ~exists().where(LeadHolding.lead_id == Lead.id),
        )
        .with_for_update(of=Lead)
        .execution_options(populate_existing=True)
    )
    if lead is None:
        return False
    record("take_back_lead", lead, registration_id=registration.id)
    db.session.delete(lead)
    db.session.flush()
    if (
        elsewhere := first_arrival(registration.person_id, campaign_id=registration.stop.campaign_id)
    ) is not None:
        open_lead(elsewhere)
    return True


def _one_at_a_time(registration: Registration) -> None:
    """Arrivals and undone arrivals of one person wait for each other: each sees what the other has done."""
    db.session.execute(
        select(Person.id).where(Person.id == registration.person_id).with_for_update(key_share=True)
    )


def parts_for(registration: Registration, *, visits: int) -> tuple[ScorePart, ...]:
    """The score of ``registration`` in its parts; ``visits`` counts arrivals at other stops before."""
    return score_parts(
        education=registration.education,
        research_field=registration.research_field,
        preferred_city_ids=registration.preferred_city_ids,
        host_city_id=registration.stop.host_city_id,
        earlier_visits=visits,
    )

"""What follows from an arrival: a lead; and from an arrival that was a mistake: none."""

from __future__ import annotations

from checkin.facts import ArrivalVoided, PersonArrived
from jobs.outbox import on
from leads.erase import empty_leads
from leads.open_lead import open_lead, take_back_lead
from registrations.facts import PersonErased


@on(PersonArrived)
def open_lead_on_arrival(registration_id: int) -> None:
    """Open the lead of the person who arrived; heard twice it is opened once."""
    open_lead(registration_id)


@on(ArrivalVoided)
def take_back_lead_of_mistaken_scan(registration_id: int) -> None:
    """Remove the lead of somebody who did not come after all, unless it is in somebody's hands."""
    take_back_lead(registration_id)


@on(PersonErased)
def empty_leads_of_erased(person_id: int, registration_ids: list[int]) -> None:  # noqa: ARG001 - the fact's shape
    """What recruiters noted about somebody whose data are erased goes too."""
    empty_leads(registration_ids)

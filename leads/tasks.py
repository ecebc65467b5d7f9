"""What follows from an arrival: a lead; and from an arrival that was a mistake: none."""

from __future__ import annotations

from checkin.facts import ArrivalVoided, PersonArrived
from jobs.outbox import on
from leads.open_lead import open_lead, take_back_lead


@on(PersonArrived)
def open_lead_on_arrival(registration_id: int) -> None:
    """Open the lead of the person who arrived; heard twice it is opened once."""
    open_lead(registration_id)


@on(ArrivalVoided)
def take_back_lead_of_mistaken_scan(registration_id: int) -> None:
    """Remove the lead of somebody who did not come after all, unless it is in somebody's hands."""
    take_back_lead(registration_id)

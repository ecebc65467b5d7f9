"""The worker's part: what was written at the gate about somebody whose data are erased goes too."""

from __future__ import annotations

from checkin.erase import empty_arrivals
from jobs.outbox import on
from registrations.facts import PersonErased


@on(PersonErased)
def empty_arrivals_of_erased(person_id: int, registration_ids: list[int]) -> None:  # noqa: ARG001 - the fact's shape
    """Free words about a voided arrival."""
    empty_arrivals(registration_ids)

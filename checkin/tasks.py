"""The worker's part: what was written at the gate about somebody whose data are erased goes too."""

from __future__ import annotations

from campaigns.facts import StopMoved
from campaigns.models import Stop
from checkin.devices import follow_stop
from checkin.erase import empty_arrivals
from jobs.outbox import on
from registrations.facts import PersonErased
from shared.db import hold


@on(PersonErased)
def empty_arrivals_of_erased(person_id: int, registration_ids: list[int]) -> None:  # noqa: ARG001 - the fact's shape
    """Free words about a voided arrival."""
    empty_arrivals(registration_ids)


@on(StopMoved)
def move_devices(stop_id: int) -> None:
    """The devices of a stop live as long as the stop does, whenever that is by now."""
    stop = hold(Stop, stop_id)
    if stop is not None:
        follow_stop(stop)

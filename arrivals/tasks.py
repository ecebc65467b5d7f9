"""The worker's part: the screens of a stop that takes place at another time go along."""

from __future__ import annotations

from arrivals.walls import follow_stop
from campaigns.facts import StopMoved
from campaigns.models import Stop
from jobs.outbox import on
from shared.db import hold


@on(StopMoved)
def move_walls(stop_id: int) -> None:
    """What hangs in the hall shows the stop whenever it is held by now."""
    stop = hold(Stop, stop_id)
    if stop is not None:
        follow_stop(stop)

"""Would this ticket pass at that time? Asked before the day, by the organiser; nothing is written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from checkin.errors import NoRoomWithin, UnknownCode
from checkin.holders import holder_of
from checkin.lookups import headcount_of
from checkin.models import Checkpoint, Direction
from checkin.present import stands_in_the_way
from checkin.rules import Holder, objection
from checkin.settle import known_of
from shared.errors import Refusal


@dataclass(frozen=True, slots=True)
class Trial:
    """``refusal`` is None when the ticket would pass; ``holder`` None when the code is nobody's."""

    holder: Holder | None
    refusal: Refusal | None


def would_pass(code: str, checkpoint: Checkpoint, at: datetime) -> Trial:
    """What the gate would answer to ``code`` at ``at``, by the rules and the scans as they are now."""
    holder = holder_of(code, checkpoint, hold=False)
    if holder is None:
        return Trial(None, UnknownCode())
    known = known_of(checkpoint.id, holder.registration_id)
    refusal = objection(checkpoint, holder, at) or stands_in_the_way(
        checkpoint, holder, known, Direction.IN, at
    )
    if refusal is None and checkpoint.capacity is not None:
        within = headcount_of(checkpoint, at)
        if within >= checkpoint.capacity:
            refusal = NoRoomWithin(holder.full_name, holder.unit, checkpoint.capacity)
    return Trial(holder, refusal)

"""Who may pass a checkpoint, and when: the rule alone, without database and clock.

The page at the gate applies the same rule without a network (static/checkin/rules.js); a test lets both answer the same
random cases.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from checkin.errors import (
    CheckpointClosed,
    NotArrivedYet,
    NotChosen,
    NotConfirmed,
    NotForThisClass,
    NotForThisStop,
    NotOpenYet,
    StopCancelled,
)
from checkin.models import Checkpoint
from registrations.models import BadgeClass, RegistrationState
from shared.errors import Refusal


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose ticket it is, as far as a gate needs to know.

    ``note``: what the office wants the gate to know; ``chose``: has chosen the checkpoint's programme item; ``has_arrived``: has passed the stop's door.
    """

    registration_id: int
    stop_id: int
    state: RegistrationState
    badge_class: BadgeClass
    full_name: str
    unit: str
    note: str | None
    chose: bool
    has_arrived: bool


def objection(checkpoint: Checkpoint, holder: Holder, at: datetime) -> Refusal | None:
    """Why ``holder`` may not pass ``checkpoint`` at ``at``; None when he may.

    Whether he has passed already and whether there is room is not asked here.
    """
    stop = checkpoint.stop
    if stop.cancelled_at is not None:
        return StopCancelled()
    if holder.stop_id != checkpoint.stop_id:
        return NotForThisStop(holder.stop_id)
    if holder.state is not RegistrationState.CONFIRMED:
        return NotConfirmed(holder.full_name, holder.unit, holder.state)
    if checkpoint.ended_at is not None and at >= checkpoint.ended_at:
        return CheckpointClosed(checkpoint.ended_at)
    if checkpoint.opens_at is not None and at < checkpoint.opens_at:
        return NotOpenYet(checkpoint.opens_at)
    if checkpoint.closes_at is not None and at >= checkpoint.closes_at:
        return CheckpointClosed(checkpoint.closes_at)
    if checkpoint.badge_classes and holder.badge_class.value not in checkpoint.badge_classes:
        return NotForThisClass(holder.full_name, holder.unit, holder.badge_class)
    if checkpoint.programme_item_id is not None and not holder.chose:
        return NotChosen(holder.full_name, holder.unit, checkpoint.name)
    if checkpoint.after_arrival and not holder.has_arrived:
        return NotArrivedYet(holder.full_name, holder.unit)
    return None

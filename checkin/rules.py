"""Who may pass a checkpoint, and when: the rule alone, without database and clock.

The page at the gate applies the same rule without a network (static/checkin/rules.js); a test lets both answer the same
random cases.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from campaigns.models import MovingCodes
from checkin.errors import (
    CheckpointClosed,
    NotArrivedYet,
    NotChosen,
    NotConfirmed,
    NotForThisClass,
    NotForThisStop,
    NotOpenYet,
    PaperNotTaken,
    StopCancelled,
    TicketExpired,
    TicketKeyEnded,
    TicketKeyWithdrawn,
    TicketReissued,
    TicketStale,
)
from checkin.models import Checkpoint
from registrations.models import BadgeClass, RegistrationState
from registrations.moving_code import is_of_now
from shared.clock import in_china
from shared.errors import Refusal


@dataclass(frozen=True, slots=True)
class Shown:
    """A signed ticket as it is held out, and what is known of its key and of its successor.

    ``replaced_at``: when it was issued anew, None for now or never.
    """

    serial: int
    good_through: date
    issued_at: datetime | None
    key_ends_at: datetime | None
    key_withdrawn_at: datetime | None
    replaced_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose ticket it is, as far as a gate needs to know.

    ``note``: what the office wants the gate to know; ``chose``: has chosen the checkpoint's programme item;
    ``has_arrived``: has passed the stop's door. Tickets with a serial below ``least_serial`` are replaced. ``facts``: what
    checkin/shown_fields.py says in words, where the checkpoint shows it. ``group``: the delegation he came with. ``ticket`` is None for somebody whose code was
    typed.
    """

    registration_id: int
    stop_id: int
    state: RegistrationState
    badge_class: BadgeClass
    full_name: str
    unit: str
    note: str | None
    least_serial: int
    chose: bool
    has_arrived: bool
    facts: Mapping[str, Any] | None = None
    group: int | None = None
    ticket: Shown | None = None


def objection(checkpoint: Checkpoint, holder: Holder, at: datetime) -> Refusal | None:
    """Why ``holder`` may not pass ``checkpoint`` at ``at``; None when he may.

    Whether he has passed already and whether there is room is not asked here.
    """
    stop = checkpoint.stop
    if stop.cancelled_at is not None:
        return StopCancelled()
    if holder.stop_id != checkpoint.stop_id:
        return NotForThisStop(holder.stop_id)
    if (bad_ticket := of_the_ticket(checkpoint, holder, at)) is not None:
        return bad_ticket
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


def of_the_ticket(checkpoint: Checkpoint, holder: Holder, at: datetime) -> Refusal | None:
    """What stands against the ticket itself, well signed as it is, at ``at``; None for a code that was typed."""
    ticket = holder.ticket
    if ticket is None:
        return None
    if ticket.key_withdrawn_at is not None and at >= ticket.key_withdrawn_at:
        return TicketKeyWithdrawn()
    if ticket.key_ends_at is not None and at >= ticket.key_ends_at:
        return TicketKeyEnded()
    if ticket.serial < holder.least_serial and (ticket.replaced_at is None or at >= ticket.replaced_at):
        return TicketReissued(holder.full_name, holder.unit)
    if in_china(at).date() > max(ticket.good_through, in_china(checkpoint.stop.ends_at).date()):
        return TicketExpired()
    if ticket.issued_at is not None and not is_of_now(ticket.issued_at, at):
        return TicketStale()
    if ticket.issued_at is None and checkpoint.stop.moving_codes is MovingCodes.ONLY:
        return PaperNotTaken()
    return None

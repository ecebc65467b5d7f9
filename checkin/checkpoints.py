"""The checkpoints of a stop: opened, changed, closed down; and whether a ticket would pass one at some time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError

from accounts.models import Staff
from audit.record import record
from campaigns.models import ProgrammeItem, Stop
from checkin.errors import (
    ArrivalStays,
    CheckpointHasScans,
    MoreAreWithin,
    NotItsProgramme,
    NotOffered,
    TooManyFields,
)
from checkin.lookups import has_scans
from checkin.models import Checkpoint, CheckpointKind, Often
from checkin.shown_fields import MOST_FIELDS, offered
from shared.clock import now
from shared.db import db, hold, violated
from shared.errors import NotFound


@dataclass(frozen=True, kw_only=True)
class CheckpointPlan:
    """What an organiser says of a checkpoint. Times in UTC; no classes: every class; no item: everybody."""

    kind: CheckpointKind
    name_zh: str
    name_en: str
    often: Often
    opens_at: datetime | None
    closes_at: datetime | None
    badge_classes: tuple[str, ...]
    programme_item_id: int | None
    after_arrival: bool
    capacity: int | None


def add_checkpoint(stop: Stop, plan: CheckpointPlan, *, by: Staff) -> Checkpoint:
    """A further checkpoint of ``stop``. Raises ArrivalStays for a second door, or NotItsProgramme.

    The caller holds the transaction.
    """
    if plan.kind is CheckpointKind.ARRIVAL:
        raise ArrivalStays
    checkpoint = Checkpoint(stop_id=stop.id)
    _take_over(checkpoint, plan)
    db.session.add(checkpoint)
    record("add_checkpoint", checkpoint, by=by, stop_id=stop.id)
    return checkpoint


def change_checkpoint(checkpoint_id: int, plan: CheckpointPlan, *, by: Staff) -> Checkpoint:
    """Give a checkpoint another rule; who has passed stays passed.

    Raises NotFound, ArrivalStays (the door stays the door), CheckpointHasScans (how often one passes is fixed by the first
    scan), MoreAreWithin (a capacity below those who are within) or NotItsProgramme. The caller holds the transaction.
    """
    checkpoint = hold(Checkpoint, checkpoint_id)
    if checkpoint is None:
        raise NotFound
    if (checkpoint.kind is CheckpointKind.ARRIVAL) != (plan.kind is CheckpointKind.ARRIVAL):
        raise ArrivalStays
    if checkpoint.often is not plan.often and has_scans(checkpoint.id):
        raise CheckpointHasScans
    try:
        with db.session.begin_nested():
            _take_over(checkpoint, plan)
    except IntegrityError as error:
        if violated(error) == "ck_headcounts_never_over_asked":
            raise MoreAreWithin from None
        raise
    record("change_checkpoint", checkpoint, by=by, stop_id=checkpoint.stop_id)
    return checkpoint


def choose_what_is_shown(
    checkpoint_id: int, names: Sequence[str], *, shows_notes: bool, by: Staff
) -> Checkpoint:
    """What whoever scans at a checkpoint sees of each guest beside name, unit and class; and whether the notes for the gate.

    Raises NotFound, NotOffered (not one of ``shown_fields.offered``) or TooManyFields. The caller holds the transaction.
    """
    checkpoint = hold(Checkpoint, checkpoint_id)
    if checkpoint is None:
        raise NotFound
    may = [one.name for one in offered(checkpoint.stop.campaign_id)]
    if not set(names) <= set(may):
        raise NotOffered
    if len(set(names)) > MOST_FIELDS:
        raise TooManyFields(MOST_FIELDS)
    checkpoint.shown_fields = [name for name in may if name in names]
    checkpoint.shows_notes = shows_notes
    record(
        "choose_what_is_shown",
        checkpoint,
        by=by,
        stop_id=checkpoint.stop_id,
        fields=checkpoint.shown_fields,
        notes=shows_notes,
    )
    return checkpoint


def end_checkpoint(checkpoint_id: int, *, by: Staff) -> Checkpoint:
    """Close a checkpoint down: nobody passes any more, its scans stay. Raises NotFound, or ArrivalStays for the door.

    The caller holds the transaction.
    """
    checkpoint = hold(Checkpoint, checkpoint_id)
    if checkpoint is None:
        raise NotFound
    if checkpoint.kind is CheckpointKind.ARRIVAL:
        raise ArrivalStays
    if checkpoint.ended_at is None:
        checkpoint.ended_at = now()
        record("end_checkpoint", checkpoint, by=by, stop_id=checkpoint.stop_id)
    return checkpoint


def _take_over(checkpoint: Checkpoint, plan: CheckpointPlan) -> None:
    if plan.programme_item_id is not None:
        item = db.session.get(ProgrammeItem, plan.programme_item_id)
        if item is None or item.stop_id != checkpoint.stop_id:
            raise NotItsProgramme
    checkpoint.kind = plan.kind
    checkpoint.name_zh, checkpoint.name_en = plan.name_zh, plan.name_en
    checkpoint.often = plan.often
    checkpoint.opens_at, checkpoint.closes_at = plan.opens_at, plan.closes_at
    checkpoint.badge_classes = list(plan.badge_classes)
    checkpoint.programme_item_id = plan.programme_item_id
    checkpoint.after_arrival = plan.after_arrival
    checkpoint.capacity = plan.capacity

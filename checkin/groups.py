"""Who came together: at the scan of one of a delegation the gate is offered the others, and lets in who is there.

Each of them passes by a scan of his own, with the rules, the room and the conflicts of any other. What stands for the
ticket that he need not take out is the ticket of the one before the gate, and that both are in one delegation.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, and_, exists, select
from sqlalchemy.orm import aliased, lazyload

from audit.record import record
from checkin.errors import AlreadyCheckedIn
from checkin.fold import day_counted
from checkin.models import CheckIn, Checkpoint, Device, DeviceRole, Often, Scan
from delegations.models import DelegationMember
from people.models import Person
from registrations.models import BadgeClass, Registration, RegistrationState
from shared.clock import now
from shared.db import db
from shared.errors import NotFound

OFFERED_FOR = timedelta(minutes=15)
"""So long after a scan the others may be let in with it."""


@dataclass(frozen=True, slots=True)
class Companion:
    """One of the same delegation as the holder of the ticket ``code``, who shows none of his own."""

    code: str
    registration_id: int


@dataclass(frozen=True, slots=True)
class Other:
    """One of the others, as the gate sees him; ``passed_at`` when he has passed the checkpoint already."""

    registration_id: int
    full_name: str
    unit: str
    badge_class: BadgeClass
    note: str | None
    passed_at: datetime | None


def group_of_holder() -> ScalarSelect[int]:
    """The number of the delegation that a Registration in the statement has come with; NULL for whoever came alone."""
    return (
        select(DelegationMember.delegation_id)
        .where(DelegationMember.registration_id == Registration.id, DelegationMember.removed_at.is_(None))
        .correlate(Registration)
        .scalar_subquery()
    )


def comes_with(leader: ColumnElement[bool], who: type[Registration]) -> ColumnElement[bool]:
    """Whether a Registration in the statement is in one delegation with a confirmed ``who`` for whom ``leader`` holds."""
    mine, theirs = aliased(DelegationMember), aliased(DelegationMember)
    return (
        exists()
        .where(
            mine.registration_id == Registration.id,
            mine.removed_at.is_(None),
            theirs.delegation_id == mine.delegation_id,
            theirs.removed_at.is_(None),
            theirs.registration_id == who.id,
            who.id != Registration.id,
            who.stop_id == Registration.stop_id,
            who.state == RegistrationState.CONFIRMED,
            leader,
        )
        .correlate(Registration)
    )


def groups_among(registration_ids: Collection[int]) -> dict[int, int]:
    """Registration → the delegation it came with, for those that came with one."""
    rows = db.session.execute(
        select(DelegationMember.registration_id, DelegationMember.delegation_id).where(
            DelegationMember.registration_id.in_(registration_ids), DelegationMember.removed_at.is_(None)
        )
    )
    return {registration_id: group for registration_id, group in rows if registration_id is not None}


def others_of(registration_id: int, checkpoint: Checkpoint) -> list[Other]:
    """The confirmed others of the same delegation at the checkpoint's stop, by name; one query."""
    mine, theirs = aliased(DelegationMember), aliased(DelegationMember)
    entry = and_(
        CheckIn.registration_id == Registration.id,
        CheckIn.checkpoint_id == checkpoint.id,
        CheckIn.voided_at.is_(None),
        CheckIn.day.is_not_distinct_from(day_counted(checkpoint.often, now())),
    )
    if checkpoint.often is Often.IN_AND_OUT:
        entry = and_(entry, CheckIn.within)
    rows = db.session.execute(
        select(
            Registration.id,
            Person.full_name,
            Registration.university,
            Registration.badge_class,
            Registration.gate_note,
            CheckIn.arrived_at,
        )
        .select_from(mine)
        .join(theirs, and_(theirs.delegation_id == mine.delegation_id, theirs.removed_at.is_(None)))
        .join(Registration, Registration.id == theirs.registration_id)
        .join(Person, Person.id == Registration.person_id)
        .outerjoin(CheckIn, entry)
        .where(
            mine.registration_id == registration_id,
            mine.removed_at.is_(None),
            Registration.id != registration_id,
            Registration.stop_id == checkpoint.stop_id,
            Registration.state == RegistrationState.CONFIRMED,
        )
        .order_by(Person.name_pinyin, Registration.id)
    )
    return [
        Other(number, name, unit, badge_class, note if checkpoint.shows_notes else None, passed_at)
        for number, name, unit, badge_class, note, passed_at in rows
    ]


def group_at_scan(scan_id: UUID, *, device: Device) -> list[Other]:
    """The others of whoever was scanned a moment ago by ``device``; for who supervises, at any of its checkpoints.

    Only after a scan that let in, or found in already, within OFFERED_FOR: nobody pages through delegations. That they
    were shown stays in the record. Raises NotFound. The caller holds the transaction.
    """
    scan = db.session.scalar(
        select(Scan)
        .where(
            Scan.id == scan_id,
            Scan.stop_id == device.stop_id,
            Scan.checkpoint_id.in_(device.checkpoint_ids),
            Scan.at > now() - OFFERED_FOR,
        )
        .options(lazyload("*"))
    )
    if scan is None or scan.registration_id is None:
        raise NotFound
    if device.role is not DeviceRole.SUPERVISE and scan.device_id != device.id:
        raise NotFound
    if not scan.let_in and scan.reason != AlreadyCheckedIn.code:
        raise NotFound
    others = others_of(scan.registration_id, db.session.get_one(Checkpoint, scan.checkpoint_id))
    record(
        "see_group_at_gate",
        device,
        by=device.vouched_by,
        scanned=scan.registration_id,
        shown=[one.registration_id for one in others],
    )
    return others

"""Questions about arrivals."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import joinedload, lazyload

from campaigns.models import Stop
from checkin.fold import day_counted
from checkin.models import CheckIn, Checkpoint, CheckpointKind, Headcount, Scan
from registrations.models import ProgrammeChoice
from shared.db import db
from shared.errors import NotFound


def standing_check_in(registration_id: int) -> CheckIn | None:
    """The arrival of this registration that has not been voided, or None."""
    return db.session.scalar(
        select(CheckIn)
        .where(CheckIn.registration_id == registration_id, CheckIn.is_arrival, CheckIn.voided_at.is_(None))
        .options(lazyload(CheckIn.registration))
    )


def chosen_among(registration_ids: Collection[int], item_ids: Collection[int]) -> set[tuple[int, int | None]]:
    """Which of these have chosen which of these programme items: (registration, item)."""
    if not item_ids or not registration_ids:
        return set()
    rows = db.session.execute(
        select(ProgrammeChoice.registration_id, ProgrammeChoice.item_id).where(
            ProgrammeChoice.registration_id.in_(registration_ids),
            ProgrammeChoice.item_id.in_(item_ids),
            ProgrammeChoice.cancelled_at.is_(None),
        )
    )
    return {(registration_id, item_id) for registration_id, item_id in rows}


def arrived_among(registration_ids: Collection[int]) -> dict[int, datetime]:
    """Registration → when it arrived, for those that have."""
    rows = db.session.execute(
        select(CheckIn.registration_id, CheckIn.arrived_at).where(
            CheckIn.registration_id.in_(registration_ids), CheckIn.is_arrival, CheckIn.voided_at.is_(None)
        )
    )
    return {registration_id: at for registration_id, at in rows}


def passes_of(registration_ids: Collection[int], checkpoint_ids: Collection[int]) -> dict[int, list[CheckIn]]:
    """Registration → its standing passes of these checkpoints that a scan stands behind, oldest first; one query."""
    rows = db.session.scalars(
        select(CheckIn)
        .where(
            CheckIn.registration_id.in_(registration_ids),
            CheckIn.checkpoint_id.in_(checkpoint_ids),
            CheckIn.voided_at.is_(None),
            CheckIn.scan_id.is_not(None),
        )
        .order_by(CheckIn.arrived_at, CheckIn.id)
        .options(lazyload("*"))
    )
    passed: dict[int, list[CheckIn]] = {}
    for row in rows:
        passed.setdefault(row.registration_id, []).append(row)
    return passed


def check_in_at(stop: Stop, check_in_id: int) -> CheckIn:
    """One arrival at ``stop``. Raises NotFound for another stop's."""
    check_in = db.session.scalar(select(CheckIn).where(CheckIn.id == check_in_id, CheckIn.stop_id == stop.id))
    if check_in is None:
        raise NotFound
    return check_in


def arrival_point(stop_id: int) -> Checkpoint:
    """The checkpoint of ``stop_id`` whose passing is arriving."""
    return db.session.scalars(
        select(Checkpoint).where(
            Checkpoint.stop_id == stop_id,
            Checkpoint.kind == CheckpointKind.ARRIVAL,
            Checkpoint.ended_at.is_(None),
        )
    ).one()


def arrivals(stop: Stop) -> Select[CheckIn]:
    """Standing arrivals at ``stop``, the newest first."""
    return (
        select(CheckIn)
        .where(CheckIn.stop_id == stop.id, CheckIn.is_arrival, CheckIn.voided_at.is_(None))
        .order_by(CheckIn.arrived_at.desc(), CheckIn.id.desc())
    )


def last_arrivals(stop: Stop, n: int = 8) -> list[CheckIn]:
    """The ``n`` people who came in last, the newest first."""
    return list(db.session.scalars(arrivals(stop).limit(n)).unique())


def checkpoint_at(stop: Stop, checkpoint_id: int) -> Checkpoint:
    """One checkpoint of ``stop``. Raises NotFound for another stop's."""
    checkpoint = db.session.scalar(
        select(Checkpoint).where(Checkpoint.id == checkpoint_id, Checkpoint.stop_id == stop.id)
    )
    if checkpoint is None:
        raise NotFound
    return checkpoint


def checkpoints_of(stop: Stop) -> list[Checkpoint]:
    """The door first, then the others in the order in which they open, those closed down at the end."""
    return list(
        db.session.scalars(
            select(Checkpoint)
            .where(Checkpoint.stop_id == stop.id)
            .options(joinedload(Checkpoint.programme_item))
            .order_by(
                Checkpoint.ended_at.is_not(None),
                Checkpoint.kind != CheckpointKind.ARRIVAL,
                Checkpoint.opens_at.nulls_last(),
                Checkpoint.id,
            )
        )
    )


def has_scans(checkpoint_id: int) -> bool:
    """Whether anybody was ever scanned there."""
    return bool(db.session.scalar(select(exists().where(CheckIn.checkpoint_id == checkpoint_id)))) or bool(
        db.session.scalar(select(exists().where(Scan.checkpoint_id == checkpoint_id)))
    )


def passed_by_checkpoint(stop: Stop) -> dict[int, tuple[int, int]]:
    """Checkpoint → (entries that stand, how many of them are within), in one query."""
    rows = db.session.execute(
        select(CheckIn.checkpoint_id, func.count(), func.count().filter(CheckIn.within))
        .where(CheckIn.stop_id == stop.id, CheckIn.voided_at.is_(None))
        .group_by(CheckIn.checkpoint_id)
    )
    return {checkpoint_id: (passed, within) for checkpoint_id, passed, within in rows}


def headcount_of(checkpoint: Checkpoint, at: datetime) -> int:
    """How many are within at a checkpoint with a capacity, on the day of ``at`` where days count."""
    return (
        db.session.scalar(
            select(Headcount.within).where(
                Headcount.checkpoint_id == checkpoint.id,
                Headcount.day.is_not_distinct_from(day_counted(checkpoint.often, at)),
            )
        )
        or 0
    )

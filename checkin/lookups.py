"""Questions about arrivals."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Select, func, select
from sqlalchemy.orm import lazyload

from campaigns.models import Stop
from checkin.models import CheckIn, Checkpoint, CheckpointKind
from shared.db import db
from shared.errors import NotFound


def standing_check_in(registration_id: int) -> CheckIn | None:
    """The arrival of this registration that has not been voided, or None."""
    return db.session.scalar(
        select(CheckIn)
        .where(CheckIn.registration_id == registration_id, CheckIn.is_arrival, CheckIn.voided_at.is_(None))
        .options(lazyload(CheckIn.registration))
    )


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


def arrivals_count(stop: Stop) -> int:
    """How many people have arrived at ``stop``."""
    return arrivals_by_stop([stop.id]).get(stop.id, 0)


def arrivals_by_stop(stop_ids: Collection[int]) -> dict[int, int]:
    """Stop id → how many have arrived, in one query; stops without arrivals are left out."""
    counted = db.session.execute(
        select(CheckIn.stop_id, func.count())
        .where(CheckIn.stop_id.in_(stop_ids), CheckIn.is_arrival, CheckIn.voided_at.is_(None))
        .group_by(CheckIn.stop_id)
    )
    return {stop_id: count for stop_id, count in counted}


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

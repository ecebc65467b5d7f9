"""Questions about the queue of badges."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Select, and_, case, func, or_, select
from sqlalchemy.orm import contains_eager, lazyload

from campaigns.models import Stop
from checkin.models import Device
from printing.models import PrintJob, PrintState
from registrations.models import Registration
from shared.db import db
from shared.errors import NotFound

LATELY = 12
"""Badges that a station shows."""


def _with_names() -> Select[PrintJob]:
    return (
        select(PrintJob)
        .join(PrintJob.registration)
        .join(Registration.person)
        .outerjoin(PrintJob.checkpoint)
        .outerjoin(PrintJob.taken_by)
        .options(
            lazyload("*"),
            contains_eager(PrintJob.registration).contains_eager(Registration.person),
            contains_eager(PrintJob.checkpoint),
            contains_eager(PrintJob.taken_by),
        )
    )


def shown_at(station: Device) -> Sequence[PrintJob]:
    """What a station shows: what failed and what waits for it first, then what it printed lately; in one question."""
    open_first = case(
        (PrintJob.state == PrintState.FAILED, 0),
        (PrintJob.state == PrintState.TAKEN, 1),
        (PrintJob.state == PrintState.WAITING, 2),
        else_=3,
    )
    meant_for_it = or_(
        PrintJob.station_id == station.id,
        and_(
            PrintJob.station_id.is_(None),
            or_(PrintJob.checkpoint_id.is_(None), PrintJob.checkpoint_id.in_(station.checkpoint_ids)),
        ),
    )
    return db.session.scalars(
        _with_names()
        .where(
            PrintJob.stop_id == station.stop_id,
            PrintJob.state != PrintState.DROPPED,
            or_(
                PrintJob.taken_by_id == station.id,
                and_(PrintJob.state.in_((PrintState.WAITING, PrintState.FAILED)), meant_for_it),
            ),
        )
        .order_by(
            open_first,
            case((PrintJob.state == PrintState.WAITING, PrintJob.asked_at)),
            PrintJob.ended_at.desc(),
            PrintJob.id.desc(),
        )
        .limit(LATELY)
    ).all()


def waiting_for(station: Device) -> int:
    """How many badges wait that this station may take."""
    return (
        db.session.scalar(
            select(func.count())
            .select_from(PrintJob)
            .where(
                PrintJob.stop_id == station.stop_id,
                PrintJob.state == PrintState.WAITING,
                or_(PrintJob.station_id.is_(None), PrintJob.station_id == station.id),
                or_(
                    PrintJob.station_id == station.id,
                    PrintJob.checkpoint_id.is_(None),
                    PrintJob.checkpoint_id.in_(station.checkpoint_ids),
                ),
            )
        )
        or 0
    )


def job_at(stop_id: int, job_id: int) -> PrintJob:
    """One badge of a stop, with whose it is. Raises NotFound."""
    job = db.session.scalar(_with_names().where(PrintJob.id == job_id, PrintJob.stop_id == stop_id))
    if job is None:
        raise NotFound
    return job


def jobs_of(stop: Stop) -> Select[PrintJob]:
    """A SELECT of every badge asked for at a stop: what failed, what waits, then the newest."""
    order = case((PrintJob.state == PrintState.FAILED, 0), (PrintJob.ended_at.is_(None), 1), else_=2)
    return _with_names().where(PrintJob.stop_id == stop.id).order_by(order, PrintJob.id.desc())


def counts_of(stop: Stop) -> dict[PrintState, int]:
    """How many badges of a stop are in which state, and how many were further copies under ``None``."""
    counted: dict[PrintState, int] = dict.fromkeys(PrintState, 0)
    for state, number in db.session.execute(
        select(PrintJob.state, func.count()).where(PrintJob.stop_id == stop.id).group_by(PrintJob.state)
    ):
        counted[state] = number
    return counted


def copies_of(stop: Stop) -> int:
    """How many badges of a stop were printed once more."""
    return (
        db.session.scalar(
            select(func.count())
            .select_from(PrintJob)
            .where(PrintJob.stop_id == stop.id, PrintJob.copy > 1, PrintJob.state == PrintState.PRINTED)
        )
        or 0
    )


def newest_of(registration_ids: Collection[int]) -> dict[int, PrintJob]:
    """Registration → its newest badge that is not dropped."""
    rows = db.session.scalars(
        select(PrintJob)
        .where(PrintJob.registration_id.in_(registration_ids), PrintJob.state != PrintState.DROPPED)
        .distinct(PrintJob.registration_id)
        .order_by(PrintJob.registration_id, PrintJob.copy.desc())
        .options(lazyload("*"))
    )
    return {job.registration_id: job for job in rows}

"""The queue of badges at a stop: a station takes the next, and says what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import lazyload

from accounts.models import Staff
from audit.record import record, record_by_id
from campaigns.models import Stop
from checkin.models import CheckIn, Checkpoint, Device, DeviceSighting
from printing.errors import AnotherStationHasIt, NotArrived, StillBeingPrinted
from printing.models import Failure, PrintJob, PrintState
from registrations.models import Registration
from registrations.tickets import make_first_key
from shared.clock import now
from shared.db import db, hold
from shared.errors import NotFound

LEASE = timedelta(seconds=90)
"""So long a badge is a station's that is not heard any more. Each time it is heard, the time begins anew."""
MOST_TRIES = 3


@dataclass(frozen=True, slots=True)
class Handed:
    """A job in a station's hands. ``again``: it was there before, so it may have come out already."""

    job: PrintJob
    again: bool


def hear(station: Device, *, trouble: str | None) -> None:
    """Keep that a station is listening, and why it does not print if it says so. The caller holds the transaction."""
    said = {"seen_at": now(), "trouble": trouble}
    db.session.execute(
        insert(DeviceSighting)
        .values(device_id=station.id, **said)
        .on_conflict_do_update(index_elements=[DeviceSighting.device_id], set_=said)
    )


def next_job(station: Device, *, take: bool = True) -> Handed | None:
    """The badge that ``station`` prints now: the one in its hands, else with ``take`` the oldest that waits for it.

    Call ``hear()`` before: it keeps two tabs of one station apart. Stations side by side never wait for each other and never
    get the same badge. One that three stations took and none printed is given up. The caller holds the transaction.
    """
    held = db.session.scalar(
        _plain()
        .where(PrintJob.taken_by_id == station.id, PrintJob.state == PrintState.TAKEN)
        .with_for_update(key_share=True)
    )
    if held is not None:
        held.taken_until = now() + LEASE
        return Handed(held, again=True)
    while take:
        job = db.session.scalar(
            _plain()
            .where(PrintJob.stop_id == station.stop_id, _is_free(now()), _is_for(station))
            .order_by(PrintJob.asked_at, PrintJob.id)
            .limit(1)
            .with_for_update(key_share=True, skip_locked=True)
        )
        if job is None:
            return None
        if job.tries < MOST_TRIES:
            return Handed(_take(job, station), again=False)
        _end(job, PrintState.FAILED, why=Failure.GAVE_UP)
        record("give_up_badge", job, registration_id=job.registration_id)
    return None


def _plain() -> Select[PrintJob]:
    return select(PrintJob).options(lazyload("*")).execution_options(populate_existing=True)


def _is_free(moment: datetime) -> ColumnElement[bool]:
    return or_(
        PrintJob.state == PrintState.WAITING,
        and_(PrintJob.state == PrintState.TAKEN, PrintJob.taken_until < moment),
    )


def _is_for(station: Device) -> ColumnElement[bool]:
    """Asked for at this station; or at any of its checkpoints'; or at one that is gone."""
    gone = exists().where(
        Device.id == PrintJob.station_id, or_(Device.revoked_at.is_not(None), Device.expires_at <= now())
    )
    at_its_points = or_(PrintJob.checkpoint_id.is_(None), PrintJob.checkpoint_id.in_(station.checkpoint_ids))
    return or_(
        PrintJob.station_id == station.id,
        and_(or_(PrintJob.station_id.is_(None), gone), at_its_points),
    )


def _take(job: PrintJob, station: Device) -> PrintJob:
    make_first_key()
    job.state, job.taken_by_id, job.tries = PrintState.TAKEN, station.id, job.tries + 1
    job.taken_at, job.taken_until = now(), now() + LEASE
    record(
        "print_badge_at_station",
        job,
        by=station.vouched_by,
        registration_id=job.registration_id,
        station_id=station.id,
        copy=job.copy,
    )
    return job


def _end(job: PrintJob, state: PrintState, *, why: Failure | None = None) -> None:
    job.state, job.why, job.ended_at, job.taken_until = state, why, now(), None


def say_printed(job_id: int, *, station: Device) -> PrintJob:
    """The badge has come out; once more is as good as once. Raises NotFound or AnotherStationHasIt.

    The caller holds the transaction.
    """
    job = _its_own(job_id, station)
    if job.state is not PrintState.PRINTED:
        _end(job, PrintState.PRINTED)
        record("badge_printed", job, by=station.vouched_by, registration_id=job.registration_id)
    return job


def say_failed(job_id: int, *, station: Device, why: Failure) -> PrintJob:
    """The badge has not come out. It waits for somebody to ask again, so that none is printed twice unseen.

    Raises NotFound or AnotherStationHasIt. The caller holds the transaction.
    """
    job = _its_own(job_id, station)
    if job.state is PrintState.TAKEN:
        _end(job, PrintState.FAILED, why=why)
        record("badge_failed", job, by=station.vouched_by, registration_id=job.registration_id, why=why.value)
    return job


def give_back(job_id: int, *, station: Device) -> PrintJob:
    """The station has not begun with it: it waits again, for any station. Raises NotFound or AnotherStationHasIt.

    The caller holds the transaction.
    """
    job = _its_own(job_id, station)
    if job.state is PrintState.TAKEN:
        job.state, job.taken_until, job.taken_by_id, job.taken_at = PrintState.WAITING, None, None, None
        job.tries -= 1
        record("give_badge_back", job, by=station.vouched_by, registration_id=job.registration_id)
    return job


def _its_own(job_id: int, station: Device) -> PrintJob:
    """A job in the hands of ``station``, or that was there last; held."""
    job = hold(PrintJob, job_id)
    if job is None or job.stop_id != station.stop_id:
        raise NotFound
    if job.taken_by_id != station.id or job.state in (PrintState.WAITING, PrintState.DROPPED):
        raise AnotherStationHasIt
    return job


def ask_again(job_id: int, *, stop: Stop, by: Staff, station: Device | None = None) -> PrintJob:
    """Print it once more. One that did not come out waits again; of one that did a further copy is asked for and counted.

    ``station``: at this one. Raises NotFound or StillBeingPrinted. The caller holds the transaction.
    """
    number = db.session.scalar(
        select(PrintJob.registration_id).where(PrintJob.id == job_id, PrintJob.stop_id == stop.id)
    )
    if number is None:
        raise NotFound
    hold(Registration, number)
    job = hold(PrintJob, job_id)
    if job is None:
        raise NotFound
    if job.state in (PrintState.WAITING, PrintState.TAKEN):
        raise StillBeingPrinted
    return _once_more(job, by=by, station=station)


def _once_more(job: PrintJob, *, by: Staff, station: Device | None) -> PrintJob:
    if job.state is PrintState.FAILED:
        job.state, job.why, job.ended_at, job.tries = PrintState.WAITING, None, None, 0
        job.taken_by_id = job.taken_at = None
        job.station_id = station.id if station else None
    else:
        job = _new(
            job.registration_id, stop_id=job.stop_id, checkpoint_id=job.checkpoint_id, station=station, by=by
        )
    record("ask_for_badge_again", job, by=by, registration_id=job.registration_id, copy=job.copy)
    return job


def _new(
    registration_id: int, *, stop_id: int, checkpoint_id: int | None, station: Device | None, by: Staff
) -> PrintJob:
    """A further job of a registration that is held."""
    copies = db.session.scalar(
        select(func.max(PrintJob.copy)).where(
            PrintJob.registration_id == registration_id, PrintJob.state != PrintState.DROPPED
        )
    )
    job = PrintJob(
        stop_id=stop_id,
        registration_id=registration_id,
        checkpoint_id=checkpoint_id,
        station_id=station.id if station else None,
        copy=(copies or 0) + 1,
        asked_by_id=by.id,
        asked_at=now(),
        state=PrintState.WAITING,
        tries=0,
    )
    db.session.add(job)
    db.session.flush()
    return job


def ask_for_badge(check_in: CheckIn, *, by: Staff) -> PrintJob:
    """Ask for the badge of somebody who has come in; if one is on its way already, that one. Raises NotArrived.

    The caller holds the transaction.
    """
    registration_id = _arrived(check_in)
    job = _newest(registration_id, check_in.stop_id)
    if job is not None and job.state in (PrintState.WAITING, PrintState.TAKEN):
        return job
    if job is not None:
        return _once_more(job, by=by, station=None)
    job = _new(
        registration_id, stop_id=check_in.stop_id, checkpoint_id=check_in.checkpoint_id, station=None, by=by
    )
    record("ask_for_badge", job, by=by, registration_id=registration_id, copy=job.copy)
    return job


def print_here(check_in: CheckIn, *, by: Staff) -> PrintJob:
    """The badge of somebody who has come in is printed by the browser that asks: out of the queue, or a further copy.

    Raises NotArrived, or StillBeingPrinted while a station has it in its hands. The caller holds the transaction.
    """
    registration_id = _arrived(check_in)
    job = _newest(registration_id, check_in.stop_id)
    if job is not None and job.state is PrintState.TAKEN:
        raise StillBeingPrinted
    if job is None or job.state is PrintState.PRINTED:
        job = _new(
            registration_id,
            stop_id=check_in.stop_id,
            checkpoint_id=check_in.checkpoint_id,
            station=None,
            by=by,
        )
    make_first_key()
    job.taken_by_id = job.taken_at = None
    _end(job, PrintState.PRINTED)
    record("print_badge_here", job, by=by, registration_id=registration_id, copy=job.copy)
    return job


def _arrived(check_in: CheckIn) -> int:
    """The registration, held, of an entry that still stands."""
    hold(Registration, check_in.registration_id)
    db.session.refresh(check_in, ["voided_at"])
    if check_in.voided_at is not None:
        raise NotArrived
    return check_in.registration_id


def _newest(registration_id: int, stop_id: int) -> PrintJob | None:
    """The newest at this stop; one of a stop that he has left since would come out there."""
    return db.session.scalar(
        _plain()
        .where(
            PrintJob.registration_id == registration_id,
            PrintJob.stop_id == stop_id,
            PrintJob.state != PrintState.DROPPED,
        )
        .order_by(PrintJob.copy.desc())
        .limit(1)
        .with_for_update(key_share=True)
    )


def drop_waiting(stop: Stop, *, by: Staff) -> int:
    """Take everything out of the queue that no station has in its hands; how many it was.

    For a printer that was away for hours: those people have long gone in. The caller holds the transaction.
    """
    dropped = db.session.scalars(
        update(PrintJob)
        .where(PrintJob.stop_id == stop.id, _is_free(now()))
        .values(state=PrintState.DROPPED, ended_at=now(), taken_until=None)
        .returning(PrintJob.id)
        .execution_options(synchronize_session=False)
    ).all()
    if dropped:
        record_by_id("drop_waiting_badges", Stop, stop.id, by=by, badges=len(dropped))
    return len(dropped)


def let_print(checkpoint_id: int, *, prints: bool, stop: Stop, by: Staff) -> Checkpoint:
    """Say whether whoever passes a checkpoint gets a badge printed. Raises NotFound. The caller holds the transaction."""
    checkpoint = hold(Checkpoint, checkpoint_id)
    if checkpoint is None or checkpoint.stop_id != stop.id:
        raise NotFound
    if checkpoint.prints_badge is not prints:
        checkpoint.prints_badge = prints
        record("let_print_badges", checkpoint, by=by, allowed=prints)
    return checkpoint

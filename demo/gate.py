"""The gate of the demo's stop that is going on: further checkpoints, phones that scan, people who come in at this hour."""

from __future__ import annotations

import hashlib
import random
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import false, func, select, update

from accounts.models import Staff
from campaigns.models import Stop
from checkin.models import (
    CheckIn,
    Checkpoint,
    CheckpointKind,
    Device,
    DeviceCheckpoint,
    DeviceRole,
    DeviceSighting,
    Direction,
    Often,
    Scan,
    Verdict,
)
from checkin.posters import PosterPlan, put_up_poster
from leads.models import Lead
from leads.open_lead import FIRST_CALL_WITHIN
from registrations.models import Registration
from shared.db import db

LATE_COMERS = 78
"""So many of those who have arrived come in within the last hour and a half."""
PHONES = ("东门 · 王老师", "报到台平板", "西门 · 志愿者3号")


def open_gate(stop: Stop, moment: datetime, dice: random.Random, volunteer: Staff) -> None:
    """Let ``stop`` have a gate in full swing; who has arrived stays who has arrived."""
    door = db.session.scalars(
        select(Checkpoint).where(Checkpoint.stop_id == stop.id, Checkpoint.kind == CheckpointKind.ARRIVAL)
    ).one()
    hall = Checkpoint(
        stop_id=stop.id,
        kind=CheckpointKind.SESSION,
        name_zh="主会场",
        name_en="Main hall",
        often=Often.IN_AND_OUT,
        capacity=90,
    )
    dinner = Checkpoint(
        stop_id=stop.id, kind=CheckpointKind.MEAL, name_zh="晚宴", name_en="Dinner", often=Often.DAILY
    )
    db.session.add_all([hall, dinner])
    db.session.flush()
    put_up_poster(
        dinner.id,
        PosterPlan(
            opens_at=moment - timedelta(hours=1), closes_at=stop.ends_at, is_screen=True, place_word="杏花村"
        ),
        by=volunteer,
    )
    phones = [_phone(stop, name, moment, volunteer, (door, hall, dinner)) for name in PHONES]
    for phone, (seconds, pending) in zip(phones, ((4, 0), (2, 0), (560, 3)), strict=True):
        db.session.add(
            DeviceSighting(
                device_id=phone.id,
                seen_at=moment - timedelta(seconds=seconds),
                pending=pending,
                held_at=moment - timedelta(seconds=seconds + 40),
            )
        )
    arrivals = list(
        db.session.scalars(
            select(CheckIn)
            .where(CheckIn.stop_id == stop.id, CheckIn.is_arrival, CheckIn.voided_at.is_(None))
            .order_by(CheckIn.arrived_at.desc(), CheckIn.id)
        )
    )
    _come_now(arrivals, moment, dice)
    db.session.flush()
    arrivals.sort(key=lambda arrival: (arrival.arrived_at, arrival.id), reverse=True)
    _scan(door, arrivals, moment, dice, phones)
    for arrival in arrivals:
        if dice.random() < 0.55 and arrival.arrived_at < moment - timedelta(minutes=8):
            _enter(hall, arrival, min(moment, arrival.arrived_at + timedelta(minutes=6)), phones[1])
    db.session.flush()


def _phone(
    stop: Stop, name: str, moment: datetime, volunteer: Staff, points: tuple[Checkpoint, ...]
) -> Device:
    phone = Device(
        stop_id=stop.id,
        name=name,
        role=DeviceRole.SCAN,
        token_hash=hashlib.sha256(secrets.token_bytes(32)).digest(),  # nobody holds this token
        vouched_by_id=volunteer.id,
        joined_at=min(stop.starts_at, moment) - timedelta(days=1),
        expires_at=stop.ends_at + timedelta(hours=12),
    )
    phone.places = [DeviceCheckpoint(checkpoint_id=point.id) for point in points]
    db.session.add(phone)
    db.session.flush()
    return phone


def _come_now(arrivals: list[CheckIn], moment: datetime, dice: random.Random) -> None:
    """Two coaches full, and others in between; nobody whom a recruiter has talked with already."""
    claimed = set(
        db.session.scalars(
            select(Lead.registration_id).where(
                Lead.stop_id == arrivals[0].stop_id if arrivals else false(), Lead.owner_id.is_not(None)
            )
        )
    )
    late = [arrival for arrival in arrivals if arrival.registration_id not in claimed][:LATE_COMERS]
    for number, arrival in enumerate(late):
        middle = 62 if number % 3 == 0 else 24 if number % 3 == 1 else dice.uniform(5, 85)
        minutes = min(88.0, max(0.4, dice.gauss(middle, 6)))
        arrival.arrived_at = moment - timedelta(minutes=minutes)
        db.session.execute(
            update(Lead)
            .where(Lead.registration_id == arrival.registration_id)
            .values(opened_at=arrival.arrived_at, due_at=arrival.arrived_at + FIRST_CALL_WITHIN)
        )


def _scan(
    door: Checkpoint,
    arrivals: list[CheckIn],
    moment: datetime,
    dice: random.Random,
    phones: list[Device],
) -> None:
    """The scans behind the arrivals; two people were let in twice by phones that could not ask."""
    twice = {arrival.id for arrival in arrivals[5:30:18]}
    for arrival in arrivals:
        phone = dice.choice(phones[:2])
        alone = arrival.id in twice
        first = _scan_of(arrival, door, phone, arrival.arrived_at, asked=not alone)
        arrival.scan_id, arrival.gate, arrival.asked = first.id, phone.name, first.asked
        if alone:
            at = min(moment, arrival.arrived_at + timedelta(minutes=dice.uniform(1, 5)))
            again = _scan_of(arrival, door, phones[2], at, asked=False)
            again.verdict, again.against_id = Verdict.CONFLICT, first.id


def _scan_of(arrival: CheckIn, point: Checkpoint, phone: Device, at: datetime, *, asked: bool) -> Scan:
    scan = Scan(
        id=UUID(bytes=hashlib.sha256(f"{arrival.id} {point.id} {at}".encode()).digest()[:16], version=4),
        stop_id=point.stop_id,
        checkpoint_id=point.id,
        registration_id=arrival.registration_id,
        device_id=phone.id,
        staff_id=phone.vouched_by_id,
        gate=phone.name,
        direction=Direction.IN,
        at=at,
        device_at=at,
        received_at=at,
        asked=asked,
        let_in=True,
        verdict=Verdict.FIRST,
    )
    db.session.add(scan)
    return scan


def _enter(point: Checkpoint, arrival: CheckIn, at: datetime, phone: Device) -> None:
    scan = _scan_of(arrival, point, phone, at, asked=True)
    db.session.add(
        CheckIn(
            registration_id=arrival.registration_id,
            stop_id=point.stop_id,
            checkpoint_id=point.id,
            is_arrival=False,
            scan_id=scan.id,
            gate=phone.name,
            scanned_by_id=phone.vouched_by_id,
            arrived_at=at,
        )
    )


def stop_going_on(moment: datetime) -> Stop | None:
    """The stop that is held now and has the most arrivals; None when there is none."""
    return db.session.scalar(
        select(Stop)
        .join(Registration, Registration.stop_id == Stop.id)
        .join(CheckIn, CheckIn.registration_id == Registration.id)
        .where(Stop.starts_at <= moment, Stop.ends_at >= moment, Stop.cancelled_at.is_(None))
        .group_by(Stop.id)
        .order_by(func.count().desc())
        .limit(1)
    )

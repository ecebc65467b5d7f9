"""The screen in the hall: who welcomes whom, by name only where the person agreed and has not taken it back."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import func, select, update
from sqlalchemy.orm import joinedload, lazyload

from accounts.models import Staff
from arrivals.errors import WallIsOff
from arrivals.models import Wall
from audit.record import record
from campaigns.models import Stop
from checkin.devices import hash_of_token, joins_until
from checkin.errors import StopIsOver
from checkin.figures import Counted, counted_of
from checkin.models import CheckIn
from people.models import Person
from privacy.consent import has_consented
from privacy.purposes import Purpose
from registrations.models import Registration, RegistrationState
from shared.clock import now
from shared.db import db, hold
from shared.errors import NotFound

NAMES = 9
"""So many are named at once."""
NAMED_FOR = timedelta(minutes=30)
"""So long after the arrival a name is shown at most; the notice says so."""


@dataclass(frozen=True, slots=True)
class Made:
    """A wall and the secret part of its address; nobody can read it again."""

    wall: Wall
    token: str


@dataclass(frozen=True, slots=True)
class Welcomed:
    """Somebody who is welcomed by name. ``key`` tells one from the next and says nothing of the person."""

    key: str
    full_name: str
    unit: str

    @property
    def width(self) -> str:
        """How much room the name takes: a Chinese character is as wide as two letters."""
        room = sum(2 if ord(letter) > 0x2E7F else 1 for letter in self.full_name)
        return "longest" if room > 30 else "longer" if room > 18 else "long" if room > 10 else "short"


@dataclass(frozen=True, slots=True)
class Shown:
    """What a wall shows: the newest first, and how many have come in all."""

    welcomed: list[Welcomed]
    counted: Counted


def put_up(stop: Stop, *, name: str, language: str, by: Staff) -> Made:
    """Make an address for a screen at ``stop``. Raises StopIsOver. The caller holds the transaction."""
    held = hold(Stop, stop.id)
    moment = now()
    if held is None or held.cancelled_at is not None or joins_until(held) <= moment:
        raise StopIsOver(_("This stop is over or cancelled: no screen is put up for it any more."))
    token = secrets.token_urlsafe(32)
    wall = Wall(
        stop_id=stop.id,
        name=name,
        language=language,
        token_hash=hash_of_token(token),
        made_by_id=by.id,
        made_at=moment,
        ends_at=joins_until(held),
    )
    db.session.add(wall)
    db.session.flush()
    record("put_up_wall", wall, by=by, stop_id=stop.id, name=name)
    return Made(wall, token)


def take_down(wall_id: int, *, stop: Stop, by: Staff) -> Wall:
    """From now on the address shows nothing. Raises NotFound. The caller holds the transaction."""
    wall = db.session.scalar(
        select(Wall)
        .where(Wall.id == wall_id, Wall.stop_id == stop.id)
        .options(lazyload("*"))
        .with_for_update(key_share=True)
    )
    if wall is None:
        raise NotFound
    if wall.ended_at is None:
        wall.ended_at = now()
        record("take_down_wall", wall, by=by, stop_id=stop.id)
    return wall


def follow_stop(stop: Stop) -> None:
    """The stop takes place at another time: its walls show it until its new end. Twice is as good as once.

    The caller holds the transaction.
    """
    until = joins_until(stop)
    moved = db.session.scalars(
        update(Wall)
        .where(Wall.stop_id == stop.id, Wall.ended_at.is_(None), Wall.ends_at != until, Wall.made_at < until)
        .values(ends_at=until)
        .returning(Wall.id)
        .execution_options(synchronize_session=False)
    ).all()
    if moved:
        record("move_walls", stop, wall_ids=sorted(moved))


def wall_behind(token: str) -> Wall:
    """The wall whose address this is, with its stop. Raises WallIsOff for one that shows nothing (any more)."""
    wall = db.session.scalar(
        select(Wall)
        .where(Wall.token_hash == hash_of_token(token))
        .options(joinedload(Wall.stop).joinedload(Stop.campaign))
    )
    if wall is None or not wall.is_good_at(now()) or wall.stop.cancelled_at is not None:
        raise WallIsOff
    return wall


def walls_of(stop: Stop) -> list[Wall]:
    """Every wall of ``stop`` that still shows something, then those taken down; the newest first."""
    return list(
        db.session.scalars(
            select(Wall)
            .where(Wall.stop_id == stop.id)
            .order_by(Wall.ended_at.is_not(None), Wall.id.desc())
            .options(lazyload("*"), joinedload(Wall.made_by).lazyload("*"))
        )
    )


def shown_at(stop: Stop, moment: datetime) -> Shown:
    """Whom the walls of ``stop`` welcome at ``moment``: name and unit of those who agreed, a number for all; two questions."""
    rows = db.session.execute(
        select(CheckIn.id, Person.full_name, Registration.university)
        .join(Registration, Registration.id == CheckIn.registration_id)
        .join(Person, Person.id == Registration.person_id)
        .where(
            CheckIn.stop_id == stop.id,
            CheckIn.is_arrival,
            CheckIn.voided_at.is_(None),
            CheckIn.arrived_at > moment - NAMED_FOR,
            CheckIn.arrived_at <= moment,
            Registration.erased_at.is_(None),
            has_consented(CheckIn.registration_id, Purpose.WALL),
        )
        .order_by(CheckIn.arrived_at.desc(), CheckIn.id.desc())
        .limit(NAMES)
    )
    welcomed = [
        Welcomed(hashlib.sha256(f"wall {stop.id} {number}".encode()).hexdigest()[:12], name, unit)
        for number, name, unit in rows
    ]
    return Shown(welcomed, counted_of(stop))


def agreed_at(stop: Stop) -> int:
    """How many of those expected at ``stop`` agreed to be welcomed by name."""
    return (
        db.session.scalar(
            select(func.count(Registration.person_id.distinct())).where(
                Registration.stop_id == stop.id,
                Registration.state == RegistrationState.CONFIRMED,
                has_consented(Registration.id, Purpose.WALL),
            )
        )
        or 0
    )

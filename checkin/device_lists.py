"""What the organiser sees of a stop's devices, and where they came to different ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import aliased, lazyload, selectinload

from accounts.models import Role, RoleGrant, Staff
from audit.record import record
from campaigns.models import Stop
from checkin.lookups import checkpoints_of
from checkin.models import (
    Checkpoint,
    Device,
    DeviceInvite,
    DeviceSighting,
    InviteKind,
    Scan,
    SetAside,
    Verdict,
)
from people.models import Person
from registrations.models import Registration
from shared.clock import now
from shared.db import db
from shared.errors import NotFound

WHY: dict[str, LazyString] = {
    "not_confirmed": _l("Held no seat"),
    "not_for_this_stop": _l("A ticket for another stop"),
    "not_open_yet": _l("Before the checkpoint opened"),
    "checkpoint_closed": _l("After the checkpoint closed"),
    "not_for_this_class": _l("Not of a class that passes here"),
    "not_chosen": _l("Had not signed up for it"),
    "not_arrived_yet": _l("Had not been scanned at the entrance"),
    "stop_cancelled": _l("The stop is cancelled"),
    "device_revoked": _l("Scanned after the device was revoked"),
    "unknown_code": _l("Nobody's code"),
    "not_its_checkpoint": _l("A checkpoint that is not the device's"),
    "scan_used_before": _l("The number of another scan"),
    "not_understood": _l("Could not be read"),
}
"""Why the server would have said no, or could not keep an upload, in a few words for a table."""


@dataclass(frozen=True, slots=True)
class DeviceLine:
    """One device with the names of its checkpoints and what it last said of itself."""

    device: Device
    checkpoints: list[str]
    seen_at: datetime | None
    pending: int
    held_at: datetime | None

    @property
    def is_good(self) -> bool:
        """Whether it may scan now."""
        return self.device.is_good_at(now())


@dataclass(frozen=True, slots=True)
class Clash:
    """A scan that let somebody in a second time, or whom the server would have refused.

    ``before_*`` is the scan that stood before it, None where there was none.
    """

    scan: Scan
    full_name: str
    unit: str
    checkpoint: Checkpoint
    before_at: datetime | None
    before_gate: str | None

    @property
    def why(self) -> str:
        """What was not right, in a few words."""
        return str(
            Verdict.CONFLICT.label if self.scan.against_id else in_few_words(self.scan.objection or "")
        )


@dataclass(frozen=True, slots=True)
class Unread:
    """An upload that was not understood: whose it is, and when it was scanned by the device's own clock."""

    aside: SetAside
    device_name: str

    @property
    def device_at(self) -> datetime | None:
        """When it was scanned, where that could be read."""
        said = self.aside.payload.get("device_at")
        return datetime.fromisoformat(said) if said else None

    @property
    def sentence(self) -> str:
        """What was wrong with its form, as the device was told."""
        return str(self.aside.payload.get("sentence") or "")


def in_few_words(code: str) -> str:
    """A refusal's code in the reader's language."""
    return str(WHY.get(code, code))


def open_checkpoints_of(stop: Stop) -> list[Checkpoint]:
    """The checkpoints of ``stop`` that are not closed down, the door first."""
    return [point for point in checkpoints_of(stop) if point.ended_at is None]


def devices_of(stop: Stop) -> list[DeviceLine]:
    """Every device that has joined, those that may scan first, then by name; in three questions."""
    names = _names_of_points(stop)
    rows = db.session.execute(
        select(Device, DeviceSighting)
        .outerjoin(DeviceSighting, DeviceSighting.device_id == Device.id)
        .where(Device.stop_id == stop.id)
        .order_by(Device.revoked_at.is_not(None), Device.name, Device.id)
        .options(lazyload("*"), selectinload(Device.places))
    ).all()
    return [
        DeviceLine(
            device,
            [names[number] for number in sorted(device.checkpoint_ids) if number in names],
            seen.seen_at if seen else None,
            seen.pending if seen else 0,
            seen.held_at if seen else None,
        )
        for device, seen in rows
    ]


def invites_of(stop: Stop) -> list[DeviceInvite]:
    """Codes and PINs with which a device may still join, codes first."""
    rows = db.session.scalars(
        select(DeviceInvite)
        .where(
            DeviceInvite.stop_id == stop.id,
            DeviceInvite.ended_at.is_(None),
            DeviceInvite.ends_at > now(),
            DeviceInvite.uses < DeviceInvite.most_uses,
        )
        .order_by(DeviceInvite.kind != InviteKind.CODE, DeviceInvite.name, DeviceInvite.id)
        .options(lazyload("*"))
    )
    return list(rows)


def volunteers_of(stop: Stop) -> list[str]:
    """The names of those who are on duty at this stop's gate, for whom PINs are made first."""
    return list(
        db.session.scalars(
            select(Staff.full_name)
            .join(RoleGrant, RoleGrant.staff_id == Staff.id)
            .where(RoleGrant.stop_id == stop.id, RoleGrant.role == Role.GATE_VOLUNTEER, Staff.is_active)
            .order_by(Staff.full_name, Staff.id)
            .distinct()
            .with_only_columns(Staff.full_name, Staff.id)
        )
    )


def _names_of_points(stop: Stop) -> dict[int, str]:
    points = db.session.scalars(
        select(Checkpoint).where(Checkpoint.stop_id == stop.id).options(lazyload("*"))
    )
    return {point.id: point.name for point in points}


def _is_a_clash() -> ColumnElement[bool]:
    return or_(
        Scan.verdict == Verdict.CONFLICT,
        and_(Scan.objection.is_not(None), Scan.verdict != Verdict.UNDONE),
    )


def clashes_of(stop: Stop) -> Select[Scan, str, str, Checkpoint, datetime, str]:
    """A SELECT of what ``clash_of`` makes a Clash of, the newest first."""
    before = aliased(Scan)
    return (
        select(Scan, Person.full_name, Registration.university, Checkpoint, before.at, before.gate)
        .join(Registration, Registration.id == Scan.registration_id)
        .join(Person, Person.id == Registration.person_id)
        .join(Checkpoint, Checkpoint.id == Scan.checkpoint_id)
        .outerjoin(before, before.id == Scan.against_id)
        .where(Scan.stop_id == stop.id, _is_a_clash())
        .order_by(Scan.at.desc(), Scan.id)
        .options(lazyload("*"))
    )


def set_aside_of(stop: Stop) -> list[Unread]:
    """Uploads that were not understood and that nobody has looked at yet; the newest 200 first."""
    rows = db.session.execute(
        select(SetAside, Device.name)
        .join(Device, Device.id == SetAside.device_id)
        .where(Device.stop_id == stop.id, SetAside.seen_at.is_(None))
        .order_by(SetAside.received_at.desc(), SetAside.id)
        .limit(200)
    )
    return [Unread(aside, name) for aside, name in rows]


@dataclass(frozen=True, slots=True)
class Trouble:
    """How many things of a stop's gate an organiser should look at: conflicts, and uploads not understood nor seen."""

    conflicts: int
    set_aside: int

    @property
    def count(self) -> int:
        """Both together."""
        return self.conflicts + self.set_aside


def trouble_of(stop: Stop) -> Trouble:
    """What an organiser should look at, in one question."""
    clashes = select(func.count()).select_from(Scan).where(Scan.stop_id == stop.id, _is_a_clash())
    aside = (
        select(func.count())
        .select_from(SetAside)
        .join(Device, Device.id == SetAside.device_id)
        .where(Device.stop_id == stop.id, SetAside.seen_at.is_(None))
    )
    return Trouble(*db.session.execute(select(clashes.scalar_subquery(), aside.scalar_subquery())).one())


def clashes_count(stop: Stop) -> int:
    """How many things of this stop's gate an organiser should look at, in one question."""
    return trouble_of(stop).count


def mark_seen(aside_id: UUID, *, stop: Stop, by: Staff) -> SetAside:
    """An organiser has looked at an upload that was not understood. Raises NotFound.

    The caller holds the transaction.
    """
    aside = db.session.scalar(
        select(SetAside)
        .join(Device, Device.id == SetAside.device_id)
        .where(SetAside.id == aside_id, Device.stop_id == stop.id)
    )
    if aside is None:
        raise NotFound
    if aside.seen_at is None:
        aside.seen_at, aside.seen_by_id = now(), by.id
        record("see_set_aside_scan", "SetAside", by=by, scan_id=str(aside.id), stop_id=stop.id)
    return aside

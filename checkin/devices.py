"""Which devices scan at a stop: what lets them join, who joined, and that one is revoked."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from accounts.models import Staff
from audit.record import record
from campaigns.models import Stop
from checkin.errors import (
    JoinCodeForPrinting,
    JoinCodeForScanning,
    JoinCodeUnknown,
    JoinCodeUsedUp,
    NotItsCheckpoint,
    StopIsOver,
    TooManyTries,
)
from checkin.models import (
    Checkpoint,
    Device,
    DeviceCheckpoint,
    DeviceInvite,
    DeviceInviteCheckpoint,
    DeviceRole,
    DeviceSighting,
    InviteKind,
)
from registrations.knocks import knock, uncount_knock
from shared.clock import now
from shared.codes import ALPHABET, LENGTH, as_typed, new_code
from shared.db import db, hold
from shared.errors import NotFound, Refusal
from shared.sealing import keyed_hash, keyed_hashes

PIN_DIGITS = 6
USES_OF_A_PIN = 3
"""A volunteer whose phone ran dry goes on with a colleague's."""
AFTER_THE_STOP = timedelta(hours=12)
"""So long after its end the devices of a stop still scan: people leave, gifts are handed out."""
STILL_UPLOADS = timedelta(days=7)
"""So long a device that was revoked may still hand in what it scanned before."""
PIN_FREE_AGAIN = timedelta(days=30)

WRONG_TRIES, WRONG_PINS_IN_ALL, TRIES_WITHIN = 5, 300, timedelta(minutes=10)
_DOOR, _ALL_DOORS = "device_join.place", "device_join.pins"
_HASH = "device_invites.code"


@dataclass(frozen=True, slots=True)
class Issued:
    """An invite and what is typed for it; nobody can read the code again."""

    invite: DeviceInvite
    code: str


@dataclass(frozen=True, slots=True)
class Joined:
    """A device and the token that it shows from now on; nobody can read the token again."""

    device: Device
    token: str


def joins_until(stop: Stop) -> datetime:
    """Until when devices may scan at ``stop``."""
    return stop.ends_at + AFTER_THE_STOP


def open_code(
    stop: Stop,
    *,
    name: str,
    role: DeviceRole,
    checkpoint_ids: Collection[int],
    most_uses: int,
    lasts: timedelta,
    by: Staff,
) -> Issued:
    """A code that ``most_uses`` devices may join with. Raises StopIsOver or NotItsCheckpoint.

    The caller holds the transaction.
    """
    code = new_code()
    (invite,) = _issue(
        stop, [(name, code)], InviteKind.CODE, role, checkpoint_ids, most_uses, now() + lasts, by
    )
    record("open_join_code", invite, by=by, stop_id=stop.id, role=role.value, most_uses=most_uses)
    return Issued(invite, code)


def issue_pins(
    stop: Stop, *, names: Sequence[str], role: DeviceRole, checkpoint_ids: Collection[int], by: Staff
) -> list[Issued]:
    """A PIN for each of these volunteers, in their order. Raises StopIsOver or NotItsCheckpoint.

    The caller holds the transaction.
    """
    _free_old_pins()
    taken: set[str] = set()
    while len(taken) < len(names):
        wanted = {f"{secrets.randbelow(10**PIN_DIGITS):0{PIN_DIGITS}}" for _ in names}
        by_hash = {value: pin for pin in wanted for value in keyed_hashes(pin, use=_HASH)}
        used = db.session.scalars(
            select(DeviceInvite.code_hash).where(DeviceInvite.code_hash.in_(by_hash))
        ).all()
        taken |= wanted - {by_hash[value] for value in used if value is not None}
    pins = secrets.SystemRandom().sample(sorted(taken), len(names))
    pairs = list(zip(names, pins, strict=True))
    invites = _issue(stop, pairs, InviteKind.PIN, role, checkpoint_ids, USES_OF_A_PIN, joins_until(stop), by)
    record("issue_pins", stop, by=by, count=len(pairs), role=role.value)
    return [Issued(invite, pin) for invite, (_, pin) in zip(invites, pairs, strict=True)]


def _issue(
    stop: Stop,
    pairs: Sequence[tuple[str, str]],
    kind: InviteKind,
    role: DeviceRole,
    checkpoint_ids: Collection[int],
    most_uses: int,
    ends_at: datetime,
    by: Staff,
) -> list[DeviceInvite]:
    moment = now()
    if stop.cancelled_at is not None or joins_until(stop) <= moment:
        raise StopIsOver
    known = set(
        db.session.scalars(
            select(Checkpoint.id).where(Checkpoint.stop_id == stop.id, Checkpoint.id.in_(checkpoint_ids))
        )
    )
    if not known or known != set(checkpoint_ids):
        raise NotItsCheckpoint
    invites = [
        DeviceInvite(
            stop_id=stop.id,
            kind=kind,
            name=name,
            role=role,
            code_hash=keyed_hash(code, use=_HASH),
            most_uses=most_uses,
            made_by_id=by.id,
            made_at=moment,
            ends_at=min(ends_at, joins_until(stop)),
            places=[DeviceInviteCheckpoint(checkpoint_id=number) for number in sorted(known)],
        )
        for name, code in pairs
    ]
    db.session.add_all(invites)
    db.session.flush()
    return invites


def _free_old_pins() -> None:
    db.session.execute(
        update(DeviceInvite)
        .where(DeviceInvite.code_hash.is_not(None), DeviceInvite.ends_at < now() - PIN_FREE_AGAIN)
        .values(code_hash=None)
        .execution_options(synchronize_session=False)
    )


def join(code: str, *, name: str, from_where: str, prints: bool = False) -> Joined | Refusal:
    """Join a device with what its holder typed or scanned; ``name`` may be empty, ``prints``: as a printing station.

    A refusal is given back and not raised, because the wrong try is counted: five in ten minutes from one place. The
    caller holds the transaction and commits it in either case.
    """
    if not knock(_DOOR, from_where, most=WRONG_TRIES, within=TRIES_WITHIN):
        return TooManyTries()
    typed = as_typed(code)
    is_pin = len(typed) == PIN_DIGITS and typed.isascii() and typed.isdigit()
    if is_pin and not knock(_ALL_DOORS, "", most=WRONG_PINS_IN_ALL, within=TRIES_WITHIN):
        return TooManyTries()
    invite = _invite_of(typed) if is_pin or (len(typed) == LENGTH and set(typed) <= set(ALPHABET)) else None
    moment = now()
    if invite is None or invite.ended_at is not None or invite.ends_at <= moment:
        return JoinCodeUnknown()
    uncount_knock(_DOOR, from_where, within=TRIES_WITHIN)
    if is_pin:
        uncount_knock(_ALL_DOORS, "", within=TRIES_WITHIN)
    stop = db.session.get_one(Stop, invite.stop_id)
    if stop.cancelled_at is not None or joins_until(stop) <= moment:
        return StopIsOver()
    if prints is not (invite.role is DeviceRole.STATION):
        return JoinCodeForPrinting() if not prints else JoinCodeForScanning()
    if invite.uses >= invite.most_uses:
        return JoinCodeUsedUp()
    invite.uses += 1
    return _joined(invite, stop, name, moment)


def _invite_of(typed: str) -> DeviceInvite | None:
    """The invite of what was typed, held: of several who use its last chance one comes in."""
    number = db.session.scalar(
        select(DeviceInvite.id).where(DeviceInvite.code_hash.in_(keyed_hashes(typed, use=_HASH)))
    )
    return None if number is None else hold(DeviceInvite, number)


def _joined(invite: DeviceInvite, stop: Stop, name: str, moment: datetime) -> Joined:
    token = secrets.token_urlsafe(32)
    device = Device(
        stop_id=stop.id,
        name=name or invite.name or f"{invite.role.label} {invite.id}-{invite.uses}",
        role=invite.role,
        token_hash=hash_of_token(token),
        vouched_by_id=invite.made_by_id,
        joined_at=moment,
        expires_at=joins_until(stop),
        invite_id=invite.id,
        places=[DeviceCheckpoint(checkpoint_id=place.checkpoint_id) for place in invite.places],
    )
    db.session.add(device)
    db.session.flush()
    record("join_device", device, by=device.vouched_by, invite_id=invite.id, role=invite.role.value)
    return Joined(device, token)


def follow_stop(stop: Stop) -> None:
    """The stop takes place at another time: its devices and PINs live until then. Twice is as good as once.

    A code keeps its own end, unless the stop is over before. The caller holds the transaction.
    """
    until = joins_until(stop)
    moved = db.session.scalars(
        update(Device)
        .where(Device.stop_id == stop.id, Device.revoked_at.is_(None), Device.expires_at != until)
        .values(expires_at=until)
        .returning(Device.id)
        .execution_options(synchronize_session=False)
    ).all()
    db.session.execute(
        update(DeviceInvite)
        .where(
            DeviceInvite.stop_id == stop.id,
            DeviceInvite.ended_at.is_(None),
            (DeviceInvite.kind == InviteKind.PIN) | (DeviceInvite.ends_at > until),
        )
        .values(ends_at=until)
        .execution_options(synchronize_session=False)
    )
    if moved:
        record("move_devices", stop, device_ids=sorted(moved))


def hash_of_token(token: str) -> bytes:
    """What is kept of a device's token. It is 256 random bits: nobody finds it from the hash."""
    return hashlib.sha256(token.encode()).digest()


def revoke_device(device_id: int, *, stop: Stop, by: Staff) -> Device:
    """From now on this device may not scan; what it scanned before it may still hand in. Raises NotFound.

    The caller holds the transaction.
    """
    device = hold(Device, device_id)
    if device is None or device.stop_id != stop.id:
        raise NotFound
    if device.revoked_at is None:
        device.revoked_at = now()
        record("revoke_device", device, by=by)
    return device


def end_invite(invite_id: int, *, stop: Stop, by: Staff) -> DeviceInvite:
    """Nobody joins with this code or PIN any more; who has joined stays. Raises NotFound.

    The caller holds the transaction.
    """
    invite = hold(DeviceInvite, invite_id)
    if invite is None or invite.stop_id != stop.id:
        raise NotFound
    if invite.ended_at is None:
        invite.ended_at = now()
        record("end_invite", invite, by=by)
    return invite


def note_sighting(device: Device, *, pending: int | None = None, held_at: datetime | None = None) -> None:
    """Keep what a device says of itself. The caller holds the transaction."""
    said = {"pending": pending, "held_at": held_at}
    new = {"seen_at": now(), **{name: value for name, value in said.items() if value is not None}}
    db.session.execute(
        insert(DeviceSighting)
        .values(device_id=device.id, **new)
        .on_conflict_do_update(index_elements=[DeviceSighting.device_id], set_=new)
    )

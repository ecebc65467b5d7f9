"""A device says who it is: a token with each request. No cookie is looked at, so no other site can speak for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar, cast

from flask import g, request
from sqlalchemy import bindparam, select
from sqlalchemy.orm import lazyload, load_only
from sqlalchemy.orm.attributes import set_committed_value

from accounts.access import open_to_devices
from accounts.models import Staff
from campaigns.models import Stop
from checkin.devices import STILL_UPLOADS, hash_of_token
from checkin.errors import DeviceRevoked, NotForThisRole, NotItsCheckpoint, NoToken
from checkin.models import SCANNING_ROLES, Checkpoint, Device, DeviceCheckpoint, DeviceRole
from shared.clock import now
from shared.db import db

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who asks: the device, the stop it stands at, its checkpoints by id, and who answers for it."""

    device: Device
    stop: Stop
    checkpoints: dict[int, Checkpoint]
    vouched_by: Staff

    def checkpoint(self, checkpoint_id: int) -> Checkpoint:
        """One of its own checkpoints. Raises NotItsCheckpoint for any other."""
        found = self.checkpoints.get(checkpoint_id)
        if found is None:
            raise NotItsCheckpoint
        return found

    @property
    def supervises(self) -> bool:
        """Whether it may look people up, let them in by name and register them on the spot."""
        return self.device.role is DeviceRole.SUPERVISE

    @property
    def is_kiosk(self) -> bool:
        """Whether everybody reads its screen, so that names are hidden."""
        return self.device.role is DeviceRole.KIOSK


def by_device(*roles: DeviceRole, also_when_over: bool = False) -> Callable[[View], View]:
    """Only a device that has joined: of ``roles``, or any that scans. The view finds it with ``bearer()``.

    Asked of the database each time, so a revoked device is refused at once. ``also_when_over``: for seven days after
    it was revoked or has expired it may still ask this.
    """

    def declare(view: View) -> View:
        @wraps(view)
        def asked(*args: Any, **kwargs: Any) -> Any:
            who = _who_asks()
            over = now() - who.device.ended_at
            if not who.device.is_good_at(now()) and not (also_when_over and over < STILL_UPLOADS):
                raise DeviceRevoked
            if who.device.role not in (roles or SCANNING_ROLES):
                raise NotForThisRole
            g.bearer = who
            return view(*args, **kwargs)

        return open_to_devices(cast("View", asked))

    return declare


def bearer() -> Bearer:
    """Who asks, in a view that is declared ``by_device``."""
    return cast("Bearer", g.bearer)


def _who_asks() -> Bearer:
    """One question to the database for device, stop, checkpoints and who answers for it."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise NoToken
    rows = db.session.execute(_WHO, {"token_hash": hash_of_token(token.strip())}).all()
    if not rows:
        raise NoToken
    device, stop, staff = rows[0][:3]
    points = {row[4].id: row[4] for row in rows if row[4] is not None}
    set_committed_value(device, "stop", stop)
    set_committed_value(device, "vouched_by", staff)
    set_committed_value(device, "places", [row[3] for row in rows if row[3] is not None])
    for point in points.values():
        set_committed_value(point, "stop", stop)
    return Bearer(device, stop, points, staff)


# Made once: building it anew at each request takes longer than asking it.
_WHO = (
    select(Device, Stop, Staff, DeviceCheckpoint, Checkpoint)
    .join(Stop, Stop.id == Device.stop_id)
    .join(Staff, Staff.id == Device.vouched_by_id)
    .outerjoin(DeviceCheckpoint, DeviceCheckpoint.device_id == Device.id)
    .outerjoin(Checkpoint, Checkpoint.id == DeviceCheckpoint.checkpoint_id)
    .where(Device.token_hash == bindparam("token_hash"))
    .order_by(Checkpoint.id)
    .options(
        lazyload("*"),
        # Half of the columns. Whoever needs another one has it asked for.
        load_only(
            Stop.campaign_id, Stop.host_city_id, Stop.city_zh, Stop.city_en, Stop.starts_at, Stop.ends_at,
            Stop.cancelled_at, Stop.moving_codes, Stop.volunteers_take_walk_ins,
        ),
        load_only(Staff.login),
    )
)  # fmt: skip

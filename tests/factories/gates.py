"""Checkpoints and the devices that scan at them."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from campaigns.models import Stop
from checkin.devices import hash_of_token
from checkin.lookups import arrival_point
from checkin.models import Checkpoint, CheckpointKind, Device, DeviceCheckpoint, DeviceRole
from shared.clock import now
from shared.db import db
from tests.factories import accounts


def checkpoint(at: Stop, kind: CheckpointKind = CheckpointKind.MEAL, **changes: Any) -> Checkpoint:
    """A further checkpoint of ``at``."""
    row = Checkpoint(**{"stop_id": at.id, "kind": kind, "name_zh": "晚宴", "name_en": "Dinner", **changes})
    db.session.add(row)
    db.session.flush()
    return row


def device(at: Stop, *checkpoints: Checkpoint, **changes: Any) -> Device:
    """A device of ``at``, for these checkpoints or for the door."""
    values: dict[str, Any] = {
        "stop_id": at.id,
        "name": "东门一号",
        "role": DeviceRole.SCAN,
        "token_hash": hashlib.sha256(secrets.token_bytes(32)).digest(),
        "vouched_by": changes.pop("vouched_by", None) or accounts.staff(),
        "joined_at": now() - timedelta(days=1),
        "expires_at": now() + timedelta(days=2),
    }
    row = Device(**{**values, **changes})
    row.places = [
        DeviceCheckpoint(checkpoint_id=point.id) for point in checkpoints or (arrival_point(at.id),)
    ]
    db.session.add(row)
    db.session.flush()
    return row


def token_of(device: Device) -> dict[str, str]:
    """Give ``device`` a token, as joining does; the header that it shows."""
    token = secrets.token_urlsafe(32)
    device.token_hash = hash_of_token(token)
    db.session.flush()
    return {"Authorization": f"Bearer {token}"}

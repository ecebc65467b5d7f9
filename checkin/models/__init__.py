"""The tables of the gate, one file a subject."""

from __future__ import annotations

from checkin.models.check_in import CheckIn
from checkin.models.checkpoint import Checkpoint, CheckpointKind, Headcount, Often
from checkin.models.device import (
    JOINED_ROLES,
    SCANNING_ROLES,
    Device,
    DeviceCheckpoint,
    DeviceInvite,
    DeviceInviteCheckpoint,
    DeviceRole,
    DeviceSighting,
    InviteKind,
)
from checkin.models.poster import CheckpointPoster
from checkin.models.scan import Direction, Scan, ScanUndo, SetAside, Verdict

__all__ = [
    "JOINED_ROLES",
    "SCANNING_ROLES",
    "CheckIn",
    "Checkpoint",
    "CheckpointKind",
    "CheckpointPoster",
    "Device",
    "DeviceCheckpoint",
    "DeviceInvite",
    "DeviceInviteCheckpoint",
    "DeviceRole",
    "DeviceSighting",
    "Direction",
    "Headcount",
    "InviteKind",
    "Often",
    "Scan",
    "ScanUndo",
    "SetAside",
    "Verdict",
]

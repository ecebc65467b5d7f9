"""The tables of the gate, one file a subject."""

from __future__ import annotations

from checkin.models.check_in import CheckIn
from checkin.models.checkpoint import Checkpoint, CheckpointKind, Headcount, Often
from checkin.models.device import Device, DeviceCheckpoint, DeviceRole
from checkin.models.scan import Direction, Scan, ScanUndo, SetAside, Verdict

__all__ = [
    "CheckIn",
    "Checkpoint",
    "CheckpointKind",
    "Device",
    "DeviceCheckpoint",
    "DeviceRole",
    "Direction",
    "Headcount",
    "Often",
    "Scan",
    "ScanUndo",
    "SetAside",
    "Verdict",
]

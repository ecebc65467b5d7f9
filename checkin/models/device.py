"""What scans: a phone or a scanner that was joined to a stop, for some of its checkpoints, until it is revoked."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from flask_babel import lazy_gettext as _l
from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.models import Staff
from campaigns.models import Stop
from shared.db import Model, Moment, state_column


class DeviceRole(StrEnum):
    """What whoever holds the device may do."""

    SCAN = "scan"
    SUPERVISE = "supervise"
    KIOSK = "kiosk"

    @property
    def label(self) -> str:
        """The role in the reader's language."""
        return str(_ROLE_LABELS[self])


_ROLE_LABELS = {
    DeviceRole.SCAN: _l("Scans only"),
    DeviceRole.SUPERVISE: _l("Supervises: search, undo, walk-in"),
    DeviceRole.KIOSK: _l("Self check-in, hides names"),
}


class Device(Model):
    """One scanning device. Its token is known to it alone; here lies a hash.

    ``vouched_by_id`` is the member of staff who let it in and answers for its scans.
    """

    __tablename__ = "devices"
    __table_args__ = (
        Index("uq_devices_token_hash", "token_hash", unique=True),
        Index("ix_devices_stop_id", "stop_id", "id"),
        CheckConstraint("octet_length(token_hash) = 32", name="token_hashed"),
        CheckConstraint("name <> ''", name="named"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    stop_id: Mapped[int] = mapped_column(ForeignKey("stops.id"))
    name: Mapped[str]
    role: Mapped[DeviceRole] = state_column(DeviceRole, name="role")
    token_hash: Mapped[bytes]
    vouched_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    joined_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    revoked_at: Mapped[Moment | None]

    stop: Mapped[Stop] = relationship()
    vouched_by: Mapped[Staff] = relationship()
    places: Mapped[list[DeviceCheckpoint]] = relationship(lazy="selectin")

    def is_good_at(self, moment: datetime) -> bool:
        """Whether it may still scan."""
        return self.revoked_at is None and moment < self.expires_at

    @property
    def checkpoint_ids(self) -> frozenset[int]:
        """Where it may scan."""
        return frozenset(place.checkpoint_id for place in self.places)


class DeviceCheckpoint(Model):
    """That a device may scan at a checkpoint."""

    __tablename__ = "device_checkpoints"

    device_id: Mapped[int] = mapped_column(ForeignKey("devices.id", ondelete="CASCADE"), primary_key=True)
    checkpoint_id: Mapped[int] = mapped_column(
        ForeignKey("checkpoints.id", ondelete="CASCADE"), primary_key=True
    )

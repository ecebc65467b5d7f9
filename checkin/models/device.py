"""What scans: a phone or a scanner that was joined to a stop, for some of its checkpoints, until it is revoked."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from flask_babel import lazy_gettext as _l
from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.models import Staff
from campaigns.models import Stop
from shared.db import Model, Moment, state_column


class DeviceRole(StrEnum):
    """What whoever holds the device may do."""

    SCAN = "scan"
    SUPERVISE = "supervise"
    KIOSK = "kiosk"
    STATION = "station"
    POSTER = "poster"

    @property
    def label(self) -> str:
        """The role in the reader's language."""
        return str(_ROLE_LABELS[self])


_ROLE_LABELS = {
    DeviceRole.SCAN: _l("Scans only"),
    DeviceRole.SUPERVISE: _l("Supervises: search, undo, walk-in"),
    DeviceRole.KIOSK: _l("Self check-in, hides names"),
    DeviceRole.STATION: _l("Prints badges"),
    DeviceRole.POSTER: _l("A poster that guests scan"),
}
JOINED_ROLES = tuple(role for role in DeviceRole if role is not DeviceRole.POSTER)
"""What somebody's machine can join as; a poster is put up by the organiser and holds no token."""

SCANNING_ROLES = frozenset(JOINED_ROLES) - {DeviceRole.STATION}
"""A printing station is joined and revoked like a scanner, but never scans nor holds the list of people."""


class Device(Model):
    """One scanning device. Its token is known to it alone; here lies a hash.

    ``vouched_by_id`` is the member of staff who let it in and answers for its scans. ``expires_at`` follows a stop
    that is moved (``follow_stop()``).
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
    # With which code it joined; None for one that was entered by hand.
    invite_id: Mapped[int | None] = mapped_column(ForeignKey("device_invites.id"))

    stop: Mapped[Stop] = relationship()
    vouched_by: Mapped[Staff] = relationship()
    places: Mapped[list[DeviceCheckpoint]] = relationship(lazy="selectin")

    def is_good_at(self, moment: datetime) -> bool:
        """Whether it may still scan."""
        return self.revoked_at is None and moment < self.expires_at

    @property
    def ended_at(self) -> datetime:
        """Since when it may not scan any more, or from when on."""
        return min(self.revoked_at or self.expires_at, self.expires_at)

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


class InviteKind(StrEnum):
    """What lets a device join: a code shown as a QR code, or a volunteer's own PIN."""

    CODE = "code"
    PIN = "pin"


class DeviceInvite(Model):
    """What a device is joined with: at most ``most_uses`` times, until ``ends_at`` or until it is ended.

    The code is shown once and kept as a keyed hash; ``name`` is the volunteer's for a PIN, else what the organiser
    wants to remember. Whoever made it answers for the devices. A hash that is long over is emptied, so that its PIN
    may be given again.
    """

    __tablename__ = "device_invites"
    __table_args__ = (
        Index("uq_device_invites_code_hash", "code_hash", unique=True),
        Index("ix_device_invites_stop_id", "stop_id", "id"),
        CheckConstraint("octet_length(code_hash) = 32", name="code_hashed"),
        CheckConstraint("most_uses BETWEEN 1 AND 500", name="most_uses_range"),
        # Of a code that may be used three times, three devices are joined, however many ask at once.
        CheckConstraint("uses BETWEEN 0 AND most_uses", name="never_over_used"),
        CheckConstraint("kind <> 'pin' OR name <> ''", name="pin_is_somebodys"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    stop_id: Mapped[int] = mapped_column(ForeignKey("stops.id"))
    kind: Mapped[InviteKind] = state_column(InviteKind, name="kind")
    name: Mapped[str] = mapped_column(server_default=text("''"))
    role: Mapped[DeviceRole] = state_column(DeviceRole, name="role")
    code_hash: Mapped[bytes | None]
    most_uses: Mapped[int]
    uses: Mapped[int] = mapped_column(server_default=text("0"))
    made_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    made_at: Mapped[Moment]
    ends_at: Mapped[Moment]
    ended_at: Mapped[Moment | None]

    stop: Mapped[Stop] = relationship()
    made_by: Mapped[Staff] = relationship()
    places: Mapped[list[DeviceInviteCheckpoint]] = relationship(lazy="selectin")

    def is_good_at(self, moment: datetime) -> bool:
        """Whether a device may join with it."""
        return self.ended_at is None and moment < self.ends_at and self.uses < self.most_uses


class DeviceInviteCheckpoint(Model):
    """That whoever joins with an invite may scan at a checkpoint."""

    __tablename__ = "device_invite_checkpoints"

    invite_id: Mapped[int] = mapped_column(
        ForeignKey("device_invites.id", ondelete="CASCADE"), primary_key=True
    )
    checkpoint_id: Mapped[int] = mapped_column(
        ForeignKey("checkpoints.id", ondelete="CASCADE"), primary_key=True
    )


class DeviceSighting(Model):
    """What a device last said of itself: how many scans it has not uploaded, of when the data are that it holds.

    ``trouble`` is why a printing station does not print, None when it does.
    """

    __tablename__ = "device_sightings"
    __table_args__ = (CheckConstraint("pending >= 0", name="pending_counted"),)

    device_id: Mapped[int] = mapped_column(ForeignKey("devices.id", ondelete="CASCADE"), primary_key=True)
    seen_at: Mapped[Moment]
    pending: Mapped[int] = mapped_column(server_default=text("0"))
    held_at: Mapped[Moment | None]
    trouble: Mapped[str | None]

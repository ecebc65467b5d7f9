"""Every scan there was, as it was shown at the device. What counts is worked out of them (checkin/fold.py)."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.db import Document, Model, Moment, state_column


class Direction(StrEnum):
    """Which way somebody goes. Out is asked only where people go in and out."""

    IN = "in"
    OUT = "out"


class Verdict(StrEnum):
    """What a scan came to, once all scans that are known of the same ticket at the same checkpoint are put in order."""

    FIRST = "first"
    LEFT = "left"
    REFUSED = "refused"
    CONFLICT = "conflict"
    UNDONE = "undone"

    @property
    def label(self) -> str:
        """The verdict in the reader's language."""
        return str(_VERDICT_LABELS[self])


_VERDICT_LABELS = {
    Verdict.FIRST: _l("Let in"),
    Verdict.LEFT: _l("Went out"),
    Verdict.REFUSED: _l("Refused"),
    Verdict.CONFLICT: _l("Let in twice"),
    Verdict.UNDONE: _l("Undone"),
}


class Scan(Model):
    """One scan. Its id is made by the device, so sending it again changes nothing; rows are never removed or rewritten,
    only ``verdict`` and ``against_id`` follow what becomes known later (trigger ``scans_stay()``).

    ``at`` is the device's time put right by what it knew of the server's clock; ``device_at`` what its own clock said.
    ``let_in`` is what was shown: green, or red with ``reason``. ``asked``: the server decided; else the device alone.
    ``objection``: why the server would have refused what a device alone let in. ``ticket_hash`` names a code that
    belongs to no registration. ``against_id`` is the scan that came before, when two devices let the same ticket in.
    """

    __tablename__ = "scans"
    __table_args__ = (
        ForeignKeyConstraint(
            ["stop_id", "checkpoint_id"],
            ["checkpoints.stop_id", "checkpoints.id"],
            name="fk_scans_checkpoint",
        ),
        Index("ix_scans_ticket", "registration_id", "checkpoint_id"),
        Index("ix_scans_stop_at", "stop_id", "at"),
        Index(
            "ix_scans_conflicts",
            "stop_id",
            "at",
            postgresql_where=text("verdict = 'conflict' OR objection IS NOT NULL"),
        ),
        CheckConstraint("let_in = (reason IS NULL)", name="red_with_its_reason"),
        CheckConstraint("let_in OR verdict IN ('refused', 'undone')", name="red_stays_red"),
        CheckConstraint("NOT let_in OR registration_id IS NOT NULL", name="somebody_was_let_in"),
        CheckConstraint("(verdict = 'conflict') = (against_id IS NOT NULL)", name="conflict_with_another"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    stop_id: Mapped[int] = mapped_column(ForeignKey("stops.id"))
    checkpoint_id: Mapped[int]
    registration_id: Mapped[int | None] = mapped_column(ForeignKey("registrations.id"))
    device_id: Mapped[int | None] = mapped_column(ForeignKey("devices.id"))
    # Who scanned, or who answers for the device.
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    gate: Mapped[str]
    direction: Mapped[Direction] = state_column(Direction, name="direction", server_default=text("'in'"))
    at: Mapped[Moment]
    device_at: Mapped[Moment]
    received_at: Mapped[Moment]
    asked: Mapped[bool]
    let_in: Mapped[bool]
    reason: Mapped[str | None]
    objection: Mapped[str | None]
    ticket_hash: Mapped[bytes | None]
    verdict: Mapped[Verdict] = state_column(Verdict, name="verdict")
    against_id: Mapped[UUID | None]


class ScanUndo(Model):
    """That a scan was taken back. It may come before the scan itself: uploads arrive in any order."""

    __tablename__ = "scan_undos"

    scan_id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[Moment]
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    device_id: Mapped[int | None] = mapped_column(ForeignKey("devices.id"))
    reason: Mapped[str | None]


class SetAside(Model):
    """An upload of a device that was not understood: kept as it came, shown to the organiser, never dropped.

    ``payload`` is the upload without the ticket's code, ``why`` the refusal's code.
    """

    __tablename__ = "set_aside_scans"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    device_id: Mapped[int] = mapped_column(ForeignKey("devices.id"), index=True)
    received_at: Mapped[Moment]
    why: Mapped[str]
    payload: Mapped[Document]
    seen_at: Mapped[Moment | None]
    seen_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))

"""Who has passed a checkpoint; at the one of arrival: who has arrived."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.models import Staff
from checkin.models.checkpoint import Checkpoint
from registrations.models import Registration
from shared.db import Model, Moment


class CheckIn(Model):
    """One person's first pass of a checkpoint: what the scans of his ticket come to (checkin/fold.py).

    ``day`` is set where one passes once a day. ``is_arrival`` repeats the checkpoint's kind: those rows are arrivals.
    ``scan_id`` is the scan that counts; when an earlier one comes in late from a device without network, the row
    moves over to it. A mistaken one is voided, never deleted: the row stays, and the person may be let in again.
    ``within``: not gone out again. ``asked``: the server decided, not a device alone.
    """

    __tablename__ = "check_ins"
    __table_args__ = (
        # One entry per ticket, checkpoint and day, whoever asks and however.
        Index(
            "uq_check_ins_passed",
            "checkpoint_id",
            "registration_id",
            "day",
            unique=True,
            postgresql_where=text("voided_at IS NULL"),
            postgresql_nulls_not_distinct=True,
        ),
        # One arrival per registration, though a stop's door be closed down and another opened.
        Index(
            "uq_check_ins_standing",
            "registration_id",
            unique=True,
            postgresql_where=text("voided_at IS NULL AND is_arrival"),
        ),
        # The same scan sent twice (an answer was lost on the way) is one entry.
        Index("uq_check_ins_scan_id", "scan_id", unique=True),
        Index("ix_check_ins_stop_arrived", "stop_id", "arrived_at"),
        ForeignKeyConstraint(
            ["stop_id", "checkpoint_id"],
            ["checkpoints.stop_id", "checkpoints.id"],
            name="fk_check_ins_checkpoint",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id"))
    stop_id: Mapped[int] = mapped_column(ForeignKey("stops.id"))
    # Filled in by the trigger check_ins_at_arrival() for whoever names none: at the stop's door.
    checkpoint_id: Mapped[int]
    is_arrival: Mapped[bool] = mapped_column(server_default=text("true"))
    day: Mapped[date | None]
    scan_id: Mapped[UUID | None]
    gate: Mapped[str]
    scanned_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    arrived_at: Mapped[Moment]
    within: Mapped[bool] = mapped_column(server_default=text("true"))
    asked: Mapped[bool] = mapped_column(server_default=text("true"))
    voided_at: Mapped[Moment | None]
    voided_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    void_reason: Mapped[str | None]

    registration: Mapped[Registration] = relationship(lazy="joined")
    scanned_by: Mapped[Staff] = relationship(foreign_keys=[scanned_by_id])
    checkpoint: Mapped[Checkpoint] = relationship(
        primaryjoin="foreign(CheckIn.checkpoint_id) == Checkpoint.id", viewonly=True
    )

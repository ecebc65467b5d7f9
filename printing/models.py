"""A badge asked for at a scan, on its way to a printer."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.models import Staff
from checkin.models import Checkpoint, Device
from registrations.models import Registration
from shared.db import Model, Moment, state_column


class PrintState(StrEnum):
    """How far a badge has come."""

    WAITING = "waiting"
    TAKEN = "taken"
    PRINTED = "printed"
    FAILED = "failed"
    DROPPED = "dropped"

    @property
    def label(self) -> str:
        """The state in the reader's language."""
        return str(_STATE_LABELS[self])


_STATE_LABELS = {
    PrintState.WAITING: _l("Waits to be printed"),
    PrintState.TAKEN: _l("Being printed"),
    PrintState.PRINTED: _l("Printed"),
    PrintState.FAILED: _l("Did not come out"),
    PrintState.DROPPED: _l("Not wanted any more"),
}


class Failure(StrEnum):
    """Why a badge did not come out."""

    PRINTER = "printer"
    BADGE = "badge"
    INTERRUPTED = "interrupted"
    GAVE_UP = "gave_up"

    @property
    def label(self) -> str:
        """The reason in the reader's language."""
        return str(_FAILURE_LABELS[self])


_FAILURE_LABELS = {
    Failure.PRINTER: _l("The printer did not print it"),
    Failure.BADGE: _l("The badge could not be made"),
    Failure.INTERRUPTED: _l("The station stopped in the middle: look whether it came out"),
    Failure.GAVE_UP: _l("Three stations took it and did not print it"),
}


class PrintJob(Model):
    """One badge of one registration, asked for by a scan or by hand.

    A scan's job is written by the trigger ``check_ins_ask_for_badges()`` in the scan's own transaction; it is ``copy`` 1. What is
    asked for by hand afterwards counts on. ``station_id``: only there; None: at any station of ``checkpoint_id``, and
    without a checkpoint at any of the stop. A station takes a job until ``taken_until``; if it is silent for so long, another may.
    ``tries``: how often it was taken.
    """

    __tablename__ = "print_jobs"
    __table_args__ = (
        # However often a scan is sent, it asks for one badge.
        Index("uq_print_jobs_scan_id", "scan_id", unique=True),
        # One first badge a registration, and each further one has a number of its own.
        Index(
            "uq_print_jobs_copy",
            "registration_id",
            "copy",
            unique=True,
            postgresql_where=text("state <> 'dropped'"),
        ),
        # A station prints one badge after the other.
        Index(
            "uq_print_jobs_taken_by",
            "taken_by_id",
            unique=True,
            postgresql_where=text("state = 'taken'"),
        ),
        Index(
            "ix_print_jobs_waiting",
            "stop_id",
            "asked_at",
            "id",
            postgresql_where=text("state IN ('waiting', 'taken')"),
        ),
        Index("ix_print_jobs_stop_id", "stop_id", "id"),
        ForeignKeyConstraint(
            ["stop_id", "checkpoint_id"],
            ["checkpoints.stop_id", "checkpoints.id"],
            name="fk_print_jobs_checkpoint",
        ),
        CheckConstraint("copy >= 1", name="copies_counted"),
        CheckConstraint("scan_id IS NULL OR copy = 1", name="scan_asks_for_the_first"),
        CheckConstraint("(state = 'taken') = (taken_until IS NOT NULL)", name="taken_until_then"),
        CheckConstraint("state <> 'taken' OR taken_by_id IS NOT NULL", name="taken_by_somebody"),
        CheckConstraint("(state IN ('waiting', 'taken')) = (ended_at IS NULL)", name="ended"),
        CheckConstraint("(state = 'failed') = (why IS NOT NULL)", name="failed_with_its_reason"),
        CheckConstraint("tries >= 0", name="tries_counted"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    stop_id: Mapped[int] = mapped_column(ForeignKey("stops.id"))
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id"))
    checkpoint_id: Mapped[int | None]
    station_id: Mapped[int | None] = mapped_column(ForeignKey("devices.id"))
    scan_id: Mapped[UUID | None]
    copy: Mapped[int] = mapped_column(server_default=text("1"))
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    asked_at: Mapped[Moment]
    state: Mapped[PrintState] = state_column(PrintState, name="state", server_default=text("'waiting'"))
    tries: Mapped[int] = mapped_column(server_default=text("0"))
    taken_by_id: Mapped[int | None] = mapped_column(ForeignKey("devices.id"))
    taken_at: Mapped[Moment | None]
    taken_until: Mapped[Moment | None]
    ended_at: Mapped[Moment | None]
    why: Mapped[Failure | None] = state_column(Failure, name="why", nullable=True)

    registration: Mapped[Registration] = relationship()
    asked_by: Mapped[Staff] = relationship(foreign_keys=[asked_by_id])
    taken_by: Mapped[Device | None] = relationship(foreign_keys=[taken_by_id])
    checkpoint: Mapped[Checkpoint | None] = relationship(
        primaryjoin="foreign(PrintJob.checkpoint_id) == Checkpoint.id", viewonly=True
    )

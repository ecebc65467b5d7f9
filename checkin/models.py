"""Who has arrived."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.models import Staff
from registrations.models import Registration
from shared.db import Model, Moment


class CheckIn(Model):
    """One person's arrival at the stop they registered for.

    A mistaken scan is voided, never deleted: the row stays for the record, and the person may be checked in again.
    """

    __tablename__ = "check_ins"
    __table_args__ = (
        # One entry per ticket, whoever asks and however.
        Index(
            "uq_check_ins_standing",
            "registration_id",
            unique=True,
            postgresql_where=text("voided_at IS NULL"),
        ),
        # The same scan sent twice (an answer was lost on the way) is one arrival.
        Index("uq_check_ins_scan_id", "scan_id", unique=True),
        Index("ix_check_ins_stop_arrived", "stop_id", "arrived_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id"))
    stop_id: Mapped[int] = mapped_column(ForeignKey("stops.id"))
    scan_id: Mapped[UUID | None]
    gate: Mapped[str]
    scanned_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    arrived_at: Mapped[Moment]
    voided_at: Mapped[Moment | None]
    voided_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    void_reason: Mapped[str | None]

    registration: Mapped[Registration] = relationship(lazy="joined")
    scanned_by: Mapped[Staff] = relationship(foreign_keys=[scanned_by_id])

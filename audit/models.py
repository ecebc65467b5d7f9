"""The office's memory: one row for every act, written in the act's own transaction, never changed."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from shared.db import Document, Model, Moment


class AuditEntry(Model):
    """Who did what to which row, when. The database itself refuses UPDATE and DELETE (a trigger)."""

    __tablename__ = "audit_entries"
    __table_args__ = (Index("ix_audit_entries_subject", "subject_kind", "subject_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[Moment]
    act: Mapped[str]
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    by_whom: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[int | None]
    details: Mapped[Document]
    request_id: Mapped[str | None]

"""Promised work, written down in the same transaction as the act that promised it."""

from __future__ import annotations

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.db import Document, Model, Moment


class OutboxJob(Model):
    """One promise. This row is the truth; what lies in Redis is only the bell that wakes the worker.

    ``done_at`` is set in the same transaction as the promise's effect, so a job delivered twice has one effect.
    """

    __tablename__ = "outbox_jobs"
    __table_args__ = (
        Index(
            "ix_outbox_jobs_open",
            "due_at",
            "id",
            postgresql_where=text("done_at IS NULL AND parked_at IS NULL"),
        ),
        # For the janitor, who looks for the oldest every half minute.
        Index("ix_outbox_jobs_done", "done_at", postgresql_where=text("done_at IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    task: Mapped[str]
    arguments: Mapped[Document]
    promised_at: Mapped[Moment]
    due_at: Mapped[Moment]
    handed_over_at: Mapped[Moment | None]
    handed_over_times: Mapped[int] = mapped_column(server_default=text("0"))
    tries: Mapped[int] = mapped_column(server_default=text("0"))
    last_error: Mapped[str | None]
    done_at: Mapped[Moment | None]
    parked_at: Mapped[Moment | None]

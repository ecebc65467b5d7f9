"""Promised work, written down in the same transaction as the act that promised it."""

from __future__ import annotations

from enum import StrEnum

from flask_babel import lazy_gettext as _l
from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.db import Document, Model, Moment, state_column


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


class WorkState(StrEnum):
    """Where long work stands."""

    WAITING = "waiting"
    RUNNING = "running"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    FAILED = "failed"

    @property
    def label(self) -> str:
        """The state in the reader's language."""
        return str(_WORK_LABELS[self])

    @property
    def is_over(self) -> bool:
        """Whether nothing more will be done."""
        return self in (WorkState.FINISHED, WorkState.CANCELLED, WorkState.FAILED)


_WORK_LABELS = {
    WorkState.WAITING: _l("Begins in a moment"),
    WorkState.RUNNING: _l("Running"),
    WorkState.FINISHED: _l("Finished"),
    WorkState.CANCELLED: _l("Cancelled"),
    WorkState.FAILED: _l("Could not be finished"),
}


class LongWork(Model):
    """Work that takes longer than a page may, done in the background a chunk at a time (see jobs/long_work.py).

    ``position`` is where the next chunk begins; it moves in the same transaction as the chunk's effect. ``total`` is
    None while nobody knows it. ``result_file`` is a name below DATA_DIR/results, ``result_name`` what it is called
    when downloaded. ``last_error`` tells of the latest try that failed.
    """

    __tablename__ = "long_works"
    __table_args__ = (
        CheckConstraint(
            "(state IN ('finished', 'cancelled', 'failed')) = (finished_at IS NOT NULL)", name="finished_at"
        ),
        CheckConstraint("done >= 0 AND skipped >= 0 AND failed >= 0 AND position >= 0", name="counts"),
        CheckConstraint("(result_file IS NULL) = (result_name IS NULL)", name="result_file_named"),
        Index("ix_long_works_ordered_by_id", "ordered_by_id", "id"),
        Index("ix_long_works_expires_at", "expires_at", postgresql_where=text("result_file IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    # Staff belong to a package above this one; only their key is known here.
    ordered_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    arguments: Mapped[Document]
    language: Mapped[str]
    state: Mapped[WorkState] = state_column(WorkState, name="state")
    position: Mapped[int] = mapped_column(server_default=text("0"))
    chunk_size: Mapped[int]
    total: Mapped[int | None]
    done: Mapped[int] = mapped_column(server_default=text("0"))
    skipped: Mapped[int] = mapped_column(server_default=text("0"))
    failed: Mapped[int] = mapped_column(server_default=text("0"))
    result: Mapped[Document] = mapped_column(server_default=text("'{}'::jsonb"))
    result_file: Mapped[str | None]
    result_name: Mapped[str | None]
    last_error: Mapped[str | None]
    ordered_at: Mapped[Moment]
    started_at: Mapped[Moment | None]
    finished_at: Mapped[Moment | None]
    expires_at: Mapped[Moment | None]

    @property
    def gone_through(self) -> int:
        """How many rows lie behind: done, skipped and failed."""
        return self.done + self.skipped + self.failed

    @property
    def percent(self) -> int | None:
        """0–100, or None while the whole is not known. Only finished work shows 100."""
        if self.state is WorkState.FINISHED:
            return 100
        if not self.total:
            return None
        return min(99, 100 * self.gone_through // self.total)

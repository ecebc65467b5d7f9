"""One import: the sheet as it came, what each of its rows is to become, and what became of it."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from campaigns.models import Stop
from jobs.models import LongWork
from shared.db import Document, Model, Moment, state_column


class ImportState(StrEnum):
    """Where an import stands."""

    UPLOADED = "uploaded"
    CHECKED = "checked"
    RUNNING = "running"
    DONE = "done"
    REVERTING = "reverting"
    REVERTED = "reverted"

    @property
    def label(self) -> str:
        """The state in the reader's language."""
        return str(_STATE_LABELS[self])


_STATE_LABELS = {
    ImportState.UPLOADED: _l("Columns to choose"),
    ImportState.CHECKED: _l("Looked through, not begun"),
    ImportState.RUNNING: _l("Running"),
    ImportState.DONE: _l("Brought in"),
    ImportState.REVERTING: _l("Being taken back"),
    ImportState.REVERTED: _l("Taken back"),
}


class Verdict(StrEnum):
    """What a row is to become."""

    NEW = "new"
    UPDATE = "update"
    SKIP = "skip"
    ERROR = "error"


class Outcome(StrEnum):
    """What became of a row."""

    MADE = "made"
    UPDATED = "updated"
    SKIPPED = "skipped"
    REFUSED = "refused"
    REVERTED = "reverted"
    STAYED = "stayed"


class ImportRun(Model):
    """One sheet of one stop, from the upload to the end.

    ``sheet`` holds the columns' names and the cells as text, ``columns`` which column is what, ``options`` what was
    chosen. Cells are forgotten when the import is done, at the latest a week after the upload.
    """

    __tablename__ = "import_runs"
    __table_args__ = (
        Index("ix_import_runs_stop_id", "stop_id", "id"),
        CheckConstraint("row_count >= 0", name="row_count_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    stop_id: Mapped[int] = mapped_column(ForeignKey("stops.id"))
    by_staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    file_name: Mapped[str]
    read_as: Mapped[str]
    row_count: Mapped[int]
    state: Mapped[ImportState] = state_column(ImportState, name="state")
    sheet: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True), deferred=True)
    columns: Mapped[Document] = mapped_column(server_default=text("'{}'"))
    options: Mapped[Document] = mapped_column(server_default=text("'{}'"))
    work_id: Mapped[int | None] = mapped_column(ForeignKey("long_works.id"))
    uploaded_at: Mapped[Moment]
    done_at: Mapped[Moment | None]

    stop: Mapped[Stop] = relationship()
    work: Mapped[LongWork | None] = relationship()


class ImportRow(Model):
    """One row of the sheet: ``number`` is its line there, ``problems`` the sentences that say what is wrong.

    ``entry`` is what is to be stored, ``before`` what an update has replaced; ``cells`` are kept of rows that were
    refused, so that they can be corrected. ``like_number`` is an earlier row that may be the same person, for
    ``like_reasons``.
    """

    __tablename__ = "import_rows"
    __table_args__ = (
        UniqueConstraint("run_id", "number", name="uq_import_rows_number"),
        CheckConstraint("like_number < number", name="like_an_earlier_row"),
        Index(
            "ix_import_rows_registration_id",
            "registration_id",
            postgresql_where=text("registration_id IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("import_runs.id", ondelete="CASCADE"))
    number: Mapped[int]
    verdict: Mapped[Verdict] = state_column(Verdict, name="verdict")
    problems: Mapped[list[str]] = mapped_column(JSONB, server_default=text("'[]'"))
    entry: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    cells: Mapped[list[str] | None] = mapped_column(JSONB(none_as_null=True))
    like_number: Mapped[int | None]
    like_reasons: Mapped[list[str]] = mapped_column(JSONB, default=list, server_default=text("'[]'"))
    outcome: Mapped[Outcome | None] = state_column(Outcome, name="outcome", nullable=True)
    made_person: Mapped[bool] = mapped_column(server_default=text("false"))
    person_id: Mapped[int | None]
    registration_id: Mapped[int | None] = mapped_column(ForeignKey("registrations.id", ondelete="SET NULL"))
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))


class ColumnMemory(Model):
    """Which column was what, the last time this organiser imported for this campaign."""

    __tablename__ = "column_memories"
    __table_args__ = (UniqueConstraint("staff_id", "campaign_id", name="uq_column_memories_staff_campaign"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    columns: Mapped[Document]

"""What was said to whom, and whether it arrived."""

from __future__ import annotations

from enum import StrEnum

from flask_babel import lazy_gettext as _l
from sqlalchemy import ARRAY, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.db import Model, Moment, state_column


class MessageState(StrEnum):
    """Where a message is on its way."""

    QUEUED = "queued"
    SENT = "sent"
    KEPT = "kept"
    FAILED = "failed"

    @property
    def label(self) -> str:
        """The state in the reader's language."""
        return str(_STATE_LABELS[self])


_STATE_LABELS = {
    MessageState.QUEUED: _l("On its way"),
    MessageState.SENT: _l("Sent"),
    MessageState.KEPT: _l("Kept here, not sent"),
    MessageState.FAILED: _l("Failed"),
}


class Message(Model):
    """One mail to one person.

    ``occasion`` with ``kind`` and ``registration_id`` is unique: nothing is written twice, however often the task runs.
    ``message_id`` is fixed before the first try, so a mail server that is given it twice can tell.
    """

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("kind", "registration_id", "occasion", name="uq_messages_occasion"),
        Index("ix_messages_written_at", text("written_at DESC"), text("id DESC")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    occasion: Mapped[str]
    # These tables belong to packages above this one; only their keys are known here.
    registration_id: Mapped[int | None] = mapped_column(ForeignKey("registrations.id"), index=True)
    stop_id: Mapped[int | None] = mapped_column(ForeignKey("stops.id"), index=True)
    recipient: Mapped[str]
    language: Mapped[str]
    subject: Mapped[str]
    body_text: Mapped[str]
    body_html: Mapped[str]
    inline_png: Mapped[bytes | None]
    # Calendar files that go with it, each the text of an .ics.
    calendars: Mapped[list[str]] = mapped_column(ARRAY(String), server_default=text("'{}'"))
    message_id: Mapped[str] = mapped_column(unique=True)
    state: Mapped[MessageState] = state_column(MessageState, name="state")
    tries: Mapped[int] = mapped_column(server_default=text("0"))
    last_error: Mapped[str | None]
    written_at: Mapped[Moment]
    sent_at: Mapped[Moment | None]

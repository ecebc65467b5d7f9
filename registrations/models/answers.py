"""What was answered, is being typed, and was changed afterwards."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
)
from sqlalchemy.orm import Mapped, mapped_column

from shared.db import Model, Moment


class AnswerFile(Model):
    """A file that answers a question. Without a registration it was handed in and not sent yet."""

    __tablename__ = "answer_files"

    file_id: Mapped[int] = mapped_column(ForeignKey("stored_files.id"), primary_key=True)
    registration_id: Mapped[int | None] = mapped_column(ForeignKey("registrations.id"), index=True)


class FormDraft(Model):
    """What somebody has typed and not sent yet, sealed: found by its token's hash, or by whose second form it is."""

    __tablename__ = "form_drafts"
    __table_args__ = (
        Index("uq_form_drafts_token_hash", "token_hash", unique=True),
        Index("uq_form_drafts_registration_id", "registration_id", unique=True),
        Index("ix_form_drafts_expires_at", "expires_at"),
        CheckConstraint("(token_hash IS NULL) <> (registration_id IS NULL)", name="one_owner"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    stop_id: Mapped[int] = mapped_column(ForeignKey("stops.id"))
    token_hash: Mapped[bytes | None]
    registration_id: Mapped[int | None] = mapped_column(ForeignKey("registrations.id", ondelete="CASCADE"))
    sealed: Mapped[bytes]
    version: Mapped[int]
    updated_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    mailed_at: Mapped[Moment | None]


class AnswerChange(Model):
    """What was changed of a registration after it was sent: which fields, when, by whom.

    ``values_sealed`` holds JSON, ``{field: [before, after]}``, bound to this row; the record names the fields only.
    """

    __tablename__ = "answer_changes"
    __table_args__ = (CheckConstraint("cardinality(fields) > 0", name="names_fields"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id"), index=True)
    at: Mapped[Moment]
    by_staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    fields: Mapped[list[str]] = mapped_column(ARRAY(String))
    values_sealed: Mapped[bytes | None]

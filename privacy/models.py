"""What people have agreed to, and when they took it back."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from privacy.purposes import Purpose
from shared.db import Day, Document, Model, Moment, state_column


class Consent(Model):
    """One agreement, given with one registration, to one version of one text.

    Taking it back sets ``withdrawn_at``; giving it anew, or to a new version, is another row. ``text_digest`` is the
    SHA-256 of the words that were shown, or empty where they are not known any more.
    """

    __tablename__ = "consents"
    __table_args__ = (
        Index(
            "uq_consents_standing",
            "registration_id",
            "purpose",
            "text_version",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
        Index("ix_consents_registration_id", "registration_id"),
        CheckConstraint("withdrawn_at IS NULL OR withdrawn_at >= given_at", name="withdrawn_after_given"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # Registrations belong to a package above this one; only their key is known here.
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id"))
    purpose: Mapped[Purpose] = state_column(Purpose, name="purpose")
    text_version: Mapped[str]
    text_digest: Mapped[str]
    given_at: Mapped[Moment]
    withdrawn_at: Mapped[Moment | None]


class Erasure(Model):
    """That somebody's data were erased: how much of what, when, and when the last copy in a backup is gone.

    ``receipt`` is the secret part of the receipt's address. Nothing here says who it was.
    """

    __tablename__ = "erasures"
    __table_args__ = (Index("uq_erasures_receipt", "receipt", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    receipt: Mapped[str]
    erased_at: Mapped[Moment]
    backups_gone_on: Mapped[Day]
    counts: Mapped[Document]
    whole_person: Mapped[bool]


class PurgeState(StrEnum):
    """How a day's purge went. STOPPED waits for an administrator."""

    DONE = "done"
    STOPPED = "stopped"
    CONFIRMED = "confirmed"


class PurgeRun(Model):
    """One day's purge: what was removed by purpose, or why it was stopped."""

    __tablename__ = "purge_runs"
    __table_args__ = (
        Index("uq_purge_runs_day", "day", unique=True),
        CheckConstraint(
            "(state = 'confirmed') = (confirmed_by_id IS NOT NULL)", name="confirmed_by_somebody"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[Day]
    state: Mapped[PurgeState] = state_column(PurgeState, name="state")
    ran_at: Mapped[Moment]
    counts: Mapped[Document]
    reason: Mapped[str | None]
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))

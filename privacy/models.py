"""What people have agreed to, and when they took it back."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from privacy.purposes import Purpose
from shared.db import Model, Moment, state_column


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

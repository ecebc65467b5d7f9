"""Screens in the hall that welcome those who arrive."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.models import Staff
from campaigns.models import Stop
from shared.db import Model, Moment


class Wall(Model):
    """One address under which a screen shows a stop's arrivals, until ``ends_at`` or until it is ended.

    Whoever knows the address sees it: a television signs in nowhere. It is shown once; here lies a hash.
    """

    __tablename__ = "walls"
    __table_args__ = (
        Index("uq_walls_token_hash", "token_hash", unique=True),
        Index("ix_walls_stop_id", "stop_id", "id"),
        CheckConstraint("octet_length(token_hash) = 32", name="token_hashed"),
        CheckConstraint("name <> ''", name="named"),
        CheckConstraint("language IN ('zh', 'en')", name="language"),
        CheckConstraint("ends_at > made_at", name="ends_after_made"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    stop_id: Mapped[int] = mapped_column(ForeignKey("stops.id"))
    name: Mapped[str]
    language: Mapped[str]
    token_hash: Mapped[bytes]
    made_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    made_at: Mapped[Moment]
    ends_at: Mapped[Moment]
    ended_at: Mapped[Moment | None]

    stop: Mapped[Stop] = relationship()
    made_by: Mapped[Staff] = relationship()

    def is_good_at(self, moment: datetime) -> bool:
        """Whether it still shows anything."""
        return self.ended_at is None and moment < self.ends_at

"""One human being over all campaigns and years."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from shared.db import Model, Moment


class Person(Model):
    """Somebody who has registered at least once.

    The same mobile and the same name, however it is written, are the same person. ``email`` is the one of the first
    registration; what a registration was told goes to the address given with *that* registration.

    Whoever turned out to be somebody else who is here already points to that person with ``merged_into_id`` and
    is kept, so that old links still lead somewhere. The folded and hashed columns are written by
    ``people/keep.py``; ``university_folded`` and ``education`` are those given last.
    """

    __tablename__ = "people"
    __table_args__ = (
        UniqueConstraint("mobile", "full_name", name="uq_people_mobile_full_name"),
        Index("ix_people_full_name", "full_name"),
        Index("ix_people_search_keys", "search_keys", postgresql_using="gin"),
        Index(
            "uq_people_standing",
            "mobile_hash",
            "name_folded",
            unique=True,
            postgresql_where=text("merged_into_id IS NULL AND mobile_hash IS NOT NULL"),
        ),
        Index(
            "uq_people_id_number",
            "id_number_hash",
            unique=True,
            postgresql_where=text("merged_into_id IS NULL AND id_number_hash IS NOT NULL"),
        ),
        Index("ix_people_email_hash", "email_hash"),
        Index("ix_people_name_folded", "name_folded", "university_folded"),
        Index(
            "ix_people_merged_into_id", "merged_into_id", postgresql_where=text("merged_into_id IS NOT NULL")
        ),
        CheckConstraint("merged_into_id <> id", name="not_merged_into_itself"),
        CheckConstraint(
            "(id_number_sealed IS NULL) = (id_number_hash IS NULL)", name="id_number_sealed_and_hashed"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    full_name: Mapped[str]
    name_pinyin: Mapped[str]
    name_initials: Mapped[str]
    # None only for guests whom the office entered.
    mobile: Mapped[str | None]
    email: Mapped[str]
    created_at: Mapped[Moment]
    name_folded: Mapped[str] = mapped_column(server_default="")
    university_folded: Mapped[str] = mapped_column(server_default="")
    education: Mapped[str | None]
    mobile_hash: Mapped[bytes | None]
    email_hash: Mapped[bytes | None]
    id_number_sealed: Mapped[bytes | None] = mapped_column(deferred=True)
    id_number_hash: Mapped[bytes | None] = mapped_column(deferred=True)
    search_keys: Mapped[list[int]] = mapped_column(ARRAY(Integer), server_default=text("'{}'"), deferred=True)
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))

    @property
    def shown_mobile(self) -> str:
        """As it is read in China: ``138 0000 0000``; a foreign one as it is stored."""
        if self.mobile is None:
            return ""
        if self.mobile.startswith("+86") and len(self.mobile) == 14:
            return f"{self.mobile[3:6]} {self.mobile[6:10]} {self.mobile[10:]}"
        return self.mobile

    @property
    def masked_mobile(self) -> str:
        """``138****0000``: enough to recognise, too little to call."""
        if self.mobile is None:
            return ""
        national = self.mobile.removeprefix("+86")
        return national[:-8] + "****" + national[-4:] if len(national) > 8 else "****"

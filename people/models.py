"""One human being over all campaigns and years."""

from __future__ import annotations

from enum import StrEnum

from flask_babel import lazy_gettext as _l
from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shared.db import Model, Moment, state_column


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
        Index("ix_people_name_pinyin", "name_pinyin"),  # the order of most lists
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
            "erased_at IS NULL OR (full_name = '' AND mobile IS NULL AND email = '' AND id_number_sealed IS NULL)",
            name="erased_is_empty",
        ),
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
    # Nothing personal is left; the row is kept for what is counted.
    erased_at: Mapped[Moment | None]

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


class PairState(StrEnum):
    """What became of two people who may be one."""

    OPEN = "open"
    MERGED = "merged"
    DIFFERENT = "different"


class Reason(StrEnum):
    """A thing that two people have in common."""

    ID_NUMBER = "id_number"
    MOBILE = "mobile"
    EMAIL = "email"
    NAME = "name"
    SIMILAR_NAME = "similar_name"
    UNIVERSITY = "university"
    EDUCATION = "education"

    @property
    def label(self) -> str:
        """The reason in the reader's language."""
        return str(_REASON_LABELS[self])


_REASON_LABELS = {
    Reason.ID_NUMBER: _l("The same ID number"),
    Reason.MOBILE: _l("The same mobile"),
    Reason.EMAIL: _l("The same e-mail address"),
    Reason.NAME: _l("The same name"),
    Reason.SIMILAR_NAME: _l("Almost the same name"),
    Reason.UNIVERSITY: _l("The same university"),
    Reason.EDUCATION: _l("The same education"),
}


class PersonPair(Model):
    """Two people who may be one human being, until somebody has said whether they are.

    Unordered: the smaller id is ``one_id``. ``score`` (0–100) is the sum of its ``reasons``. A pair of which was said
    that they are different stays, so that it is never suggested again.
    """

    __tablename__ = "person_pairs"
    __table_args__ = (
        UniqueConstraint("one_id", "other_id", name="uq_person_pairs_unordered"),
        CheckConstraint("one_id < other_id", name="smaller_first"),
        CheckConstraint("score BETWEEN 0 AND 100", name="score_range"),
        CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="decided_at"),
        Index("ix_person_pairs_other_id", "other_id"),
        Index("ix_person_pairs_open", text("score DESC"), "id", postgresql_where=text("state = 'open'")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    one_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    other_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    score: Mapped[int] = mapped_column(SmallInteger)
    reasons: Mapped[list[str]] = mapped_column(ARRAY(Text))
    found_at: Mapped[Moment]
    state: Mapped[PairState] = state_column(PairState, name="state")
    decided_at: Mapped[Moment | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))

    one: Mapped[Person] = relationship(foreign_keys=[one_id], lazy="joined")
    other: Mapped[Person] = relationship(foreign_keys=[other_id], lazy="joined")


class PersonMerge(Model):
    """That one person turned out to be another, and how to take it back.

    ``moved`` is a sealed document of what was changed; it is emptied after thirty days, and with it goes the way back.
    """

    __tablename__ = "person_merges"
    __table_args__ = (
        Index(
            "uq_person_merges_standing",
            "absorbed_id",
            unique=True,
            postgresql_where=text("undone_at IS NULL"),
        ),
        Index("ix_person_merges_survivor_id", "survivor_id"),
        CheckConstraint("survivor_id <> absorbed_id", name="two_people"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    survivor_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    absorbed_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    merged_at: Mapped[Moment]
    merged_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    moved: Mapped[bytes | None] = mapped_column(deferred=True)
    undo_until: Mapped[Moment]
    undone_at: Mapped[Moment | None]
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))

    survivor: Mapped[Person] = relationship(foreign_keys=[survivor_id], lazy="joined")
    absorbed: Mapped[Person] = relationship(foreign_keys=[absorbed_id], lazy="joined")

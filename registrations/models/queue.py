"""The queue's own tables: saved views, decisions about many at once, ready reasons; reviewers, criteria and scores."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.models import Staff
from registrations.models.registration import Act, Registration
from shared.db import Document, Model, Moment, state_column
from shared.language import in_language


class SavedView(Model):
    """A way of looking at the queue that somebody wants to come back to: filters, columns and order as an address.

    A shared one is seen by colleagues who reach its host city (None: by everybody who sees registrations).
    """

    __tablename__ = "saved_views"
    __table_args__ = (UniqueConstraint("staff_id", "name", name="uq_saved_views_name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    name: Mapped[str]
    query: Mapped[str]
    is_shared: Mapped[bool] = mapped_column(server_default=text("false"))
    host_city_id: Mapped[int | None] = mapped_column(ForeignKey("host_cities.id"))
    saved_at: Mapped[Moment]


class Batch(Model):
    """Many registrations chosen for one act: first shown with what would become of each, then carried out.

    ``registration_ids`` stand in the order in which seats are given. ``options`` is what goes with the act (reason,
    note, priority …), ``skipped`` what was not done: ``[id, sentence]`` each. ``back`` is the list's query string.
    ``work_id`` is the long work that carries it out, once it was ordered.
    """

    __tablename__ = "batches"
    __table_args__ = (
        UniqueConstraint("work_id", name="uq_batches_work_id"),
        Index("ix_batches_chosen_by_id", "chosen_by_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    act: Mapped[Act] = state_column(Act, name="act")
    registration_ids: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    options: Mapped[Document] = mapped_column(server_default=text("'{}'::jsonb"))
    skipped: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'::jsonb"))
    back: Mapped[str] = mapped_column(server_default=text("''"))
    chosen_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    chosen_at: Mapped[Moment]
    work_id: Mapped[int | None] = mapped_column(ForeignKey("long_works.id"))


class ReadyReason(Model):
    """A reason for declining that is ready to be said in both languages; a city's own, or the province's for all."""

    __tablename__ = "ready_reasons"

    id: Mapped[int] = mapped_column(primary_key=True)
    text_zh: Mapped[str]
    text_en: Mapped[str]
    host_city_id: Mapped[int | None] = mapped_column(ForeignKey("host_cities.id"))

    @property
    def text(self) -> str:
        """The reason in the reader's language."""
        return in_language(self.text_zh, self.text_en)


class Criterion(Model):
    """One thing the reviewers of a campaign score, from 0 to 10, with its weight in the whole."""

    __tablename__ = "criteria"
    __table_args__ = (
        UniqueConstraint("campaign_id", "name_zh", name="uq_criteria_name"),
        CheckConstraint("weight BETWEEN 1 AND 10", name="weight_range"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    name_zh: Mapped[str]
    name_en: Mapped[str] = mapped_column(server_default=text("''"))
    weight: Mapped[int] = mapped_column(SmallInteger, server_default=text("1"))
    position: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))

    @property
    def name(self) -> str:
        """What is scored, in the reader's language."""
        return in_language(self.name_zh, self.name_en)


class Review(Model):
    """One reviewer's look at one registration: asked for, then given with scores, or refused for a conflict of interest."""

    __tablename__ = "reviews"
    __table_args__ = (
        UniqueConstraint("registration_id", "reviewer_id", name="uq_reviews_reviewer"),
        Index("ix_reviews_reviewer_id", "reviewer_id", "registration_id"),
        CheckConstraint("conflict IS NULL OR given_at IS NULL", name="no_score_in_conflict"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id", ondelete="CASCADE"))
    reviewer_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    asked_at: Mapped[Moment]
    given_at: Mapped[Moment | None]
    note: Mapped[str | None]
    conflict: Mapped[str | None]

    registration: Mapped[Registration] = relationship()
    reviewer: Mapped[Staff] = relationship()
    scores: Mapped[list[Score]] = relationship(cascade="all, delete-orphan", lazy="selectin")


class Score(Model):
    """The points one reviewer gives one registration for one criterion."""

    __tablename__ = "scores"
    __table_args__ = (
        CheckConstraint("points BETWEEN 0 AND 10", name="points_range"),
        Index("ix_scores_criterion_id", "criterion_id"),
    )

    review_id: Mapped[int] = mapped_column(ForeignKey("reviews.id", ondelete="CASCADE"), primary_key=True)
    criterion_id: Mapped[int] = mapped_column(ForeignKey("criteria.id"), primary_key=True)
    points: Mapped[int] = mapped_column(SmallInteger)

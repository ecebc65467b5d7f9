"""Where tickets are looked at: the door of a stop, its coach, its dinner; and how many may be within."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from flask_babel import lazy_gettext as _l
from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from campaigns.models import ProgrammeItem, Stop
from registrations.models import BadgeClass
from shared.db import Model, Moment, state_column
from shared.language import in_language


class CheckpointKind(StrEnum):
    """What is entered, boarded or handed out."""

    ARRIVAL = "arrival"
    COACH = "coach"
    SESSION = "session"
    MEAL = "meal"
    HOTEL = "hotel"
    GIFT = "gift"

    @property
    def label(self) -> str:
        """The kind in the reader's language."""
        return str(_KIND_LABELS[self])


_KIND_LABELS = {
    CheckpointKind.ARRIVAL: _l("Arrival"),
    CheckpointKind.COACH: _l("Coach"),
    CheckpointKind.SESSION: _l("Session"),
    CheckpointKind.MEAL: _l("Meal"),
    CheckpointKind.HOTEL: _l("Hotel"),
    CheckpointKind.GIFT: _l("Gift"),
}


class Often(StrEnum):
    """How often one ticket passes."""

    ONCE = "once"
    DAILY = "daily"
    IN_AND_OUT = "in_and_out"

    @property
    def label(self) -> str:
        """The rule in the reader's language."""
        return str(_OFTEN_LABELS[self])


_OFTEN_LABELS = {
    Often.ONCE: _l("Once"),
    Often.DAILY: _l("Once a day"),
    Often.IN_AND_OUT: _l("In and out"),
}


class Checkpoint(Model):
    """One place of a stop where tickets are scanned, with its rule.

    Every stop has exactly one of kind ``arrival`` that is not closed down, made with the stop by a trigger: who passes
    it has arrived. ``badge_classes`` empty: every class; ``programme_item_id``: only those who chose that item;
    ``after_arrival``: only those who have arrived. ``shows_notes``: whoever scans here sees the notes for the gate,
    and of each guest what ``shown_fields`` names (checkin/shown_fields.py). Without ``opens_at`` / ``closes_at`` the stop's own days hold.
    ``capacity`` is how many may be within at once (``in_and_out``), a day (``daily``) or in all (``once``).
    """

    __tablename__ = "checkpoints"
    __table_args__ = (
        Index(
            "uq_checkpoints_arrival",
            "stop_id",
            unique=True,
            postgresql_where=text("kind = 'arrival' AND ended_at IS NULL"),
        ),
        Index("ix_checkpoints_stop_id", "stop_id", "id"),
        # What is scanned at a checkpoint is scanned at the checkpoint's own stop.
        UniqueConstraint("stop_id", "id", name="uq_checkpoints_stop"),
        CheckConstraint("capacity BETWEEN 0 AND 100000", name="capacity_range"),
        CheckConstraint("opens_at < closes_at", name="opens_before_it_closes"),
        CheckConstraint("kind <> 'arrival' OR often = 'once'", name="arrives_once"),
        CheckConstraint("cardinality(shown_fields) <= 6", name="few_shown_fields"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    stop_id: Mapped[int] = mapped_column(ForeignKey("stops.id"))
    kind: Mapped[CheckpointKind] = state_column(CheckpointKind, name="kind")
    name_zh: Mapped[str] = mapped_column(server_default=text("''"))
    name_en: Mapped[str] = mapped_column(server_default=text("''"))
    often: Mapped[Often] = state_column(Often, name="often", server_default=text("'once'"))
    opens_at: Mapped[Moment | None]
    closes_at: Mapped[Moment | None]
    badge_classes: Mapped[list[str]] = mapped_column(ARRAY(String), server_default=text("'{}'"))
    programme_item_id: Mapped[int | None] = mapped_column(ForeignKey("programme_items.id"))
    after_arrival: Mapped[bool] = mapped_column(server_default=text("false"))
    shows_notes: Mapped[bool] = mapped_column(server_default=text("true"))
    shown_fields: Mapped[list[str]] = mapped_column(ARRAY(String), server_default=text("'{}'"))
    capacity: Mapped[int | None]
    # Whoever passes gets a badge asked for at a printing station (trigger check_ins_ask_for_badges()).
    prints_badge: Mapped[bool] = mapped_column(server_default=text("false"))
    ended_at: Mapped[Moment | None]

    stop: Mapped[Stop] = relationship()
    programme_item: Mapped[ProgrammeItem | None] = relationship()

    @property
    def name(self) -> str:
        """Its name in the reader's language, or what it is."""
        return in_language(self.name_zh, self.name_en) or self.kind.label

    @property
    def class_labels(self) -> list[str]:
        """The groups of guests that pass, in the reader's language; empty when every group does."""
        return [BadgeClass(one).label for one in self.badge_classes]

    def is_open_at(self, moment: datetime) -> bool:
        """Whether its window, if it has one, holds ``moment``."""
        return (self.opens_at is None or self.opens_at <= moment) and (
            self.closes_at is None or moment < self.closes_at
        )


class Headcount(Model):
    """How many are within a checkpoint that has a capacity, for each day where it counts by days.

    Kept by triggers, never by code. ``unasked`` of them were let in by a device that could not ask: those may
    overfill the room, nobody else can: count_within() lets nobody who asks into a room that is full, by whomever.
    """

    __tablename__ = "headcounts"
    __table_args__ = (
        UniqueConstraint(
            "checkpoint_id", "day", name="uq_headcounts_cell", postgresql_nulls_not_distinct=True
        ),
        CheckConstraint("within - unasked <= most", name="never_over_asked"),
        CheckConstraint("within >= 0 AND unasked BETWEEN 0 AND within", name="counted"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    checkpoint_id: Mapped[int] = mapped_column(ForeignKey("checkpoints.id", ondelete="CASCADE"))
    day: Mapped[date | None]
    most: Mapped[int]
    within: Mapped[int] = mapped_column(server_default=text("0"))
    unasked: Mapped[int] = mapped_column(server_default=text("0"))

"""What is scarce at a stop: seats kept and given on, quotas, places of a choice and of the programme."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from flask_babel import lazy_gettext as _l
from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from campaigns.models import Stop
from questions.models import ChoicePlaces
from registrations.models.registration import BadgeClass
from shared.clock import now
from shared.codes import spaced
from shared.db import Model, Moment, state_column


class TakenChoice(Model):
    """One place of a scarce choice ("hotel room: 40") that a registration holds; given back when it no longer stands."""

    __tablename__ = "taken_choices"
    __table_args__ = (
        UniqueConstraint("registration_id", "places_id", name="uq_taken_choices_once"),
        Index("ix_taken_choices_places_id", "places_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id", ondelete="CASCADE"))
    places_id: Mapped[int] = mapped_column(ForeignKey("choice_places.id"))

    places: Mapped[ChoicePlaces] = relationship()


class SeatBlock(Model):
    """Seats of a stop that are kept for a delegation or an invitation; they count as taken (a trigger sees to it).

    ``used`` counts who sits on them and is kept by a trigger too. Once released, a block holds no seat that nobody
    sits on, and gives up every seat that comes free.
    """

    __tablename__ = "seat_blocks"
    __table_args__ = (
        CheckConstraint("used BETWEEN 0 AND seats", name="never_oversold"),
        CheckConstraint("released_at IS NULL OR seats = used", name="released_is_empty"),
        UniqueConstraint("stop_id", "id", name="uq_seat_blocks_stop"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    stop_id: Mapped[int] = mapped_column(ForeignKey("stops.id"))
    seats: Mapped[int]
    used: Mapped[int] = mapped_column(server_default=text("0"))
    released_at: Mapped[Moment | None]
    created_at: Mapped[Moment]

    @property
    def seats_left(self) -> int:
        """Seats kept that nobody sits on."""
        return self.seats - self.used


class Invitation(Model):
    """Leave to register on better terms: for one person, or by a code for so many.

    ``used`` counts the registrations that came of it and were not withdrawn; a trigger keeps it. A personal one has
    a name and an address, and a quota of one; the others have a ``code`` that people type or follow.
    """

    __tablename__ = "invitations"
    __table_args__ = (
        CheckConstraint("used BETWEEN 0 AND quota", name="never_overused"),
        CheckConstraint("quota BETWEEN 1 AND 5000", name="quota_range"),
        CheckConstraint(
            "(code IS NULL) = (full_name IS NOT NULL) AND (full_name IS NULL) = (email IS NULL)",
            name="person_or_code",
        ),
        CheckConstraint("full_name IS NULL OR quota = 1", name="one_person_once"),
        Index("uq_invitations_code", "code", unique=True),
        Index("ix_invitations_stop_id", "stop_id", "id"),
        # Whoever is invited stands once on a stop's list of invitations that hold.
        Index(
            "uq_invitations_person",
            "stop_id",
            text("lower(email)"),
            "full_name",
            unique=True,
            postgresql_where=text("revoked_at IS NULL AND full_name IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    stop_id: Mapped[int] = mapped_column(ForeignKey("stops.id"))
    code: Mapped[str | None]
    full_name: Mapped[str | None]
    email: Mapped[str | None]
    note: Mapped[str]
    badge_class: Mapped[BadgeClass] = state_column(BadgeClass, name="badge_class")
    quota: Mapped[int]
    used: Mapped[int] = mapped_column(server_default=text("0"))
    valid_until: Mapped[Moment]
    skips_approval: Mapped[bool] = mapped_column(server_default=text("false"))
    opens_closed: Mapped[bool] = mapped_column(server_default=text("false"))
    seat_block_id: Mapped[int | None] = mapped_column(ForeignKey("seat_blocks.id"))
    language: Mapped[str]
    made_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    made_at: Mapped[Moment]
    sent_at: Mapped[Moment | None]
    revoked_at: Mapped[Moment | None]

    stop: Mapped[Stop] = relationship(lazy="joined")
    seat_block: Mapped[SeatBlock | None] = relationship(lazy="joined")

    @property
    def is_personal(self) -> bool:
        """Whether it is for one person only."""
        return self.full_name is not None

    @property
    def spaced_code(self) -> str:
        """The code as it is shown: ``7KQ2-M9XD``; empty for a personal one."""
        return spaced(self.code) if self.code else ""

    def is_valid_at(self, moment: datetime) -> bool:
        """Whether somebody may still come by it."""
        return self.revoked_at is None and moment < self.valid_until and self.used < self.quota

    @property
    def is_valid(self) -> bool:
        """Whether somebody may come by it now."""
        return self.is_valid_at(now())


class QuotaDimension(StrEnum):
    """What a quota looks at."""

    EDUCATION = "education"
    WISH = "wish"
    FIELD = "field"
    UNIVERSITY = "university"
    ANSWER = "answer"

    @property
    def label(self) -> str:
        """The dimension in the reader's language."""
        return str(_DIMENSION_LABELS[self])


_DIMENSION_LABELS = {
    QuotaDimension.EDUCATION: _l("Education"),
    QuotaDimension.WISH: _l("First wish of city"),
    QuotaDimension.FIELD: _l("Research field with"),
    QuotaDimension.UNIVERSITY: _l("University"),
    QuotaDimension.ANSWER: _l("City of origin or another answer"),
}


class Quota(Model):
    """At most so many seats of a stop for one cell: an education, a city wished for first, a field, a university, or
    one answer to a question of the campaign, such as the city somebody comes from.

    ``taken`` is kept by the trigger count_seats() out of ``registrations.quota_ids``; no code writes it. For a field,
    ``value`` is a word that the research field holds; for an answer ``question=choice``, by their keys.
    """

    __tablename__ = "quotas"
    __table_args__ = (
        UniqueConstraint("stop_id", "dimension", "value", name="uq_quotas_cell"),
        CheckConstraint("taken BETWEEN 0 AND most", name="never_over"),
        CheckConstraint("value <> ''", name="value_given"),
        CheckConstraint(
            "dimension <> 'answer' OR value ~ '^[a-z][a-z0-9_]*=.'", name="answer_names_question"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    stop_id: Mapped[int] = mapped_column(ForeignKey("stops.id"))
    dimension: Mapped[QuotaDimension] = state_column(QuotaDimension, name="dimension")
    value: Mapped[str]
    most: Mapped[int]
    taken: Mapped[int] = mapped_column(server_default=text("0"))


class StillComing(Model):
    """That somebody confirmed was asked so many days before whether he still comes, and what he said.

    The same question asked twice finds its row; a later round asks only who has not answered.
    """

    __tablename__ = "still_coming"
    __table_args__ = (
        CheckConstraint("(comes IS NULL) = (answered_at IS NULL)", name="answered_with_answer"),
    )

    registration_id: Mapped[int] = mapped_column(
        ForeignKey("registrations.id", ondelete="CASCADE"), primary_key=True
    )
    days_before: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    asked_at: Mapped[Moment]
    answered_at: Mapped[Moment | None]
    comes: Mapped[bool | None]


class SeatRules(Model):
    """How one stop gives its seats on; a stop without a row keeps to the defaults.

    ``offer_hours``: whoever moves up from the waiting list has so many hours to take the seat; empty: it is confirmed
    at once. ``asks_again``: the confirmed are asked a week and a day before whether they still come, and
    ``releases_unanswered``: whoever has not answered by the day before loses the seat to whoever waits.
    ``no_show_minutes``: so long after the beginning the seats of those who have not arrived may be given on.
    """

    __tablename__ = "seat_rules"
    __table_args__ = (
        CheckConstraint("offer_hours BETWEEN 1 AND 336", name="offer_hours_range"),
        CheckConstraint("no_show_minutes BETWEEN 0 AND 1440", name="no_show_minutes_range"),
        CheckConstraint("asks_again OR NOT releases_unanswered", name="asks_before_releasing"),
    )

    stop_id: Mapped[int] = mapped_column(ForeignKey("stops.id"), primary_key=True, autoincrement=False)
    offer_hours: Mapped[int | None] = mapped_column(SmallInteger)
    asks_again: Mapped[bool] = mapped_column(server_default=text("false"))
    releases_unanswered: Mapped[bool] = mapped_column(server_default=text("false"))
    no_show_minutes: Mapped[int | None] = mapped_column(SmallInteger)


class ProgrammeChoice(Model):
    """What somebody has chosen of a stop's programme. The row is the seat: a trigger counts it at the item.

    A registration keeps its choices while it holds a seat or may still get one; when it is declined, withdrawn or
    moved to another stop a trigger takes them back (docs/decisions/0010). ``group_zh`` is the item's own group,
    carried along by the foreign key, so that an index can refuse a second one out of it. When the item is cancelled
    the row is kept as cancelled: no seat any more, and no hindrance for another one of the group.
    """

    __tablename__ = "programme_choices"
    __table_args__ = (
        ForeignKeyConstraint(
            ["item_id", "group_zh"],
            ["programme_items.id", "programme_items.group_zh"],
            name="fk_programme_choices_item",
            onupdate="CASCADE",
        ),
        UniqueConstraint("registration_id", "item_id", name="uq_programme_choices_registration_item"),
        Index(
            "uq_programme_choices_group",
            "registration_id",
            "group_zh",
            unique=True,
            postgresql_where=text("group_zh <> '' AND cancelled_at IS NULL"),
        ),
        Index("ix_programme_choices_item_id", "item_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id", ondelete="CASCADE"))
    item_id: Mapped[int]
    group_zh: Mapped[str] = mapped_column(server_default=text("''"))
    chosen_at: Mapped[Moment]
    cancelled_at: Mapped[Moment | None]

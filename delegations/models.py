"""Delegations and their members."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from campaigns.models import Stop
from registrations.models import Registration, SeatBlock
from shared.db import Model, Moment


class Delegation(Model):
    """A group that one contact has opened for a stop. A member is registered only once he has confirmed himself.

    ``members_named`` is kept by a trigger and never exceeds ``most``. ``together``: all or nobody; its members are
    confirmed with seats kept for all of them. ``complete_at`` is when the contact said that everybody is named,
    ``approved_at`` when seats were kept for the whole of it; until ``confirm_by`` they are kept. One that was declined,
    ``declined_at``, takes nobody in any more: triggers see to it.
    """

    __tablename__ = "delegations"
    __table_args__ = (
        CheckConstraint("most BETWEEN 1 AND 200", name="most_range"),
        CheckConstraint("members_named BETWEEN 0 AND most", name="never_more_than_most"),
        CheckConstraint("declined_at IS NULL OR approved_at IS NULL", name="declined_is_not_approved"),
        Index("ix_delegations_stop_id", "stop_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    stop_id: Mapped[int] = mapped_column(ForeignKey("stops.id"))
    university: Mapped[str]
    head: Mapped[str]
    head_rank: Mapped[str]
    note: Mapped[str]
    contact_name: Mapped[str]
    contact_mobile: Mapped[str]
    contact_email: Mapped[str]
    language: Mapped[str]
    most: Mapped[int]
    members_named: Mapped[int] = mapped_column(server_default=text("0"))
    together: Mapped[bool]
    confirm_by: Mapped[Moment]
    opened_at: Mapped[Moment]
    complete_at: Mapped[Moment | None]
    approved_at: Mapped[Moment | None]
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    declined_at: Mapped[Moment | None]
    declined_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    decline_reason: Mapped[str] = mapped_column(default="", server_default=text("''"))
    seat_block_id: Mapped[int | None] = mapped_column(ForeignKey("seat_blocks.id"))

    stop: Mapped[Stop] = relationship(lazy="joined")
    seat_block: Mapped[SeatBlock | None] = relationship(lazy="joined")


class DelegationMember(Model):
    """Somebody whom the contact has named; ``registration_id`` once he has confirmed."""

    __tablename__ = "delegation_members"
    __table_args__ = (
        Index(
            "uq_delegation_members_named",
            "delegation_id",
            "full_name",
            text("lower(email)"),
            unique=True,
            postgresql_where=text("removed_at IS NULL"),
        ),
        CheckConstraint("removed_at IS NULL OR registration_id IS NULL", name="taken_off_is_not_registered"),
        Index("uq_delegation_members_registration_id", "registration_id", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    delegation_id: Mapped[int] = mapped_column(ForeignKey("delegations.id"))
    full_name: Mapped[str]
    email: Mapped[str]
    named_at: Mapped[Moment]
    removed_at: Mapped[Moment | None]
    registration_id: Mapped[int | None] = mapped_column(ForeignKey("registrations.id", ondelete="SET NULL"))

    delegation: Mapped[Delegation] = relationship()
    registration: Mapped[Registration | None] = relationship()

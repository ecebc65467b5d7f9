"""Who is worth following, until signed or let go."""

from __future__ import annotations

from enum import StrEnum

from flask_babel import lazy_gettext as _l
from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.models import Staff
from campaigns.models import Campaign, Stop
from employers.models import Employer
from people.models import Person
from registrations.models import Registration
from shared.db import Day, Model, Moment, state_column


class Stage(StrEnum):
    """How far a lead has come, in order; ``lost`` stands beside the way."""

    NEW = "new"
    CONTACTED = "contacted"
    QUALIFIED = "qualified"
    REFERRED = "referred"
    INTERVIEWING = "interviewing"
    PACKAGE = "package"
    OFFERED = "offered"
    SIGNED = "signed"
    ONBOARDED = "onboarded"
    LOST = "lost"

    @property
    def label(self) -> str:
        """The stage in the reader's language."""
        return str(_STAGE_LABELS[self])


_STAGE_LABELS = {
    Stage.NEW: _l("New lead"),
    Stage.CONTACTED: _l("Contacted"),
    Stage.QUALIFIED: _l("Intent confirmed"),
    Stage.REFERRED: _l("Referred to the employer"),
    Stage.INTERVIEWING: _l("Interviewing"),
    Stage.PACKAGE: _l("Recognition and package"),
    Stage.OFFERED: _l("Offer made"),
    Stage.SIGNED: _l("Signed"),
    Stage.ONBOARDED: _l("Started work"),
    Stage.LOST: _l("Not this time"),
}

OPEN_STAGES = (
    Stage.NEW,
    Stage.CONTACTED,
    Stage.QUALIFIED,
    Stage.REFERRED,
    Stage.INTERVIEWING,
    Stage.PACKAGE,
    Stage.OFFERED,
)


class Channel(StrEnum):
    """How somebody was contacted."""

    PHONE = "phone"
    WECHAT = "wechat"
    EMAIL = "email"
    IN_PERSON = "in_person"

    @property
    def label(self) -> str:
        """The channel in the reader's language."""
        return str(_CHANNEL_LABELS[self])


_CHANNEL_LABELS = {
    Channel.PHONE: _l("Telephone"),
    Channel.WECHAT: _l("WeChat"),
    Channel.EMAIL: _l("E-mail"),
    Channel.IN_PERSON: _l("In person"),
}


class Lead(Model):
    """One person worth following in one campaign. A person has at most one lead per campaign.

    A lead without an owner lies in the pool of its host city; ``score`` (0–100) says whom to call first.
    """

    __tablename__ = "leads"
    __table_args__ = (
        UniqueConstraint("person_id", "campaign_id", name="uq_leads_person_campaign"),
        Index(
            "ix_leads_pool",
            text("score DESC"),
            "id",
            postgresql_where=text("owner_id IS NULL AND stage NOT IN ('signed', 'onboarded', 'lost')"),
        ),
        Index("ix_leads_owner", "owner_id", "due_at"),
        Index("ix_leads_stop", "stop_id", "stage"),
        CheckConstraint("score BETWEEN 0 AND 100", name="score_range"),
        CheckConstraint("(owner_id IS NULL) = (claimed_at IS NULL)", name="claimed_with_owner"),
        CheckConstraint(
            "stage NOT IN ('signed', 'onboarded') OR "
            "(owner_id IS NOT NULL AND employer_id IS NOT NULL AND signed_on IS NOT NULL)",
            name="signed_with_evidence",
        ),
        CheckConstraint("(stage = 'lost') = (lost_reason IS NOT NULL)", name="lost_with_reason"),
        CheckConstraint("(stage = 'onboarded') = (started_on IS NOT NULL)", name="onboarded_with_day"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"), index=True)
    stop_id: Mapped[int] = mapped_column(ForeignKey("stops.id"))
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id"), index=True)
    stage: Mapped[Stage] = state_column(Stage, name="stage")
    score: Mapped[int]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    claimed_at: Mapped[Moment | None]
    due_at: Mapped[Moment]
    opened_at: Mapped[Moment]
    employer_id: Mapped[int | None] = mapped_column(ForeignKey("employers.id"), index=True)
    position: Mapped[str | None]
    agreement_number: Mapped[str | None]
    signed_on: Mapped[Day | None]
    started_on: Mapped[Day | None]
    lost_reason: Mapped[str | None]

    person: Mapped[Person] = relationship(lazy="joined")
    campaign: Mapped[Campaign] = relationship(lazy="joined")
    stop: Mapped[Stop] = relationship(lazy="joined")
    registration: Mapped[Registration] = relationship(lazy="joined")
    owner: Mapped[Staff | None] = relationship(lazy="joined")
    employer: Mapped[Employer | None] = relationship(lazy="joined")
    contacts: Mapped[list[Contact]] = relationship(back_populates="lead", order_by="Contact.at.desc()")


class LeadHolding(Model):
    """From when until when a lead was whose. The index beneath allows one owner at any time."""

    __tablename__ = "lead_holdings"
    __table_args__ = (
        Index("uq_lead_holdings_standing", "lead_id", unique=True, postgresql_where=text("until_at IS NULL")),
        CheckConstraint("until_at IS NULL OR until_at >= from_at", name="until_after_from"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("leads.id"), index=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    from_at: Mapped[Moment]
    until_at: Mapped[Moment | None]


class Contact(Model):
    """One contact with the person: how, what came of it, what next."""

    __tablename__ = "contacts"

    id: Mapped[int] = mapped_column(primary_key=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("leads.id"), index=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    channel: Mapped[Channel] = state_column(Channel, name="channel")
    reached: Mapped[bool]
    note: Mapped[str]
    at: Mapped[Moment]

    lead: Mapped[Lead] = relationship(back_populates="contacts")
    staff: Mapped[Staff] = relationship(lazy="joined")

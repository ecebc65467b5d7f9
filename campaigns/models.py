"""What is held, where and when: campaigns, their stops and the programme of each stop."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import (
    CheckConstraint,
    FetchedValue,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shared.clock import now
from shared.db import Document, Model, Moment, state_column
from shared.language import in_language


class Family(StrEnum):
    """The kinds of campaigns the office holds."""

    PROMOTIONAL_TOUR = "promotional_tour"
    DOCTORS_TOUR = "doctors_tour"
    TALENT_WEEK = "talent_week"
    FORUM = "forum"

    @property
    def label(self) -> str:
        """The family's name in the reader's language."""
        return str(_FAMILY_LABELS[self])


_FAMILY_LABELS = {
    Family.PROMOTIONAL_TOUR: _l("Promotional tour"),
    Family.DOCTORS_TOUR: _l("Doctors' Tour"),
    Family.TALENT_WEEK: _l("Talent Week"),
    Family.FORUM: _l("Academicians' forum"),
}


class MovingCodes(StrEnum):
    """Whether the code on an applicant's phone changes every 30 seconds, and what else passes then."""

    OFF = "off"
    ON_PHONES = "on_phones"
    ONLY = "only"

    @property
    def label(self) -> str:
        """The choice in the reader's language."""
        return str(_MOVING_LABELS[self])


_MOVING_LABELS = {
    MovingCodes.OFF: _l("No: one code, on the phone, in the mail and on paper"),
    MovingCodes.ON_PHONES: _l("Yes; badges, and tickets mailed or printed before, go on passing"),
    MovingCodes.ONLY: _l("Yes, and nothing else passes: no badge, no mail, no picture"),
}


class ProgrammeKind(StrEnum):
    """What happens in one item of a stop's programme."""

    ARRIVAL = "arrival"
    OPENING = "opening"
    BRIEFING = "briefing"
    POLICY_BRIEFING = "policy_briefing"
    KEYNOTE = "keynote"
    PARALLEL_FORUM = "parallel_forum"
    SALON = "salon"
    SEMINAR = "seminar"
    JOB_FAIR = "job_fair"
    TALKS = "talks"
    SITE_VISIT = "site_visit"
    UNIVERSITY_VISIT = "university_visit"
    HERITAGE_TOUR = "heritage_tour"
    CITY_WALK = "city_walk"
    SIGNING = "signing"

    @property
    def label(self) -> str:
        """The kind's name in the reader's language."""
        return str(_KIND_LABELS[self])


_KIND_LABELS = {
    ProgrammeKind.ARRIVAL: _l("Arrival and reception"),
    ProgrammeKind.OPENING: _l("Opening"),
    ProgrammeKind.BRIEFING: _l("Briefing"),
    ProgrammeKind.POLICY_BRIEFING: _l("Policy briefing"),
    ProgrammeKind.KEYNOTE: _l("Keynote report"),
    ProgrammeKind.PARALLEL_FORUM: _l("Parallel forum"),
    ProgrammeKind.SALON: _l("Salon"),
    ProgrammeKind.SEMINAR: _l("Seminar"),
    ProgrammeKind.JOB_FAIR: _l("Two-way selection fair"),
    ProgrammeKind.TALKS: _l("Talks with employers"),
    ProgrammeKind.SITE_VISIT: _l("Company visit"),
    ProgrammeKind.UNIVERSITY_VISIT: _l("University visit"),
    ProgrammeKind.HERITAGE_TOUR: _l("Heritage tour"),
    ProgrammeKind.CITY_WALK: _l("City experience"),
    ProgrammeKind.SIGNING: _l("Signing"),
}


class HostCity(Model):
    """One of the province's eleven prefecture cities, by its administrative code."""

    __tablename__ = "host_cities"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name_zh: Mapped[str]
    name_en: Mapped[str]

    @property
    def name(self) -> str:
        """The city's name in the reader's language."""
        return in_language(self.name_zh, self.name_en)


class Campaign(Model):
    """A tour, a week or a forum of one year. Without a host city it is the province's own."""

    __tablename__ = "campaigns"
    __table_args__ = (
        UniqueConstraint("slug", name="uq_campaigns_slug"),
        CheckConstraint("slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'", name="slug_form"),
        CheckConstraint("year BETWEEN 2000 AND 2100", name="year_range"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str]
    family: Mapped[Family] = state_column(Family, name="family")
    year: Mapped[int]
    name_zh: Mapped[str]
    name_en: Mapped[str]
    summary_zh: Mapped[str]
    summary_en: Mapped[str]
    # The long text, in Markdown; and the line on posters, which are in Chinese.
    details_zh: Mapped[str] = mapped_column(server_default=text("''"), default="")
    details_en: Mapped[str] = mapped_column(server_default=text("''"), default="")
    poster_line: Mapped[str] = mapped_column(server_default=text("''"), default="")
    host_city_id: Mapped[int | None] = mapped_column(ForeignKey("host_cities.id"), index=True)
    published_at: Mapped[Moment | None]
    created_at: Mapped[Moment]
    # Whoever opens an own page of this campaign is asked for a code sent by mail.
    own_page_asks_code: Mapped[bool] = mapped_column(server_default=text("false"))

    host_city: Mapped[HostCity | None] = relationship(lazy="joined")
    stops: Mapped[list[Stop]] = relationship(back_populates="campaign", order_by="Stop.starts_at, Stop.id")

    @property
    def name(self) -> str:
        """The campaign's name in the reader's language."""
        return in_language(self.name_zh, self.name_en)

    @property
    def summary(self) -> str:
        """What it is about, in the reader's language."""
        return in_language(self.summary_zh, self.summary_en)

    @property
    def details(self) -> str:
        """The long text in the reader's language, in Markdown."""
        return in_language(self.details_zh, self.details_en)

    @property
    def is_published(self) -> bool:
        """Whether the public sees it."""
        return self.published_at is not None


class Stop(Model):
    """One session of a campaign: a place, a time, so many seats.

    A stop may be a main venue of its campaign (主场), or a sub-venue (分场) of one: then ``main_stop_id`` names it. A
    trigger sees to it that a sub-venue belongs to a main venue and that nothing is both. ``seats_taken`` is kept by a trigger on ``registrations`` and no code writes it; the CHECK beneath refuses an
    oversold seat, whoever asks and however.
    """

    __tablename__ = "stops"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("registration_closes_at <= ends_at", name="closes_before_end"),
        CheckConstraint("capacity >= 0", name="capacity_not_negative"),
        CheckConstraint("seats_taken BETWEEN 0 AND capacity", name="never_oversold"),
        CheckConstraint("NOT is_main_venue OR main_stop_id IS NULL", name="main_or_sub"),
        UniqueConstraint("id", "campaign_id", name="uq_stops_id_campaign"),
        # A sub-venue belongs to a main venue of the same campaign.
        ForeignKeyConstraint(
            ["main_stop_id", "campaign_id"], ["stops.id", "stops.campaign_id"], name="fk_stops_main_venue"
        ),
        CheckConstraint("seats_held BETWEEN 0 AND seats_taken", name="held_are_taken"),
        Index("ix_stops_starts_at", "starts_at"),
        Index("ix_stops_main_stop_id", "main_stop_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"), index=True)
    # The city it takes place in (Shanghai), and the city of the province that hosts it, if not the province.
    city_zh: Mapped[str]
    city_en: Mapped[str]
    host_city_id: Mapped[int | None] = mapped_column(ForeignKey("host_cities.id"), index=True)
    venue_zh: Mapped[str]
    venue_en: Mapped[str]
    address_zh: Mapped[str]
    address_en: Mapped[str]
    starts_at: Mapped[Moment]
    ends_at: Mapped[Moment]
    registration_closes_at: Mapped[Moment]
    # Until when applicants may change their answers; empty: as long as registration is open.
    edits_close_at: Mapped[Moment | None]
    registration_opened_at: Mapped[Moment | None]
    needs_approval: Mapped[bool] = mapped_column(server_default=text("false"))
    capacity: Mapped[int]
    seats_taken: Mapped[int] = mapped_column(server_default=text("0"))
    # Of these, kept for delegations and invitations with nobody on them yet; a trigger counts them too.
    seats_held: Mapped[int] = mapped_column(server_default=text("0"))
    cancelled_at: Mapped[Moment | None]
    # What one needs to know of this stop, in Markdown: the way there, what to bring.
    details_zh: Mapped[str] = mapped_column(server_default=text("''"), default="")
    details_en: Mapped[str] = mapped_column(server_default=text("''"), default="")
    # Whether the gate's volunteers may register people on the spot; whoever plans the stop always may.
    volunteers_take_walk_ins: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    # Whether codes on phones change every 30 seconds, against pictures of them that are passed on.
    moving_codes: Mapped[MovingCodes] = state_column(
        MovingCodes, name="moving_codes", server_default=text("'off'"), default=MovingCodes.OFF
    )
    is_main_venue: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    main_stop_id: Mapped[int | None]
    # How often time or place have changed, counted by a trigger: calendars take the entry with the higher number.
    calendar_sequence: Mapped[int] = mapped_column(server_default=text("0"), server_onupdate=FetchedValue())

    campaign: Mapped[Campaign] = relationship(back_populates="stops", lazy="joined")
    host_city: Mapped[HostCity | None] = relationship(lazy="joined")
    programme: Mapped[list[ProgrammeItem]] = relationship(
        back_populates="stop", order_by="ProgrammeItem.starts_at, ProgrammeItem.id"
    )

    @property
    def city(self) -> str:
        """Where it takes place, in the reader's language."""
        return in_language(self.city_zh, self.city_en)

    @property
    def venue(self) -> str:
        """The house it takes place in, in the reader's language."""
        return in_language(self.venue_zh, self.venue_en)

    @property
    def address(self) -> str:
        """The way there, in the reader's language."""
        return in_language(self.address_zh, self.address_en)

    @property
    def details(self) -> str:
        """What one needs to know, in the reader's language, in Markdown."""
        return in_language(self.details_zh, self.details_en)

    @property
    def venue_label(self) -> str:
        """主场 or 分场, in the reader's language; empty for a stop that stands by itself."""
        if self.is_main_venue:
            return str(_("Main venue"))
        return str(_("Sub-venue")) if self.main_stop_id is not None else ""

    @property
    def codes_move(self) -> bool:
        """Whether applicants show a code that changes every 30 seconds, and get no other."""
        return self.moving_codes is not MovingCodes.OFF

    @property
    def seats_left(self) -> int:
        """Seats that nobody has."""
        return self.capacity - self.seats_taken

    @property
    def seats_with_people(self) -> int:
        """Seats that somebody has, confirmed or offered."""
        return self.seats_taken - self.seats_held

    @property
    def is_full(self) -> bool:
        """Whether a new registration can only wait."""
        return self.seats_left <= 0

    def is_open_at(self, moment: datetime) -> bool:
        """Whether somebody may register at ``moment``."""
        return (
            self.campaign.is_published
            and self.cancelled_at is None
            and self.registration_opened_at is not None
            and self.registration_opened_at <= moment < self.registration_closes_at
        )

    @property
    def is_open(self) -> bool:
        """Whether somebody may register now."""
        return self.is_open_at(now())


class ProgrammeItem(Model):
    """One thing that happens at a stop.

    ``is_chosen`` means that applicants say whether they come to it; only such an item has a ``capacity`` (None: no
    limit) and may stand in a group of which one is chosen (``group_zh`` empty: in none). ``route`` is the label of
    the route or coach where a visit goes by one. ``seats_taken`` is kept by a trigger on ``programme_choices`` and no
    code writes it; the CHECK beneath refuses an oversold seat. Of a group with ``group_is_must`` an applicant chooses
    one while there is room; all items of the group say the same. A cancelled item stays in the programme, struck out,
    and nobody holds a seat in it.
    """

    __tablename__ = "programme_items"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("capacity IS NULL OR (is_chosen AND capacity > 0)", name="capacity_of_chosen"),
        CheckConstraint("group_zh = '' OR is_chosen", name="group_of_chosen"),
        CheckConstraint("group_zh <> '' OR NOT group_is_must", name="must_of_group"),
        CheckConstraint("cancelled_at IS NULL OR seats_taken = 0", name="cancelled_is_empty"),
        CheckConstraint(
            "seats_taken >= 0 AND (capacity IS NULL OR seats_taken <= capacity)", name="never_oversold"
        ),
        # What the choices' foreign key looks at, so that a group known there is the item's own.
        UniqueConstraint("id", "group_zh", name="uq_programme_items_id_group"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    stop_id: Mapped[int] = mapped_column(ForeignKey("stops.id"), index=True)
    kind: Mapped[ProgrammeKind] = state_column(ProgrammeKind, name="kind")
    title_zh: Mapped[str]
    title_en: Mapped[str]
    place_zh: Mapped[str]
    place_en: Mapped[str]
    route_zh: Mapped[str] = mapped_column(server_default=text("''"), default="")
    route_en: Mapped[str] = mapped_column(server_default=text("''"), default="")
    starts_at: Mapped[Moment]
    ends_at: Mapped[Moment]
    is_chosen: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    capacity: Mapped[int | None]
    group_zh: Mapped[str] = mapped_column(server_default=text("''"), default="")
    group_en: Mapped[str] = mapped_column(server_default=text("''"), default="")
    group_is_must: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    seats_taken: Mapped[int] = mapped_column(server_default=text("0"), default=0)
    cancelled_at: Mapped[Moment | None]
    # What those who had chosen it are told; it stands in their mail and on the public page.
    cancelled_reason: Mapped[str] = mapped_column(server_default=text("''"), default="")
    # How often time or place have changed, counted by a trigger, for those who have it in their calendar.
    calendar_sequence: Mapped[int] = mapped_column(server_default=text("0"), server_onupdate=FetchedValue())

    stop: Mapped[Stop] = relationship(back_populates="programme")

    @property
    def title(self) -> str:
        """What it is, in the reader's language."""
        return in_language(self.title_zh, self.title_en)

    @property
    def place(self) -> str:
        """The hall or the route, in the reader's language."""
        return in_language(self.place_zh, self.place_en)

    @property
    def route(self) -> str:
        """The route's or coach's label, in the reader's language."""
        return in_language(self.route_zh, self.route_en)

    @property
    def group(self) -> str:
        """The group of which one is chosen, in the reader's language; empty when it stands alone."""
        return in_language(self.group_zh, self.group_en)

    @property
    def is_cancelled(self) -> bool:
        """Whether it does not take place."""
        return self.cancelled_at is not None

    def overlaps(self, other: ProgrammeItem) -> bool:
        """Whether nobody can come to both."""
        if self.is_cancelled or other.is_cancelled:
            return False
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at

    @property
    def is_full(self) -> bool:
        """Whether nobody more can choose it."""
        return self.capacity is not None and self.seats_taken >= self.capacity


class Channel(Model):
    """One way by which people hear of a campaign: a poster at a university, an article on WeChat.

    ``word`` stands in the address after ``?from=``, and each registration that came by it keeps it.
    """

    __tablename__ = "channels"
    __table_args__ = (
        UniqueConstraint("campaign_id", "word", name="uq_channels_word"),
        CheckConstraint("word ~ '^[a-z0-9][a-z0-9-]{0,31}$'", name="word_form"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    word: Mapped[str]
    name: Mapped[str]
    created_at: Mapped[Moment]


class CampaignTemplate(Model):
    """A campaign to start from that is no campaign: its outline without days, people and address.

    Without a host city it is the province's, and every organiser may start from it.
    """

    __tablename__ = "campaign_templates"
    __table_args__ = (
        UniqueConstraint(
            "host_city_id", "name", name="uq_campaign_templates_name", postgresql_nulls_not_distinct=True
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    family: Mapped[Family] = state_column(Family, name="family")
    host_city_id: Mapped[int | None] = mapped_column(ForeignKey("host_cities.id"))
    outline: Mapped[Document]
    created_at: Mapped[Moment]
    created_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))

    host_city: Mapped[HostCity | None] = relationship(lazy="joined")

"""What a campaign asks: its form, the form's pages, the questions, and the places of choices that are scarce."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from privacy.purposes import Purpose
from shared.db import Document, Model, Moment, state_column
from shared.language import in_language

if TYPE_CHECKING:
    from sqlalchemy.engine.default import DefaultExecutionContext


class AskedWhen(StrEnum):
    """On which of the two forms a question stands."""

    APPLICATION = "application"
    AFTER_APPROVAL = "after_approval"

    @property
    def label(self) -> str:
        """When, in the reader's language."""
        return str(_WHEN_LABELS[self])


_WHEN_LABELS = {
    AskedWhen.APPLICATION: _l("When registering"),
    AskedWhen.AFTER_APPROVAL: _l("After approval"),
}


class Kind(StrEnum):
    """What kind of answer a question wants."""

    NAME = "name"
    MOBILE = "mobile"
    EMAIL = "email"
    TEXT = "text"
    LONG_TEXT = "long_text"
    CHOICE = "choice"
    SEVERAL = "several"
    DATE = "date"
    MONTH = "month"
    NUMBER = "number"
    RESIDENT_ID = "resident_id"
    IDENTITY_PAPER = "identity_paper"
    UNIVERSITY = "university"
    DISCIPLINE = "discipline"
    RANKED = "ranked"
    CITY = "city"
    CITIES = "cities"
    TRIP = "trip"
    WECHAT = "wechat"
    FILE = "file"
    PICTURE = "picture"
    CONSENT = "consent"
    HEADING = "heading"

    @property
    def label(self) -> str:
        """The kind in the reader's language."""
        return str(_KIND_LABELS[self])


_KIND_LABELS = {
    Kind.NAME: _l("Name"),
    Kind.MOBILE: _l("Mobile number"),
    Kind.EMAIL: _l("E-mail address"),
    Kind.TEXT: _l("Line of text"),
    Kind.LONG_TEXT: _l("Long text"),
    Kind.CHOICE: _l("One choice"),
    Kind.SEVERAL: _l("Several choices"),
    Kind.DATE: _l("Date"),
    Kind.MONTH: _l("Month"),
    Kind.NUMBER: _l("Number"),
    Kind.RESIDENT_ID: _l("Resident ID number"),
    Kind.IDENTITY_PAPER: _l("Identity paper"),
    Kind.UNIVERSITY: _l("University"),
    Kind.DISCIPLINE: _l("Discipline"),
    Kind.RANKED: _l("Ranked wishes"),
    Kind.CITY: _l("City of the province"),
    Kind.CITIES: _l("Cities of the province"),
    Kind.TRIP: _l("Train or flight"),
    Kind.WECHAT: _l("WeChat number"),
    Kind.FILE: _l("File"),
    Kind.PICTURE: _l("Picture"),
    Kind.CONSENT: _l("Agreement"),
    Kind.HEADING: _l("Heading or text"),
}

WITH_CHOICES = frozenset({Kind.CHOICE, Kind.SEVERAL, Kind.RANKED})
"""Kinds whose choices the organiser writes; those of CITY, CITIES and DISCIPLINE are given."""

OF_MANY = frozenset({Kind.SEVERAL, Kind.RANKED, Kind.CITIES})
"""Kinds whose answer is a list."""

ALWAYS_RESTRICTED = frozenset({Kind.RESIDENT_ID, Kind.IDENTITY_PAPER})
"""Kinds whose answers are sealed and masked whatever the organiser says."""


class Core(StrEnum):
    """Questions whose answers have a column of their own in ``registrations``."""

    FULL_NAME = "full_name"
    MOBILE = "mobile"
    EMAIL = "email"
    UNIVERSITY = "university"
    EDUCATION = "education"
    RESEARCH_FIELD = "research_field"
    PREFERRED_CITIES = "preferred_cities"
    CONSENT = "consent"


NEVER_LEFT_OUT = frozenset({Core.FULL_NAME, Core.MOBILE, Core.EMAIL, Core.CONSENT})
"""Without these there is no registration: they are asked of everybody and are always required."""

ASKED_FOR = (Purpose.REGISTRATION, Purpose.MATCHING, Purpose.TRAVEL, Purpose.FOLLOW_UP)
"""What a question may be asked for. Mails, fingerprints of codes and what employers are shown are not asked."""

_FOR_MATCHING = frozenset({Core.RESEARCH_FIELD, Core.PREFERRED_CITIES})
_MATCHING_KINDS = frozenset({Kind.DISCIPLINE, Kind.RANKED, Kind.CITY, Kind.CITIES, Kind.FILE})


def core_purpose(core: Core) -> Purpose:
    """What the answers with a column of their own are kept for, as the notice says; no organiser changes it."""
    return Purpose.MATCHING if core in _FOR_MATCHING else Purpose.REGISTRATION


def first_purpose(
    kind: Kind, *, core: Core | None = None, asked_when: AskedWhen = AskedWhen.APPLICATION
) -> Purpose | None:
    """What a question is asked for until somebody says otherwise; None for a heading, which asks nothing."""
    if kind is Kind.HEADING:
        return None
    if core is not None:
        return core_purpose(core)
    if asked_when is AskedWhen.AFTER_APPROVAL or kind is Kind.TRIP:
        return Purpose.TRAVEL
    return Purpose.MATCHING if kind in _MATCHING_KINDS else Purpose.REGISTRATION


def _unless_said(context: DefaultExecutionContext) -> Purpose | None:
    said: dict[str, Any] = context.get_current_parameters()  # type: ignore[no-untyped-call]
    core, when = said.get("core"), said.get("asked_when")
    return first_purpose(
        Kind(said["kind"]),
        core=Core(core) if core else None,
        asked_when=AskedWhen(when) if when else AskedWhen.APPLICATION,
    )


RESERVED_KEYS = frozenset(
    {
        "submission_id", "channel", "csrf_token", "draft", "page", "then", "programme", "programme_item_ids",
        "shares_with_employers", "shows_on_wall",
    }
)  # fmt: skip
"""Names that the form itself needs."""


class CampaignForm(Model):
    """A campaign's form as a whole. A trigger writes one with the usual questions for every new campaign.

    ``version`` grows with every change of a page or a question (a trigger sees to it), and a registration keeps the
    version it answered. Hold this row to change the form: two organisers then change it one after the other.
    """

    __tablename__ = "campaign_forms"
    __table_args__ = (
        UniqueConstraint("campaign_id", name="uq_campaign_forms_campaign_id"),
        CheckConstraint("version >= 1", name="version_counts"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    version: Mapped[int] = mapped_column(server_default=text("1"))
    changed_at: Mapped[Moment] = mapped_column(server_default=text("clock_timestamp()"))
    # Until when confirmed people may fill in what is asked after approval; None: until the stop begins.
    second_form_until: Mapped[Moment | None]


class QuestionPage(Model):
    """One page of a campaign's form, in the order of ``position``."""

    __tablename__ = "question_pages"
    __table_args__ = (Index("ix_question_pages_campaign_id", "campaign_id", "position", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    title_zh: Mapped[str]
    title_en: Mapped[str] = mapped_column(server_default=text("''"))
    position: Mapped[int]

    @property
    def title(self) -> str:
        """The page's title in the reader's language."""
        return in_language(self.title_zh, self.title_en)


class Question(Model):
    """One question of a campaign's form, or of one stop's addition to it (``stop_id``).

    ``key`` is the answer's name: it never changes and is never given to another question of the campaign, so that
    answers stay readable. ``position`` orders the questions of a page. ``options`` and ``condition`` are documents;
    their shapes stand in ``questions/engine.py`` and ``questions/conditions.py``. A question that people have answered
    is archived, not deleted. ``restricted`` answers are sealed, masked, and each look at them is recorded. ``purpose``
    says how long answers are kept: the purge goes by it and the notice prints it. A heading has none.
    """

    __tablename__ = "questions"
    __table_args__ = (
        UniqueConstraint("campaign_id", "key", name="uq_questions_key"),
        Index(
            "uq_questions_core",
            "campaign_id",
            "core",
            unique=True,
            postgresql_where=text("core IS NOT NULL AND archived_at IS NULL"),
        ),
        Index("ix_questions_page_id", "page_id"),
        Index("ix_questions_stop_id", "stop_id"),
        CheckConstraint("key ~ '^[a-z][a-z0-9_]{0,39}$'", name="key_form"),
        CheckConstraint(
            "key NOT IN ('submission_id', 'channel', 'csrf_token', 'draft', 'page', 'then', 'programme', "
            "'programme_item_ids', 'shares_with_employers', 'shows_on_wall')",
            name="key_not_reserved",
        ),
        # Name, mobile, e-mail and consent are asked of everybody, always.
        CheckConstraint(
            "core IS NULL OR core NOT IN ('full_name', 'mobile', 'email', 'consent') OR (required AND "
            "archived_at IS NULL AND condition IS NULL AND stop_id IS NULL AND asked_when = 'application')",
            name="never_left_out",
        ),
        CheckConstraint("core IS NULL OR asked_when = 'application'", name="core_when_registering"),
        CheckConstraint(
            "restricted OR kind NOT IN ('resident_id', 'identity_paper')", name="papers_restricted"
        ),
        CheckConstraint("NOT (restricted AND core IS NOT NULL)", name="core_not_restricted"),
        # A trigger fills in what a question is asked for where nobody said it.
        CheckConstraint("(kind = 'heading') = (purpose IS NULL)", name="purpose_unless_heading"),
        CheckConstraint("purpose IN ('registration', 'matching', 'travel', 'follow_up')", name="asked_for"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    stop_id: Mapped[int | None] = mapped_column(ForeignKey("stops.id"))
    page_id: Mapped[int] = mapped_column(ForeignKey("question_pages.id"))
    key: Mapped[str]
    kind: Mapped[Kind] = state_column(Kind, name="kind")
    label_zh: Mapped[str]
    label_en: Mapped[str] = mapped_column(server_default=text("''"))
    help_zh: Mapped[str] = mapped_column(server_default=text("''"))
    help_en: Mapped[str] = mapped_column(server_default=text("''"))
    required: Mapped[bool] = mapped_column(server_default=text("false"))
    position: Mapped[int]
    asked_when: Mapped[AskedWhen] = state_column(
        AskedWhen, name="asked_when", server_default=text("'application'")
    )
    options: Mapped[Document] = mapped_column(server_default=text("'{}'"))
    condition: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    core: Mapped[Core | None] = state_column(Core, name="core", nullable=True)
    purpose: Mapped[Purpose | None] = state_column(
        Purpose, name="purpose", nullable=True, default=_unless_said
    )
    restricted: Mapped[bool] = mapped_column(server_default=text("false"))
    archived_at: Mapped[Moment | None]

    page: Mapped[QuestionPage] = relationship()

    @property
    def label(self) -> str:
        """The question in the reader's language."""
        return in_language(self.label_zh, self.label_en)

    @property
    def help(self) -> str:
        """What is said beneath it, in the reader's language."""
        return in_language(self.help_zh, self.help_en)


class ChoicePlaces(Model):
    """How many places a scarce choice has ("hotel room: 40") and how many are taken.

    Both are written by triggers: ``capacity`` out of the question's options, ``taken`` by counting ``taken_choices``.
    A question of the whole campaign counts over all its stops; an addition of a stop counts for itself.
    """

    __tablename__ = "choice_places"
    __table_args__ = (
        UniqueConstraint("question_id", "choice", name="uq_choice_places_choice"),
        CheckConstraint("taken >= 0 AND (capacity IS NULL OR taken <= capacity)", name="never_oversold"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("questions.id", ondelete="CASCADE"))
    choice: Mapped[str]
    # None once the organiser lifts the limit; the count goes on, should it be set again.
    capacity: Mapped[int | None]
    taken: Mapped[int] = mapped_column(server_default=text("0"))


class FormChange(Model):
    """One change of a campaign's form: who, when, and the rows it touched as they were before and after.

    ``before`` and ``after`` are ``{"pages": {id: values}, "questions": {id: values}}`` with None for no row; taking a
    change back puts ``before`` in place while ``after`` still stands.
    """

    __tablename__ = "form_changes"
    __table_args__ = (Index("ix_form_changes_campaign_id", "campaign_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    at: Mapped[Moment]
    by_staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    act: Mapped[str]
    subject: Mapped[str]
    before: Mapped[Document]
    after: Mapped[Document]
    undone_at: Mapped[Moment | None]

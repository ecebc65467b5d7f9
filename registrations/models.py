"""Who asked to come and what was decided."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from campaigns.models import Stop
from people.models import Person
from questions.models import ChoicePlaces
from shared.clock import now
from shared.codes import spaced
from shared.db import Document, Model, Moment, state_column


class RegistrationState(StrEnum):
    """Where a registration stands. A confirmed one has a seat, and for an offered one a seat is held."""

    APPLIED = "applied"
    CONFIRMED = "confirmed"
    OFFERED = "offered"
    WAITING = "waiting"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"

    @property
    def label(self) -> str:
        """The state in the reader's language."""
        return str(_STATE_LABELS[self])


_STATE_LABELS = {
    RegistrationState.APPLIED: _l("Being reviewed"),
    RegistrationState.CONFIRMED: _l("Confirmed"),
    RegistrationState.OFFERED: _l("Seat offered"),
    RegistrationState.WAITING: _l("On the waiting list"),
    RegistrationState.DECLINED: _l("Declined"),
    RegistrationState.WITHDRAWN: _l("Withdrawn"),
    RegistrationState.EXPIRED: _l("No answer in time"),
}

STANDING = (
    RegistrationState.APPLIED,
    RegistrationState.CONFIRMED,
    RegistrationState.OFFERED,
    RegistrationState.WAITING,
)
"""Whose people mean to come."""

SEATED = (RegistrationState.CONFIRMED, RegistrationState.OFFERED)
"""Who takes a seat of the stop: the trigger count_seats() counts these two."""


class Act(StrEnum):
    """What the office does with registrations: the four decisions, and what goes with them."""

    CONFIRM = "confirm"
    OFFER = "offer"
    WAIT = "wait"
    DECLINE = "decline"
    PRIORITY = "priority"
    REVIEWERS = "reviewers"
    LETTER = "letter"

    @property
    def label(self) -> str:
        """The act in the reader's language."""
        return str(_ACT_LABELS[self])


_ACT_LABELS = {
    Act.CONFIRM: _l("Confirm"),
    Act.OFFER: _l("Offer a seat"),
    Act.WAIT: _l("Put on the waiting list"),
    Act.DECLINE: _l("Decline"),
    Act.PRIORITY: _l("Give priority"),
    Act.REVIEWERS: _l("Assign reviewers"),
    Act.LETTER: _l("Write a mail"),
}


class Education(StrEnum):
    """How far somebody has come."""

    DOCTORAL_STUDENT = "doctoral_student"
    DOCTOR = "doctor"
    POSTDOC = "postdoc"
    MASTER = "master"
    OVERSEAS = "overseas"
    OTHER = "other"

    @property
    def label(self) -> str:
        """The status in the reader's language."""
        return str(_EDUCATION_LABELS[self])


_EDUCATION_LABELS = {
    Education.DOCTORAL_STUDENT: _l("Doctoral student"),
    Education.DOCTOR: _l("Doctor (PhD)"),
    Education.POSTDOC: _l("Postdoctoral researcher"),
    Education.MASTER: _l("Master"),
    Education.OVERSEAS: _l("Studying or working abroad"),
    Education.OTHER: _l("Other"),
}


class BadgeClass(StrEnum):
    """What somebody comes as; printed as the badge's band."""

    DOCTOR = "doctor"
    GUEST = "guest"
    ACADEMICIAN = "academician"
    EMPLOYER = "employer"
    EXPERT = "expert"
    STAFF = "staff"
    VOLUNTEER = "volunteer"
    MEDIA = "media"

    @property
    def label(self) -> str:
        """The class in the reader's language."""
        return str(_CLASS_LABELS[self])


_CLASS_LABELS = {
    BadgeClass.DOCTOR: _l("Doctor"),
    BadgeClass.GUEST: _l("Guest"),
    BadgeClass.ACADEMICIAN: _l("Academician"),
    BadgeClass.EMPLOYER: _l("Employer"),
    BadgeClass.EXPERT: _l("Expert"),
    BadgeClass.STAFF: _l("Staff"),
    BadgeClass.VOLUNTEER: _l("Volunteer"),
    BadgeClass.MEDIA: _l("Media"),
}


class Way(StrEnum):
    """By which way somebody came in."""

    FORM = "form"
    INVITATION = "invitation"
    DELEGATION = "delegation"
    IMPORT = "import"
    OFFICE = "office"
    WALK_IN = "walk_in"

    @property
    def label(self) -> str:
        """The way in the reader's language."""
        return str(_WAY_LABELS[self])


_WAY_LABELS = {
    Way.FORM: _l("Public form"),
    Way.INVITATION: _l("Invitation"),
    Way.DELEGATION: _l("Delegation"),
    Way.IMPORT: _l("Import"),
    Way.OFFICE: _l("Entered by the office"),
    Way.WALK_IN: _l("On the spot"),
}


class Basis(StrEnum):
    """On what ground we keep somebody's data."""

    OWN = "own"
    ON_THE_SPOT = "on_the_spot"
    ON_PAPER = "on_paper"
    INVITED = "invited"

    @property
    def label(self) -> str:
        """The ground in the reader's language."""
        return str(_BASIS_LABELS[self])


_BASIS_LABELS = {
    Basis.OWN: _l("The person agreed on our form"),
    Basis.ON_THE_SPOT: _l("The person agreed on the spot"),
    Basis.ON_PAPER: _l("The person agreed on paper or in another system; the organiser keeps the proof"),
    Basis.INVITED: _l("Guest or staff of the event: only what receiving them needs, no agreement asked"),
}

BY_THE_OFFICE = (Way.IMPORT, Way.OFFICE, Way.WALK_IN)
"""Ways in which the office enters somebody: only these may lack an e-mail address."""


class Registration(Model):
    """One person's registration for one stop.

    ``submission_id`` comes out of the form: the same form sent twice is one registration.
    ``code`` is what is read aloud at the gate; the ticket's QR code holds the id and a signature.
    The waiting list is ordered by ``priority`` (the higher first; staff give it with a reason), then ``waiting_since``,
    then the id. Somebody offered a seat has until ``offer_expires_at`` to take it.
    """

    __tablename__ = "registrations"
    __table_args__ = (
        # One standing registration of a person for a stop; a declined or withdrawn one may be followed by another.
        Index(
            "uq_registrations_standing",
            "stop_id",
            "person_id",
            unique=True,
            postgresql_where=text("state IN ('applied', 'confirmed', 'offered', 'waiting')"),
        ),
        Index("uq_registrations_submission_id", "submission_id", unique=True),
        Index("uq_registrations_code", "code", unique=True),
        Index(
            "ix_registrations_waiting",
            "stop_id",
            "waiting_since",
            "id",
            postgresql_where=text("state = 'waiting'"),
        ),
        Index("ix_registrations_stop_state", "stop_id", "state", "id"),
        Index("ix_registrations_person_id", "person_id"),
        Index("ix_registrations_email", text("lower(email)")),
        Index("ix_registrations_offers", "offer_expires_at", postgresql_where=text("state = 'offered'")),
        CheckConstraint("(state = 'waiting') = (waiting_since IS NOT NULL)", name="waiting_since"),
        Index(
            "ix_registrations_invitation_id",
            "invitation_id",
            postgresql_where=text("invitation_id IS NOT NULL"),
        ),
        # A seat of a block is a seat of the block's own stop.
        ForeignKeyConstraint(
            ["stop_id", "seat_block_id"],
            ["seat_blocks.stop_id", "seat_blocks.id"],
            name="fk_registrations_seat_block",
        ),
        Index(
            "ix_registrations_seat_block_id",
            "seat_block_id",
            postgresql_where=text("seat_block_id IS NOT NULL"),
        ),
        CheckConstraint(
            "email <> '' OR way IN ('import', 'office', 'walk_in') OR erased_at IS NOT NULL",
            name="email_unless_entered",
        ),
        CheckConstraint(
            "(way IN ('import', 'office', 'walk_in')) = (entered_by_id IS NOT NULL)",
            name="entered_by_somebody",
        ),
        CheckConstraint("way <> 'invitation' OR invitation_id IS NOT NULL", name="invited_by_an_invitation"),
        CheckConstraint("(state = 'offered') = (offer_expires_at IS NOT NULL)", name="offer_expires_at"),
        CheckConstraint("priority BETWEEN 0 AND 9", name="priority_range"),
        CheckConstraint("score BETWEEN 0 AND 1000", name="score_range"),
        # Whoever writes something personal into an erased row is refused.
        CheckConstraint(
            "erased_at IS NULL OR (email = '' AND university = '' AND research_field = '' AND answers = '{}' "
            "AND sealed_answers IS NULL AND secretary IS NULL)",
            name="erased_is_empty",
        ),
        CheckConstraint("NOT over_quota OR state IN ('confirmed', 'offered')", name="over_quota_seated"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str]
    submission_id: Mapped[UUID]
    stop_id: Mapped[int] = mapped_column(ForeignKey("stops.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    state: Mapped[RegistrationState] = state_column(RegistrationState, name="state")
    badge_class: Mapped[BadgeClass] = state_column(BadgeClass, name="badge_class")
    # Empty only for guests whom the office entered and who are reached otherwise, or not at all.
    email: Mapped[str]
    university: Mapped[str]
    education: Mapped[Education] = state_column(Education, name="education")
    research_field: Mapped[str]
    # Host cities of the province the person would like to work in, in order of preference.
    preferred_city_ids: Mapped[list[int]] = mapped_column(ARRAY(Integer), server_default=text("'{}'"))
    language: Mapped[str]
    channel: Mapped[str | None]
    consent_version: Mapped[str]
    consented_at: Mapped[Moment]
    applied_at: Mapped[Moment]
    decided_at: Mapped[Moment | None]
    waiting_since: Mapped[Moment | None]
    priority: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    offer_expires_at: Mapped[Moment | None]
    # By the question's key, in the spelling of questions/engine.py; what has a column of its own stands there.
    answers: Mapped[Document] = mapped_column(server_default=text("'{}'"))
    # The answers to restricted questions, as one sealed document.
    sealed_answers: Mapped[bytes | None]
    form_version: Mapped[int | None]
    second_form_at: Mapped[Moment | None]
    # The quota cells its seat is counted in: written by the trigger pin_quotas() when the seat is given, empty without one.
    quota_ids: Mapped[list[int]] = mapped_column(ARRAY(Integer), server_default=text("'{}'"))
    over_quota: Mapped[bool] = mapped_column(server_default=text("false"))
    # The weighted average of its reviewers' points, in hundredths (0–1000); None before the first review is given.
    score: Mapped[int | None] = mapped_column(SmallInteger)

    way: Mapped[Way] = state_column(Way, name="way", server_default=text("'form'"))
    basis: Mapped[Basis] = state_column(Basis, name="basis", server_default=text("'own'"))
    entered_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    # What a guest is called besides the name (院士, 处长), and who speaks for him.
    honour: Mapped[str | None]
    secretary: Mapped[str | None]
    secretary_mobile: Mapped[str | None]
    # The block whose seat this person sits on; None on one of the stop's own seats.
    seat_block_id: Mapped[int | None]
    invitation_id: Mapped[int | None] = mapped_column(ForeignKey("invitations.id"))
    # Staff may let one person change the answers longer than the stop does.
    edits_until: Mapped[Moment | None]
    # The name was changed after there was a ticket: whoever printed a badge prints another.
    renamed_at: Mapped[Moment | None]
    # Nothing personal is left; the row is kept for what is counted.
    erased_at: Mapped[Moment | None]

    stop: Mapped[Stop] = relationship(lazy="joined")
    person: Mapped[Person] = relationship(lazy="joined")
    changes: Mapped[list[StateChange]] = relationship(
        back_populates="registration", order_by="StateChange.id"
    )

    @property
    def spaced_code(self) -> str:
        """The code as it is shown: ``7KQ2-M9XD``."""
        return spaced(self.code)


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


class AnswerFile(Model):
    """A file that answers a question. Without a registration it was handed in and not sent yet."""

    __tablename__ = "answer_files"

    file_id: Mapped[int] = mapped_column(ForeignKey("stored_files.id"), primary_key=True)
    registration_id: Mapped[int | None] = mapped_column(ForeignKey("registrations.id"), index=True)


class FormDraft(Model):
    """What somebody has typed and not sent yet, sealed: found by its token's hash, or by whose second form it is."""

    __tablename__ = "form_drafts"
    __table_args__ = (
        Index("uq_form_drafts_token_hash", "token_hash", unique=True),
        Index("uq_form_drafts_registration_id", "registration_id", unique=True),
        Index("ix_form_drafts_expires_at", "expires_at"),
        CheckConstraint("(token_hash IS NULL) <> (registration_id IS NULL)", name="one_owner"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    stop_id: Mapped[int] = mapped_column(ForeignKey("stops.id"))
    token_hash: Mapped[bytes | None]
    registration_id: Mapped[int | None] = mapped_column(ForeignKey("registrations.id", ondelete="CASCADE"))
    sealed: Mapped[bytes]
    version: Mapped[int]
    updated_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    mailed_at: Mapped[Moment | None]


class StateChange(Model):
    """One step of a registration, with who took it and why. The first has no ``before``.

    ``reason`` is told to the applicant; ``note`` is for colleagues only.
    """

    __tablename__ = "state_changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id"), index=True)
    before: Mapped[RegistrationState | None] = state_column(RegistrationState, name="before", nullable=True)
    after: Mapped[RegistrationState] = state_column(RegistrationState, name="after")
    at: Mapped[Moment]
    by_staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    reason: Mapped[str | None]
    note: Mapped[str | None]
    # Set when the step led from one stop of the campaign to another.
    from_stop_id: Mapped[int | None] = mapped_column(ForeignKey("stops.id"))

    registration: Mapped[Registration] = relationship(back_populates="changes")


class QuotaDimension(StrEnum):
    """What a quota looks at."""

    EDUCATION = "education"
    WISH = "wish"
    FIELD = "field"
    UNIVERSITY = "university"

    @property
    def label(self) -> str:
        """The dimension in the reader's language."""
        return str(_DIMENSION_LABELS[self])


_DIMENSION_LABELS = {
    QuotaDimension.EDUCATION: _l("Education"),
    QuotaDimension.WISH: _l("First wish of city"),
    QuotaDimension.FIELD: _l("Research field with"),
    QuotaDimension.UNIVERSITY: _l("University"),
}


class Quota(Model):
    """At most so many seats of a stop for one cell: an education, a city wished for first, a field, a university.

    ``taken`` is kept by the trigger count_seats() out of ``registrations.quota_ids``; no code writes it. For a field,
    ``value`` is a word that the research field holds.
    """

    __tablename__ = "quotas"
    __table_args__ = (
        UniqueConstraint("stop_id", "dimension", "value", name="uq_quotas_cell"),
        CheckConstraint("taken BETWEEN 0 AND most", name="never_over"),
        CheckConstraint("value <> ''", name="value_given"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    stop_id: Mapped[int] = mapped_column(ForeignKey("stops.id"))
    dimension: Mapped[QuotaDimension] = state_column(QuotaDimension, name="dimension")
    value: Mapped[str]
    most: Mapped[int]
    taken: Mapped[int] = mapped_column(server_default=text("0"))


class AnswerChange(Model):
    """What was changed of a registration after it was sent: which fields, when, by whom.

    ``values_sealed`` holds JSON, ``{field: [before, after]}``, bound to this row; the record names the fields only.
    """

    __tablename__ = "answer_changes"
    __table_args__ = (CheckConstraint("cardinality(fields) > 0", name="names_fields"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id"), index=True)
    at: Mapped[Moment]
    by_staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    fields: Mapped[list[str]] = mapped_column(ARRAY(String))
    values_sealed: Mapped[bytes | None]


class ContactChange(Model):
    """A new e-mail address or mobile number that waits for the codes sent to the old and the new address.

    ``sealed`` holds JSON with ``email`` and ``mobile``. One at a time for each registration.
    """

    __tablename__ = "contact_changes"
    __table_args__ = (
        Index(
            "uq_contact_changes_open",
            "registration_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id"))
    sealed: Mapped[bytes | None]
    asked_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    ended_at: Mapped[Moment | None]


class CodeOccasion(StrEnum):
    """What a one-time code is for; a code for one thing opens nothing else."""

    OPEN = "open"
    OLD_ADDRESS = "old_address"
    NEW_ADDRESS = "new_address"
    ERASE = "erase"


class OneTimeCode(Model):
    """Six digits sent by mail: a keyed hash of them, good for ten minutes, five tries and one use."""

    __tablename__ = "one_time_codes"
    __table_args__ = (
        Index(
            "uq_one_time_codes_unused",
            "registration_id",
            "occasion",
            unique=True,
            postgresql_where=text("used_at IS NULL"),
        ),
        CheckConstraint("tries BETWEEN 0 AND 5", name="five_tries"),
        CheckConstraint("octet_length(digest) = 32", name="hashed"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id"))
    occasion: Mapped[CodeOccasion] = state_column(CodeOccasion, name="occasion")
    digest: Mapped[bytes]
    made_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    tries: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    used_at: Mapped[Moment | None]


class Knock(Model):
    """How often somebody has knocked at a public door within one span of time. ``who`` is a keyed hash."""

    __tablename__ = "knocks"

    door: Mapped[str] = mapped_column(primary_key=True)
    who: Mapped[bytes] = mapped_column(primary_key=True)
    span_begins_at: Mapped[Moment] = mapped_column(primary_key=True)
    times: Mapped[int]


class FindRequest(Model):
    """Somebody looks for a registration by mobile or e-mail; ``sealed`` is what was typed, gone once answered."""

    __tablename__ = "find_requests"

    id: Mapped[int] = mapped_column(primary_key=True)
    sealed: Mapped[bytes | None]
    asked_at: Mapped[Moment]
    answered_at: Mapped[Moment | None]


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
    carried along by the foreign key, so that an index can refuse a second one out of it.
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
            postgresql_where=text("group_zh <> ''"),
        ),
        Index("ix_programme_choices_item_id", "item_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id", ondelete="CASCADE"))
    item_id: Mapped[int]
    group_zh: Mapped[str] = mapped_column(server_default=text("''"))
    chosen_at: Mapped[Moment]


class TicketKey(Model):
    """A pair of keys that tickets are signed with. The private half is sealed with a key made of SECRET_KEY.

    The newest one that is not retired signs; every public half goes on verifying, so keys change without reprinting.
    """

    __tablename__ = "ticket_keys"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=True)
    public_key: Mapped[bytes]
    sealed_private_key: Mapped[bytes]
    created_at: Mapped[Moment]
    retired_at: Mapped[Moment | None]

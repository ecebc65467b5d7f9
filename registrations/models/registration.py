"""Who asked to come and what was decided."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    FetchedValue,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    SmallInteger,
    String,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from campaigns.models import Stop
from people.models import Person
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
    GATE_NOTE = "gate_note"
    NO_GATE_NOTE = "no_gate_note"

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
    Act.GATE_NOTE: _l("Write a note for the gate"),
    Act.NO_GATE_NOTE: _l("Remove the note for the gate"),
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
        # For the queue: the newest of a state, and how many there are; the channels by which people came.
        Index("ix_registrations_state", "state", "id"),
        Index("ix_registrations_channel", "channel", "stop_id", postgresql_where=text("channel IS NOT NULL")),
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
            "AND sealed_answers IS NULL AND secretary IS NULL AND gate_note IS NULL)",
            name="erased_is_empty",
        ),
        CheckConstraint("NOT over_quota OR state IN ('confirmed', 'offered')", name="over_quota_seated"),
        CheckConstraint("char_length(gate_note) BETWEEN 1 AND 120", name="gate_note_length"),
        Index("ix_registrations_gate_note", "stop_id", "id", postgresql_where=text("gate_note IS NOT NULL")),
        CheckConstraint("ticket_serial BETWEEN 0 AND 65535", name="ticket_serial_range"),
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
    # The purposes whose answers were removed because their time was over: what is sealed does not say what it holds.
    answers_gone_for: Mapped[list[str]] = mapped_column(ARRAY(String), server_default=text("'{}'"))
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
    # How often a seat was given or taken and the stop changed, counted by a trigger: see calendar_entry.py.
    calendar_sequence: Mapped[int] = mapped_column(server_default=text("0"), server_onupdate=FetchedValue())
    # What the gate is to see when this person is scanned: attention is wanted.
    gate_note: Mapped[str | None]
    # How often the ticket was issued anew. It only grows (trigger ticket_serials_grow()); tickets below it do not pass.
    ticket_serial: Mapped[int] = mapped_column(server_default=text("0"), default=0)
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


class StateChange(Model):
    """One step of a registration, with who took it and why. The first has no ``before``.

    ``reason`` is told to the applicant; ``note`` is for colleagues only.
    """

    __tablename__ = "state_changes"
    __table_args__ = (
        Index(
            "ix_state_changes_from_stop_id", "from_stop_id", postgresql_where=text("from_stop_id IS NOT NULL")
        ),
    )

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

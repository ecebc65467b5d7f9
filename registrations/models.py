"""Who asked to come and what was decided."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, Integer, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from campaigns.models import Stop
from people.models import Person
from shared.codes import spaced
from shared.db import Model, Moment, state_column


class RegistrationState(StrEnum):
    """Where a registration stands. Only a confirmed one holds a seat."""

    APPLIED = "applied"
    CONFIRMED = "confirmed"
    WAITING = "waiting"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> str:
        """The state in the reader's language."""
        return str(_STATE_LABELS[self])


_STATE_LABELS = {
    RegistrationState.APPLIED: _l("Being reviewed"),
    RegistrationState.CONFIRMED: _l("Confirmed"),
    RegistrationState.WAITING: _l("On the waiting list"),
    RegistrationState.DECLINED: _l("Declined"),
    RegistrationState.WITHDRAWN: _l("Withdrawn"),
}

STANDING = (RegistrationState.APPLIED, RegistrationState.CONFIRMED, RegistrationState.WAITING)


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


class Registration(Model):
    """One person's registration for one stop.

    ``submission_id`` comes out of the form: the same form sent twice is one registration.
    ``code`` is what is read aloud at the gate; the ticket's QR code holds the id and a signature.
    ``waiting_since`` orders the waiting list: first come, first served.
    """

    __tablename__ = "registrations"
    __table_args__ = (
        # One standing registration of a person for a stop; a declined or withdrawn one may be followed by another.
        Index(
            "uq_registrations_standing",
            "stop_id",
            "person_id",
            unique=True,
            postgresql_where=text("state IN ('applied', 'confirmed', 'waiting')"),
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
        CheckConstraint("(state = 'waiting') = (waiting_since IS NOT NULL)", name="waiting_since"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str]
    submission_id: Mapped[UUID]
    stop_id: Mapped[int] = mapped_column(ForeignKey("stops.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    state: Mapped[RegistrationState] = state_column(RegistrationState, name="state")
    badge_class: Mapped[BadgeClass] = state_column(BadgeClass, name="badge_class")
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
    """One step of a registration, with who took it and why. The first has no ``before``."""

    __tablename__ = "state_changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id"), index=True)
    before: Mapped[RegistrationState | None] = state_column(RegistrationState, name="before", nullable=True)
    after: Mapped[RegistrationState] = state_column(RegistrationState, name="after")
    at: Mapped[Moment]
    by_staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    reason: Mapped[str | None]

    registration: Mapped[Registration] = relationship(back_populates="changes")


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

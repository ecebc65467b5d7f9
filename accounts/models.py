"""Staff, and what each may do where."""

from __future__ import annotations

from enum import StrEnum

from flask_babel import lazy_gettext as _l
from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shared.db import Model, Moment, state_column


class Role(StrEnum):
    """What somebody is in this work; what that allows stands in ``accounts/permissions.py``."""

    ADMINISTRATOR = "administrator"
    ORGANISER = "organiser"
    REVIEWER = "reviewer"
    GATE_VOLUNTEER = "gate_volunteer"
    RECRUITER = "recruiter"
    EMPLOYER_CONTACT = "employer_contact"
    VIEWER = "viewer"

    @property
    def label(self) -> str:
        """The role's name in the reader's language."""
        return str(_ROLE_LABELS[self])


_ROLE_LABELS = {
    Role.ADMINISTRATOR: _l("Administrator"),
    Role.ORGANISER: _l("Organiser"),
    Role.REVIEWER: _l("Reviewer"),
    Role.GATE_VOLUNTEER: _l("Gate volunteer"),
    Role.RECRUITER: _l("Recruiter"),
    Role.EMPLOYER_CONTACT: _l("Employer's contact"),
    Role.VIEWER: _l("Viewer"),
}


class Staff(Model):
    """Somebody who signs in. ``session_stamp`` changes with the password and ends every open session."""

    __tablename__ = "staff"
    __table_args__ = (Index("uq_staff_login", func.lower(text("login")), unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str]
    full_name: Mapped[str]
    # Where the office writes to: only what the person has ordered.
    email: Mapped[str | None]
    password_hash: Mapped[str]
    session_stamp: Mapped[str]
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    failed_sign_ins: Mapped[int] = mapped_column(server_default=text("0"))
    locked_until: Mapped[Moment | None]
    created_at: Mapped[Moment]

    grants: Mapped[list[RoleGrant]] = relationship(
        back_populates="staff", lazy="selectin", cascade="all, delete-orphan", order_by="RoleGrant.id"
    )


class RoleGrant(Model):
    """One role within one scope: the province (all four empty), a host city, a campaign, a stop or an employer."""

    __tablename__ = "role_grants"
    __table_args__ = (
        CheckConstraint(
            "num_nonnulls(host_city_id, campaign_id, stop_id, employer_id) <= 1", name="one_scope"
        ),
        CheckConstraint("(role = 'employer_contact') = (employer_id IS NOT NULL)", name="employer_scope"),
        UniqueConstraint(
            "staff_id",
            "role",
            "host_city_id",
            "campaign_id",
            "stop_id",
            "employer_id",
            name="uq_role_grants_scope",
            postgresql_nulls_not_distinct=True,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    role: Mapped[Role] = state_column(Role, name="role")
    # These tables belong to packages above this one; only their keys are known here.
    host_city_id: Mapped[int | None] = mapped_column(ForeignKey("host_cities.id"))
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaigns.id"))
    stop_id: Mapped[int | None] = mapped_column(ForeignKey("stops.id"))
    employer_id: Mapped[int | None] = mapped_column(ForeignKey("employers.id"))

    staff: Mapped[Staff] = relationship(back_populates="grants")

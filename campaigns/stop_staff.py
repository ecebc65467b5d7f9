"""A stop's own staff: give a colleague a role for one stop, and take it back."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from accounts.models import Role, RoleGrant, Staff
from accounts.permissions import ALLOWED, Permission
from accounts.sign_in import staff_with_login
from audit.record import record
from campaigns.errors import NoSuchColleague, RoleIsGiven, RoleNotBelowOnes
from campaigns.models import Stop
from shared.db import db, violated
from shared.errors import NotFound

# A recruiter works on a campaign's leads and an employer's contact for one employer: neither has a stop of one's own.
_OF_A_STOP = (Role.ORGANISER, Role.REVIEWER, Role.GATE_VOLUNTEER, Role.VIEWER)


def roles_to_give(by: Staff, stop: Stop) -> list[Role]:
    """The roles that ``by`` may give at ``stop``: those that allow less than a role of one's own there.

    Only who plans the stop gives roles at all.
    """
    own = [ALLOWED[grant.role] for grant in by.grants if _covers(grant, stop)]
    if not any(Permission.PLAN_CAMPAIGNS in allowed for allowed in own):
        return []
    return [role for role in _OF_A_STOP if any(ALLOWED[role] < allowed for allowed in own)]


def staff_of(stop: Stop) -> list[tuple[RoleGrant, Staff]]:
    """Who has a role for this one stop, by name."""
    statement = (
        select(RoleGrant, Staff)
        .join(Staff, Staff.id == RoleGrant.staff_id)
        .where(RoleGrant.stop_id == stop.id)
        .order_by(Staff.full_name, RoleGrant.id)
    )
    return [(grant, staff) for grant, staff in db.session.execute(statement)]


def give_role(stop: Stop, login: str, role: Role, *, by: Staff) -> RoleGrant:
    """Give the colleague with that login a role for one stop. Raises RoleNotBelowOnes, NoSuchColleague or RoleIsGiven.

    The caller has come through the door ``stop_for`` and holds the transaction.
    """
    if role not in roles_to_give(by, stop):
        raise RoleNotBelowOnes
    staff = staff_with_login(login)
    if staff is None or not staff.is_active:
        raise NoSuchColleague
    grant = RoleGrant(staff_id=staff.id, role=role, stop_id=stop.id)
    try:
        with db.session.begin_nested():
            db.session.add(grant)
    except IntegrityError as error:
        if violated(error) == "uq_role_grants_scope":
            raise RoleIsGiven from None
        raise
    record("give_role", grant, by=by, stop_id=stop.id, staff_id=staff.id, role=role)
    return grant


def take_role(stop: Stop, grant_id: int, *, by: Staff) -> None:
    """Take a role for this stop back. Raises NotFound for another stop's, and RoleNotBelowOnes."""
    grant = db.session.scalar(
        select(RoleGrant).where(RoleGrant.id == grant_id, RoleGrant.stop_id == stop.id).with_for_update()
    )
    if grant is None:
        raise NotFound
    if grant.role not in roles_to_give(by, stop):
        raise RoleNotBelowOnes
    record("take_role", grant, by=by, stop_id=stop.id, staff_id=grant.staff_id, role=grant.role)
    db.session.delete(grant)


def _covers(grant: RoleGrant, stop: Stop) -> bool:
    if grant.employer_id is not None:
        return False
    scope = (grant.host_city_id, grant.campaign_id, grant.stop_id)
    return (
        scope == (None, None, None)
        or (grant.host_city_id is not None and grant.host_city_id == stop.host_city_id)
        or grant.campaign_id == stop.campaign_id
        or grant.stop_id == stop.id
    )

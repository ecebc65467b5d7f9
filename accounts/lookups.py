"""Questions about staff."""

from __future__ import annotations

from sqlalchemy import and_, or_, select

from accounts.models import RoleGrant, Staff
from accounts.permissions import ALLOWED, Permission, Reach
from shared.db import db

MOST_NAMED = 300
"""More names than this are no choice any more."""


def staff_who_may(permission: Permission, *, within: Reach) -> list[Staff]:
    """Active staff who may do ``permission`` somewhere within a reach, by name; MOST_NAMED at most."""
    may = RoleGrant.role.in_([role for role, allowed in ALLOWED.items() if permission in allowed])
    everywhere = and_(
        RoleGrant.host_city_id.is_(None),
        RoleGrant.campaign_id.is_(None),
        RoleGrant.stop_id.is_(None),
        RoleGrant.employer_id.is_(None),
    )
    shared = or_(
        everywhere,
        RoleGrant.host_city_id.in_(within.host_city_ids),
        RoleGrant.campaign_id.in_(within.campaign_ids),
        RoleGrant.stop_id.in_(within.stop_ids),
    )
    grants = (
        select(RoleGrant.staff_id).where(may)
        if within.everywhere
        else select(RoleGrant.staff_id).where(may, shared)
    )
    return list(
        db.session.scalars(
            select(Staff)
            .where(Staff.is_active, Staff.id.in_(grants))
            .order_by(Staff.full_name, Staff.id)
            .limit(MOST_NAMED)
        ).unique()
    )

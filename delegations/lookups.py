"""Questions about delegations. Staff reach one only through the door here: ``delegation_for``."""

from __future__ import annotations

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload

from accounts.models import Staff
from accounts.permissions import Permission, reach_of
from campaigns.lookups import stops_within
from campaigns.models import Stop
from delegations.models import Delegation, DelegationMember
from shared.db import db
from shared.errors import NotFound


def delegation_for(staff: Staff, delegation_id: int, permission: Permission) -> Delegation:
    """The only door to a delegation for staff. Raises NotFound also for one to another city's stop."""
    within = stops_within(reach_of(staff, permission)).with_only_columns(Stop.id)
    delegation = db.session.scalar(
        select(Delegation).where(Delegation.id == delegation_id, Delegation.stop_id.in_(within))
    )
    if delegation is None:
        raise NotFound
    return delegation


def delegations_of(stop_id: int) -> Select[Delegation]:
    """The delegations to a stop, the newest first."""
    return select(Delegation).where(Delegation.stop_id == stop_id).order_by(Delegation.id.desc())


def confirmed_of(delegation_ids: list[int]) -> dict[int, int]:
    """How many of each delegation have confirmed themselves, in one query."""
    rows = db.session.execute(
        select(DelegationMember.delegation_id, func.count())
        .where(
            DelegationMember.delegation_id.in_(delegation_ids),
            DelegationMember.registration_id.is_not(None),
            DelegationMember.removed_at.is_(None),
        )
        .group_by(DelegationMember.delegation_id)
    )
    return {delegation_id: count for delegation_id, count in rows}


def members_of(delegation: Delegation) -> list[DelegationMember]:
    """Who is named, in the order of naming."""
    return list(
        db.session.scalars(
            select(DelegationMember)
            .where(DelegationMember.delegation_id == delegation.id, DelegationMember.removed_at.is_(None))
            .options(joinedload(DelegationMember.registration))
            .order_by(DelegationMember.id)
        )
    )

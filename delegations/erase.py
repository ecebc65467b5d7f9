"""Empty what a delegation keeps of people: its contact, its head, its members. How many were named is still counted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, String, cast, exists, func, or_, select, update

from campaigns.models import Stop
from delegations.models import Delegation, DelegationMember
from privacy.purposes import Purpose
from privacy.retention import purges
from registrations.erase import erases_at
from registrations.purge import campaigns_over
from shared.clock import now
from shared.db import db


def empty_members(registration_ids: list[int]) -> None:
    """Remove name and address; the row's number stands for them, so that two emptied ones are not the same member.

    Run twice it changes nothing. The caller holds the transaction.
    """
    _empty_members(DelegationMember.registration_id.in_(registration_ids))


@erases_at
def empty_named_at(email: str) -> dict[str, int]:
    """What delegations keep at this mailbox: their contact, and members who were named and have not confirmed.

    Such a member is taken off, and his place in the delegation is free. The delegation goes on. The caller holds the
    transaction.
    """
    # A member's trigger counts in the delegation's row: the row first, as everywhere.
    named = func.lower(DelegationMember.email) == email.lower(), DelegationMember.registration_id.is_(None)
    contact = func.lower(Delegation.contact_email) == email.lower()
    member_of = select(DelegationMember.delegation_id).where(*named)
    db.session.scalars(
        select(Delegation.id)
        .where(or_(contact, Delegation.id.in_(member_of)))
        .order_by(Delegation.id)
        .with_for_update()
    ).all()
    members = _empty_members(*named, take_off=True)
    contacts = db.session.execute(
        update(Delegation)
        .where(contact)
        .values(contact_name="", contact_mobile="", contact_email="")
        .returning(Delegation.id)
        .execution_options(synchronize_session=False)
    ).all()
    return {"delegations": len(contacts), "delegation_members": members}


@purges(Purpose.REGISTRATION)
class OverDelegations:
    """Delegations to campaigns that are over: the contact and whoever was named and never confirmed have no registration."""

    def due(self, before: datetime, most: int | None = None) -> list[int]:
        """Those that still name somebody."""
        statement = (
            select(Delegation.id)
            .join(Stop, Stop.id == Delegation.stop_id)
            .where(Stop.campaign_id.in_(campaigns_over(before)), self._names_somebody())
            .order_by(Delegation.id)
        )
        return list(db.session.scalars(statement.limit(most) if most else statement))

    def total(self) -> int:
        """All that name somebody."""
        statement = select(func.count()).select_from(Delegation).where(self._names_somebody())
        return db.session.scalar(statement) or 0

    def empty(self, ids: Sequence[int]) -> None:
        """Contact, head, note, and every member's name and address."""
        db.session.execute(
            update(Delegation)
            .where(Delegation.id.in_(ids))
            .values(
                contact_name="",
                contact_mobile="",
                contact_email="",
                head="",
                head_rank="",
                note="",
                decline_reason="",
            )
            .execution_options(synchronize_session=False)
        )
        _empty_members(DelegationMember.delegation_id.in_(ids))

    def _names_somebody(self) -> ColumnElement[bool]:
        return or_(
            Delegation.contact_email != "",
            Delegation.head != "",
            exists().where(DelegationMember.delegation_id == Delegation.id, DelegationMember.full_name != ""),
        )


def _empty_members(*conditions: ColumnElement[bool], take_off: bool = False) -> int:
    values: dict[str, object] = {"full_name": "", "email": cast(DelegationMember.id, String)}
    if take_off:
        values["removed_at"] = func.coalesce(DelegationMember.removed_at, now())
    emptied = db.session.execute(
        update(DelegationMember)
        .where(*conditions)
        .values(**values)
        .returning(DelegationMember.id)
        .execution_options(synchronize_session=False)
    )
    return len(emptied.all())

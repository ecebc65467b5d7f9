"""Empty what a contact said of a member. That a member was named is still counted."""

from __future__ import annotations

from sqlalchemy import String, cast, update

from delegations.models import DelegationMember
from shared.db import db


def empty_members(registration_ids: list[int]) -> None:
    """Remove name and address; the row's number stands for them, so that two emptied ones are not the same member.

    Run twice it changes nothing. The caller holds the transaction.
    """
    db.session.execute(
        update(DelegationMember)
        .where(DelegationMember.registration_id.in_(registration_ids))
        .values(full_name="", email=cast(DelegationMember.id, String))
        .execution_options(synchronize_session=False)
    )

"""The people whom every test knows."""

from __future__ import annotations

from itertools import count

from accounts.models import Role, RoleGrant, Staff
from shared.clock import now
from shared.db import db

_numbers = count(1)


def staff(
    role: Role = Role.ADMINISTRATOR,
    *,
    login: str | None = None,
    host_city_id: int | None = None,
    campaign_id: int | None = None,
    stop_id: int | None = None,
    employer_id: int | None = None,
) -> Staff:
    """An account with one role; its password cannot be typed (use sign_in.add_staff for that)."""
    number = next(_numbers)
    account = Staff(
        login=login or f"staff{number}",
        full_name=f"工作人员{number}",
        password_hash="!",
        session_stamp=f"stamp{number}",
        is_active=True,
        failed_sign_ins=0,
        created_at=now(),
        grants=[
            RoleGrant(
                role=role,
                host_city_id=host_city_id,
                campaign_id=campaign_id,
                stop_id=stop_id,
                employer_id=employer_id,
            )
        ],
    )
    db.session.add(account)
    db.session.commit()
    return account

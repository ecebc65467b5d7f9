"""Arrivals and leads."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any

from accounts.models import Role, Staff
from campaigns.models import Stop
from checkin.models import CheckIn
from employers.models import Employer
from leads.models import Lead, LeadHolding, Stage
from registrations.models import Registration
from shared.clock import now
from shared.db import db
from tests.factories import accounts, registrations

_numbers = count(1)


def employer(name_zh: str | None = None) -> Employer:
    """A house that hires."""
    number = next(_numbers)
    row = Employer(
        name_zh=name_zh or f"太原重型机械第{number}厂",
        name_en=f"Taiyuan Heavy Machinery Works {number}",
        industry_zh="装备制造",
        industry_en="Equipment manufacturing",
        created_at=now(),
    )
    db.session.add(row)
    db.session.commit()
    return row


def arrival(*, of: Registration | None = None, at: Stop | None = None, **changes: Any) -> CheckIn:
    """Somebody came through the east gate a minute ago; nobody has been told."""
    registration = of or registrations.registration(at=at)
    values: dict[str, Any] = {
        "registration_id": registration.id,
        "stop_id": registration.stop_id,
        "gate": "东门",
        "arrived_at": now() - timedelta(minutes=1),
    }
    if "scanned_by_id" not in changes:
        values["scanned_by_id"] = accounts.staff(Role.GATE_VOLUNTEER).id
    row = CheckIn(**{**values, **changes})
    db.session.add(row)
    db.session.commit()
    return row


def lead(
    *, of: Registration | None = None, at: Stop | None = None, owner: Staff | None = None, **changes: Any
) -> Lead:
    """A lead in the pool, or in the hands of ``owner``, of somebody who did not have to arrive."""
    registration = of or registrations.registration(at=at)
    moment = now()
    values: dict[str, Any] = {
        "person_id": registration.person_id,
        "campaign_id": registration.stop.campaign_id,
        "stop_id": registration.stop_id,
        "registration_id": registration.id,
        "stage": Stage.NEW,
        "score": 50,
        "owner_id": owner.id if owner else None,
        "claimed_at": moment if owner else None,
        "due_at": moment + timedelta(hours=4),
        "opened_at": moment,
    }
    row = Lead(**{**values, **changes})
    db.session.add(row)
    db.session.flush()
    if owner:
        db.session.add(LeadHolding(lead_id=row.id, staff_id=owner.id, from_at=moment))
    db.session.commit()
    return row

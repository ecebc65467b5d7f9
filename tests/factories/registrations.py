"""Registrations in any state, without going through the form."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from campaigns.models import Stop
from people.find_or_add import find_or_add
from registrations.models import BadgeClass, Education, Registration, RegistrationState
from registrations.tickets import make_first_key
from shared.clock import now
from shared.codes import new_code
from shared.db import db
from tests.factories import campaigns

_numbers = count(1)


def registration(
    state: RegistrationState = RegistrationState.CONFIRMED, *, at: Stop | None = None, **changes: Any
) -> Registration:
    """Dr Li's registration (each call another Dr Li)."""
    number = next(_numbers)
    at = at or campaigns.stop()
    person = changes.pop("person", None) or find_or_add(
        full_name=changes.pop("full_name", "李文博"),
        mobile=f"+86130{number:08d}",
        email=f"li{number}@example.com",
    )
    moment = now()
    values: dict[str, Any] = {
        "code": new_code(),
        "submission_id": uuid4(),
        "stop": at,
        "person": person,
        "state": state,
        "badge_class": BadgeClass.DOCTOR,
        "email": person.email,
        "university": "山西大学",
        "education": Education.DOCTOR,
        "research_field": "煤基新材料",
        "preferred_city_ids": [],
        "language": "zh",
        "consent_version": "test",
        "consented_at": moment,
        "applied_at": moment,
        "waiting_since": moment if state is RegistrationState.WAITING else None,
        "offer_expires_at": moment + timedelta(days=1) if state is RegistrationState.OFFERED else None,
        "decided_at": moment if state is not RegistrationState.APPLIED else None,
    }
    if changes.pop("make_key", state is RegistrationState.CONFIRMED):
        make_first_key()
    row = Registration(**{**values, **changes})
    db.session.add(row)
    db.session.commit()
    db.session.refresh(at)
    return row

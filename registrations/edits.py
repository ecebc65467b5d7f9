"""What the desk sees of an applicant's changes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from accounts.models import Staff
from registrations.amend import edits_close_at
from registrations.field_names import field_names
from registrations.models import AnswerChange, Registration
from registrations.own_forms import ExtendForm
from shared.db import db


def edits_of(registration: Registration) -> dict[str, Any]:
    """``changes`` (each with who made it and the fields' names), ``closes_at``, and the ``form`` to move that."""
    rows = db.session.execute(
        select(AnswerChange, Staff)
        .outerjoin(Staff, Staff.id == AnswerChange.by_staff_id)
        .where(AnswerChange.registration_id == registration.id)
        .order_by(AnswerChange.id.desc())
    )
    return {
        "changes": [
            (change, staff, field_names(change.fields, campaign_id=registration.stop.campaign_id))
            for change, staff in rows
        ],
        "closes_at": edits_close_at(registration),
        "form": ExtendForm(formdata=None, data={"until": registration.edits_until}),
    }

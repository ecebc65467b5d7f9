"""When somebody arrived, for the person's own copy."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from checkin.models import CheckIn
from privacy.copy import Entry, Scope, chapter, fact
from shared.db import db


@chapter("arrivals", _l("Arrivals"))
def arrivals(scope: Scope) -> list[Entry]:
    """Every arrival, also a voided one."""
    rows = db.session.scalars(
        select(CheckIn).where(CheckIn.registration_id.in_(scope.registration_ids)).order_by(CheckIn.id)
    )
    return [
        [
            fact("arrived_at", _l("Arrived"), arrival.arrived_at),
            fact("gate", _l("Gate"), arrival.gate),
            fact("voided_at", _l("Voided"), arrival.voided_at),
            fact("void_reason", _l("Reason"), arrival.void_reason),
        ]
        for arrival in rows
    ]

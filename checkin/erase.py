"""Empty what was written at the gate about somebody. The arrival itself is counted and stays."""

from __future__ import annotations

from sqlalchemy import update

from checkin.models import CheckIn
from shared.db import db


def empty_arrivals(registration_ids: list[int]) -> None:
    """Remove the words with which arrivals were voided. The caller holds the transaction."""
    db.session.execute(
        update(CheckIn)
        .where(CheckIn.registration_id.in_(registration_ids), CheckIn.void_reason.is_not(None))
        .values(void_reason="")
        .execution_options(synchronize_session=False)
    )

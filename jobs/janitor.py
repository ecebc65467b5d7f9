"""The janitor: removes kept promises after two weeks. Parked ones stay until somebody has looked at them."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete

from jobs.models import OutboxJob
from shared.clock import now
from shared.db import db

KEPT_FOR = timedelta(days=14)


def tidy_up() -> None:
    """Delete promises that were kept long ago. The caller holds the transaction."""
    db.session.execute(delete(OutboxJob).where(OutboxJob.done_at < now() - KEPT_FOR))

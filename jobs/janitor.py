"""The janitor: removes kept promises after two weeks and result files after one.

Parked promises stay until somebody has looked at them.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete

from jobs.long_work import sweep_results
from jobs.models import OutboxJob
from shared.clock import now
from shared.db import db

KEPT_FOR = timedelta(days=14)


def tidy_up() -> None:
    """Delete promises that were kept long ago, and results whose week is over. The caller holds the transaction."""
    db.session.execute(delete(OutboxJob).where(OutboxJob.done_at < now() - KEPT_FOR))
    sweep_results()

"""Questions about long work. Staff reach it only through the door here: one sees what one has ordered oneself."""

from __future__ import annotations

from sqlalchemy import Select, select

from accounts.models import Staff
from jobs.models import LongWork
from shared.db import db
from shared.errors import NotFound


def work_of(staff: Staff) -> Select[LongWork]:
    """What ``staff`` has ordered, the newest first."""
    return select(LongWork).where(LongWork.ordered_by_id == staff.id).order_by(LongWork.id.desc())


def work_for(staff: Staff, work_id: int) -> LongWork:
    """The only door to long work for staff. Raises NotFound also for what a colleague has ordered."""
    work = db.session.scalar(
        select(LongWork).where(LongWork.id == work_id, LongWork.ordered_by_id == staff.id)
    )
    if work is None:
        raise NotFound
    return work

"""How often somebody may knock at a public door: counted in PostgreSQL, so that a wiped Redis opens nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert

from registrations.models import Knock
from shared.clock import now
from shared.db import db
from shared.sealing import keyed_hash

LONGEST_SPAN = timedelta(days=1)


def knock(door: str, who: str, *, most: int, within: timedelta) -> bool:
    """Count one knock of ``who`` at ``door``; False when there were ``most`` already within the running span.

    Spans stand on the clock: at the turn of one twice ``most`` may pass. Only a keyed hash of ``who`` is kept. The
    caller holds the transaction and commits it even when the answer is False.
    """
    seconds = int(within.total_seconds())
    span = datetime.fromtimestamp(int(now().timestamp()) // seconds * seconds, UTC)
    counted = (
        insert(Knock)
        .values(door=door, who=keyed_hash(who, use=f"knocks.{door}"), span_begins_at=span, times=1)
        .on_conflict_do_update(
            index_elements=[Knock.door, Knock.who, Knock.span_begins_at], set_={"times": Knock.times + 1}
        )
        .returning(Knock.times)
    )
    times: int = db.session.execute(counted).scalar_one()
    return times <= most


def uncount_knock(door: str, who: str, *, within: timedelta) -> None:
    """Take back the knock that was just counted: for doors that count wrong tries alone.

    The count stays held from ``knock`` to the commit, so whoever tries many at once waits for himself.
    """
    seconds = int(within.total_seconds())
    span = datetime.fromtimestamp(int(now().timestamp()) // seconds * seconds, UTC)
    db.session.execute(
        update(Knock)
        .where(
            Knock.door == door,
            Knock.who == keyed_hash(who, use=f"knocks.{door}"),
            Knock.span_begins_at == span,
            Knock.times > 1,
        )
        .values(times=Knock.times - 1)
        .execution_options(synchronize_session=False)
    )


def forget_knocks() -> int:
    """Remove what no span counts any more; returns how many. The caller holds the transaction."""
    gone = db.session.execute(
        delete(Knock).where(Knock.span_begins_at < now() - LONGEST_SPAN).returning(Knock.door)
    )
    return len(gone.all())

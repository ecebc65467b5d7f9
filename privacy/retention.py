"""Remove by itself what has been kept long enough, day by day, and stop when too much would go at once.

A package that keeps data for a purpose says how to find what is over and how to empty it::

    @purges(Purpose.MESSAGES)
    class OldMails(Purger): ...

Several packages may keep something for one purpose; their rows are counted together.

The day's run is one row: a clock that jumps, or a mistake in a purpose, stops it until an administrator has looked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol, TypeVar

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from audit.record import SYSTEM, Actor, record
from privacy.errors import NothingToConfirm
from privacy.models import PurgeRun, PurgeState
from privacy.purposes import CARD, Purpose
from shared.clock import now, today
from shared.db import db, hold

MOST_AT_ONCE = 0.2
"""Of all rows of a purpose: more than this share at once is looked at by somebody first."""

FEW = 20
"""Fewer rows than these go without asking, whatever their share: a small installation has small numbers."""

LONGEST_PAUSE = timedelta(days=14)
"""After a longer pause, or with a run in the future, the clock is suspected."""

CHUNK = 500


class Purger(Protocol):
    """What one purpose keeps: which rows are over, how many there are in all, and how they are emptied."""

    def due(self, before: datetime, most: int | None = None) -> list[int]:
        """Ids of rows whose campaign ended before that moment and that still hold something."""

    def total(self) -> int:
        """How many rows hold something at all."""

    def empty(self, ids: Sequence[int]) -> None:
        """Empty these rows; done twice it changes nothing."""


PurgerT = TypeVar("PurgerT", bound=Purger)
_purgers: dict[Purpose, list[Purger]] = {}


def purges(purpose: Purpose) -> Callable[[type[PurgerT]], type[PurgerT]]:
    """Let an instance of this class purge what its package keeps for ``purpose``."""

    def remember(kind: type[PurgerT]) -> type[PurgerT]:
        _purgers.setdefault(purpose, []).append(kind())
        return kind

    return remember


@dataclass(frozen=True)
class Due:
    """What would go today for one purpose: ``number`` of ``total`` rows."""

    purpose: Purpose
    number: int
    total: int

    @property
    def is_much(self) -> bool:
        """Whether so much at once is to be looked at first."""
        return self.number > FEW and self.number > self.total * MOST_AT_ONCE


def due_today() -> list[Due]:
    """What would be purged now, by purpose; the dry run."""
    moment = now()
    return [
        Due(
            purpose,
            sum(len(purger.due(_before(purpose, moment))) for purger in purgers),
            sum(purger.total() for purger in purgers),
        )
        for purpose, purgers in _purgers.items()
    ]


def begin_purge(day: date | None = None) -> int | None:
    """Write the day's run; the id of one that may go on, or None when it ran before or was stopped.

    The caller holds the transaction and promises the work.
    """
    day = day or today()
    reason = _why_not(day)
    run_id = db.session.scalar(
        insert(PurgeRun)
        .values(
            day=day,
            state=PurgeState.STOPPED if reason else PurgeState.DONE,
            ran_at=now(),
            counts={},
            reason=reason,
        )
        .on_conflict_do_nothing()
        .returning(PurgeRun.id)
    )
    if run_id is None:
        return None
    record("stop_purge" if reason else "begin_purge", db.session.get_one(PurgeRun, run_id), by=SYSTEM)
    return None if reason else run_id


def confirm_purge(run_id: int, *, by: Actor) -> int:
    """An administrator has looked: the stopped run goes on. Raises NothingToConfirm. Returns the run's id."""
    run = hold(PurgeRun, run_id)
    if run is None or run.state is not PurgeState.STOPPED:
        raise NothingToConfirm
    run.state = PurgeState.CONFIRMED
    run.confirmed_by_id = by.id
    record("confirm_purge", run, by=by)
    return run.id


def purge_some(run_id: int) -> bool:
    """Empty up to CHUNK rows of each purpose and package; whether there may be more. The caller holds the transaction."""
    run = hold(PurgeRun, run_id)
    if run is None or run.state is PurgeState.STOPPED:
        return False
    counts = dict(run.counts)
    emptied = 0
    for purpose, purger in ((purpose, one) for purpose, several in _purgers.items() for one in several):
        ids = purger.due(_before(purpose, run.ran_at), CHUNK)
        if ids:
            purger.empty(ids)
            counts[purpose.value] = counts.get(purpose.value, 0) + len(ids)
            emptied += len(ids)
    run.counts = counts
    if emptied:
        record("purge", run, by=SYSTEM, rows=emptied)
    return emptied > 0


def latest_runs(most: int = 14) -> list[PurgeRun]:
    """The last runs, the latest first."""
    return list(db.session.scalars(select(PurgeRun).order_by(PurgeRun.day.desc()).limit(most)))


def _before(purpose: Purpose, moment: datetime) -> datetime:
    return moment - timedelta(days=CARD[purpose].kept_days)


def _why_not(day: date) -> str | None:
    last = db.session.scalar(select(PurgeRun.day).order_by(PurgeRun.day.desc()).limit(1))
    if last is not None and last > day:
        return str(
            _("There was a run on %(day)s already, which is still to come. Is the clock right?", day=last)
        )
    if last is not None and day - last > LONGEST_PAUSE:
        return str(_("The last run was on %(day)s. Is the clock right?", day=last))
    much = [due for due in due_today() if due.is_much]
    if much:
        return str(_(", ")).join(
            str(
                _(
                    "%(what)s: %(number)s of %(total)s would go at once",
                    what=due.purpose.label,
                    number=due.number,
                    total=due.total,
                )
            )
            for due in much
        )
    return None

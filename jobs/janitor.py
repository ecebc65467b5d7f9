"""The janitor: removes kept promises after two weeks and result files after one, and does the packages' chores.

Parked promises stay until somebody has looked at them. A package above writes, in its ``tasks.py``::

    @every(timedelta(hours=1))
    def sweep_files() -> None: ...
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from sqlalchemy import delete
from sqlalchemy.exc import OperationalError

from jobs.long_work import sweep_results
from jobs.models import OutboxJob
from shared.clock import now
from shared.db import db, transaction

log = logging.getLogger(__name__)
KEPT_FOR = timedelta(days=14)

Chore = Callable[[], None]
ChoreT = TypeVar("ChoreT", bound=Chore)
_chores: dict[Chore, timedelta] = {}
_done_at: dict[Chore, float] = {}


def every(pause: timedelta) -> Callable[[ChoreT], ChoreT]:
    """Have this done when the relay starts and then every ``pause``, in a transaction of its own.

    It may be done by several relays at once, and again after a crash.
    """

    def remember(chore: ChoreT) -> ChoreT:
        _chores[chore] = pause
        return chore

    return remember


def tidy_up() -> None:
    """Delete promises that were kept long ago, and results whose week is over. The caller holds the transaction."""
    db.session.execute(delete(OutboxJob).where(OutboxJob.done_at < now() - KEPT_FOR))
    sweep_results()


def do_chores() -> None:
    """Do what is due of the packages' chores. One that fails is logged and tried after its pause; outages go up."""
    for chore, pause in _chores.items():
        if time.monotonic() - _done_at.get(chore, float("-inf")) < pause.total_seconds():
            continue
        try:
            with transaction():
                chore()
        except OperationalError:
            raise
        except Exception:  # a broken chore must not stop the mails
            log.exception("chore %s.%s failed", chore.__module__, chore.__name__)
        _done_at[chore] = time.monotonic()

"""Forms kept in memory: a rush asks for one form thousands of times, and it changes a few times a year.

A form is kept under its stamp, the version and moment that triggers write with every change of a page or a question
(``campaign_forms``). Whoever wants it asks the database for the stamp as it is now, one small row, and a kept form of
any other stamp is made anew. The moment is in it because a change that was rolled back may have had the same version.
What no version tells of is not kept: places of scarce choices and lists of employers are asked for each time. The
names of the province's cities, which only a migration changes, may be as old as ``OLDEST``.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

from flask import current_app

from questions.engine import Questionnaire

MOST = 200
"""Forms of one process: a few hundred kilobytes each at the most."""

OLDEST = 300.0
"""Seconds."""

Stamp = tuple[int, datetime]
Which = tuple[int, int | None, str]
"""(campaign, stop, when it is asked)"""


@dataclass(frozen=True)
class KeptForm:
    """A form as it was made, with the ids of its questions whose places are scarce."""

    stamp: Stamp
    questionnaire: Questionnaire
    scarce: tuple[int, ...]
    made_at: float = field(default_factory=time.monotonic)


class KeptForms:
    """The forms that one process keeps, the longest unused let go. Safe for threads."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._kept: OrderedDict[Which, KeptForm] = OrderedDict()
        self._lock = Lock()

    def get(self, which: Which, stamp: Stamp) -> KeptForm | None:
        """The kept form, if it is of this stamp and not too old."""
        with self._lock:
            kept = self._kept.get(which)
            if kept is None or kept.stamp != stamp or time.monotonic() - kept.made_at > OLDEST:
                return None
            self._kept.move_to_end(which)
            return kept

    def keep(self, which: Which, form: KeptForm) -> None:
        """Keep it in the place of an earlier one."""
        with self._lock:
            self._kept[which] = form
            self._kept.move_to_end(which)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)


def kept_forms() -> KeptForms:
    """Those of this application in this process."""
    kept: KeptForms = current_app.extensions.setdefault("kept_forms", KeptForms())
    return kept

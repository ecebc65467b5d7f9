"""One answer for everybody who asks at about the same time: a hundred screens cost the database one look."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

from flask import current_app

Answer = TypeVar("Answer")
LASTS = "ONE_ANSWER_SECONDS"
"""The setting of the application that says how long an answer is good; a second unless it says otherwise."""
LATE = 2.0
"""So many seconds longer the answer before is given out while somebody makes the next: nobody queues for it."""


class _Kept:
    """One key's answer, until when it is good, and the lock of whoever is making it."""

    __slots__ = ("answer", "good_until", "lock")

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.answer: Any = None
        self.good_until = float("-inf")


class Answers:
    """The answers of one process. While one is being made, others get the one before if it is ``LATE`` at most, else wait."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[Hashable, _Kept] = {}

    def of(self, key: Hashable, make: Callable[[], Answer], *, lasts: float) -> Answer:
        """What ``make`` answered to ``key`` within the last ``lasts`` seconds, else what it answers now.

        Answers are shared between requests: plain values, never rows. What ``make`` raises is kept for nobody.
        """
        with self._lock:
            self._sweep()
            kept = self._kept.setdefault(key, _Kept())
        moment = time.monotonic()
        if kept.good_until + LATE > moment:
            if kept.good_until > moment or not kept.lock.acquire(blocking=False):
                return cast("Answer", kept.answer)
        else:
            kept.lock.acquire()
        try:
            if kept.good_until <= time.monotonic():
                kept.answer = make()
                kept.good_until = time.monotonic() + lasts
            return cast("Answer", kept.answer)
        finally:
            kept.lock.release()

    def _sweep(self) -> None:
        """Forget what nobody has asked for lately, so that memory stays flat."""
        if len(self._kept) < 256:
            return
        limit = time.monotonic()
        for key in [
            key for key, kept in self._kept.items() if kept.good_until < limit and not kept.lock.locked()
        ]:
            del self._kept[key]


def one_answer(key: Hashable, make: Callable[[], Answer]) -> Answer:
    """``make()``, or what it answered to the same key less than a second ago."""
    answers: Answers = current_app.extensions.setdefault("one_answer", Answers())
    return answers.of(key, make, lasts=float(current_app.config.get(LASTS, 1.0)))

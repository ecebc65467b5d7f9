"""A crowd that registers: many clients in several processes, as several web workers would serve them."""

from __future__ import annotations

import multiprocessing
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import uuid4

from flask import Flask

from shared.db import db, transaction

PROCESSES = 8  # of 8 clients each: as many as an application's connections serve at once


@dataclass(frozen=True)
class Crowd:
    """``clients`` threads in all, ``attempts`` registrations in all, for each of ``stop_ids`` in turn."""

    database_url: str
    directory: str
    stop_ids: tuple[int, ...]
    clients: int
    attempts: int
    holds_the_stop: bool = True
    seconds: float = 110

    def register(self) -> Counter[str]:
        """Let everybody register at once; counts the states they were told, and the names of errors."""
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["app", "tests.conftest", "registrations.register"])
        together = context.Barrier(PROCESSES)
        answers: Any = context.Queue()
        processes = [
            context.Process(target=_one_process, args=(self, together, answers), daemon=True)
            for _ in range(PROCESSES)
        ]
        for process in processes:
            process.start()
        told: Counter[str] = Counter()
        for _ in processes:
            told.update(answers.get(timeout=self.seconds))
        for process in processes:
            process.join(10)
        return told


def _one_process(crowd: Crowd, together: Any, answers: Any) -> None:
    told: Counter[str] = Counter()
    try:
        _rush(crowd, together, told)
    except BaseException as error:
        together.abort()
        told[f"{type(error).__name__}: {error}"] += 1
    answers.put(told)


def _rush(crowd: Crowd, together: Any, told: Counter[str]) -> None:
    from app import create_app
    from registrations import register as register_module
    from tests.conftest import settings_for

    os.environ.setdefault("TEST_REDIS_URL", "")
    app = create_app(settings_for(crowd.database_url, Path(crowd.directory)))
    if not crowd.holds_the_stop:
        vars(register_module)["hold"] = _only_read
    for stop_id in crowd.stop_ids:
        turns = Turns(crowd.attempts // PROCESSES)
        together.wait(60)
        threads = [
            Thread(target=_one_client, args=(app, stop_id, turns, told))
            for _client in range(crowd.clients // PROCESSES)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def _only_read(model: type[Any], row_id: int) -> Any:
    """What ``hold`` is without its lock."""
    return db.session.get(model, row_id, populate_existing=True)


def _one_client(app: Flask, stop_id: int, turns: Turns, told: Counter[str]) -> None:
    from registrations.register import register
    from tests.registrations.applications import application

    for _turn in turns:
        with app.app_context():
            try:
                form = application(mobile=f"+861{uuid4().int % 10**10:010d}")
                with transaction():
                    answer = register(form, stop_id=stop_id, submission_id=uuid4()).state.value
            except Exception as error:
                answer = type(error).__name__
        told[answer] += 1


class Turns:
    """So many turns in all, taken by several threads."""

    def __init__(self, most: int) -> None:
        self._left = count(1)
        self._most = most

    def __iter__(self) -> Iterator[int]:
        while (turn := next(self._left)) <= self._most:
            yield turn

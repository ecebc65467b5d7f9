"""Promise work and announce facts. Nothing leaves before the commit: both only write rows.

A package that wants to hear of a fact writes, in its ``tasks.py``::

    @on(PersonArrived)
    def open_lead_on_arrival(registration_id: int) -> None: ...

The announcing package never learns who listens.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, TypeVar

from jobs.models import OutboxJob
from shared.clock import now
from shared.db import db

Task = Callable[..., None]
TaskT = TypeVar("TaskT", bound=Task)

_tasks: dict[str, Task] = {}
_when_failed: dict[str, Callable[[dict[str, Any], str, bool], None]] = {}
_listeners: dict[type[Fact], list[str]] = defaultdict(list)


@dataclass(frozen=True)
class Fact:
    """Something that has happened: named in the past tense, carrying ids only."""


def task_name(task: Task) -> str:
    """How a promise is stored: ``package.tasks.function``."""
    return f"{task.__module__}.{task.__name__}"


def task(function: TaskT) -> TaskT:
    """Mark a function as work that may be promised. It takes ids, fetches, calls a verb."""
    _tasks[task_name(function)] = function
    return function


def on(fact: type[Fact]) -> Callable[[TaskT], TaskT]:
    """Do this work whenever ``fact`` has been announced."""

    def remember(function: TaskT) -> TaskT:
        task(function)
        if task_name(function) not in _listeners[fact]:
            _listeners[fact].append(task_name(function))
        return function

    return remember


def when_failed(failing: Task) -> Callable[[TaskT], TaskT]:
    """Call this with the arguments, the error and whether it was the last try, when a try of ``failing`` failed.

    It runs in the transaction that notes the failure; what the try itself did is rolled back by then.
    """

    def remember(function: TaskT) -> TaskT:
        _when_failed[task_name(failing)] = function
        return function

    return remember


def tell_of_failure(name: str, arguments: dict[str, Any], error: str, *, parked: bool) -> None:
    """Tell whoever asked by ``when_failed``."""
    if listener := _when_failed.get(name):
        listener(arguments, error, parked)


def task_named(name: str) -> Task:
    """The work of that name. Raises KeyError: only what was marked may be run, whatever lies in Redis."""
    return _tasks[name]


def known_tasks() -> dict[str, Task]:
    """Every kind of work that may be promised."""
    return dict(_tasks)


def enqueue(function: Task, *, due_at: datetime | None = None, **ids: Any) -> None:
    """Promise ``function(**ids)`` once this transaction has been committed, not before ``due_at``."""
    _promise(task_name(function), ids, due_at)


def announce(fact: Fact) -> None:
    """Promise the work of everybody who listens for ``fact``."""
    for name in _listeners[type(fact)]:
        _promise(name, asdict(fact), None)


def promises_of(fact: Fact) -> list[dict[str, Any]]:
    """The rows that ``announce(fact)`` would write, for a verb that writes them in a statement of its own."""
    moment = now()
    return [
        {"task": name, "arguments": asdict(fact), "promised_at": moment, "due_at": moment}
        for name in _listeners[type(fact)]
    ]


def _promise(name: str, ids: dict[str, Any], due_at: datetime | None) -> None:
    if name not in _tasks:
        raise LookupError(f"{name} is not marked with @task")
    moment = now()
    db.session.add(OutboxJob(task=name, arguments=ids, promised_at=moment, due_at=due_at or moment))

"""Many clients at once: lanes in processes of their own, all let go at the same moment.

A lane is one connection with its own list of work. It is pickled to the process that runs it, so it is made of
plain values; what it needs to be open it opens there.
"""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from typing import Any, Protocol

from bench.figures import Sample

MOST_PROCESSES = 2
READY_WITHIN = 60.0


class Lane(Protocol):
    """One client; every ``do`` is one answer and one time."""

    @property
    def items(self) -> Sequence[Any]:
        """The work, one piece after the other."""

    def open(self) -> None:
        """Connect; not measured."""

    def do(self, item: Any) -> str:
        """One piece of work; returns what the answer was."""

    def close(self) -> None:
        """Hang up; not measured."""


class Driven(list[Sample]):
    """Every answer, by the time it was asked for. ``client_seconds``: the processor time that asking took in all."""

    client_seconds: float = 0.0


def drive(lanes: Sequence[Lane], *, most_seconds: float = 120.0) -> Driven:
    """Run the lanes side by side and return every answer, by the time it was asked for.

    A lane stops taking up work after ``most_seconds``. An exception in ``do`` is an answer too, named
    ``error: …``; one in ``open`` ends the whole run with RuntimeError.
    """
    context = multiprocessing.get_context("spawn")
    count = min(MOST_PROCESSES, len(lanes))
    barrier = context.Barrier(len(lanes))
    processes, ends = [], []
    for number in range(count):
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_process, args=(lanes[number::count], barrier, most_seconds, theirs))
        process.start()
        theirs.close()
        processes.append(process)
        ends.append(ours)
    try:
        answers = [_received(end, most_seconds + READY_WITHIN + 60) for end in ends]
    finally:
        for process in processes:
            process.join(5)
            if process.is_alive():
                process.kill()
                process.join()
        for end in ends:
            end.close()
    driven = Driven()
    for answer in answers:
        if isinstance(answer, str):
            raise RuntimeError(answer)
        samples, seconds = answer
        driven += samples
        driven.client_seconds += seconds
    driven.sort(key=lambda sample: sample.began)
    return driven


def _process(lanes: Sequence[Lane], barrier: Barrier, most_seconds: float, end: Connection[Any, Any]) -> None:
    """What a client process does: run its lanes, send back the answers or the reason why there are none."""
    try:
        end.send(run_lanes(lanes, barrier, most_seconds))
    except Exception as failure:  # told to the parent, who raises it
        end.send(f"{failure}")
    finally:
        end.close()


def _received(end: Connection[Any, Any], seconds: float) -> tuple[list[Sample], float] | str:
    try:
        if end.poll(seconds):
            answer: tuple[list[Sample], float] | str = end.recv()
            return answer
    except EOFError:
        pass
    return "a client process ended without an answer"


def run_lanes(lanes: Sequence[Lane], barrier: Barrier, most_seconds: float) -> tuple[list[Sample], float]:
    """One process's share of the lanes, a thread each; the answers, and the processor's seconds they took to get."""
    samples: list[list[Sample]] = [[] for _ in lanes]
    spent: list[float] = [0.0 for _ in lanes]
    failures: list[BaseException] = []

    def run(number: int, lane: Lane, kept: list[Sample]) -> None:
        try:
            lane.open()
            barrier.wait(READY_WITHIN)
        except BaseException as failure:
            barrier.abort()
            failures.append(failure)
            return
        until, before = time.monotonic() + most_seconds, time.thread_time()
        for item in lane.items:
            began = time.monotonic()
            if began > until:
                break
            try:
                outcome = lane.do(item)
            except Exception as failure:  # an answer like any other, and counted as an error
                outcome = f"error: {type(failure).__name__}"
            kept.append(Sample(began, time.monotonic() - began, outcome))
        spent[number] = time.thread_time() - before
        lane.close()

    threads = [
        threading.Thread(target=run, args=(number, lane, samples[number]))
        for number, lane in enumerate(lanes)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for failure in failures:
        if not isinstance(failure, threading.BrokenBarrierError):
            raise RuntimeError(f"a client could not begin: {failure!r}") from failure
    if failures:
        raise RuntimeError("the clients did not begin together")
    return [sample for kept in samples for sample in kept], sum(spent)

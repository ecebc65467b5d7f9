"""Long work: done in the background a chunk at a time, seen, cancelled, and taken up again where it was left.

A package that has some writes, in its ``tasks.py``::

    @long_work("export_registrations", _l("Export of registrations"), chunk=500)
    def export(work: LongWork, position: int) -> int | None:
        rows = ...the next work.chunk_size rows from ``position`` on...
        work.done += len(rows)
        return rows[-1].id if rows else None

and, in the act's transaction, ``begin("export_registrations", by=g.staff, total=9000, stop_id=7)``; then it sends the
reader to ``url_for("work.progress_page", work_id=work.id)``. Positions are counted as the kind likes (a row's number, the
last id); they begin at 0 and None means that nothing is left.

Each chunk is a promise of its own: its effect, the counts and the new position are one transaction. A worker that is
killed loses one chunk, which is done again from the same position; a chunk delivered twice finds the position moved and
does nothing. Between two chunks other promises have their turn, and a cancellation its effect. A chunk should take a
second or two at most: whoever cancels waits for it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from flask import current_app
from flask_babel import LazyString, force_locale
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from jobs.models import LongWork, WorkState
from jobs.outbox import Fact, announce, enqueue, task, when_failed
from shared.clock import now
from shared.db import db, hold
from shared.errors import Refusal
from shared.language import BABEL_LOCALES, current_language

RESULTS_KEPT_FOR = timedelta(days=7)
Chunk = Callable[[LongWork, int], int | None]
ChunkT = TypeVar("ChunkT", bound=Chunk)


@dataclass(frozen=True)
class WorkEnded(Fact):
    """Long work is finished, was cancelled or has failed for good; ``kind`` lets a listener pass over others' work."""

    work_id: int
    kind: str


class WorkIsOver(Refusal):
    """What is over is not cancelled."""

    code = "work_is_over"
    sentence = _l("This work is over already; there is nothing left to cancel.")


@dataclass(frozen=True)
class Kind:
    """One kind of long work: its name for people, its chunk, and what it says once it is over.

    ``sentences`` gives what came of the work in the reader's language, ``onward`` where to go now: label and address.
    """

    label: LazyString | str
    chunk: Chunk
    chunk_size: int
    sentences: Callable[[LongWork], list[str]] | None = None
    onward: Callable[[LongWork], tuple[str, str] | None] | None = None


_kinds: dict[str, Kind] = {}


def long_work(
    kind: str,
    label: LazyString | str,
    *,
    chunk: int,
    sentences: Callable[[LongWork], list[str]] | None = None,
    onward: Callable[[LongWork], tuple[str, str] | None] | None = None,
) -> Callable[[ChunkT], ChunkT]:
    """Mark a function (work, position) -> next position or None as the chunk of long work ``kind``."""

    def remember(function: ChunkT) -> ChunkT:
        _kinds[kind] = Kind(label, function, chunk, sentences, onward)
        return function

    return remember


def kind_named(kind: str) -> Kind:
    """The kind of that name. Raises KeyError: only what was marked may run, whatever stands in a row."""
    return _kinds[kind]


def label_of(work: LongWork) -> str:
    """What this work is called, in the reader's language; also of a kind that exists no more."""
    return str(_kinds[work.kind].label) if work.kind in _kinds else work.kind


def sentences_of(work: LongWork) -> list[str]:
    """What came of it, in the reader's language."""
    kind = _kinds.get(work.kind)
    return kind.sentences(work) if kind and kind.sentences else []


def onward_of(work: LongWork) -> tuple[str, str] | None:
    """Where to go from the page of this work: a label and an address, or None."""
    kind = _kinds.get(work.kind)
    return kind.onward(work) if kind and kind.onward else None


def begin(
    kind: str, *, by: Any | None, total: int | None = None, chunk: int | None = None, **arguments: Any
) -> LongWork:
    """Order long work; it starts once this transaction has been committed.

    ``by`` is the member of staff (its ``id`` is kept) or None for the system's own; ``total`` how many rows there are,
    if that is known; ``arguments`` plain values, no person's data. The caller holds the transaction.
    """
    moment = now()
    work = LongWork(
        kind=kind,
        ordered_by_id=None if by is None else by.id,
        arguments=arguments,
        language=current_language(),
        state=WorkState.WAITING,
        position=0,
        chunk_size=chunk or kind_named(kind).chunk_size,
        total=total,
        done=0,
        skipped=0,
        failed=0,
        result={},
        ordered_at=moment,
    )
    db.session.add(work)
    db.session.flush()
    enqueue(go_on, work_id=work.id, position=0)
    return work


@task
def go_on(work_id: int, position: int) -> None:
    """Do the chunk that begins at ``position`` and promise the next; nothing when that was done or cancelled."""
    work = hold(LongWork, work_id)
    if work is None or work.position != position or work.state in (WorkState.FINISHED, WorkState.CANCELLED):
        return
    if work.state is not WorkState.RUNNING:  # waiting; or failed, and the parked promise is tried again
        work.state = WorkState.RUNNING
        work.started_at = work.started_at or now()
        work.finished_at = None
    with force_locale(BABEL_LOCALES[work.language]):
        following = kind_named(work.kind).chunk(work, position)
    work.last_error = None
    if following is None:
        _end(work, WorkState.FINISHED)
        return
    if following <= position:
        raise ValueError(f"{work.kind} did not move on from {position}")
    work.position = following
    enqueue(go_on, work_id=work.id, position=following)


@when_failed(go_on)
def note_failed_try(arguments: dict[str, Any], error: str, parked: bool) -> None:
    """A try of a chunk failed: say so on the page; after the last try the work counts as failed."""
    work = hold(LongWork, arguments["work_id"])
    if work is None or work.position != arguments["position"] or work.state.is_over:
        return
    work.last_error = error[:2000] or "?"
    if parked:
        _end(work, WorkState.FAILED)


def cancel(work_id: int) -> LongWork | None:
    """Do no further chunk; what was done stays done. Waits until the chunk under way is through.

    None when there is no such work. Raises WorkIsOver. The caller holds the transaction, and records.
    """
    work = hold(LongWork, work_id)
    if work is None:
        return None
    if work.state.is_over:
        raise WorkIsOver
    _end(work, WorkState.CANCELLED)
    return work


def _end(work: LongWork, state: WorkState) -> None:
    work.state = state
    work.finished_at = now()
    announce(WorkEnded(work_id=work.id, kind=work.kind))


def results_directory() -> Path:
    """DATA_DIR/results, made when it is not there: for nobody's eyes but the product's."""
    directory: Path = current_app.config["SETTINGS"].data_dir / "results"
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return directory


def keep_result(work: LongWork, name: str, content: bytes | Iterable[bytes]) -> Path:
    """Keep the file that came of ``work`` for a week, to be downloaded as ``name`` by whoever ordered it.

    It is written whole under a name of its own and only then named in the row: a try that fails leaves at most a
    file that nobody knows, which the janitor takes away.
    """
    file = results_directory() / f"{work.id}-{uuid4().hex}{Path(name).suffix}"
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
        for part in (content,) if isinstance(content, bytes) else content:
            opened.write(part)
    work.result_file = file.name
    work.result_name = name
    work.expires_at = now() + RESULTS_KEPT_FOR
    return file


def result_of(work: LongWork) -> Path | None:
    """Where the file lies that came of ``work``; None when there is none or its week is over."""
    if work.result_file is None or (work.expires_at is not None and work.expires_at <= now()):
        return None
    file = results_directory() / work.result_file
    return file if file.is_file() else None


def drop_result(work: LongWork) -> None:
    """Remove the file that came of ``work`` before its week is over. The caller holds the transaction."""
    if work.result_file is not None:
        (results_directory() / work.result_file).unlink(missing_ok=True)
        work.result_file = work.result_name = None


def sweep_results() -> None:
    """Remove result files whose week is over, and those that no row names. The caller holds the transaction."""
    over = db.session.scalars(
        select(LongWork)
        .where(LongWork.result_file.is_not(None), LongWork.expires_at <= now())
        .with_for_update(skip_locked=True)
    ).all()
    for work in over:
        drop_result(work)
    directory = current_app.config["SETTINGS"].data_dir / "results"
    if not directory.is_dir():
        return
    oldest = (now() - RESULTS_KEPT_FOR - timedelta(hours=1)).timestamp()
    for file in directory.iterdir():
        if file.is_file() and file.stat().st_mtime < oldest:
            file.unlink(missing_ok=True)

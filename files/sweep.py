"""Sweep the folder: files whose row was never committed, or says they are gone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from sqlalchemy import select

from files import disk
from files.models import StoredFile
from shared.db import db

SPARED_SECONDS = 3600
"""Longer than any transaction lives: what is younger may still get its row."""
BATCH = 500


def sweep(*, spared_seconds: float = SPARED_SECONDS) -> int:
    """Remove files that have no standing row. Returns how many."""
    removed = 0
    lying = disk.lying_there(before=time.time() - spared_seconds)
    while batch := list(islice(lying, BATCH)):
        standing = set(
            db.session.scalars(
                select(StoredFile.place).where(
                    StoredFile.place.in_([place for place, _path in batch]), StoredFile.removed_at.is_(None)
                )
            )
        )
        removed += _unlink(path for place, path in batch if place not in standing)
    return removed


def _unlink(paths: Iterator[Path]) -> int:
    number = 0
    for path in paths:
        path.unlink(missing_ok=True)
        number += 1
    return number


def missing() -> Iterator[StoredFile]:
    """Rows whose file is not on the disk: after a backup was put back in parts."""
    statement = select(StoredFile).where(StoredFile.removed_at.is_(None)).order_by(StoredFile.id)
    for stored in db.session.scalars(statement.execution_options(yield_per=BATCH)):
        if not disk.path_of(stored.place).is_file():
            yield stored

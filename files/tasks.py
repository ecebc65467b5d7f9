"""The worker's and the janitor's part: scan what was kept, remove what was let go."""

from __future__ import annotations

from datetime import timedelta

from files import disk
from files.facts import FileKept, FileRemoved
from files.models import StoredFile
from files.scan import scan
from files.sweep import sweep
from jobs.janitor import every
from jobs.outbox import enqueue, on
from shared.clock import now
from shared.db import db


@on(FileKept)
def scan_file(file_id: int) -> None:
    """Scan one file; when the scanner is away, promise another try."""
    wait = scan(file_id)
    if wait is not None:
        enqueue(scan_file, due_at=now() + wait, file_id=file_id)


@on(FileRemoved)
def unlink_file(file_id: int) -> None:
    """Take the bytes of a removed file off the disk."""
    stored = db.session.get(StoredFile, file_id)
    if stored is not None and stored.removed_at is not None:
        disk.path_of(stored.place).unlink(missing_ok=True)


@every(timedelta(hours=1))
def sweep_files() -> None:
    """Remove what a lost transaction left on the disk."""
    sweep()

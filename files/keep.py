"""Keep what somebody hands in, and let it go again.

No row without its file: the file is on the disk, whole, before the row is committed. No file without its row: what a
lost transaction left is found by ``sweep`` (files/sweep.py) an hour later.
"""

from __future__ import annotations

import errno
import hashlib
from typing import IO

from flask import current_app

from audit.record import Actor, record
from files import disk
from files.errors import FileTooLarge, StorageIsFull
from files.facts import FileKept, FileRemoved
from files.kinds import ALL_KINDS, FileKind
from files.look import LARGEST, look
from files.models import ScanState, StoredFile, new_place, new_token
from files.names import as_label
from jobs.outbox import announce
from shared.clock import now
from shared.db import db, hold
from shared.errors import NotFound


def keep_file(
    stream: IO[bytes],
    *,
    name: str | None,
    purpose: str,
    by: Actor | str,
    kinds: frozenset[FileKind] = ALL_KINDS,
    largest: int = LARGEST,
) -> StoredFile:
    """Read ``stream`` (at most ``largest`` bytes), look into it, write it down and add its row.

    ``name`` is kept as a label only. ``purpose`` must be one that a package has registered an opener for. Raises a
    FileRefused (status 415, 413 or 507). The caller holds the transaction and keeps the row's id.
    """
    content = stream.read(largest + 1)
    if len(content) > largest:
        raise FileTooLarge(largest)
    seen = look(content, kinds=kinds, largest=largest)
    has_scanner = current_app.config["SETTINGS"].clamav_url is not None
    stored = StoredFile(
        token=new_token(),
        place=new_place(),
        kind=seen.kind,
        size=len(seen.content),
        sha256=hashlib.sha256(seen.content).digest(),
        label=as_label(name),
        purpose=purpose,
        kept_at=now(),
        scan_state=ScanState.WAITING if has_scanner else ScanState.NOT_SCANNED,
    )
    try:
        disk.write(stored.place, seen.content)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
            raise StorageIsFull from error
        raise
    db.session.add(stored)
    record("keep_file", stored, by=by, purpose=purpose, kind=seen.kind, size=stored.size)
    if has_scanner:
        announce(FileKept(file_id=stored.id))
    return stored


def remove_file(file_id: int, *, by: Actor | str) -> None:
    """Let a file go: its name now, its bytes once this is committed. Removed before: nothing happens.

    Raises NotFound. The caller holds the transaction and has asked who may.
    """
    stored = hold(StoredFile, file_id)
    if stored is None:
        raise NotFound
    if stored.removed_at is not None:
        return
    stored.removed_at = now()
    stored.label = ""
    record("remove_file", stored, by=by, purpose=stored.purpose)
    announce(FileRemoved(file_id=stored.id))

"""Have a kept file looked at by the virus scanner."""

from __future__ import annotations

from datetime import timedelta

from flask import current_app
from sqlalchemy import select, text

from audit.record import Actor, record
from files import disk
from files.clamav import SECONDS_TO_ANSWER, Scanner, WrongScannerAddress
from files.errors import ScannerAway, ScannerRefused
from files.facts import FileKept
from files.models import ScanState, StoredFile
from jobs.outbox import announce
from jobs.perform import wait_before
from shared.clock import now
from shared.db import db, hold

GIVE_UP_AFTER = timedelta(days=2)
LONGEST_NOTE = 300


def scan(file_id: int) -> timedelta | None:
    """Scan one waiting file; None when nothing is left to do, else how long to wait before the next try.

    Scanned before or removed: nothing happens. The caller holds the transaction.
    """
    url = current_app.config["SETTINGS"].clamav_url
    place = db.session.scalar(
        select(StoredFile.place).where(
            StoredFile.id == file_id,
            StoredFile.removed_at.is_(None),
            StoredFile.scan_state == ScanState.WAITING,
        )
    )
    if place is None:
        return None
    heard = None if url is None else _heard(place, url)
    # Held only now: a scanner that hangs keeps nobody from removing the file.
    stored = hold(StoredFile, file_id)
    if stored is None or stored.removed_at is not None or stored.scan_state is not ScanState.WAITING:
        return None
    if url is None:
        stored.scan_state = ScanState.NOT_SCANNED
        return None
    stored.scan_tries += 1
    try:
        if isinstance(heard, Exception):
            raise heard
        virus = heard
    except (ScannerAway, WrongScannerAddress) as outage:
        stored.scan_note = str(outage)[:LONGEST_NOTE]
        if now() - stored.kept_at < GIVE_UP_AFTER:
            return wait_before(stored.scan_tries)
        stored.scan_state = ScanState.NOT_SCANNED
    except (ScannerRefused, FileNotFoundError) as refusal:
        stored.scan_state = ScanState.NOT_SCANNED
        stored.scan_note = str(refusal)[:LONGEST_NOTE]
    else:
        stored.scan_state = ScanState.CLEAN if virus is None else ScanState.INFECTED
        stored.scanned_at = now()
        stored.scan_note = virus and virus[:LONGEST_NOTE]
        record("scan_file", stored, found=stored.scan_note)
    return None


def _heard(place: str, url: str) -> str | Exception | None:
    """What the scanner says of a file: a virus, None, or why it says nothing."""
    db.session.execute(text(f"SET LOCAL idle_in_transaction_session_timeout = '{3 * SECONDS_TO_ANSWER}s'"))
    try:
        return Scanner.at(url).virus_in(disk.path_of(place).read_bytes())
    except (ScannerAway, ScannerRefused, WrongScannerAddress, FileNotFoundError) as reason:
        return reason


def scan_again(*, by: Actor | str) -> int:
    """Promise a scan of every file that was never scanned. Returns how many. The caller holds the transaction.

    For the day a scanner is set up.
    """
    waiting = db.session.scalars(
        select(StoredFile)
        .where(StoredFile.scan_state == ScanState.NOT_SCANNED, StoredFile.removed_at.is_(None))
        .with_for_update(key_share=True, skip_locked=True)
    ).all()
    for stored in waiting:
        stored.scan_state = ScanState.WAITING
        stored.scan_note = None
        announce(FileKept(file_id=stored.id))
    record("scan_again", "StoredFile", by=by, files=len(waiting))
    return len(waiting)

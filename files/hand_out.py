"""Give a file to somebody who may have it, so that no browser runs anything in it."""

from __future__ import annotations

from flask import Response

from audit.record import Actor, record
from files import disk
from files.errors import FileIsInfected, FileIsMissing
from files.models import ScanState, StoredFile
from shared.disposition import attachment
from shared.errors import NotFound


def hand_out(file: StoredFile, *, by: Actor | str) -> Response:
    """The answer that downloads ``file``, and a line in the record. The caller has asked who may, and holds the
    transaction. Raises NotFound when it was removed, FileIsInfected or FileIsMissing.
    """
    if file.removed_at is not None:
        raise NotFound
    if file.scan_state is ScanState.INFECTED:
        raise FileIsInfected
    try:
        content = disk.path_of(file.place).read_bytes()
    except FileNotFoundError:
        raise FileIsMissing from None
    record("open_file", file, by=by, purpose=file.purpose)
    answer = Response(content, content_type=file.media_type)
    answer.headers["Content-Disposition"] = attachment(file.download_name)
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer

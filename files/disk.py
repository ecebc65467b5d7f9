"""Where files lie: below DATA_DIR/files, readable for nobody but the product."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from flask import current_app

INCOMING = "incoming"
"""Files on their way in; on the same disk, so that the last step is one rename."""


def folder() -> Path:
    """``DATA_DIR/files``."""
    return Path(current_app.config["SETTINGS"].data_dir) / "files"


def path_of(place: str) -> Path:
    """The file of this place."""
    return folder() / place


def write(place: str, content: bytes) -> None:
    """Put ``content`` at ``place``, whole and through to the disk, or not at all. Raises OSError."""
    target = path_of(place)
    incoming = folder() / INCOMING
    incoming.mkdir(parents=True, exist_ok=True, mode=0o700)
    target.parent.mkdir(exist_ok=True, mode=0o700)
    draft = incoming / secrets.token_hex(16)
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        draft.rename(target)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    _through_to_the_disk(target.parent)


def _through_to_the_disk(directory: Path) -> None:
    """A rename is safe once its directory is."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def lying_there(*, before: float) -> Iterator[tuple[str, Path]]:
    """Place and path of everything written before this time (seconds since 1970); drafts have the place ``incoming/…``."""
    root = folder()
    if not root.is_dir():
        return
    for directory in sorted(root.iterdir()):
        if not directory.is_dir():
            continue
        for path in sorted(directory.iterdir()):
            try:
                if path.is_file() and path.stat().st_mtime < before:
                    yield f"{directory.name}/{path.name}", path
            except FileNotFoundError:
                continue  # removed meanwhile

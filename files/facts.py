"""What has happened to a file."""

from __future__ import annotations

from dataclasses import dataclass

from jobs.outbox import Fact


@dataclass(frozen=True)
class FileKept(Fact):
    """A file waits for the scanner."""

    file_id: int


@dataclass(frozen=True)
class FileRemoved(Fact):
    """A file's bytes are to go."""

    file_id: int

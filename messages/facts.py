"""What has happened to a message."""

from __future__ import annotations

from dataclasses import dataclass

from jobs.outbox import Fact


@dataclass(frozen=True)
class MessageWritten(Fact):
    """A message waits to be sent."""

    message_id: int

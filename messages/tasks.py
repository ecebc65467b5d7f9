"""The worker's part: send what was written."""

from __future__ import annotations

from jobs.outbox import enqueue, on
from messages.facts import MessageWritten
from messages.send import send
from shared.clock import now


@on(MessageWritten)
def send_message(message_id: int) -> None:
    """Send one message; when the mail server is away, promise another try."""
    wait = send(message_id)
    if wait is not None:
        enqueue(send_message, due_at=now() + wait, message_id=message_id)

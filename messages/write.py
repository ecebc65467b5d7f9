"""Write a message to one person, once for each occasion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from flask import current_app, render_template
from flask_babel import force_locale
from sqlalchemy.dialects.postgresql import insert

from jobs.outbox import announce
from messages.facts import MessageWritten
from messages.models import Message, MessageState
from shared.clock import now
from shared.db import db
from shared.language import BABEL_LOCALES


def write_message(
    kind: str,
    *,
    occasion: str,
    registration_id: int | None,
    stop_id: int | None,
    recipient: str,
    language: str,
    context: dict[str, Any],
    inline_png: bytes | None = None,
    calendars: Sequence[str] = (),
) -> Message | None:
    """Write down a message of ``kind`` and promise to send it; None when it was written before.

    ``kind`` names the folder under ``templates/messages``, ``context`` is what its three templates see, ``language``
    is ``zh`` or ``en``. ``occasion`` (letters, digits, ``-``) tells apart two messages of one kind about one
    registration. ``inline_png`` is the picture that ``cid:ticket`` stands for, ``calendars`` are the texts of .ics files
    to attach. The caller holds the transaction.
    """
    with force_locale(BABEL_LOCALES[language]):
        subject = " ".join(render_template(f"messages/{kind}/subject.txt", **context).split())
        body_text = render_template(f"messages/{kind}/body.txt", **context).strip() + "\n"
        body_html = render_template(f"messages/{kind}/body.html", subject=subject, **context)
    message_id = db.session.scalar(
        insert(Message)
        .values(
            kind=kind,
            occasion=occasion,
            registration_id=registration_id,
            stop_id=stop_id,
            recipient=recipient,
            language=language,
            subject=subject,
            body_text=body_text,
            body_html=body_html,
            inline_png=inline_png,
            calendars=list(calendars),
            message_id=f"<{kind}.{registration_id or 0}.{occasion}@{_host()}>",
            state=MessageState.QUEUED,
            written_at=now(),
        )
        .on_conflict_do_nothing()
        .returning(Message.id)
    )
    if message_id is None:
        return None
    announce(MessageWritten(message_id=message_id))
    return db.session.get(Message, message_id)


def _host() -> str:
    return urlsplit(current_app.config["SETTINGS"].public_url).hostname or "localhost"

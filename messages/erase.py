"""Empty the mails that somebody was written: that they were written, and what became of them, is still counted."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, case, func, or_, update

from messages.models import Message, MessageState
from shared.db import db


def empty_these(condition: ColumnElement[bool]) -> int:
    """Take address, subject and text out of the mails of which this holds; how many. The caller holds the transaction.

    One that still waits is kept unsent.
    """
    emptied = db.session.execute(
        update(Message)
        .where(condition, Message.body_text != "")
        .values(
            recipient="",
            subject="",
            body_text="",
            body_html="",
            inline_png=None,
            calendars=[],
            last_error=None,
            state=case((Message.state == MessageState.QUEUED, MessageState.KEPT), else_=Message.state),
        )
        .returning(Message.id)
        .execution_options(synchronize_session=False)
    )
    return len(emptied.all())


def empty_messages(registration_ids: Iterable[int], *, also_to: str = "") -> int:
    """Take address, subject and text out of the mails about these registrations and of all mails ``also_to`` there.

    One that still waits is kept unsent. Returns how many were emptied. The caller holds the transaction.
    """
    theirs: ColumnElement[bool] = Message.registration_id.in_(list(registration_ids))
    if also_to:
        theirs = or_(theirs, func.lower(Message.recipient) == also_to.lower())
    return empty_these(theirs)

"""Questions about messages. Staff reach a row only through the door here: ``message_for``.

Stops belong to a package above this one. Their table is asked by name, for the keys a reach is made of and for what
a stop is called in a list; nothing of that package is imported.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Select, Table, func, or_, select
from sqlalchemy.orm import defer

from accounts.models import Staff
from accounts.permissions import Permission, Reach, reach_of
from messages.models import Message, MessageState
from shared.db import db
from shared.errors import NotFound
from shared.language import in_language

_BODIES = (
    defer(Message.body_html),
    defer(Message.body_text),
    defer(Message.inline_png),
    defer(Message.calendars),
)


class StopName(NamedTuple):
    """A stop as a list of choices names it."""

    id: int
    city: str
    starts_at: datetime


def messages_within(reach: Reach) -> Select[Message]:
    """A SELECT of the messages about the stops within ``reach``, not ordered."""
    statement = select(Message)
    return statement if reach.everywhere else statement.where(Message.stop_id.in_(_stop_ids_within(reach)))


def message_for(staff: Staff, message_id: int, permission: Permission) -> Message:
    """The only door to a message for staff. Raises NotFound also for one that is another city's."""
    message = db.session.scalar(messages_within(reach_of(staff, permission)).where(Message.id == message_id))
    if message is None:
        raise NotFound
    return message


def listed(
    reach: Reach, *, stop_id: int | None = None, state: MessageState | None = None, text: str = ""
) -> Select[Message]:
    """The message log, the newest first, without the bodies. ``text`` is looked for in recipient and subject."""
    statement = messages_within(reach).options(*_BODIES)
    if stop_id is not None:
        statement = statement.where(Message.stop_id == stop_id)
    if state is not None:
        statement = statement.where(Message.state == state)
    if wanted := text.strip():
        statement = statement.where(
            or_(
                Message.recipient.icontains(wanted, autoescape=True),
                Message.subject.icontains(wanted, autoescape=True),
            )
        )
    return statement.order_by(Message.written_at.desc(), Message.id.desc())


def counts_by_state(reach: Reach) -> dict[MessageState, int]:
    """How many messages stand where; every state is present."""
    counts = dict.fromkeys(MessageState, 0)
    statement = messages_within(reach).with_only_columns(Message.state, func.count()).group_by(Message.state)
    for state, count in db.session.execute(statement):
        counts[state] = count
    return counts


def messages_to(registration_id: int) -> list[Message]:
    """What one registration was told, the oldest first, without the bodies."""
    return list(
        db.session.scalars(
            select(Message)
            .where(Message.registration_id == registration_id)
            .options(*_BODIES)
            .order_by(Message.id)
        )
    )


def stops_written_about(reach: Reach) -> list[StopName]:
    """The stops within ``reach`` that somebody was written about, the latest first."""
    stops = _stops()
    written_about = select(Message.stop_id).where(Message.stop_id.is_not(None))
    statement = (
        select(stops.c.id, stops.c.city_zh, stops.c.city_en, stops.c.starts_at)
        .where(stops.c.id.in_(written_about))
        .order_by(stops.c.starts_at.desc(), stops.c.id)
    )
    if not reach.everywhere:
        statement = statement.where(stops.c.id.in_(_stop_ids_within(reach)))
    return [
        StopName(stop_id, in_language(city_zh, city_en), starts_at)
        for stop_id, city_zh, city_en, starts_at in db.session.execute(statement)
    ]


def _stops() -> Table:
    return Message.metadata.tables["stops"]


def _stop_ids_within(reach: Reach) -> Select[int]:
    stops = _stops()
    return select(stops.c.id).where(
        or_(
            stops.c.host_city_id.in_(reach.host_city_ids),
            stops.c.campaign_id.in_(reach.campaign_ids),
            stops.c.id.in_(reach.stop_ids),
        )
    )

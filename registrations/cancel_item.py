"""Cancel an item of a stop's programme: whoever had chosen it is told, and may choose another."""

from __future__ import annotations

from sqlalchemy import func, select, update

from accounts.models import Staff
from audit.record import record
from campaigns.errors import ItemIsCancelled, ItemIsOver, StopIsCancelled
from campaigns.facts import ItemCancelled
from campaigns.models import ProgrammeItem, Stop
from campaigns.programme import held_item
from jobs.outbox import announce
from registrations.models import ProgrammeChoice
from shared.clock import now
from shared.db import db, hold
from shared.errors import NotFound


def cancel_item(item_id: int, *, stop_id: int, reason: str, by: Staff) -> ProgrammeItem:
    """The item does not take place; the choices of it are kept as cancelled, and their people are told ``reason``.

    There is no way back, because people have been told. Raises NotFound, StopIsCancelled, ItemIsCancelled or
    ItemIsOver. The caller holds the transaction.
    """
    stop = hold(Stop, stop_id)
    if stop is None:
        raise NotFound
    item = held_item(item_id, stop)
    if stop.cancelled_at is not None:
        raise StopIsCancelled
    if item.is_cancelled:
        raise ItemIsCancelled(item.title)
    if item.ends_at <= now():
        raise ItemIsOver
    moment = now()
    held = db.session.scalar(
        select(func.count())
        .select_from(ProgrammeChoice)
        .where(ProgrammeChoice.item_id == item.id, ProgrammeChoice.cancelled_at.is_(None))
    )
    # The choices first: an item that is cancelled and still has seats taken is refused by the schema.
    db.session.execute(
        update(ProgrammeChoice)
        .where(ProgrammeChoice.item_id == item.id, ProgrammeChoice.cancelled_at.is_(None))
        .values(cancelled_at=moment)
    )
    item.cancelled_at = moment
    item.cancelled_reason = reason
    db.session.flush()
    record("cancel_item", item, by=by, stop_id=stop.id, reason=reason, choices=held)
    announce(ItemCancelled(item_id=item.id))
    return item


def who_chose_ids(item_id: int) -> list[int]:
    """The ids of the registrations that have chosen an item."""
    return list(
        db.session.scalars(
            select(ProgrammeChoice.registration_id)
            .where(ProgrammeChoice.item_id == item_id, ProgrammeChoice.cancelled_at.is_(None))
            .order_by(ProgrammeChoice.registration_id)
        )
    )


def who_had_chosen(item_id: int) -> list[int]:
    """The ids of the registrations whose choice of a cancelled item is kept as cancelled."""
    return list(
        db.session.scalars(
            select(ProgrammeChoice.registration_id)
            .where(ProgrammeChoice.item_id == item_id, ProgrammeChoice.cancelled_at.is_not(None))
            .order_by(ProgrammeChoice.registration_id)
        )
    )

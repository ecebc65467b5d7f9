"""Choose of a stop's programme what one comes to, and give a choice back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from audit.record import Actor, record
from campaigns.errors import ItemIsCancelled
from campaigns.models import ProgrammeItem, Stop
from registrations.errors import (
    ChoicesOverlap,
    ItemIsFull,
    NotToBeChosen,
    OneOfTheGroup,
    StopHasBegun,
    WrongState,
)
from registrations.models import STANDING, ProgrammeChoice, Registration
from registrations.review import held_with_stop
from shared.clock import now
from shared.db import db, violated


def choose(registration_id: int, item_id: int, *, by: Actor | str) -> ProgrammeChoice:
    """Take a seat in one item of the stop's programme; choosing it twice changes nothing.

    Raises NotFound, WrongState, StopHasBegun, NotToBeChosen, ItemIsCancelled, ItemIsFull, OneOfTheGroup or
    ChoicesOverlap. The caller holds the transaction.
    """
    registration = _held_and_open(registration_id)
    take_seats(registration, [item_id], by=by)
    return db.session.scalars(
        select(ProgrammeChoice).where(
            ProgrammeChoice.registration_id == registration_id, ProgrammeChoice.item_id == item_id
        )
    ).one()


def unchoose(registration_id: int, item_id: int, *, by: Actor | str) -> None:
    """Give the seat in an item back; giving back what one does not have changes nothing.

    Raises NotFound, WrongState or StopHasBegun. The caller holds the transaction.
    """
    registration = _held_and_open(registration_id)
    _give_back(registration, [item_id], by=by)


def choose_exactly(registration_id: int, item_ids: Iterable[int], *, by: Actor | str) -> None:
    """Come to these items and no others: what is no longer named is given back first.

    Raises as ``choose`` does; then nothing is changed. The caller holds the transaction.
    """
    registration = _held_and_open(registration_id)
    wanted = set(item_ids)
    has = set(_chosen_ids(registration.id))
    _give_back(registration, sorted(has - wanted), by=by)
    take_seats(registration, sorted(wanted - has), by=by)


def take_seats(registration: Registration, item_ids: Iterable[int], *, by: Actor | str) -> None:
    """Seats in these items for a registration whose stop the caller holds, so that nobody takes them meanwhile.

    Raises NotToBeChosen, ItemIsCancelled, ItemIsFull, OneOfTheGroup or ChoicesOverlap.
    """
    wanted = list(dict.fromkeys(item_ids))
    if not wanted:
        return
    db.session.flush()
    chosen = _items(_chosen_ids(registration.id))
    for item in _asked_for(registration.stop_id, wanted):
        if any(item.id == one.id for one in chosen):
            continue
        _refuse_unless_free(item, chosen)
        choice = ProgrammeChoice(
            registration_id=registration.id, item_id=item.id, group_zh=item.group_zh, chosen_at=now()
        )
        try:
            with db.session.begin_nested():
                db.session.add(choice)
        except IntegrityError as error:
            raise _in_words(error, item) from None
        chosen.append(item)
        record("choose", registration, by=by, item_id=item.id)


def _held_and_open(registration_id: int) -> Registration:
    stop, registration = held_with_stop(registration_id)
    if registration.state not in STANDING or stop.cancelled_at is not None:
        raise WrongState
    if stop.starts_at <= now():
        raise StopHasBegun
    return registration


def _chosen_ids(registration_id: int) -> Sequence[int]:
    return db.session.scalars(
        select(ProgrammeChoice.item_id).where(
            ProgrammeChoice.registration_id == registration_id, ProgrammeChoice.cancelled_at.is_(None)
        )
    ).all()


def _items(ids: Iterable[int]) -> list[ProgrammeItem]:
    """The items as they are now, in the order of their time: the caller has waited for the stop."""
    statement = (
        select(ProgrammeItem)
        .where(ProgrammeItem.id.in_(list(ids)))
        .order_by(ProgrammeItem.starts_at, ProgrammeItem.id)
        .execution_options(populate_existing=True)
    )
    return list(db.session.scalars(statement))


def _asked_for(stop_id: int, ids: list[int]) -> list[ProgrammeItem]:
    """The items that may be chosen at this stop; the stop itself is read for its cancellation."""
    found = _items(ids)
    for item in found:
        if item.stop_id == stop_id and item.is_cancelled:
            raise ItemIsCancelled(item.title)
    items = [item for item in found if item.stop_id == stop_id and item.is_chosen]
    if len(items) != len(ids) or db.session.get(Stop, stop_id) is None:
        raise NotToBeChosen
    return items


def _refuse_unless_free(item: ProgrammeItem, chosen: list[ProgrammeItem]) -> None:
    if item.is_full:
        raise ItemIsFull(item.title)
    for other in chosen:
        if item.group_zh and item.group_zh == other.group_zh:
            raise OneOfTheGroup(item.group, other.title)
        if item.overlaps(other):
            raise ChoicesOverlap(other.title, item.title)


def _in_words(error: IntegrityError, item: ProgrammeItem) -> Exception:
    """What the schema refused, said as the verb would have said it; anything else is a fault."""
    refused = violated(error)
    if refused == "ck_programme_items_never_oversold":
        return ItemIsFull(item.title)
    if refused == "ck_programme_items_cancelled_is_empty":
        return ItemIsCancelled(item.title)
    if refused == "uq_programme_choices_group":
        return OneOfTheGroup(item.group, _("another one"))
    return error


def _give_back(registration: Registration, item_ids: list[int], *, by: Actor | str) -> None:
    if not item_ids:
        return
    choices = db.session.scalars(
        select(ProgrammeChoice).where(
            ProgrammeChoice.registration_id == registration.id,
            ProgrammeChoice.item_id.in_(item_ids),
            ProgrammeChoice.cancelled_at.is_(None),
        )
    ).all()
    for choice in choices:
        db.session.delete(choice)
        record("unchoose", registration, by=by, item_id=choice.item_id)
    db.session.flush()

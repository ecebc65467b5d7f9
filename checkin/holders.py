"""Whose ticket is held out: one question to the database, and the registration held until the scan is decided."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    DateTime,
    Integer,
    Select,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from checkin.groups import Companion, comes_with, group_of_holder
from checkin.models import CheckIn, Checkpoint
from checkin.rules import Holder, Shown
from checkin.shown_fields import facts_column
from people.models import Person
from registrations.errors import UnknownCode
from registrations.models import ProgrammeChoice, Registration, TicketKey
from registrations.ticket_code import SHORTEST_CODE, TicketBody
from registrations.tickets import ticket_on
from shared.clock import now
from shared.codes import LENGTH, as_typed
from shared.db import array_of, db


def holder_of(
    code: str | int | Companion, checkpoint: Checkpoint, *, hold: bool = True, scan_id: UUID | None = None
) -> Holder | None:
    """Whose ticket ``code`` is; None when it is nobody's. ``hold`` locks the registration until the transaction ends.

    ``scan_id``: whoever takes back this scan, which is not here yet, waits until the transaction ends, and the scan for him.
    """
    ticket: TicketBody | None = None
    asked: dict[str, Any] = {
        "item_id": checkpoint.programme_item_id,
        "asks_arrival": checkpoint.after_arrival,
    }
    if isinstance(code, int):  # of this stop: numbers can be guessed, codes cannot
        way = "number"
        asked |= {"registration_id": code, "stop_id": checkpoint.stop_id}
    elif isinstance(code, Companion):
        way, of_the_leader = _beside(code.code)
        asked |= {"registration_id": code.registration_id, "stop_id": checkpoint.stop_id, **of_the_leader}
        if not of_the_leader:
            return None
    elif len(code.strip("\r\n\t")) >= SHORTEST_CODE:
        try:
            ticket = ticket_on(code)
        except UnknownCode:
            return None
        way = "ticket"
        asked |= {"registration_id": ticket.registration_id, "key_id": ticket.key_id}
    else:
        way = "code"
        asked |= {"code": as_typed(code)}
        if len(asked["code"]) != LENGTH:
            return None
    if hold:
        asked |= {"coming": _lock_of(scan_id) if scan_id is not None else None}
    row = db.session.execute(_question(way, tuple(checkpoint.shown_fields), hold=hold), asked).one_or_none()
    if row is None:
        return None
    found = row[:-1] if hold else row
    if ticket is None:
        return Holder(*found)
    *holder, ends_at, withdrawn_at = found
    return replace(Holder(*holder), ticket=shown(ticket, ends_at, withdrawn_at))


def _beside(code: str) -> tuple[str, dict[str, Any]]:
    """By which way the one is found with whose ticket ``code`` a companion comes, and what is asked; nothing for no code."""
    if len(code.strip("\r\n\t")) >= SHORTEST_CODE:
        with suppress(UnknownCode):
            ticket = ticket_on(code)
            return "beside_ticket", {
                "leader_id": ticket.registration_id,
                "leader_serial": ticket.serial,
                "leader_key_id": ticket.key_id,
                "moment": now(),
            }
        return "beside_ticket", {}
    typed = as_typed(code)
    return "beside_code", {"leader_code": typed} if len(typed) == LENGTH else {}


def await_scans(scan_ids: Collection[UUID]) -> None:
    """Wait until nobody is deciding these scans; until the transaction ends nobody begins to.

    Whoever takes back a scan that is not here asks this before he looks again: a scan that is being written does not see that
    it was taken back, nor does he see the scan.
    """
    keys = array_of(sorted(_lock_of(number) for number in scan_ids), BigInteger)
    key = func.unnest(keys).column_valued("key")
    db.session.execute(select(func.pg_advisory_xact_lock(key)))


def _lock_of(scan_id: UUID) -> int:
    """A number for the lock of a scan: of a UUID's second half, always negative, so that it is no other lock's."""
    return int.from_bytes(scan_id.bytes[8:], "big", signed=True)


def holders_of(registration_ids: Collection[int]) -> dict[int, Holder]:
    """Whose tickets these registrations' are, by registration, held in the order of their ids.

    Whether somebody has chosen an item or has arrived is not asked here, and said to be not so: see ``chosen_among``
    and ``arrived_among``.
    """
    rows = db.session.execute(
        _HOLDER.where(Registration.id.in_(registration_ids))
        .order_by(Registration.id)
        .with_for_update(key_share=True, of=Registration)
    )
    return {row[0]: Holder(*row, chose=False, has_arrived=False) for row in rows}


def shown(ticket: TicketBody, key_ends_at: datetime | None, key_withdrawn_at: datetime | None) -> Shown:
    """What the rule looks at of a ticket."""
    return Shown(ticket.serial, ticket.good_through, ticket.issued_at, key_ends_at, key_withdrawn_at)


_HOLDER = select(
    Registration.id,
    Registration.stop_id,
    Registration.state,
    Registration.badge_class,
    Person.full_name,
    Registration.university,
    Registration.gate_note,
    Registration.ticket_serial,
).join(Person, Person.id == Registration.person_id)

# Whether he has chosen what is entered here, and has arrived; the latter only where the checkpoint looks at it.
_CHOSE = exists().where(
    ProgrammeChoice.registration_id == Registration.id,
    ProgrammeChoice.item_id == bindparam("item_id", type_=Integer),
    ProgrammeChoice.cancelled_at.is_(None),
)
_HAS_ARRIVED = and_(
    bindparam("asks_arrival", type_=Boolean),
    exists().where(
        CheckIn.registration_id == Registration.id, CheckIn.is_arrival, CheckIn.voided_at.is_(None)
    ),
)
# The scan's own number, against whoever takes it back at this moment: see await_scans().
_COMING = func.pg_advisory_xact_lock_shared(bindparam("coming", type_=BigInteger))
# Until when the key that signed a ticket holds: asked with each scan, for it may have been withdrawn just now.
_KEY = TicketKey.id == bindparam("key_id", type_=Integer)
_OF_THE_KEY = (
    select(TicketKey.ends_at).where(_KEY).scalar_subquery(),
    select(TicketKey.withdrawn_at).where(_KEY).scalar_subquery(),
)

_LEADERS_KEY_HOLDS = exists().where(
    TicketKey.id == bindparam("leader_key_id", type_=Integer),
    TicketKey.withdrawn_at.is_(None),
    or_(TicketKey.ends_at.is_(None), TicketKey.ends_at > bindparam("moment", type_=DateTime(timezone=True))),
)

_BY_ID = Registration.id == bindparam("registration_id", type_=Integer)
_HERE = Registration.stop_id == bindparam("stop_id", type_=Integer)
_LEADER = aliased(Registration)
_WAYS: dict[str, tuple[ColumnElement[bool], ...]] = {
    "ticket": (_BY_ID,),
    "code": (Registration.code == bindparam("code"),),
    "number": (_BY_ID, _HERE),
    "beside_code": (_BY_ID, _HERE, comes_with(_LEADER.code == bindparam("leader_code"), _LEADER)),
    # A ticket that was replaced, or whose key is over, lets nobody in, nor whoever came with its holder.
    "beside_ticket": (
        _BY_ID,
        _HERE,
        comes_with(
            and_(
                _LEADER.id == bindparam("leader_id", type_=Integer),
                _LEADER.ticket_serial <= bindparam("leader_serial", type_=Integer),
                _LEADERS_KEY_HOLDS,
            ),
            _LEADER,
        ),
    ),
}


@lru_cache(maxsize=512)
def _question(way: str, shown_fields: tuple[str, ...], *, hold: bool) -> Select[Any]:
    """The statement, made once for what a checkpoint shows: building it anew takes longer than asking it."""
    statement = _HOLDER.add_columns(
        _CHOSE.correlate(Registration), _HAS_ARRIVED, facts_column(shown_fields), group_of_holder()
    )
    if way == "ticket":
        statement = statement.add_columns(*_OF_THE_KEY)
    statement = statement.where(*_WAYS[way])
    if not hold:
        return statement
    return statement.add_columns(_COMING).with_for_update(key_share=True, of=Registration)

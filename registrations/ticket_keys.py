"""Change the keys of tickets: another one signs, an old one runs out, a lost one is withdrawn."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select

from audit.record import SYSTEM, Actor, record
from campaigns.models import Stop
from registrations.errors import KeySigns, KeyUnknown, KeyWithdrawn, WrongTime
from registrations.models import Registration, RegistrationState, TicketKey
from registrations.tickets import forget_keys, make_key
from shared.clock import now
from shared.db import db, hold


def keys_by_age() -> list[TicketKey]:
    """Every key there has been, the oldest first."""
    return list(db.session.scalars(select(TicketKey).order_by(TicketKey.id)))


def tickets_out() -> int:
    """How many people hold a ticket for a stop that is not over."""
    return (
        db.session.scalar(
            select(func.count())
            .select_from(Registration)
            .join(Stop, Stop.id == Registration.stop_id)
            .where(
                Registration.state == RegistrationState.CONFIRMED,
                Stop.ends_at > now(),
                Stop.cancelled_at.is_(None),
            )
        )
        or 0
    )


def end_key(key_id: int, at: datetime | None, *, by: Actor | str = SYSTEM) -> TicketKey:
    """Let no ticket of this key pass from ``at`` on; None: let them pass again for good.

    Raises KeyUnknown, KeySigns, KeyWithdrawn, or WrongTime for a moment that is past. The caller holds the transaction.
    """
    key = _held(key_id)
    if key.withdrawn_at is not None:
        raise KeyWithdrawn
    if key.retired_at is None:
        raise KeySigns
    if at is not None and at < now():
        raise WrongTime
    key.ends_at = at
    record("end_key", key, by=by, at=at.isoformat() if at else None)
    forget_keys()
    return key


def withdraw_key(key_id: int, *, by: Actor | str = SYSTEM) -> TicketKey:
    """Let no ticket of this key pass any more, from this moment on and for good: somebody else has it.

    If it signs, another one is made at once. Withdrawing twice is withdrawing once. Raises KeyUnknown.
    The caller holds the transaction.
    """
    key = _held(key_id)
    if key.withdrawn_at is not None:
        return key
    if key.retired_at is None:
        make_key(by=by)
        db.session.flush()
        db.session.refresh(key)
    key.withdrawn_at = now()
    record("withdraw_key", key, by=by)
    forget_keys()
    return key


def _held(key_id: int) -> TicketKey:
    key = hold(TicketKey, key_id)
    if key is None:
        raise KeyUnknown
    return key

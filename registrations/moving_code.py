"""The code on a phone that changes every 30 seconds: when each holds, those to come, and which stops want them.

A code is a ticket of version 3, signed for one moment. Whoever has only a picture of it comes too late. It is proved with the
public keys alone, so a gate without a network knows as well whether it is of now.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from audit.record import Actor, record
from campaigns.models import MovingCodes, Stop
from registrations.models import Registration
from registrations.ticket_code import qr_matrix
from registrations.tickets import moving_code_for
from shared.db import db, hold
from shared.errors import NotFound

STEP = timedelta(seconds=30)
GOOD_FOR = timedelta(seconds=60)
"""From its moment on: the 30 seconds it is shown, and as long again for a slow hand and a clock that is a little wrong."""
TOO_EARLY = timedelta(seconds=30)
"""So much before its moment it passes already: the gate's clock may be behind."""
AHEAD = 12
"""Codes that a phone keeps: six minutes without a network."""


@dataclass(frozen=True, slots=True)
class MovingCode:
    """One code: the moment from which it is shown, and its text."""

    issued_at: datetime
    text: str

    @property
    def modules(self) -> str:
        """Its symbol, 37 × 37 bits row after row, dark is 1, in base64: a page draws it without a library."""
        bits = "".join("1" if dark else "0" for row in qr_matrix(self.text) for dark in row)
        bits += "0" * (-len(bits) % 8)
        return b64encode(int(bits, 2).to_bytes(len(bits) // 8, "big")).decode()


def step_of(moment: datetime) -> datetime:
    """The moment from which the code is shown that is shown at ``moment``."""
    seconds = int(moment.timestamp())
    return datetime.fromtimestamp(seconds - seconds % int(STEP.total_seconds()), UTC)


def codes_from(moment: datetime, registration: Registration, number: int = AHEAD) -> list[MovingCode]:
    """The code that is shown at ``moment`` and those after it. Raises NoTicketKey."""
    first = step_of(moment)
    steps = (first + STEP * place for place in range(number))
    return [MovingCode(step, moving_code_for(registration, step)) for step in steps]


def is_of_now(issued_at: datetime, at: datetime) -> bool:
    """Whether a code for ``issued_at`` passes at ``at``. static/checkin/rules.js says the same."""
    return issued_at - TOO_EARLY <= at < issued_at + GOOD_FOR


def let_codes_move(stop_id: int, choice: MovingCodes, *, by: Actor) -> Stop:
    """Say whether a stop's codes change on phones, and what passes besides. Raises NotFound.

    The caller holds the transaction.
    """
    stop = hold(Stop, stop_id)
    if stop is None:
        raise NotFound
    if stop.moving_codes is not choice:
        record("let_codes_move", stop, by=by, before=stop.moving_codes, after=choice)
        stop.moving_codes = choice
        db.session.flush()
    return stop

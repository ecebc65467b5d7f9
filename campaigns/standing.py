"""How a stop stands at a moment, in the one word that a passer-by and an organiser need."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from flask_babel import lazy_gettext as _l

from campaigns.models import ProgrammeItem, Stop
from shared.clock import now

# Few seats: the last tenth, and never more than fifty.
FEW_SHARE, FEW_AT_MOST = 10, 50
# A programme item fills up from three quarters on.
FILLING_PERCENT = 75


class Standing(StrEnum):
    """Where a stop is between its announcement and its end."""

    NOT_OPEN = "not_open"
    OPEN = "open"
    WAITING_LIST = "waiting_list"
    CLOSED = "closed"
    RUNNING = "running"
    OVER = "over"
    CANCELLED = "cancelled"

    @property
    def label(self) -> str:
        """The word in the reader's language."""
        return str(_LABELS[self])


_LABELS = {
    Standing.NOT_OPEN: _l("Registration is not open"),
    Standing.OPEN: _l("Open for registration"),
    Standing.WAITING_LIST: _l("Full, waiting list open"),
    Standing.CLOSED: _l("Registration closed"),
    Standing.RUNNING: _l("Taking place now"),
    Standing.OVER: _l("Over"),
    Standing.CANCELLED: _l("Cancelled"),
}


class Seats(StrEnum):
    """How many seats are left, as a word: the exact number is nobody's business but the organiser's."""

    PLENTY = "plenty"
    FEW = "few"
    NONE = "none"

    @property
    def label(self) -> str:
        """The word in the reader's language: 充足, 紧张, 已满."""
        return str(_SEATS_LABELS[self])


_SEATS_LABELS = {
    Seats.PLENTY: _l("Seats available"),
    Seats.FEW: _l("Few seats left"),
    Seats.NONE: _l("All seats taken"),
}


class ItemSeats(StrEnum):
    """How the seats of a programme item fill, as a word."""

    LEFT = "left"
    FILLING = "filling"
    FULL = "full"

    @property
    def label(self) -> str:
        """The word in the reader's language."""
        return str(_ITEM_SEATS_LABELS[self])


_ITEM_SEATS_LABELS = {
    ItemSeats.LEFT: _l("Seats available"),
    ItemSeats.FILLING: _l("Filling up"),
    ItemSeats.FULL: _l("Full"),
}


def standing_of(stop: Stop, at: datetime | None = None) -> Standing:
    """How ``stop`` stands ``at`` a moment (default: now).

    Whether one may register is said before that it has begun: at the door people register on the spot.
    """
    moment = at or now()
    if stop.cancelled_at is not None:
        return Standing.CANCELLED
    if moment >= stop.ends_at:
        return Standing.OVER
    if stop.is_open_at(moment):
        return Standing.WAITING_LIST if stop.is_full else Standing.OPEN
    if moment >= stop.starts_at:
        return Standing.RUNNING
    if moment >= stop.registration_closes_at:
        return Standing.CLOSED
    return Standing.NOT_OPEN


def seats_of(stop: Stop) -> Seats:
    """Plenty, few or none."""
    if stop.is_full:
        return Seats.NONE
    few = min(FEW_AT_MOST, max(1, stop.capacity // FEW_SHARE))
    return Seats.FEW if stop.seats_left <= few else Seats.PLENTY


def item_seats_of(item: ProgrammeItem) -> ItemSeats | None:
    """Left, filling (from 75 %) or full; None where no seats are counted."""
    if not item.is_chosen or item.capacity is None:
        return None
    if item.is_full:
        return ItemSeats.FULL
    filling = item.seats_taken * 100 >= item.capacity * FILLING_PERCENT
    return ItemSeats.FILLING if filling else ItemSeats.LEFT


def phase_of(item: ProgrammeItem, at: datetime | None = None) -> str:
    """``past``, ``now`` or ``to_come``."""
    moment = at or now()
    if moment >= item.ends_at:
        return "past"
    return "now" if moment >= item.starts_at else "to_come"

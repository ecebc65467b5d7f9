"""Keep seats of a stop for a delegation or an invitation, keep more or fewer, and give them up again.

A block's seats count as taken from the moment they are kept, so nobody else is promised them; the database counts.
"""

from __future__ import annotations

from audit.record import record
from campaigns.models import Stop
from registrations.errors import BlockIsUsed, NotSoManySeats
from registrations.models import Registration, SeatBlock
from registrations.offer import fill_free_seats
from registrations.quotas import room_of
from shared.clock import now
from shared.db import db, hold


def keep_seats(stop: Stop, seats: int) -> SeatBlock:
    """Keep ``seats`` of a stop that is held. Raises NotSoManySeats. The caller holds the transaction."""
    if seats > stop.seats_left:
        raise NotSoManySeats(stop.seats_left)
    block = SeatBlock(stop_id=stop.id, seats=seats, used=0, created_at=now())
    db.session.add(block)
    _counted(stop)
    return block


def keep_more_or_fewer(stop: Stop, block_id: int, seats: int) -> SeatBlock:
    """Let a block of a stop that is held have ``seats``, also one that was released; what comes free is given on.

    Raises BlockIsUsed or NotSoManySeats. The caller holds the transaction.
    """
    block = hold(SeatBlock, block_id)
    if block is None:
        raise NotSoManySeats
    if seats < block.used:
        raise BlockIsUsed(block.used)
    if seats - block.seats > stop.seats_left:
        raise NotSoManySeats(stop.seats_left + block.seats)
    fewer = seats < block.seats
    block.seats = seats
    block.released_at = None
    _counted(stop)
    if fewer:
        fill_free_seats(stop.id)
    return block


def release_seats(stop: Stop, block_id: int) -> None:
    """Keep no seat any more that nobody sits on, now and later; they go to whoever is next in line.

    Once more is as good as once. The caller holds the stop and the transaction.
    """
    block = hold(SeatBlock, block_id)
    if block is None or block.released_at is not None:
        return
    record("release_seats", block, stop_id=stop.id, given_back=block.seats - block.used)
    block.seats = block.used
    block.released_at = now()
    _counted(stop)
    fill_free_seats(stop.id)


def sit_on_kept_seat(stop: Stop, registration: Registration, block_id: int) -> bool:
    """Put somebody who is about to be confirmed on a seat of the block; False when none is left there.

    Kept seats stand outside the stop's quotas: somebody has promised them. The caller holds the stop.
    """
    block = hold(SeatBlock, block_id)
    if block is None or block.stop_id != stop.id or block.seats_left <= 0:
        return False
    registration.seat_block_id = block.id
    registration.over_quota = room_of(stop).full_quota(registration) is not None
    return True


def _counted(stop: Stop) -> None:
    db.session.flush()
    db.session.refresh(stop, ["seats_taken", "seats_held"])

"""Somebody checks in alone, by a poster. The scan is the poster's device's and goes the way of every other scan."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from checkin.errors import CheckpointClosed, NotOpenYet, TooManyTries, WrongPlaceWord
from checkin.models import CheckpointPoster
from checkin.posters import is_the_word
from checkin.present import Presented, present
from registrations.errors import UnknownCode
from registrations.knocks import knock, uncount_knock
from shared.errors import Refusal

TRIES_WITHIN = timedelta(minutes=10)
MOST_OF_ONE_TICKET = 10
MOST_FROM_ONE_PLACE = 5_000
"""A hall of two thousand behind one address, twice each; a program that tries out codes does not stop."""

MOST_WRONG_CODES = 60
"""From one place, of the 6.6·10^11 that there are."""


def refuse_unless_open(poster: CheckpointPoster, at: datetime) -> None:
    """Raise NotOpenYet or CheckpointClosed outside the poster's own time."""
    if at < poster.opens_at:
        raise NotOpenYet(poster.opens_at)
    if at >= poster.closes_at:
        raise CheckpointClosed(poster.closes_at)


def check_in_by_poster(
    poster: CheckpointPoster,
    who: str | int,
    *,
    place_word: str,
    scan_id: UUID,
    from_where: str,
    at: datetime,
) -> Presented | Refusal:
    """Let ``who`` in: the id of a registration whose ticket was opened on this phone, or the code typed off a ticket.

    A refusal is given back and not raised, where it was counted; what ``present`` refuses stands in its answer. Raises
    NotOpenYet or CheckpointClosed. The caller holds the transaction and commits it in any case.
    """
    refuse_unless_open(poster, at)
    if not knock("poster.place", from_where, most=MOST_FROM_ONE_PLACE, within=TRIES_WITHIN):
        return TooManyTries()
    is_typed = isinstance(who, str)
    if is_typed and not knock("poster.code", from_where, most=MOST_WRONG_CODES, within=TRIES_WITHIN):
        return TooManyTries()
    if not knock("poster.ticket", f"{poster.id}:{who}", most=MOST_OF_ONE_TICKET, within=TRIES_WITHIN):
        return TooManyTries()
    if not is_the_word(poster, place_word):
        return WrongPlaceWord()
    presented = present(
        who,
        checkpoint=poster.checkpoint,
        gate=poster.device.name,
        by=poster.device.vouched_by,
        device=poster.device,
        scan_id=scan_id,
    )
    if is_typed and not isinstance(presented.refusal, UnknownCode):
        uncount_knock("poster.code", from_where, within=TRIES_WITHIN)
    return presented

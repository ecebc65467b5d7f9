"""Somebody checks in alone, by a poster. The scan is the poster's device's and goes the way of every other scan."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from flask_babel import gettext as _

from checkin.errors import CheckpointClosed, NotOpenYet, TooManyTries, WrongPlaceWord
from checkin.models import CheckpointPoster
from checkin.posters import is_the_word
from checkin.present import Presented, present
from registrations.errors import UnknownCode
from registrations.knocks import knock, uncount_knock
from shared.codes import as_typed
from shared.errors import Refusal

TRIES_WITHIN = timedelta(minutes=10)
MOST_OF_ONE_TICKET = 10
MOST_FROM_ONE_PLACE = 5_000
"""A hall of two thousand behind one address, twice each; a program that tries out codes does not stop."""

MOST_WRONG_CODES = 60
"""From one place, of the 6.6·10^11 that there are."""

MOST_WRONG_WORDS = 600
"""From one place: a third of such a hall mistypes it; who tries out a dictionary is at it for days."""


def refuse_unless_open(poster: CheckpointPoster, at: datetime) -> None:
    """Raise NotOpenYet or CheckpointClosed outside the poster's own time."""
    if at < poster.opens_at:
        raise NotOpenYet(poster.opens_at)
    if at >= poster.closes_at:
        raise CheckpointClosed(poster.closes_at)


def count_tap(
    poster: CheckpointPoster, who: str | int, *, place_word: str, from_where: str
) -> Refusal | None:
    """Count a tap before it is looked at; TooManyTries when there were too many.

    In a transaction of its own, which the caller commits in any case: a whole hall sits behind one address, and whoever
    holds its count while somebody is let in keeps all the others waiting.
    """
    # With a wrong word no code is looked at, so that says nothing of codes, and a hall may mistype it more often.
    is_right = is_the_word(poster, place_word)
    tries_a_code = is_right and isinstance(who, str)
    whose = as_typed(who) if isinstance(who, str) else who  # however often a blank is put elsewhere
    for door, by_whom, most in (
        ("poster.place", from_where, MOST_FROM_ONE_PLACE),
        ("poster.code", from_where if tries_a_code else None, MOST_WRONG_CODES),
        ("poster.word", None if is_right else from_where, MOST_WRONG_WORDS),
        ("poster.ticket", f"{poster.id}:{whose}", MOST_OF_ONE_TICKET),
    ):
        if by_whom is not None and not knock(door, by_whom, most=most, within=TRIES_WITHIN):
            return TooManyTries()
    return None


def check_in_by_poster(
    poster: CheckpointPoster, who: str | int, *, place_word: str, scan_id: UUID, from_where: str, at: datetime
) -> Presented:
    """Let ``who`` in: the id of a registration whose ticket was opened on this phone, or the code typed off a ticket.

    What ``present`` refuses stands in its answer, and the caller commits that too. Raises NotOpenYet, CheckpointClosed or
    WrongPlaceWord. The tap has been counted; one that was no wrong code is taken out of their count again.
    """
    refuse_unless_open(poster, at)
    if not is_the_word(poster, place_word):
        raise WrongPlaceWord(None if place_word.strip() else _("Please type the word that is shown here."))
    presented = present(
        who,
        checkpoint=poster.checkpoint,
        gate=poster.device.name,
        by=poster.device.vouched_by,
        device=poster.device,
        scan_id=scan_id,
    )
    if isinstance(who, str) and not isinstance(presented.refusal, UnknownCode):
        uncount_knock("poster.code", from_where, within=TRIES_WITHIN)
    return presented

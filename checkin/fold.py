"""What the scans of one ticket at one checkpoint come to. Pure: nothing here knows the database or the clock.

The answer depends on the *set* of scans alone, not on the order in which they were sent, nor on how often. That is why
devices may scan without a network and send what they have in any order, in pieces and twice: once everything is in,
everybody has worked out the same.

A scan that was shown red stays red. Of those shown green the earliest counts, by the corrected time and, at the same
time, by the scan's id; a later green one is a conflict and names the one it conflicts with.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from checkin.models import Direction, Often, Verdict
from shared.clock import in_china


@dataclass(frozen=True, slots=True)
class Seen:
    """A scan as far as the fold looks at it. ``let_in``: it was shown green."""

    id: UUID
    at: datetime
    let_in: bool
    direction: Direction = Direction.IN
    undone: bool = False


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a scan came to, and the scan that stood before it when it is a conflict."""

    verdict: Verdict
    against: UUID | None = None


@dataclass(frozen=True, slots=True)
class Folded:
    """``rulings`` by scan; ``entries``: day (None where days do not count) → the scan that counts.

    ``by``: the scan by which the holder is within, None when he is not (any more).
    """

    rulings: dict[UUID, Ruling]
    entries: dict[date | None, UUID]
    by: UUID | None

    @property
    def within(self) -> bool:
        """Whether the holder is within."""
        return self.by is not None


def day_counted(often: Often, at: datetime) -> date | None:
    """The day an entry at ``at`` counts for; None where one passes once, or in and out."""
    return in_china(at).date() if often is Often.DAILY else None


def fold(often: Often, scans: Iterable[Seen]) -> Folded:
    """Put the scans of one ticket at one checkpoint in order and say what each came to."""
    rulings: dict[UUID, Ruling] = {}
    entries: dict[date | None, UUID] = {}
    inside: UUID | None = None  # the scan by which he is within
    for scan in sorted(scans, key=lambda scan: (scan.at, scan.id)):
        if scan.undone:
            rulings[scan.id] = Ruling(Verdict.UNDONE)
        elif not scan.let_in:
            rulings[scan.id] = Ruling(Verdict.REFUSED)
        elif scan.direction is Direction.OUT:
            rulings[scan.id] = Ruling(Verdict.LEFT)
            inside = None
        else:
            day = day_counted(often, scan.at)
            before = inside if often is Often.IN_AND_OUT else entries.get(day)
            if before is not None:
                rulings[scan.id] = Ruling(Verdict.CONFLICT, before)
                continue
            rulings[scan.id] = Ruling(Verdict.FIRST)
            entries.setdefault(day, scan.id)
            inside = scan.id
    return Folded(rulings, entries, inside)

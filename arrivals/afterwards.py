"""The figures of a stop's arrivals, beside those of the campaign's earlier stops: only what scans and registrations tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from accounts.models import Staff
from accounts.permissions import Permission, reach_of
from campaigns.lookups import stops_within
from campaigns.models import Stop
from checkin.device_lists import WHY, Trouble, trouble_of
from checkin.figures import (
    Counted,
    PointFigures,
    StopFigures,
    counted_by_stop,
    figures_of,
    minutes_by_stop,
    points_of,
)
from checkin.models import Scan, Verdict
from shared.db import db

COMPARED = 4
"""So many earlier stops stand beside this one."""
BUSIEST = timedelta(minutes=15)
STEPS = (10, 15, 30, 60, 120, 240, 480, 720, 1440, 2880)
MOST_TICKS = 7

REFUSED_FOR: dict[str, LazyString] = {
    **WHY,
    "already_checked_in": _l("Had passed already"),
    "no_room_within": _l("No room within"),
    "was_not_within": _l("Was not within"),
    "ticket_expired": _l("A ticket that had expired"),
    "ticket_reissued": _l("A ticket that was issued anew"),
    "ticket_key_ended": _l("A ticket whose key had ended"),
    "ticket_key_withdrawn": _l("A ticket whose key was withdrawn"),
}

Minutes = Sequence[tuple[datetime, int]]


@dataclass(frozen=True, slots=True)
class Course:
    """How the arrivals of one stop went. Moments are those of scans; ``half_in_at`` is when half of all who came were in."""

    stop: Stop
    counted: Counted
    minutes: Minutes
    first_at: datetime | None
    half_in_at: datetime | None
    last_at: datetime | None
    peak_at: datetime | None
    peak: int
    busiest_at: datetime | None
    busiest: int

    def after_beginning(self, at: datetime | None) -> int | None:
        """Minutes from the stop's beginning to ``at``, negative before it."""
        return None if at is None else round((at - self.stop.starts_at).total_seconds() / 60)

    @property
    def half_in_after(self) -> int | None:
        """When half were in, in minutes from the beginning."""
        return self.after_beginning(self.half_in_at)


@dataclass(frozen=True, slots=True)
class Curve:
    """A line of the picture: ``points`` for an SVG of 1000 by 300, from the left edge to the last arrival."""

    course: Course
    points: str


@dataclass(frozen=True, slots=True)
class Curves:
    """Shares of the expected who are in, by the time from the beginning; this stop first. ``ticks`` in minutes, evenly apart."""

    curves: list[Curve]
    ticks: list[int]
    top: int
    """The share at the upper edge, in percent."""

    @property
    def begins_at(self) -> float:
        """Where on the picture's width the beginning lies."""
        first, last = self.ticks[0], self.ticks[-1]
        return 1000 * (0 - first) / (last - first)


@dataclass(frozen=True, slots=True)
class Day:
    """Everything the page says. ``refused``: why, how often; ``alone`` and ``asked``: scans decided without and with the server."""

    course: Course
    earlier: list[Course]
    curves: Curves | None
    figures: StopFigures
    points: list[PointFigures]
    verdicts: dict[Verdict, int]
    refused: list[tuple[str, int]]
    asked: int
    alone: int
    trouble: Trouble


def day_of(stop: Stop, moment: datetime, *, by: Staff) -> Day:
    """The figures of ``stop`` as they are at ``moment``, with those earlier stops of its campaign that ``by`` may count."""
    earlier = earlier_stops(stop, by)
    stops = [stop, *earlier]
    ids = [one.id for one in stops]
    counted, minutes = counted_by_stop(ids), minutes_by_stop(ids)
    courses = [course_of(one, counted[one.id], minutes[one.id]) for one in stops]
    verdicts: dict[Verdict, int] = dict.fromkeys(Verdict, 0)
    refused: dict[str, int] = {}
    by_asking = {True: 0, False: 0}
    for verdict, reason, asked, count in db.session.execute(
        select(Scan.verdict, Scan.reason, Scan.asked, func.count())
        .where(Scan.stop_id == stop.id)
        .group_by(Scan.verdict, Scan.reason, Scan.asked)
    ):
        verdicts[verdict] += count
        by_asking[asked] += count
        if verdict is Verdict.REFUSED:
            words = str(REFUSED_FOR.get(reason or "", _("Other reasons")))
            refused[words] = refused.get(words, 0) + count
    came = [course for course in courses if course.minutes and course.counted.expected]
    return Day(
        courses[0],
        courses[1:],
        curves_of(came) if courses[0] in came else None,
        figures_of(stop.id),
        points_of(stop, moment),
        verdicts,
        sorted(refused.items(), key=lambda one: (-one[1], one[0])),
        by_asking[True],
        by_asking[False],
        trouble_of(stop),
    )


def earlier_stops(stop: Stop, by: Staff) -> list[Stop]:
    """The campaign's stops before this one whose figures ``by`` may see, the nearest COMPARED, the latest first."""
    within = stops_within(reach_of(by, Permission.SEE_FUNNEL))
    return list(
        db.session.scalars(
            within.where(
                Stop.campaign_id == stop.campaign_id,
                Stop.starts_at < stop.starts_at,
                Stop.cancelled_at.is_(None),
            )
            .order_by(Stop.starts_at.desc(), Stop.id.desc())
            .limit(COMPARED)
        ).unique()
    )


def course_of(stop: Stop, counted: Counted, minutes: Minutes) -> Course:
    """What the minutes of arrival tell."""
    half_in_at, so_far = None, 0
    for at, count in minutes:
        so_far += count
        if 2 * so_far >= counted.arrived:
            half_in_at = at
            break
    peak_at, peak = max(minutes, key=lambda one: one[1], default=(None, 0))
    busiest_at, busiest = _busiest(minutes)
    return Course(
        stop,
        counted,
        minutes,
        minutes[0][0] if minutes else None,
        half_in_at,
        minutes[-1][0] if minutes else None,
        peak_at,
        peak,
        busiest_at,
        busiest,
    )


def _busiest(minutes: Minutes) -> tuple[datetime | None, int]:
    """The quarter of an hour in which most came, and how many; the earliest of several."""
    best_at, best, begin, within = None, 0, 0, 0
    for at, count in minutes:
        within += count
        while minutes[begin][0] <= at - BUSIEST:
            within -= minutes[begin][1]
            begin += 1
        if within > best:
            best_at, best = minutes[begin][0], within
    return best_at, best


def curves_of(courses: Sequence[Course]) -> Curves:
    """The lines of these stops on one picture; each has arrivals and somebody expected."""
    spans = [
        course.after_beginning(at) or 0 for course in courses for at in (course.first_at, course.last_at)
    ]
    low, high = min([*spans, 0]), max([*spans, 1])
    step = next((one for one in STEPS if _ticks_between(low, high, one) <= MOST_TICKS), STEPS[-1])
    first, last = low // step * step, -(-high // step) * step
    last = max(last, first + step)
    shares = [100 * course.counted.arrived / course.counted.expected for course in courses]
    top = max(100, -(-int(max(shares) + 0.999) // 25) * 25)
    return Curves(
        [Curve(course, _line(course, first, last, top)) for course in courses],
        list(range(first, last + 1, step)),
        top,
    )


def _ticks_between(low: int, high: int, step: int) -> int:
    return -(-high // step) - low // step + 1


def _line(course: Course, first: int, last: int, top: int) -> str:
    """A stair: the share stays until the next comes in."""
    points, share = [(0.0, 300.0)], 0.0
    for at, count in course.minutes:
        x = 1000 * ((course.after_beginning(at) or 0) - first) / (last - first)
        points.append((x, 300 - 300 * share / top))
        share += 100 * count / course.counted.expected
        points.append((x, 300 - 300 * share / top))
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)

"""Whom to call first: a score of visible parts. Pure: no database, no clock.

A score only orders the pool. It decides nothing about a person, and every part of it is shown to whoever works
with it (PIPL, article 24: automatic decisions must be explainable).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from registrations.models import Education

EDUCATION_POINTS = {
    Education.POSTDOC: 35,
    Education.DOCTOR: 35,
    Education.DOCTORAL_STUDENT: 30,
    Education.OVERSEAS: 30,
    Education.MASTER: 15,
    Education.OTHER: 5,
}
FIELD_POINTS = 15
ANY_CITY_POINTS = 15
THIS_CITY_POINTS = 15
VISIT_POINTS = 10
MOST_VISITS = 2


@dataclass(frozen=True)
class ScorePart:
    """One part of a score: ``points`` of at most ``most``."""

    label: LazyString
    points: int
    most: int


def score_parts(
    *,
    education: Education,
    research_field: str,
    preferred_city_ids: Collection[int],
    host_city_id: int | None,
    earlier_visits: int,
) -> tuple[ScorePart, ...]:
    """The parts of a score of 0–100, always in the same order.

    ``host_city_id`` is the city that hosts the stop, None for the province, which gains by any wish to come.
    ``earlier_visits`` counts arrivals at other stops before this one.
    """
    wishes_any = bool(preferred_city_ids)
    wishes_this = wishes_any and (host_city_id is None or host_city_id in preferred_city_ids)
    return (
        ScorePart(_l("Education"), EDUCATION_POINTS[education], max(EDUCATION_POINTS.values())),
        ScorePart(_l("Research field is known"), FIELD_POINTS if research_field.strip() else 0, FIELD_POINTS),
        ScorePart(
            _l("Would like to work in the province"), ANY_CITY_POINTS if wishes_any else 0, ANY_CITY_POINTS
        ),
        ScorePart(
            _l("Would like to work in the host city"),
            THIS_CITY_POINTS if wishes_this else 0,
            THIS_CITY_POINTS,
        ),
        ScorePart(
            _l("Came to earlier stops"),
            VISIT_POINTS * min(earlier_visits, MOST_VISITS),
            VISIT_POINTS * MOST_VISITS,
        ),
    )


def total(parts: Collection[ScorePart]) -> int:
    """The score: the sum of its parts, 0–100."""
    return sum(part.points for part in parts)

"""Whom to call first."""

from __future__ import annotations

import itertools

from leads.score import score_parts, total
from registrations.models import Education


def test_a_doctor_who_wishes_this_city_and_came_twice_before_has_the_full_score() -> None:
    parts = score_parts(
        education=Education.DOCTOR,
        research_field="煤基新材料",
        preferred_city_ids=[3, 1],
        host_city_id=1,
        earlier_visits=2,
    )
    assert total(parts) == 100
    assert all(part.points == part.most for part in parts)


def test_a_wish_for_another_city_counts_half_of_a_wish_for_this_one() -> None:
    def city_points(wished: list[int], host: int | None) -> int:
        parts = score_parts(
            education=Education.MASTER,
            research_field="",
            preferred_city_ids=wished,
            host_city_id=host,
            earlier_visits=0,
        )
        return total(parts) - 15

    assert city_points([], 1) == 0
    assert city_points([2], 1) == 15
    assert city_points([1], 1) == 30
    assert city_points([2], None) == 30  # the province gains by any wish to come
    assert city_points([], None) == 0


def test_whatever_somebody_filled_in_the_score_lies_between_0_and_100() -> None:
    for education, field, wished, host, visits in itertools.product(
        Education, ("", " ", "x"), ([], [1], [2]), (None, 1), (0, 1, 2, 99)
    ):
        parts = score_parts(
            education=education,
            research_field=field,
            preferred_city_ids=wished,
            host_city_id=host,
            earlier_visits=visits,
        )
        assert 0 <= total(parts) <= 100
        assert all(0 <= part.points <= part.most for part in parts)
        assert sum(part.most for part in parts) == 100

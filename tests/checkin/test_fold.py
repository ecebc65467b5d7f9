"""What scans come to depends on the set of them alone: any order, any pieces, any copies."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from checkin.fold import Folded, Seen, fold
from checkin.models import Direction, Often, Verdict

BEGIN = datetime(2026, 10, 17, 8, tzinfo=UTC)

SCANS = st.lists(
    st.builds(
        Seen,
        id=st.uuids(),
        at=st.integers(0, 60 * 40).map(lambda minutes: BEGIN + timedelta(minutes=minutes)),
        let_in=st.booleans(),
        direction=st.sampled_from(Direction),
        undone=st.booleans(),
    ),
    unique_by=lambda scan: scan.id,
    max_size=12,
)


def seen(number: int, minute: int, **changes: Any) -> Seen:
    return Seen(
        **{"id": UUID(int=number), "at": BEGIN + timedelta(minutes=minute), "let_in": True, **changes}
    )


def verdicts(folded: Folded) -> dict[int, str]:
    return {number.int: ruling.verdict.value for number, ruling in folded.rulings.items()}


@given(st.sampled_from(Often), SCANS, st.randoms(use_true_random=False))
def test_the_order_in_which_scans_come_in_does_not_matter(
    often: Often, scans: list[Seen], chance: Random
) -> None:
    shuffled = list(scans)
    chance.shuffle(shuffled)
    assert fold(often, shuffled) == fold(often, scans)


@given(st.sampled_from(Often), SCANS)
def test_every_scan_is_ruled_on_and_one_counts_where_one_passes(often: Often, scans: list[Seen]) -> None:
    folded = fold(often, scans)
    assert folded.rulings.keys() == {scan.id for scan in scans}
    green = [s for s in scans if s.let_in and not s.undone and s.direction is Direction.IN]
    assert bool(folded.entries) is bool(green)
    if often is Often.ONCE and green:
        first = min(green, key=lambda s: (s.at, s.id))
        assert folded.entries == {None: first.id}
        assert all(folded.rulings[s.id].against == first.id for s in green if s.id != first.id)
    for scan in scans:
        verdict = folded.rulings[scan.id].verdict
        assert (verdict is Verdict.UNDONE) is scan.undone
        assert scan.let_in or verdict in (Verdict.REFUSED, Verdict.UNDONE)


def test_two_gates_without_a_network_let_the_same_ticket_in_and_the_later_one_names_the_earlier() -> None:
    folded = fold(Often.ONCE, [seen(1, 5), seen(2, 3)])
    assert verdicts(folded) == {1: "conflict", 2: "first"}
    assert folded.rulings[UUID(int=1)].against == UUID(int=2)


def test_an_undone_first_scan_leaves_the_place_to_the_next() -> None:
    assert verdicts(fold(Often.ONCE, [seen(1, 3, undone=True), seen(2, 5)])) == {1: "undone", 2: "first"}


def test_once_a_day_counts_the_days_of_china() -> None:
    # 8:00 UTC is 16:00 in China; nine hours later it is the next day there, though not in UTC.
    assert verdicts(fold(Often.DAILY, [seen(1, 0), seen(2, 60), seen(3, 9 * 60)])) == {
        1: "first",
        2: "conflict",
        3: "first",
    }


def test_in_and_out_and_in_again_is_no_conflict_but_in_twice_is() -> None:
    out: dict[str, Any] = {"direction": Direction.OUT}
    folded = fold(Often.IN_AND_OUT, [seen(1, 0), seen(2, 5, **out), seen(3, 9), seen(4, 10)])
    assert verdicts(folded) == {1: "first", 2: "left", 3: "first", 4: "conflict"}
    assert folded.within
    assert not fold(Often.IN_AND_OUT, [seen(1, 0), seen(2, 5, **out)]).within

"""The harness's arithmetic."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.figures import Sample, figure_of, keep, percentile, rate, table
from bench.lanes import drive
from bench.measures import measure_named, measure_names
from bench.replay import Slot, Step, with_slots


def test_a_percentile_is_a_value_that_was_measured() -> None:
    hundred = [float(number) for number in range(1, 101)]
    assert percentile(hundred, 0.50) == 50
    assert percentile(hundred, 0.99) == 99
    assert percentile([7.0], 0.99) == 7
    assert percentile([3.0, 1.0, 2.0], 0.50) == 2
    assert percentile([], 0.5) == 0


def test_a_rate_counts_from_the_first_question_to_the_last_answer_of_each_run() -> None:
    run = [Sample(10.0, 0.5, "ok"), Sample(10.5, 0.5, "ok"), Sample(11.5, 0.5, "ok"), Sample(10.0, 2.0, "ok")]
    assert rate([run]) == 2.0
    later = [Sample(100.0, 1.0, "ok"), Sample(101.0, 1.0, "ok")]
    assert rate([run, later]) == 1.5  # the pause between the runs does not count
    assert rate([[]]) == 0


def test_an_answer_that_should_not_have_been_is_an_error_and_adds_nothing_to_the_rate() -> None:
    runs = [[Sample(0.0, 1.0, "arrived"), Sample(0.0, 9.0, "status 500"), Sample(1.0, 1.0, "already")]]
    figure = figure_of(
        "scan", "x", runs, unit="scans/s", reference=[[Sample(0.0, 0.5, "arrived")]],
        wanted=frozenset({"arrived", "already"}), consistent=True,
    )  # fmt: skip
    assert (figure.value, figure.errors, figure.p99_ms) == (1.0, 1, 1000.0)
    assert (figure.reference, figure.ratio) == (2.0, 0.5)


def test_a_kept_line_has_every_key_and_no_other(tmp_path: Path) -> None:
    figure = figure_of("scan", "x", [], unit="/s", reference=[], wanted=frozenset(), consistent=False)
    keep([figure, figure], tmp_path / "results.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "results.jsonl").read_text().splitlines()]
    assert len(lines) == 2
    assert list(lines[0]) == [
        "measure", "case", "value", "unit", "p50_ms", "p95_ms", "p99_ms", "errors", "consistent", "reference", "ratio",
        "at", "more",
    ]  # fmt: skip
    assert "NO" in table([figure])


def test_the_first_measures_are_known_by_name_and_others_are_refused_by_name() -> None:
    assert {"flash", "scan", "start"} <= set(measure_names())
    assert all(callable(measure_named(name)) for name in measure_names())
    with pytest.raises(LookupError, match="scan"):
        measure_named("scna")


def test_a_value_that_differs_from_person_to_person_becomes_a_place() -> None:
    steps = [Step("SELECT %(id)s", {"id": 7, "other": 8, "text": "7"}), Step("COMMIT")]
    assert with_slots(steps, {"registration_id": 7})[0].parameters == {
        "id": Slot("registration_id"), "other": 8, "text": "7",
    }  # fmt: skip
    with pytest.raises(LookupError, match="person_id"):
        with_slots(steps, {"person_id": 9})


class _Lane:
    """A client of nothing; the third answer fails."""

    def __init__(self, items: list[int], *, cannot_open: bool = False) -> None:
        self.items = items
        self.cannot_open = cannot_open

    def open(self) -> None:
        if self.cannot_open:
            raise ConnectionRefusedError

    def do(self, item: int) -> str:
        if item == 3:
            raise TimeoutError
        return "ok"

    def close(self) -> None:
        pass


def test_every_lanes_answers_come_back_and_a_failure_is_one_of_them() -> None:
    samples = drive([_Lane([1, 2, 3]), _Lane([1, 2]), _Lane([1])])
    assert sorted(sample.outcome for sample in samples) == ["error: TimeoutError", *["ok"] * 5]
    assert all(sample.seconds >= 0 for sample in samples)


def test_a_client_that_cannot_connect_ends_the_run_with_the_reason() -> None:
    with pytest.raises(RuntimeError, match=r"ConnectionRefusedError|did not begin together"):
        drive([_Lane([1]), _Lane([1], cannot_open=True)])

"""From single answers to figures: percentiles, rates, the printed table and the kept line. Pure but for the file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

RESULTS = Path(__file__).with_name("results.jsonl")


@dataclass(frozen=True)
class Sample:
    """One answer: when it was asked for (monotonic seconds), how long it took (seconds), what it said."""

    began: float
    seconds: float
    outcome: str


@dataclass(frozen=True)
class Figure:
    """One case of one measure; the keys of a line in results.jsonl.

    ``reference`` is the same work done in the least way there is, measured in the same run and unit; ``ratio`` is
    value / reference. ``errors`` counts answers that should not have been; ``consistent`` says whether the database
    holds afterwards exactly what was answered. ``more`` is what this measure tells besides, by name.
    """

    measure: str
    case: str
    value: float
    unit: str
    p50_ms: float
    p95_ms: float
    p99_ms: float
    errors: int
    consistent: bool
    reference: float
    ratio: float
    at: str
    more: dict[str, float] = field(default_factory=dict)


def percentile(seconds: Sequence[float], share: float) -> float:
    """The value that ``share`` (0–1) of ``seconds`` do not exceed (nearest rank); 0 for no values."""
    if not seconds:
        return 0.0
    ordered = sorted(seconds)
    rank = max(1, -(-int(share * 1_000_000) * len(ordered) // 1_000_000))
    return ordered[min(rank, len(ordered)) - 1]


def rate(runs: Sequence[Sequence[Sample]]) -> float:
    """Answers per second over ``runs``, each from its first question to its last answer; 0 for none."""
    spans = [max(s.began + s.seconds for s in run) - min(s.began for s in run) for run in runs if run]
    return sum(len(run) for run in runs) / sum(spans) if sum(spans) > 0 else 0.0


def figure_of(
    measure: str,
    case: str,
    runs: Sequence[Sequence[Sample]],
    *,
    unit: str,
    reference: Sequence[Sequence[Sample]],
    wanted: frozenset[str],
    consistent: bool,
    more: dict[str, float] | None = None,
) -> Figure:
    """The figure of runs at a rate. ``wanted`` are the outcomes that are no errors; only they count."""
    good = [[sample for sample in run if sample.outcome in wanted] for run in runs]
    return figure(
        measure,
        case,
        rate(good),
        unit=unit,
        seconds=[sample.seconds for run in good for sample in run],
        errors=sum(len(run) for run in runs) - sum(len(run) for run in good),
        consistent=consistent,
        reference=rate([[sample for sample in run if sample.outcome in wanted] for run in reference]),
        more=more,
    )


def figure(
    measure: str,
    case: str,
    value: float,
    *,
    unit: str,
    seconds: Sequence[float],
    errors: int,
    consistent: bool,
    reference: float,
    more: dict[str, float] | None = None,
) -> Figure:
    """A figure whose value was reckoned elsewhere."""
    return Figure(
        measure=measure,
        case=case,
        value=round(value, 3),
        unit=unit,
        p50_ms=round(percentile(seconds, 0.50) * 1_000, 2),
        p95_ms=round(percentile(seconds, 0.95) * 1_000, 2),
        p99_ms=round(percentile(seconds, 0.99) * 1_000, 2),
        errors=errors,
        consistent=consistent,
        reference=round(reference, 3),
        ratio=round(value / reference, 4) if reference else 0.0,
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        more={name: round(one, 3) for name, one in (more or {}).items()},
    )


def keep(figures: Sequence[Figure], file: Path = RESULTS) -> None:
    """Add one line for each figure to ``file``."""
    with file.open("a", encoding="utf-8") as lines:
        for each in figures:
            lines.write(json.dumps(asdict(each), ensure_ascii=False) + "\n")


def table(figures: Sequence[Figure]) -> str:
    """The figures for a person's eyes."""
    head = (
        "measure",
        "case",
        "value",
        "unit",
        "p50 ms",
        "p95 ms",
        "p99 ms",
        "errors",
        "consistent",
        "reference",
        "ratio",
        "besides",
    )
    lines = [head] + [
        (
            each.measure, each.case, f"{each.value:,.1f}", each.unit, f"{each.p50_ms:,.1f}", f"{each.p95_ms:,.1f}",
            f"{each.p99_ms:,.1f}", str(each.errors), "yes" if each.consistent else "NO", f"{each.reference:,.1f}",
            f"{each.ratio:.3f}", ", ".join(f"{name} {one:,.4g}" for name, one in each.more.items()),
        )
        for each in figures
    ]  # fmt: skip
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )

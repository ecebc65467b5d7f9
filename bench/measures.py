"""Which measures there are: one file each, ``measure_<name>.py`` with a function ``run(ground) -> list[Figure]``."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from bench.figures import Figure
from bench.served import Ground

Measure = Callable[[Ground], list[Figure]]
_PREFIX = "measure_"


def measure_names() -> list[str]:
    """The names, in alphabetical order."""
    here = Path(__file__).parent
    return sorted(file.stem.removeprefix(_PREFIX) for file in here.glob(f"{_PREFIX}*.py"))


def measure_named(name: str) -> Measure:
    """The measure of that name. LookupError naming those there are."""
    if name not in measure_names():
        raise LookupError(f"There is no measure “{name}”; there are: {', '.join(measure_names())}.")
    run: Measure = import_module(f"bench.{_PREFIX}{name}").run
    return run

"""``python -m bench [measure …]``: measure, print the tables, keep the figures in bench/results.jsonl.

Ends with 1 when the database did not hold what was answered.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from bench.figures import RESULTS, keep, table
from bench.measures import measure_named, measure_names
from bench.served import Ground


def main(arguments: list[str]) -> int:
    """Run the measures named, or all of them."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "measures", nargs="*", metavar="measure", help=f"of {', '.join(measure_names())}; all of them"
    )
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the lines are kept")
    asked = parser.parse_args(arguments)
    try:
        wanted = [(name, measure_named(name)) for name in asked.measures or measure_names()]
    except LookupError as problem:
        print(problem.args[0], file=sys.stderr)
        return 2
    all_consistent = True
    for name, run in wanted:
        began = time.monotonic()
        print(f"{name} …", flush=True)
        with Ground() as ground:
            figures = run(ground)
        keep(figures, asked.results)
        all_consistent = all_consistent and all(each.consistent for each in figures)
        print(f"{table(figures)}\n({time.monotonic() - began:.0f} s)\n", flush=True)
    return 0 if all_consistent else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

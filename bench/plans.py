"""By which index each statement of a search reaches the great tables, so that two sizes can be compared.

``bench/search_plans.json`` holds what was found at 100,000 registrations. A search of another size is consistent with
it when each statement that stands there reaches people and registrations in the same way, and no statement reads
either of them as a whole.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event

from bench.served import House

KEPT = Path(__file__).with_name("search_plans.json")
GREAT = frozenset({"people", "registrations"})
WHOLE = "all of "
"""How it is said that a table is read from its first row to its last."""

Plans = dict[str, list[str]]


@contextmanager
def plans_told(house: House, told: Plans) -> Iterator[None]:
    """Put into ``told`` how each SELECT sent meanwhile reaches the great tables, asked for as it is sent."""
    from shared.db import db

    with house.app.app_context():
        engine = db.engine

    def ask(_connection: Any, cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        if statement.lstrip().startswith(("SELECT", "WITH")):
            cursor.execute("EXPLAIN (FORMAT JSON, COSTS OFF) " + statement, values)
            reached = sorted(set(reached_by(cursor.fetchone()[0][0]["Plan"])))
            if reached:
                told[kind_of(statement)] = reached

    event.listen(engine, "before_cursor_execute", ask)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", ask)


def reached_by(plan: Mapping[str, Any], table: str = "") -> Iterator[str]:
    """The ways in which a plan reaches the great tables: ``people by ix_people_search_keys``."""
    table = plan.get("Relation Name", table)
    if index := plan.get("Index Name"):
        if table in GREAT:
            yield f"{table} by {index}"
    elif plan["Node Type"] == "Seq Scan" and table in GREAT:
        yield WHOLE + table
    for part in plan.get("Plans", ()):
        # A bitmap's index stands beneath the table that it is of; what is joined names its own.
        yield from reached_by(part, table if plan["Node Type"].startswith("Bitmap") else "")


def kind_of(statement: str) -> str:
    """A statement without what was looked for: the same text for every name of one kind."""
    plain = re.sub(r"ARRAY\[[-\d, ]*\]", "ARRAY[…]", " ".join(statement.split()))
    plain = re.sub(r"\((?:%\(\w+\)s(?:::\w+)?(?:, )?)+\)", "(…)", plain)
    plain = re.sub(r"%\(\w+\)s(::\w+(\[\])?)?", "?", plain)
    return re.sub(r"^(SELECT|WITH) .*? FROM ", r"\1 … FROM ", plain)


def differences(kept: Mapping[str, Iterable[str]], found: Mapping[str, Iterable[str]]) -> list[str]:
    """What stands against "the same plan": a line for each statement that reaches a great table in another way, or
    reads one as a whole.
    """
    lines = []
    for kind, reached in found.items():
        now = sorted(reached)
        if kind in kept and sorted(kept[kind]) != now:
            lines.append(f"{sorted(kept[kind])} has become {now}: {kind}")
        elif any(way.startswith(WHOLE) for way in now):
            lines.append(f"{now}: {kind}")
    return lines


def kept_plans() -> Plans:
    """What was found at 100,000."""
    plans: Plans = json.loads(KEPT.read_text(encoding="utf-8"))
    return plans


def keep(plans: Plans) -> None:
    """Write down what was found, on purpose: at another size it has to be found again."""
    text = json.dumps(dict(sorted(plans.items())), ensure_ascii=False, indent=1)
    KEPT.write_text(text + "\n", encoding="utf-8")


def search_plans(house: House, searches: Iterable[Callable[[], object]]) -> Plans:
    """How the statements of these searches reach the great tables."""
    told: Plans = {}
    with plans_told(house, told):
        for search in searches:
            search()
    return told

"""``flask --app app keys left|reseal``: after DATA_KEY was changed, put what is stored under the newest key."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import click
from flask.cli import AppGroup

from audit.record import SYSTEM, record
from shared.db import transaction
from shared.reseal import Done, SealedColumn, hashed_tables, left, reseal_some, sealed_columns

key_commands = AppGroup(
    "keys", help="After a change of DATA_KEY: what is under an earlier key, and resealing it."
)
Some = Callable[[int, int], Done]
ROUNDS_FOR_HELD_ROWS = 20


@key_commands.command("left")
def show_left() -> None:
    """How many sealed values are still under an earlier key; exit code 1 when there are any."""
    counts = left()
    for name, number in counts.items():
        click.echo(f"{name}\t{number}")
    if any(counts.values()):
        raise SystemExit(1)
    click.echo("Everything that is sealed is under the newest key.")


@key_commands.command("reseal")
@click.option("--batch", default=200, show_default=True, help="Rows in one transaction.")
def reseal(batch: int) -> None:
    """Put everything sealed and hashed under the newest key, a few rows at a time; begin again after being cut off.

    It may run while the product runs. Exit code 1 when something is left.
    """
    kinds: list[tuple[str, Some]] = [(one.name, partial(_reseal, one)) for one in sealed_columns()] + list(
        hashed_tables().items()
    )
    changed_in_all, stays = 0, list[str]()
    for name, some in kinds:
        changed, stayed, held = _until_nothing_is_held(some, batch)
        click.echo(f"{name}\t{changed}")
        changed_in_all += changed
        stays += [f"{name}\t{row_id}" for row_id in sorted(stayed)]
        stays += [f"{name}\t{held} rows that somebody holds"] if held else []
    with transaction():
        record("reseal", "Key", by=SYSTEM, changed=changed_in_all, left=len(stays))
    if stays:
        for place in stays:
            click.echo(f"stays as it is: {place}", err=True)
        raise click.ClickException("Keep the earlier key in DATA_KEY, and run this once more.")
    click.echo("Everything is under the newest key. The earlier one may be taken out of DATA_KEY.")


def _reseal(one: SealedColumn, after_id: int, most: int) -> Done:
    return reseal_some(one, after_id=after_id, most=most)


def _until_nothing_is_held(some: Some, batch: int) -> tuple[int, set[int], int]:
    """How many were changed, which could not be, how many are held for long."""
    changed = 0
    for _round in range(ROUNDS_FOR_HELD_ROWS):
        more, stayed, held = _through(some, batch)
        changed += more
        if not held:
            break
        time.sleep(0.5)
    return changed, stayed, held


def _through(some: Some, batch: int) -> tuple[int, set[int], int]:
    """All rows once, each batch in a transaction of its own."""
    after_id, changed, stayed, held = 0, 0, set[int](), 0
    while True:
        with transaction():
            done = some(after_id, batch)
        changed += done.changed
        held += done.held
        stayed.update(done.unopened)
        if done.last_id is None:
            return changed, stayed, held
        after_id = done.last_id

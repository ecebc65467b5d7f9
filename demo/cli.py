"""``flask --app app seed``: invented campaigns and people."""

from __future__ import annotations

import click
from flask.cli import with_appcontext


@click.command("seed")
@click.option(
    "--size",
    type=click.IntRange(0, 2_000_000),
    default=0,
    show_default=True,
    help="Registrations to add for measuring.",
)
@with_appcontext
def seed_command(size: int) -> None:
    """Fill an empty database with the demo; with --size add that many registrations on past stops."""
    from demo.seed import seed, seed_if_empty  # only when asked for: every start imports this file

    if size:
        seed(size, say=click.echo)
    elif not seed_if_empty():
        click.echo("There are campaigns already; the demo was not added.")

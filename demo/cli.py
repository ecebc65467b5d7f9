"""``flask --app app seed``: invented campaigns and people."""

import click


@click.command("seed")
def seed_command() -> None:
    """Fill an empty database with invented campaigns and people."""

"""``flask --app app promises parked|again``: work that failed too often, looked at and tried again."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from jobs.parked import parked, try_again
from shared.clock import in_china
from shared.db import transaction
from shared.errors import Refusal

promise_commands = AppGroup("promises", help="Look at promised work that failed, and have it tried again.")


@promise_commands.command("parked")
def list_parked() -> None:
    """Every promise that failed too often, with what went wrong last."""
    for job in parked():
        click.echo(
            f"{job.id}\t{in_china(job.promised_at):%Y-%m-%d %H:%M}\t{job.task}\t{job.last_error or ''}"
        )


@promise_commands.command("again")
@click.argument("numbers", type=int, nargs=-1, required=True)
def again(numbers: tuple[int, ...]) -> None:
    """Try the promises with these NUMBERS again, all of them or none."""
    try:
        with transaction():
            for number in numbers:
                try_again(number)
    except Refusal as refusal:
        raise click.ClickException(f"{number}: {refusal.message}") from None
    click.echo(f"{len(numbers)} will be tried again.")

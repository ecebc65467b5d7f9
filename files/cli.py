"""``flask --app app files check|scan``: is every file there, and have unscanned ones scanned."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import AppGroup

from audit.record import SYSTEM
from files.scan import scan_again
from files.sweep import missing
from shared.db import transaction

file_commands = AppGroup("files", help="Look after the files that people handed in.")


@file_commands.command("check")
def check() -> None:
    """List rows whose file is not on the disk; exit code 1 when there are any."""
    number = 0
    for stored in missing():
        click.echo(f"{stored.id}\t{stored.place}\t{stored.kept_at:%Y-%m-%d}")
        number += 1
    if number:
        raise SystemExit(1)
    click.echo("Every file is there.")


@file_commands.command("scan")
def scan() -> None:
    """Have every file scanned that never was, once CLAMAV_URL is set."""
    if current_app.config["SETTINGS"].clamav_url is None:
        raise click.ClickException("CLAMAV_URL is not set.")
    with transaction():
        number = scan_again(by=SYSTEM)
    click.echo(f"{number} files wait for the scanner.")

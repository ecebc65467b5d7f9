"""``flask --app app ticket-key list|add|end|withdraw``: the keys that sign tickets."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

import click
from flask.cli import AppGroup

from registrations.errors import KeyUnknown
from registrations.models import TicketKey
from registrations.tasks import promise_new_codes
from registrations.ticket_keys import end_key, keys_by_age, tickets_out, withdraw_key
from registrations.tickets import make_key
from shared.clock import from_china, in_china, now
from shared.db import transaction
from shared.errors import Refusal

ticket_key_commands = AppGroup(
    "ticket-key", help="The keys that sign tickets: which there are, another one, an end, a withdrawal."
)


@ticket_key_commands.command("list")
def show_keys() -> None:
    """Every key with what it does now."""
    for key in keys_by_age():
        click.echo(f"{key.id}\tmade {_time(key.created_at)}\t{_standing(key)}")


@ticket_key_commands.command("add")
def add() -> None:
    """Make a further key, which signs from now on. Tickets of the earlier ones stay good."""
    with transaction():
        key_id = make_key().id
    click.echo(f"Key {key_id} signs from now on. What was printed and sent before stays good.")


@ticket_key_commands.command("end")
@click.argument("key_id", type=int)
@click.option("--after", help="2026-12-31 (that day is the last), or “2026-12-31 18:00”; time of China.")
@click.option("--never", is_flag=True, help="Take an end back.")
def end(key_id: int, after: str | None, *, never: bool) -> None:
    """Let tickets of a key that signs no more run out at a time."""
    if (after is None) is not never:
        raise click.UsageError("Give either --after or --never.")
    at = None if after is None else _moment(after)
    _or_say_why(lambda: end_key(key_id, at))
    if at is None:
        click.echo(f"Tickets of key {key_id} have no end any more.")
    else:
        click.echo(f"Tickets of key {key_id} are refused from {_time(at)} on. {_how_many()}")


@ticket_key_commands.command("withdraw")
@click.argument("key_id", type=int)
@click.option("--tell", is_flag=True, help="Write to everybody who holds a ticket, with the new code.")
@click.confirmation_option(
    prompt="Every ticket signed with this key is refused at once, on paper too. Go on?"
)
def withdraw(key_id: int, *, tell: bool) -> None:
    """Refuse every ticket of a key from this moment on: it has come into other hands."""

    def act() -> None:
        withdraw_key(key_id)
        if tell:
            promise_new_codes(key_id)

    _or_say_why(act)
    click.echo(
        f"Key {key_id} is withdrawn. Own pages show new codes already; print badges anew. {_how_many()}"
    )
    if tell:
        click.echo("They are being written to.")


def _moment(typed: str) -> datetime:
    """What was typed, as a moment; a day alone is the last one whole."""
    for form, more in (("%Y-%m-%d %H:%M", timedelta(0)), ("%Y-%m-%d", timedelta(days=1))):
        with suppress(ValueError):
            return from_china(datetime.strptime(typed, form) + more)  # noqa: DTZ007 - a clock's time, in China
    raise click.UsageError("Give day and time like 2026-12-31 or “2026-12-31 18:00”.")


def _or_say_why(act: Callable[[], object]) -> None:
    try:
        with transaction():
            act()
    except KeyUnknown:
        raise click.ClickException("There is no such key; `ticket-key list` shows them.") from None
    except Refusal as refusal:
        raise click.ClickException(refusal.message) from None


def _standing(key: TicketKey) -> str:
    if key.withdrawn_at is not None:
        return f"withdrawn {_time(key.withdrawn_at)}"
    if key.retired_at is None:
        return "signs"
    if key.ends_at is None:
        return "reads"
    return f"ran out {_time(key.ends_at)}" if key.ends_at <= now() else f"reads until {_time(key.ends_at)}"


def _time(moment: datetime) -> str:
    return f"{in_china(moment):%Y-%m-%d %H:%M}"


def _how_many() -> str:
    return f"People with a ticket for a stop to come: {tickets_out()}."

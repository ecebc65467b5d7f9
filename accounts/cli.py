"""``flask --app app staff add|passwd|email|list``: accounts from the command line."""

from __future__ import annotations

import click
from flask.cli import AppGroup
from sqlalchemy import select

from accounts.models import Role, Staff
from accounts.sign_in import add_staff, change_password, staff_with_login
from audit.record import record
from shared.db import db, transaction
from shared.errors import Refusal

staff_commands = AppGroup("staff", help="Add accounts, change passwords, list them.")


@staff_commands.command("add")
@click.argument("login")
@click.argument("full_name")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--host-city", type=int, help="host_cities.id; leave out for the province")
@click.option("--campaign", type=int)
@click.option("--stop", type=int)
@click.option("--employer", type=int)
@click.option("--email", help="where the account is written to when long work is over")
@click.password_option()
def add(
    login: str,
    full_name: str,
    role: str,
    host_city: int | None,
    campaign: int | None,
    stop: int | None,
    employer: int | None,
    email: str | None,
    password: str,
) -> None:
    """Make an account LOGIN for FULL_NAME with one role in one scope."""
    try:
        with transaction():
            add_staff(
                login,
                full_name=full_name,
                password=password,
                role=Role(role),
                host_city_id=host_city,
                campaign_id=campaign,
                stop_id=stop,
                employer_id=employer,
                email=email,
            )
    except Refusal as refusal:
        raise click.ClickException(refusal.message) from None
    click.echo(f"{login} can sign in as {role}.")


@staff_commands.command("passwd")
@click.argument("login")
@click.password_option()
def passwd(login: str, password: str) -> None:
    """Give LOGIN a new password; every open session of the account ends."""
    staff = staff_with_login(login)
    if staff is None:
        raise click.ClickException(f"There is no account {login}.")
    try:
        with transaction():
            change_password(staff, password)
    except Refusal as refusal:
        raise click.ClickException(refusal.message) from None
    click.echo(f"The password of {login} is changed.")


@staff_commands.command("email")
@click.argument("login")
@click.argument("address")
def email_address(login: str, address: str) -> None:
    """Write to LOGIN at ADDRESS from now on; an empty ADDRESS ("") ends that."""
    staff = staff_with_login(login)
    if staff is None:
        raise click.ClickException(f"There is no account {login}.")
    with transaction():
        staff.email = address.strip() or None
        record("change_staff_email", staff)
    click.echo(f"{login} is written to at {staff.email}." if staff.email else f"{login} is not written to.")


@staff_commands.command("list")
def list_staff() -> None:
    """Every account with its roles."""
    for staff in db.session.scalars(select(Staff).order_by(Staff.login)):
        scopes = ", ".join(
            f"{grant.role}"
            + "".join(
                f" {kind}={key}"
                for kind, key in (
                    ("host-city", grant.host_city_id),
                    ("campaign", grant.campaign_id),
                    ("stop", grant.stop_id),
                    ("employer", grant.employer_id),
                )
                if key is not None
            )
            for grant in staff.grants
        )
        click.echo(f"{staff.login}\t{staff.full_name}\t{scopes}\t{'' if staff.is_active else 'inactive'}")

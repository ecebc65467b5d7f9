"""``flask --app app staff add|passwd|list``."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from accounts.models import Role, Staff
from accounts.sign_in import sign_in
from shared.db import db, transaction
from tests.factories import campaigns

PASSWORD = "good-scenery-2026"


def command(app: Flask, *words: str) -> Any:
    return app.test_cli_runner().invoke(args=["staff", *words])


def add(app: Flask, login: str = "guo", *more: str, password: str = PASSWORD) -> Any:
    return command(app, "add", login, "郭建军", "--role", "organiser", "--password", password, *more)


def the_account() -> Staff:
    db.session.expire_all()
    return db.session.scalars(select(Staff)).one()


def test_an_account_is_added_with_its_scope_and_can_sign_in(app: Flask) -> None:
    city = campaigns.host_city()
    answer = add(app, "guo", "--host-city", str(city.id))
    assert answer.exit_code == 0, answer.output
    grant = the_account().grants[0]
    assert (grant.role, grant.host_city_id) == (Role.ORGANISER, city.id)
    with transaction():
        assert isinstance(sign_in("guo", PASSWORD), Staff)


def test_a_second_account_with_the_same_login_is_refused_in_words(app: Flask) -> None:
    add(app)
    answer = add(app, "GUO")
    assert answer.exit_code != 0
    assert answer.output.startswith("Error: ")
    assert "Traceback" not in answer.output
    assert the_account().login == "guo"


def test_a_short_password_is_refused(app: Flask) -> None:
    answer = add(app, password="short")
    assert answer.exit_code != 0
    assert "12" in answer.output
    assert db.session.scalars(select(Staff)).all() == []


def test_an_unknown_role_is_refused_with_the_roles_there_are(app: Flask) -> None:
    answer = command(app, "add", "guo", "郭建军", "--role", "king", "--password", PASSWORD)
    assert answer.exit_code == 2
    assert "gate_volunteer" in answer.output


def test_a_password_is_changed_and_an_unknown_login_is_named(app: Flask) -> None:
    add(app)
    assert command(app, "passwd", "Guo", "--password", "another-password").exit_code == 0
    with transaction():
        assert isinstance(sign_in("guo", "another-password"), Staff)
    answer = command(app, "passwd", "nobody", "--password", "another-password")
    assert answer.exit_code != 0
    assert "nobody" in answer.output


def test_the_list_names_every_account_with_role_and_scope(app: Flask) -> None:
    city = campaigns.host_city()
    add(app, "guo", "--host-city", str(city.id))
    add(app, "an")
    lines = command(app, "list").output.splitlines()
    assert [line.split("\t")[0] for line in lines] == ["an", "guo"]
    assert f"organiser host-city={city.id}" in lines[1]


@pytest.mark.parametrize(
    "scope",
    [
        ["--host-city", "999999"],
        ["--host-city", "1", "--stop", "1"],
        ["--role", "employer_contact"],
        ["--employer", "999999", "--role", "employer_contact"],
    ],
)
def test_a_scope_that_is_not_possible_is_refused_in_words(app: Flask, scope: list[str]) -> None:
    answer = add(app, "guo", *scope)
    assert answer.exit_code == 1
    assert answer.output.startswith("Error: ")
    assert db.session.scalars(select(Staff)).all() == []

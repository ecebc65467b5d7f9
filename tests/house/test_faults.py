"""What people are told, and what the log keeps, when something goes wrong underneath."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from accounts.access import open_to_staff
from accounts.models import Role
from app import create_app
from shared.db import db
from tests.conftest import Browser, _statement, settings_for
from tests.factories import accounts, campaigns

BEYOND_ANY_ROW = 99_999_999_999
SOMEBODY = {"name": "李文博"}


@pytest.mark.parametrize(
    "address",
    [
        f"/desk/leads/{BEYOND_ANY_ROW}",
        f"/desk/registrations/{BEYOND_ANY_ROW}",
        f"/desk/campaigns/stops/{BEYOND_ANY_ROW}",
        f"/desk/messages/{BEYOND_ANY_ROW}",
        f"/desk/reports/funnel?campaign={BEYOND_ANY_ROW}",
        f"/gate/{BEYOND_ANY_ROW}",
        "/c/%00",
    ],
)
def test_an_address_that_no_row_can_have_is_not_found(client: Browser, address: str) -> None:
    client.sign_in(accounts.staff(Role.ADMINISTRATOR))
    assert client.get(address).status_code == 404


def test_a_sign_that_cannot_be_stored_is_refused_in_words(client: Browser) -> None:
    answer = client.post("/sign-in", data={"login": "g\0uo", "password": "good-scenery-2026"})
    assert answer.status_code == 400
    assert "无法保存的字符" in answer.text


def test_a_form_without_its_token_is_refused_with_a_number_to_ask_by(
    app: Flask, client: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    answer = client.post("/sign-in", data={"login": "guo", "password": "good-scenery-2026"})
    assert answer.status_code == 400
    number = answer.headers["X-Request-Id"]
    assert len(number) == 12
    assert number in answer.text


@pytest.mark.parametrize(
    "statement",
    ["SET LOCAL statement_timeout = 1; SELECT pg_sleep(1), :name", "SELECT no_such_function(:name)"],
)
def test_the_log_of_a_fault_names_nobody(
    app: Flask,
    client: Browser,
    caplog: pytest.LogCaptureFixture,
    statement: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails() -> str:
        first, _semicolon, last = statement.rpartition(";")
        if first:
            db.session.execute(text(first))
        db.session.execute(text(last), SOMEBODY)
        return "not reached"

    monkeypatch.setitem(app.view_functions, "accounts.desk", open_to_staff(fails))
    client.sign_in(accounts.staff())
    assert client.get("/desk").status_code in (500, 503)
    assert "request" in caplog.text
    assert SOMEBODY["name"] not in caplog.text


def test_staff_are_told_when_the_database_goes_away_under_them(
    fresh_database: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = fresh_database()
    app = create_app(settings_for(address, tmp_path))

    def goes_away() -> str:
        name = address.partition("?")[0].rpartition("/")[2]
        _statement(f'DROP DATABASE "{name}" WITH (FORCE)')
        db.session.execute(text("SELECT 1"))
        return "not reached"

    monkeypatch.setitem(app.view_functions, "accounts.desk", open_to_staff(goes_away))
    app.test_client_class = Browser
    browser = app.test_client()
    assert isinstance(browser, Browser)
    with app.app_context():
        browser.sign_in(accounts.staff(Role.ORGANISER, host_city_id=campaigns.host_city().id))
        # Without Browser.open(): it reads the database afterwards, and there is none.
        db.session.remove()
    answer = super(Browser, browser).open("/desk")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    with app.app_context():
        db.engine.dispose()

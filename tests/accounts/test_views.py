"""The door for staff, as a browser sees it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from accounts.models import Role, Staff
from accounts.sign_in import MOST_TRIES, add_staff, change_password
from accounts.views import own_path
from shared.db import transaction
from tests.conftest import Browser
from tests.factories import campaigns

PASSWORD = "good-scenery-2026"


def add(role: Role = Role.ORGANISER, **scope: Any) -> Staff:
    with transaction():
        return add_staff("guo", full_name="郭建军", password=PASSWORD, role=role, **scope)


def sign_in(browser: Browser, password: str = PASSWORD, path: str = "/sign-in") -> Any:
    return browser.post(path, data={"login": "guo", "password": password})


@pytest.mark.parametrize(
    ("role", "first"),
    [
        (Role.ORGANISER, "/desk/campaigns/"),
        (Role.GATE_VOLUNTEER, "/gate"),
        (Role.RECRUITER, "/desk/leads"),
        (Role.VIEWER, "/desk/reports"),
    ],
)
def test_signing_in_leads_to_where_ones_work_begins(client: Browser, role: Role, first: str) -> None:
    add(role, host_city_id=campaigns.host_city().id)
    answer = sign_in(client)
    assert answer.status_code == 302
    assert answer.location.startswith(first)
    assert client.get(answer.location).status_code == 200


def test_a_wrong_password_is_told_on_the_page_and_the_account_name_is_kept(client: Browser) -> None:
    add()
    page = sign_in(client, "wrong")
    assert page.status_code == 422
    assert 'role="alert"' in page.text
    assert 'value="guo"' in page.text
    assert "wrong" not in page.text.split("<form")[1].split("</form")[0]
    assert client.get("/desk/campaigns/").status_code == 302


def test_an_empty_form_names_both_fields(client: Browser) -> None:
    page = client.post("/sign-in", data={})
    assert page.status_code == 422
    assert 'id="login-error"' in page.text
    assert 'id="password-error"' in page.text


def test_wrong_tries_through_the_page_are_counted_and_lock_the_account(client: Browser) -> None:
    add()
    for _number in range(MOST_TRIES):
        assert sign_in(client, "wrong").status_code == 422
    assert sign_in(client).status_code == 429


def test_a_page_asked_for_before_signing_in_comes_after_it(client: Browser) -> None:
    add(host_city_id=campaigns.host_city().id)
    asked = client.get("/desk/campaigns/new")
    assert asked.location == "/sign-in?next=/desk/campaigns/new"
    assert sign_in(client, path=asked.location).location == "/desk/campaigns/new"


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "", None],
)
def test_nobody_is_sent_to_another_house_by_our_own_link(elsewhere: str | None) -> None:
    assert own_path(elsewhere) is None


def test_signing_out_ends_the_session(client: Browser) -> None:
    add()
    sign_in(client)
    assert client.get("/desk/campaigns/").status_code == 200
    client.post("/sign-out")
    assert client.get("/desk/campaigns/").status_code == 302


def test_a_changed_password_ends_a_session_that_was_open(client: Browser) -> None:
    staff = add()
    sign_in(client)
    with transaction():
        change_password(staff, "another-password")
    assert client.get("/desk/campaigns/").status_code == 302


def test_the_demos_accounts_are_named_only_in_the_demo(
    app: Flask, client: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "good-scenery-demo" in client.get("/sign-in").text
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], demo=False))
    assert "good-scenery-demo" not in client.get("/sign-in").text


def test_the_language_is_remembered_and_leads_back_to_the_page(client: Browser) -> None:
    answer = client.get("/language/en?next=/sign-in")
    assert answer.location == "/sign-in"
    assert '<h1 class="serif">Sign in</h1>' in client.get("/sign-in").text
    assert client.get("/language/en?next=//evil.example").location == "/"
    client.get("/language/xx")
    assert '<html lang="en"' in client.get("/sign-in").text

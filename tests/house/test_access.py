"""Who may open what: every endpoint × every role × the own city's and another city's rows.

The expectation is not written down twice: an endpoint says which permission it needs, a role which permissions it has,
and from both follows what must happen. A new endpoint is in the matrix by existing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule

from accounts.access import ANY_STAFF, DEVICES, EVERYONE, declared, guard
from accounts.models import Role, Staff
from accounts.permissions import ALLOWED, Permission
from shared.db import db
from tests.conftest import Browser
from tests.factories import accounts, campaigns
from tests.factories.world import NOT_ROWS, Side, both_cities

OUTSIDE = {"static"}


@dataclass
class World:
    """Taiyuan's rows and Jincheng's, and one member of staff per role, all of Taiyuan."""

    own: Side
    other: Side
    staff: dict[Role, Staff]


@pytest.fixture
def world(app: Flask) -> World:
    """Both cities with everything in them."""
    own, other = both_cities()
    taiyuan = campaigns.host_city("Taiyuan").id
    return World(
        own,
        other,
        {
            role: accounts.staff(
                role,
                host_city_id=None if role is Role.EMPLOYER_CONTACT else taiyuan,
                employer_id=own.employer.id if role is Role.EMPLOYER_CONTACT else None,
            )
            for role in Role
        },
    )


def all_rules() -> list[tuple[str, str]]:
    """(endpoint, method) of the whole application."""
    import os
    from pathlib import Path

    from app import create_app
    from tests.conftest import settings_for

    os.environ.setdefault("TEST_REDIS_URL", "unix:///nowhere")
    app = create_app(settings_for("postgresql+psycopg:///nowhere", Path("/nowhere")))
    return sorted(
        (rule.endpoint, method)
        for rule in app.url_map.iter_rules()
        if rule.endpoint not in OUTSIDE
        for method in (rule.methods or set()) & {"GET", "POST", "PUT", "PATCH", "DELETE"}
    )


def rule_of(app: Flask, endpoint: str, method: str) -> Rule:
    """The rule of this endpoint and method."""
    return next(r for r in app.url_map.iter_rules(endpoint) if method in (r.methods or set()))


def ask(
    app: Flask,
    browser: Browser,
    endpoint: str,
    method: str,
    side: Side,
    headers: dict[str, str] | None = None,
) -> Any:
    """One request for this side's row, undone afterwards."""
    rule = rule_of(app, endpoint, method)
    unknown = set(rule.arguments) - set(side.names)
    assert not unknown, f"tests/factories/world.py does not know what <{unknown}> of {endpoint} is"
    with app.test_request_context():
        from flask import url_for

        address = url_for(endpoint, **{name: side.names[name] for name in rule.arguments})
    db.session.commit()
    connection = db.engine
    savepoint = connection.begin_nested()  # type: ignore[attr-defined]
    try:
        return browser.open(address, method=method, headers=headers)
    finally:
        db.session.rollback()
        if savepoint.is_active:
            savepoint.rollback()
        db.session.expire_all()


def fresh(app: Flask) -> Browser:
    """A browser of its own."""
    app.test_client_class = Browser
    browser = app.test_client()
    assert isinstance(browser, Browser)
    return browser


def is_sent_to_sign_in(answer: Any) -> bool:
    """Whether the answer is the way to the sign-in page."""
    return answer.status_code == 302 and "/sign-in" in answer.headers["Location"]


@pytest.mark.parametrize(("endpoint", "method"), all_rules(), ids=lambda value: str(value))
def test_an_endpoint_is_open_to_whom_it_says(app: Flask, world: World, endpoint: str, method: str) -> None:
    open_to = declared(app, endpoint)
    assert open_to is not None

    nobody = ask(app, fresh(app), endpoint, method, world.own)
    assert nobody.status_code < 500
    if open_to == EVERYONE:
        assert nobody.status_code not in (401, 403)
        return
    if open_to == DEVICES:
        assert nobody.status_code == 401
        own_staff = fresh(app)
        own_staff.sign_in(world.staff[Role.ADMINISTRATOR])
        assert ask(app, own_staff, endpoint, method, world.own).status_code == 401, "a cookie is no token"
        shown = world.own.station if endpoint.startswith("print_jobs.") else world.own.device
        own = ask(app, fresh(app), endpoint, method, world.own, shown)
        assert own.status_code in (200, 400, 409), f"{own.status_code} to its own device"
        if rule_of(app, endpoint, method).arguments:
            theirs = ask(app, fresh(app), endpoint, method, world.other, shown)
            assert theirs.status_code == 404, f"{theirs.status_code} for another stop's row"
        return
    assert is_sent_to_sign_in(nobody), f"{nobody.status_code} to nobody"

    for role, staff in world.staff.items():
        for side in (world.own, world.other):
            browser = fresh(app)
            browser.sign_in(staff)
            answer = ask(app, browser, endpoint, method, side)
            case = f"{role} {method} {endpoint} {side.city}: {answer.status_code}"
            assert answer.status_code < 500, case
            assert not is_sent_to_sign_in(answer), case
            if open_to == ANY_STAFF:
                assert answer.status_code != 403, case
            elif Permission(open_to) not in ALLOWED[role]:
                assert answer.status_code == 403, case
            elif side is world.other and rule_of(app, endpoint, method).arguments - side.not_rows:
                assert answer.status_code == 404, case
            elif side is world.own:
                assert answer.status_code != 404, case
                assert b'data-code="not_allowed"' not in answer.data, case


def named_by_two(app: Flask) -> list[tuple[str, str, str]]:
    """(endpoint, method, argument) of every address that names several rows of one city."""
    return [
        (endpoint, method, argument)
        for endpoint, method in all_rules()
        if len(rows := sorted(rule_of(app, endpoint, method).arguments - NOT_ROWS)) > 1
        for argument in rows
    ]


def test_no_row_of_another_city_is_reached_through_a_row_of_ones_own(app: Flask, world: World) -> None:
    """/stops/<own>/seats/<theirs>: the second number is asked for as strictly as the first."""
    asked = 0
    for endpoint, method, argument in named_by_two(app):
        open_to = declared(app, endpoint)
        if open_to in (None, EVERYONE, ANY_STAFF, DEVICES):
            continue
        mixed = replace(world.own, names={**world.own.names, argument: world.other.names[argument]})
        for role, staff in world.staff.items():
            if Permission(str(open_to)) not in ALLOWED[role]:
                continue
            browser = fresh(app)
            browser.sign_in(staff)
            answer = ask(app, browser, endpoint, method, mixed)
            assert answer.status_code == 404, f"{role} {method} {endpoint} {argument}: {answer.status_code}"
            asked += 1
    assert asked > 20, "the negative control: there are such addresses"


def test_an_endpoint_that_says_nothing_keeps_the_application_from_starting() -> None:
    app = Flask("forgetful")

    @app.get("/secrets")
    def secrets() -> str:
        return "all of them"

    with pytest.raises(RuntimeError, match="secrets"):
        guard(app)

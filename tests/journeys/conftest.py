"""For the journeys: the product as served, with real mail; loud when there is no browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from accounts.models import Role
from accounts.sign_in import add_staff
from employers.models import Employer
from shared.clock import now
from shared.db import db, transaction
from tests.browser import chromium
from tests.served import PostOffice, Served

PASSWORD = "a long password of the tests"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skipped, in a line nobody overlooks: browser tests without a browser."""
    if any(item.get_closest_marker("browser") for item in items) and chromium() is None:
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(
                    pytest.mark.skip(
                        reason="NO CHROMIUM ON THIS MACHINE: the browser journeys did not run. Set CHROMIUM."
                    )
                )


@pytest.fixture
def post_office() -> Iterator[PostOffice]:
    """A real mail server."""
    with PostOffice() as office:
        yield office


@pytest.fixture
def served(
    request: pytest.FixtureRequest,
    fresh_database: Callable[[], str],
    post_office: PostOffice,
    tmp_path: Path,
) -> Iterator[Served]:
    """The product, served from a database of its own, with an administrator and a gate volunteer.

    A journey marked ``web_alone`` waits for nothing that is done behind the pages: two processes less.
    """
    parts = ("web",) if request.node.get_closest_marker("web_alone") else ("web", "worker", "relay")
    with Served(fresh_database(), tmp_path, smtp_url=post_office.url, parts=parts) as product:
        with product.app.app_context():
            add_people()
        yield product


def add_people() -> None:
    """The staff of the journeys and one employer; everybody's password is PASSWORD."""
    people: list[tuple[str, str, Role, dict[str, Any]]] = [
        ("organiser", "王秀兰", Role.ADMINISTRATOR, {}),
        ("volunteer", "赵小雨", Role.GATE_VOLUNTEER, {}),
        ("guo", "郭建军", Role.RECRUITER, {}),
    ]
    with transaction():
        for login, name, role, scope in people:
            add_staff(login, full_name=name, password=PASSWORD, role=role, **scope)
        db.session.add(
            Employer(
                name_zh="太原重型机械集团",
                name_en="Taiyuan Heavy Machinery",
                industry_zh="装备制造",
                industry_en="Equipment",
                created_at=now(),
            )
        )

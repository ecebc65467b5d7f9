"""What every test stands on: a real PostgreSQL, a real Redis, migrated once, one database per test process.

The first process starts both servers (or takes TEST_DATABASE_URL / TEST_REDIS_URL) and the others are told where.
``app`` and its friends run inside a transaction that is rolled back after the test; ``live`` serves the product from
a database of its own, for tests with many clients, browsers or killed processes.
"""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient

from accounts import sign_in
from accounts.models import Staff
from config import Settings, with_psycopg
from shared.db import db
from tests.counting import count_queries as count_queries

ROOT = Path(__file__).parent.parent
# The suite starts a hundred processes, each three times slower when Python may not keep what it compiled.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
LONGEST = (
    "test_every_page.py", "test_ways_in.py", "test_crowd.py", "test_measures.py", "test_kills.py", "test_supervise.py",
    "test_one_persons_way.py", "test_gate_without_network.py",
)  # fmt: skip
_servers = ExitStack()
_quick_hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
_quick_nobody = _quick_hasher.hash("nobody knows this")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Ask for what everyday runs leave out."""
    parser.addoption(
        "--every-variant",
        action="store_true",
        help="journeys in every language and on every size of screen, the gate's 200 long days",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Left out: variants nobody asked for. The longest first: one that began last would be waited for by everybody."""
    if not config.getoption("--every-variant"):
        left_out = [item for item in items if item.get_closest_marker("every_variant")]
        items[:] = [item for item in items if not item.get_closest_marker("every_variant")]
        config.hook.pytest_deselected(items=left_out)
    items[:] = in_turn(items)


def in_turn(items: list[pytest.Item]) -> list[pytest.Item]:
    """The longest files at the beginning and in the middle: there the two processes of ``make test`` begin."""
    longest = {name: [item for item in items if item.path.name == name] for name in LONGEST}
    others = [item for item in items if item.path.name not in longest]
    (first, second), half = (
        ([item for name in LONGEST[begin::2] for item in longest[name]] for begin in (0, 1)),
        len(others) // 2,
    )
    return [*first, *others[:half], *second, *others[half:]]


def pytest_configure(config: pytest.Config) -> None:
    """Start the servers, in the first process only; xdist's workers inherit the environment."""
    if hasattr(config, "workerinput"):
        return
    if config.option.collectonly:
        return
    os.environ.pop("SMTP_URL", None)
    directory = Path(
        _servers.enter_context(tempfile.TemporaryDirectory(prefix="gs-tests-", ignore_cleanup_errors=True))
    )
    directory.chmod(0o755)
    if not os.environ.get("TEST_DATABASE_URL"):
        from launch.postgres import EmbeddedPostgres

        server = _servers.enter_context(EmbeddedPostgres(directory / "postgres", durable=False))
        os.environ["TEST_DATABASE_URL"] = server.url
    if not os.environ.get("TEST_REDIS_URL"):
        from launch.redis import EmbeddedRedis

        os.environ["TEST_REDIS_URL"] = _servers.enter_context(EmbeddedRedis(directory / "redis")).url
    os.environ["TEST_TEMPLATE"] = f"gs_template_{uuid4().hex[:8]}"
    _make_database(os.environ["TEST_TEMPLATE"])
    subprocess.run(
        [sys.executable, "-m", "alembic", "upgrade", "head"],
        check=True,
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database_url(os.environ["TEST_TEMPLATE"])},
    )
    atexit.register(_servers.close)


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the servers."""
    if not hasattr(config, "workerinput"):
        _servers.close()


def database_url(name: str) -> str:
    """The address of the database ``name`` on the tests' server."""
    address = with_psycopg(os.environ["TEST_DATABASE_URL"])
    before, _, rest = address.rpartition("/") if "?" not in address else _parted(address)
    return f"{before}/{name}{rest}"


def _parted(address: str) -> tuple[str, str, str]:
    head, _, query = address.partition("?")
    before, _, _name = head.rpartition("/")
    return before, "", f"?{query}"


def _statement(sql: str) -> None:
    plain = os.environ["TEST_DATABASE_URL"].replace("+psycopg", "")
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(sql)


def _make_database(name: str, template: str | None = None) -> None:
    _statement(f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{template}"' if template else ""))


def settings_for(url: str, data_dir: Path, **changes: Any) -> Settings:
    """Settings of a test: fixed secret, the tests' Redis."""
    values: dict[str, Any] = {
        "database_url": url,
        "redis_url": os.environ["TEST_REDIS_URL"],
        "secret_key": "a-secret-of-the-tests",
        "data_dir": data_dir,
        "public_url": "http://localhost",
        "extra": {"TESTING": True, "WTF_CSRF_ENABLED": False, "PROPAGATE_EXCEPTIONS": False},
    }
    return Settings(**{**values, **changes})


@pytest.fixture(scope="session")
def fresh_database() -> Iterator[Any]:
    """A function that makes a new migrated database and returns its address; all are dropped at the end."""
    made: list[str] = []

    def make() -> str:
        name = f"gs_{uuid4().hex[:10]}"
        _make_database(name, os.environ["TEST_TEMPLATE"])
        made.append(name)
        return database_url(name)

    yield make
    for name in made:
        _statement(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def _process_app(fresh_database: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """One application and one database for this test process."""
    from app import create_app

    app = create_app(settings_for(fresh_database(), tmp_path_factory.mktemp("data")))
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def app(_process_app: Flask) -> Iterator[Flask]:
    """The application inside a transaction that nobody will see: commits become savepoints."""
    _process_app.extensions.pop("ticket_keys", None)  # those of the test before were rolled back
    with _process_app.app_context():
        engines = db._app_engines[_process_app]
        engine = engines[None]
        connection = engine.connect()
        outer = connection.begin()
        engines[None] = connection  # type: ignore[assignment]
        plain = db.session
        db.session = db._make_scoped_session(
            {"join_transaction_mode": "create_savepoint", "expire_on_commit": False}
        )
        try:
            yield _process_app
        finally:
            db.session.remove()
            db.session = plain
            engines[None] = engine
            outer.rollback()
            connection.close()


@pytest.fixture(autouse=True)
def quick_passwords(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within this process argon2 with its smallest cost: a third of a second a try is not what tests are about.

    What is served hashes as it always does. A test marked ``slow_passwords`` has the product's own cost here too.
    """
    if request.node.get_closest_marker("slow_passwords"):
        return
    monkeypatch.setattr(sign_in, "_hasher", _quick_hasher)
    monkeypatch.setattr(sign_in, "_NOBODY", _quick_nobody)


class Browser(FlaskClient):
    """A browser without JavaScript. Each request gets an application context of its own, as it has when served."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        """One request; what the test holds is read anew afterwards."""
        db.session.commit()
        with self.application.app_context():
            answer = super().open(*args, **kwargs)
        db.session.expire_all()
        return answer

    def sign_in(self, staff: Staff) -> None:
        """Become ``staff``, as if by the sign-in page."""
        with self.session_transaction() as session:
            session["staff_id"] = staff.id
            session["stamp"] = staff.session_stamp


@pytest.fixture
def client(app: Flask) -> Browser:
    """A browser signed in as nobody."""
    app.test_client_class = Browser
    browser = app.test_client()
    assert isinstance(browser, Browser)
    return browser

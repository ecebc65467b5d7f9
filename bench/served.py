"""The product as `make run` serves it, beside a database of its own: real PostgreSQL with fsync, Redis, granian,
worker and relay, started by the same commands with the same settings, driven from outside."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import psycopg
from flask import Flask

from config import Settings
from launch.environment import environment_for
from launch.postgres import EmbeddedPostgres
from launch.processes import end, spawn
from launch.redis import EmbeddedRedis
from launch.settings import from_environment
from launch.supervise import answers, children

ROOT = Path(__file__).resolve().parent.parent
SECRET = "a-secret-of-the-measures"  # noqa: S105 - of databases that live for a minute


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True)
class House:
    """One product that is being served: where, and its database for the measure's own questions."""

    host: str
    port: int
    database_url: str
    app: Flask
    """The same product in this process, for making rows and recording statements; it serves nobody."""

    @property
    def dsn(self) -> str:
        """The database's address as psycopg takes it."""
        return self.database_url.replace("+psycopg", "", 1)

    def ask(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """Rows out of the database, read by a connection of its own."""
        with psycopg.connect(self.dsn) as connection:
            return connection.execute(sql, parameters).fetchall()

    def tell(self, sql: str) -> None:
        """Change the database by hand."""
        with psycopg.connect(self.dsn) as connection:
            connection.execute(sql)

    def wait_until_promises_are_kept(self, seconds: float = 180) -> bool:
        """Wait for the worker to have done what was promised; False when it has not by then.

        What is promised for a later day is not waited for; what failed and waits for another try is.
        """
        until = time.monotonic() + seconds
        still_open = (
            "SELECT count(*) FROM outbox_jobs WHERE done_at IS NULL AND parked_at IS NULL "
            "AND (tries > 0 OR due_at < now() + interval '1 minute')"
        )
        while time.monotonic() < until:
            if self.ask(still_open)[0][0] == 0:
                return True
            time.sleep(0.3)
        return False


class Ground:
    """The servers on which houses are built, one after the other; use it as a context manager.

    They start when the first house is asked for: not every measure needs them.
    """

    def __init__(self, *, durable: bool = True) -> None:
        self._stack = ExitStack()
        self._durable = durable

    def __enter__(self) -> Self:
        self.directory = Path(
            self._stack.enter_context(
                tempfile.TemporaryDirectory(prefix="gs-bench-", ignore_cleanup_errors=True)
            )
        )
        self.directory.chmod(0o755)  # started by root, PostgreSQL runs as somebody else
        return self

    @cached_property
    def _postgres(self) -> EmbeddedPostgres:
        return self._stack.enter_context(EmbeddedPostgres(self.directory / "postgres", durable=self._durable))

    @cached_property
    def _redis(self) -> EmbeddedRedis:
        return self._stack.enter_context(EmbeddedRedis(self.directory / "redis"))

    def __exit__(self, *_error: object) -> None:
        self._stack.close()

    def fresh_database(self) -> str:
        """A new database with the newest schema; its address for SQLAlchemy."""
        name = f"bench_{uuid4().hex[:8]}"
        with psycopg.connect(self._postgres.url.replace("+psycopg", "", 1), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        url = self._postgres.url_of(name)
        subprocess.run(
            [sys.executable, "-m", "alembic", "upgrade", "head"],
            check=True, cwd=ROOT, env={**os.environ, "DATABASE_URL": url}, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        return url

    @contextmanager
    def house(self, database_url: str) -> Iterator[House]:
        """The product served from ``database_url``: web (2 workers, 4 threads each), worker and relay."""
        from app import create_app
        from shared.db import db

        port = free_port()
        data_dir = self.directory / f"data-{port}"
        data_dir.mkdir()
        given = {"HOST": "127.0.0.1", "PORT": str(port), "DATA_DIR": str(data_dir), "SECRET_KEY": SECRET}
        settings = from_environment(given)
        environment = environment_for(settings, database_url=database_url, redis_url=self._redis.url)
        environment.pop("SMTP_URL", None)
        app = create_app(
            Settings(
                database_url=database_url, redis_url=self._redis.url, secret_key=SECRET, data_dir=data_dir,
                public_url=settings.public_url,
            )
        )  # fmt: skip
        processes: list[subprocess.Popen[bytes]] = []
        try:
            with (data_dir / "product.log").open("wb") as log:
                for child in children(settings):
                    processes.append(spawn(child.command, log=log, environment=environment, cwd=ROOT))
            until = time.monotonic() + 60
            while not answers(settings):
                if time.monotonic() > until or processes[0].poll() is not None:
                    raise RuntimeError(
                        f"it does not answer: {(data_dir / 'product.log').read_text()[-2000:]}"
                    )
                time.sleep(0.05)
            yield House(settings.host, port, database_url, app)
        finally:
            for process in processes:
                end(process, (signal.SIGTERM, 10))
            with app.app_context():
                db.session.remove()
                db.engine.dispose()
            self._redis_is_emptied()

    def _redis_is_emptied(self) -> None:
        """The next house has promises of the same numbers."""
        from redis import Redis

        with Redis.from_url(self._redis.url) as redis:
            redis.flushall()

"""The product as it is served, for tests that come from outside: granian, a worker, the relay, real mail.

Each part is a process that a test may kill.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.error import URLError
from urllib.request import urlopen

from aiosmtpd.controller import Controller
from flask import Flask

from launch.redis import EmbeddedRedis
from shared.db import db
from tests.conftest import ROOT, settings_for

SECRET = "a-secret-of-the-tests"


@dataclass
class Post:
    """A real mail server's inbox: every message as (Message-ID, recipients, bytes), in order of arrival."""

    received: list[tuple[str, list[str], bytes]] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Take one mail."""
        head = envelope.content.split(b"\r\n\r\n", 1)[0].replace(b"\r\n ", b" ").decode("utf-8", "replace")
        ids = [
            line.split(":", 1)[1].strip()
            for line in head.splitlines()
            if line.lower().startswith("message-id:")
        ]
        self.received.append((ids[0] if ids else "", list(envelope.rcpt_tos), envelope.content))
        return "250 taken"


class PostOffice:
    """A mail server on a free port; ``url`` is what SMTP_URL is set to."""

    def __init__(self) -> None:
        self.post = Post()
        self._controller = Controller(self.post, hostname="127.0.0.1", port=free_port())

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._controller.stop()

    @property
    def url(self) -> str:
        """``smtp://127.0.0.1:port``."""
        return f"smtp://127.0.0.1:{self._controller.port}"


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Served:
    """The product served from ``database_url``; use as a context manager."""

    def __init__(
        self,
        database_url: str,
        directory: Path,
        *,
        smtp_url: str | None = None,
        parts: tuple[str, ...] = ("web", "worker", "relay"),
    ) -> None:
        self.database_url = database_url
        self.directory = directory
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._redis = EmbeddedRedis(directory / "redis")
        self._smtp_url = smtp_url
        self._parts = parts
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self.app: Flask

    def __enter__(self) -> Self:
        from app import create_app

        redis_url = self._redis.__enter__().url
        self._environment = {
            **os.environ,
            "DATABASE_URL": self.database_url,
            "REDIS_URL": redis_url,
            "SECRET_KEY": SECRET,
            "DATA_DIR": str(self.directory),
            "PUBLIC_URL": self.url,
        }
        self._environment.pop("SMTP_URL", None)
        if self._smtp_url:
            self._environment["SMTP_URL"] = self._smtp_url
        self.app = create_app(
            settings_for(
                self.database_url,
                self.directory,
                secret_key=SECRET,
                redis_url=redis_url,
                public_url=self.url,
                smtp_url=self._smtp_url,
            )
        )
        try:
            for name in self._parts:
                self.start(name)
            self.wait_until_it_answers(60)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name in list(self._processes):
            self.end(name)
        with self.app.app_context():
            db.engine.dispose()
        self._redis.__exit__(kind, error, trace)

    def start(self, name: str) -> None:
        """Start ``web``, ``worker`` or ``relay``."""
        commands = {
            "web": [
                str(Path(sys.executable).parent / "granian"),
                "--interface",
                "wsgi",
                "--factory",
                "app:served",
                "--host",
                "127.0.0.1",
                "--port",
                str(self.port),
                "--workers",
                "1",
                "--blocking-threads",
                "8",
                "--log-level",
                "warning",
            ],
            "worker": [sys.executable, "worker.py"],
            "relay": [sys.executable, "-m", "jobs.relay"],
        }
        log = (self.directory / f"{name}.log").open("ab")
        self._processes[name] = subprocess.Popen(
            commands[name], cwd=ROOT, env=self._environment, stdout=log, stderr=log, start_new_session=True
        )
        log.close()

    def end(self, name: str, how: int = signal.SIGTERM) -> None:
        """End one part with everything it started."""
        process = self._processes.pop(name)
        try:
            os.killpg(process.pid, how)
        except ProcessLookupError:
            return
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def wait_until_it_answers(self, seconds: float = 20) -> None:
        """Until /healthz answers 200; AssertionError with the log otherwise."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                with urlopen(f"{self.url}/healthz", timeout=2) as answer:  # noqa: S310 - our own address
                    if answer.status == 200:
                        return
            except (URLError, OSError):
                time.sleep(0.1)
        raise AssertionError((self.directory / "web.log").read_text()[-3000:])


def wait_until(holds: Callable[[], bool], complaint: str, *, seconds: float = 20) -> None:
    """Wait for something that another process will bring about. AssertionError with ``complaint`` when it does not."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, complaint
        time.sleep(0.1)

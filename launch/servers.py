"""The servers behind the product: those we are pointed to, else our own."""

from __future__ import annotations

import subprocess
from typing import Protocol

from launch.postgres import EmbeddedPostgres
from launch.redis import EmbeddedRedis
from launch.settings import LaunchSettings


class Server(Protocol):
    """What EmbeddedPostgres and EmbeddedRedis have in common."""

    process: subprocess.Popen[bytes] | None

    @property
    def url(self) -> str:
        """The address its clients use."""

    @property
    def is_running(self) -> bool:
        """Whether its process lives."""

    def start(self) -> None:
        """Start it, or bring it back."""

    def stop(self) -> None:
        """End it orderly."""


class Servers:
    """PostgreSQL and Redis for one copy. ``ours`` holds those we run, by name, in starting order."""

    def __init__(self, settings: LaunchSettings) -> None:
        self._settings = settings
        self.ours: dict[str, Server] = {}
        if not settings.database_url:
            self.ours["PostgreSQL"] = EmbeddedPostgres(settings.data_dir / "postgres")
        if not settings.redis_url:
            self.ours["Redis"] = EmbeddedRedis(settings.data_dir / "redis")

    @property
    def database_url(self) -> str:
        """The database's address, as SQLAlchemy wants it."""
        return self._settings.database_url or self.ours["PostgreSQL"].url

    @property
    def redis_url(self) -> str:
        """Redis's address, as redis-py wants it."""
        return self._settings.redis_url or self.ours["Redis"].url

    def start(self) -> None:
        """Start ours. Raises CannotStart."""
        for server in self.ours.values():
            server.start()

    def stop(self) -> None:
        """End ours, the database last."""
        for server in reversed(self.ours.values()):
            server.stop()

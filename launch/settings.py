"""What a start is told by the environment, checked before anything runs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from launch.errors import CannotStart


@dataclass(frozen=True)
class LaunchSettings:
    """How to bring this copy up; docs/operations.md tells what each variable means.

    ``database_url`` and ``redis_url`` are empty when servers of our own are to be started.
    """

    host: str
    port: int
    data_dir: Path
    database_url: str
    redis_url: str
    smtp_url: str
    secret_key: str
    public_url: str
    demo: bool
    web_workers: int

    @property
    def address(self) -> str:
        """Where a browser on this machine finds the product, as ``http://host:port``."""
        return f"http://{url_host(near(self.host))}:{self.port}"


def from_environment(environment: Mapping[str, str] | None = None) -> LaunchSettings:
    """Read and check the environment. Raises CannotStart naming the variable that is wrong."""
    given = os.environ if environment is None else environment
    host = given.get("HOST", "").strip() or "127.0.0.1"
    port = _number(given, "PORT", 8000, highest=65535)
    return LaunchSettings(
        host=host,
        port=port,
        data_dir=Path(given.get("DATA_DIR") or "var").absolute(),
        database_url=given.get("DATABASE_URL", "").strip(),
        redis_url=given.get("REDIS_URL", "").strip(),
        smtp_url=given.get("SMTP_URL", "").strip(),
        secret_key=given.get("SECRET_KEY", "").strip(),
        public_url=given.get("PUBLIC_URL", "").strip() or f"http://{url_host(near(host))}:{port}",
        demo=demo_wanted(given),
        web_workers=_number(given, "WEB_WORKERS", 2, highest=256),
    )


def demo_wanted(given: Mapping[str, str]) -> bool:
    """Whether an empty database gets the demo, as DEMO says; unsaid, not behind an https PUBLIC_URL.

    The passwords of its accounts, an administrator among them, stand in the code: no office shall open with them
    because a variable was forgotten.
    """
    said = given.get("DEMO", "").strip()
    return said != "0" if said else not given.get("PUBLIC_URL", "").strip().startswith("https://")


def _number(given: Mapping[str, str], name: str, default: int, *, highest: int) -> int:
    text = given.get(name, "").strip() or str(default)
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= highest:
        raise CannotStart(
            f"{name} must be a number from 1 to {highest}, not “{text}”.",
            f"{name} 必须是 1 到 {highest} 之间的数字。",
        )
    return int(text)


def near(host: str) -> str:
    """A host one can connect to: listening on all addresses includes this machine's own."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104


def url_host(host: str) -> str:
    """``host`` as it stands in a URL: IPv6 addresses in brackets."""
    return f"[{host}]" if ":" in host else host

"""Settings out of the environment, typed, each with a default that suits a laptop."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from launch.running import running_here
from launch.settings import demo_wanted


@dataclass(frozen=True)
class Settings:
    """How this copy of the product runs. See docs/operations.md for the meaning of each."""

    database_url: str
    redis_url: str
    secret_key: str
    data_dir: Path
    data_keys: tuple[str, ...] = ()
    smtp_url: str | None = None
    clamav_url: str | None = None
    mail_from: str = "好风光 Good Scenery <noreply@good-scenery.example>"
    public_url: str = "http://127.0.0.1:8000"
    https: bool = False
    demo: bool = True
    extra: dict[str, object] = field(default_factory=dict)

    @classmethod
    def from_environment(cls) -> Settings:
        """Read the environment. Raises SystemExit with one sentence when something needed is missing."""
        environment = os.environ
        data_dir = Path(environment.get("DATA_DIR") or "var").absolute()
        running = None if environment.get("DATABASE_URL") else running_here(data_dir)
        database_url = environment.get("DATABASE_URL") or (running.database_url if running else "")
        if not database_url:
            raise SystemExit(
                "DATABASE_URL is not set and `make run` is not running here. Start it in another terminal, "
                'or use `make flask ARGS="staff list"`, which brings its own database up for one command.'
            )
        return cls(
            database_url=with_psycopg(database_url),
            redis_url=environment.get("REDIS_URL") or (running.redis_url if running else ""),
            secret_key=environment.get("SECRET_KEY") or _kept_secret(data_dir),
            data_dir=data_dir,
            data_keys=tuple(key.strip() for key in environment.get("DATA_KEY", "").split(",") if key.strip()),
            smtp_url=environment.get("SMTP_URL") or None,
            clamav_url=environment.get("CLAMAV_URL") or None,
            mail_from=environment.get("MAIL_FROM") or cls.mail_from,
            public_url=(environment.get("PUBLIC_URL") or cls.public_url).rstrip("/"),
            https=environment.get("PUBLIC_URL", "").startswith("https://"),
            demo=demo_wanted(environment),
        )


def with_psycopg(url: str) -> str:
    """The same address, naming the driver: hosts hand out ``postgres://`` and ``postgresql://``."""
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def _kept_secret(data_dir: Path) -> str:
    """The secret that ``make run`` made and keeps in DATA_DIR."""
    file = data_dir / "secret_key"
    if not file.exists():
        raise SystemExit(
            "SECRET_KEY is not set and none is kept in DATA_DIR. `make run` makes one; else set SECRET_KEY."
        )
    return file.read_text().strip()

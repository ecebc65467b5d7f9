"""What the processes of the product are told through their environment."""

from __future__ import annotations

import os

from launch.secret import keep_secret
from launch.settings import LaunchSettings

COPY = "GOOD_SCENERY_COPY"
"""Marks every supervised process with the DATA_DIR it serves, so that a later start knows an orphan."""


def environment_for(settings: LaunchSettings, *, database_url: str, redis_url: str) -> dict[str, str]:
    """Our own environment with the product's variables filled in."""
    told = {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "DATA_DIR": str(settings.data_dir),
        "SECRET_KEY": settings.secret_key or keep_secret(settings.data_dir),
        "PUBLIC_URL": settings.public_url,
        "DEMO": "1" if settings.demo else "0",
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
    }
    return {**os.environ, **told}

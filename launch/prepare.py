"""Bring the database to where the product can use it: ``python -m launch.prepare [--no-demo]``.

Checks the servers, brings the schema to its newest form, and puts demo data into an empty database unless DEMO=0.
Runs as a process of its own between the servers' start and the product's, with DATABASE_URL and REDIS_URL set.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from pathlib import Path

import psycopg

from launch.doors import check_database, check_redis
from launch.errors import CannotStart
from launch.settings import demo_wanted

HERE = Path(__file__).resolve().parent.parent
MIGRATIONS = HERE / "migrations"
SAID = 3
"""Exit code when it failed and has said why in one sentence."""


def main(arguments: list[str]) -> int:
    """Prepare, saying what takes long; returns the exit code."""
    demo = demo_wanted(os.environ) and "--no-demo" not in arguments
    try:
        connection = check_database(os.environ["DATABASE_URL"])
        with connection:
            check_redis(os.environ["REDIS_URL"])
            note = Path(os.environ["DATA_DIR"]) / "prepared.json"
            wanted = {"migrations": migrations_hash(), "demo": demo, "database": identity(connection)}
            if _already(note, wanted, connection):
                return 0
            migrate()
            if demo:
                seed()
            note.write_text(json.dumps({**wanted, "revision": revision(connection)}))
    except CannotStart as problem:
        print(f"good-scenery: {problem}", file=sys.stderr)
        return SAID
    return 0


def migrate() -> None:
    """Bring the schema to its newest form; alembic's own lock lets one do it at a time."""
    # Only here: the fast way, which has nothing to do, must not pay for the imports.
    from alembic import command
    from alembic.config import Config

    began = time.monotonic()
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    command.upgrade(config, "head")
    print(f"  ✓ Database schema ({time.monotonic() - began:.1f} s)", flush=True)


def seed() -> None:
    """Put demo data into a database in which there are none."""
    from importlib import import_module  # by name: these stand above us

    app = import_module("app").create_app()
    began = time.monotonic()
    with app.app_context():
        import_module("demo.seed").seed_if_empty()
    print(f"  ✓ Demo data ({time.monotonic() - began:.1f} s)", flush=True)


def migrations_hash() -> str:
    """One hash over all migrations."""
    whole = hashlib.sha256()
    for path in sorted((MIGRATIONS / "versions").glob("*.py")):
        whole.update(f"{path.name}\0".encode() + path.read_bytes())
    return whole.hexdigest()


def identity(connection: psycopg.Connection) -> str:
    """Which database this is: a new one of the same name is another."""
    row = connection.execute(
        "SELECT oid, datname FROM pg_database WHERE datname = current_database()"
    ).fetchone()
    return f"{row[0]} {row[1]}" if row else ""


def revision(connection: psycopg.Connection) -> str | None:
    """The migration the schema stands at, or None when there is no schema."""
    found = connection.execute("SELECT to_regclass('alembic_version') IS NOT NULL").fetchone()
    if not found or not found[0]:
        return None
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else None


def _already(note: Path, wanted: dict[str, object], connection: psycopg.Connection) -> bool:
    """Whether the last start left this very database as these migrations want it."""
    try:
        noted = json.loads(note.read_text())
    except (OSError, ValueError):
        return False
    return bool(
        noted.get("revision")
        and noted == {**wanted, "revision": noted["revision"]}
        and revision(connection) == noted["revision"]
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Alembic's entry. Our own, because Flask-Migrate's template calls a deprecated function of Flask-SQLAlchemy.

An advisory lock lets one migration run at a time; a lock it cannot have within four seconds stops it instead of
stopping the running site.
"""

from __future__ import annotations

import os
from importlib import import_module

from alembic import context
from sqlalchemy import create_engine, pool, text

from config import with_psycopg
from shared.db import Model

for package in (
    "jobs",
    "audit",
    "accounts",
    "messages",
    "files",
    "privacy",
    "people",
    "employers",
    "campaigns",
    "questions",
    "registrations",
    "checkin",
    "imports",
    "delegations",
    "leads",
    "printing",
    "arrivals",
):
    import_module(f"{package}.models")

ADVISORY_LOCK = 0x6773_6D69  # "gsmi"


def run_migrations() -> None:
    """Bring the database of DATABASE_URL to the newest schema."""
    url = with_psycopg(context.get_x_argument(as_dictionary=True).get("url") or os.environ["DATABASE_URL"])
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": ADVISORY_LOCK})
        connection.execute(text("SET lock_timeout = '4s'"))
        connection.commit()
        context.configure(connection=connection, target_metadata=Model.metadata, compare_type=True)
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


run_migrations()

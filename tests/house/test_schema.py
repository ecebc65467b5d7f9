"""The schema: made by the migrations alone, and keeping the rules by itself, without any code of ours."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError

import app
from shared.db import Model

for package in app.PACKAGES:
    import_module(f"{package}.edges")  # brings every model


@pytest.fixture
def connection(fresh_database: Any) -> Any:
    """A plain connection to a migrated database of its own."""
    engine = create_engine(fresh_database())
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def test_the_migrations_make_the_schema_that_the_models_say(connection: Any) -> None:
    context = MigrationContext.configure(
        connection, opts={"compare_type": True, "compare_server_default": False}
    )
    assert compare_metadata(context, Model.metadata) == []


PERSON = "INSERT INTO people (id, full_name, name_pinyin, name_initials, mobile, email, created_at) VALUES "
STOP = """
INSERT INTO campaigns (id, slug, family, year, name_zh, name_en, summary_zh, summary_en, created_at)
VALUES (1, 'tour', 'doctors_tour', 2026, '行', 'tour', '', '', now());
INSERT INTO stops (id, campaign_id, city_zh, city_en, venue_zh, venue_en, address_zh, address_en, starts_at, ends_at,
                   registration_closes_at, capacity)
VALUES (1, 1, '太原', 'Taiyuan', '', '', '', '', now(), now() + interval '8 h', now(), 2);
"""
REGISTRATION = """
INSERT INTO registrations (code, submission_id, stop_id, person_id, state, badge_class, email, university, education,
                           research_field, language, consent_version, consented_at, applied_at)
SELECT 'C' || n, gen_random_uuid(), 1, n, :state, 'doctor', 'li@example.com', '', 'doctor', '', 'zh', '', now(), now()
FROM generate_series(CAST(:first AS int), CAST(:last AS int)) AS n
"""


@pytest.fixture
def stop_of_two(connection: Any) -> Any:
    """A stop with two seats and five people."""
    connection.execute(
        text(PERSON + ", ".join(f"({n}, '李{n}', 'li', 'l', '+86{n}', '', now())" for n in range(1, 6)))
    )
    for statement in STOP.strip().split(";")[:-1]:
        connection.execute(text(statement))
    return connection


def seats_taken(connection: Any) -> int:
    """The count the trigger keeps."""
    taken: int = connection.execute(text("SELECT seats_taken FROM stops")).scalar_one()
    return taken


def test_the_database_counts_the_seats_itself(stop_of_two: Any) -> None:
    stop_of_two.execute(text(REGISTRATION), {"state": "confirmed", "first": 1, "last": 2})
    assert seats_taken(stop_of_two) == 2
    stop_of_two.execute(
        text("UPDATE registrations SET state = 'offered', offer_expires_at = now() WHERE person_id = 2")
    )
    assert seats_taken(stop_of_two) == 2
    stop_of_two.execute(text("UPDATE registrations SET state = 'withdrawn' WHERE person_id = 1"))
    assert seats_taken(stop_of_two) == 1
    stop_of_two.execute(text("DELETE FROM registrations"))
    assert seats_taken(stop_of_two) == 0


def test_the_database_refuses_an_oversold_seat_to_raw_sql(stop_of_two: Any) -> None:
    with pytest.raises(Exception, match="ck_stops_never_oversold"):
        stop_of_two.execute(text(REGISTRATION), {"state": "confirmed", "first": 1, "last": 3})


def test_without_the_constraint_the_seat_is_oversold(stop_of_two: Any) -> None:
    """The negative control of the test above."""
    stop_of_two.execute(text("ALTER TABLE stops DROP CONSTRAINT ck_stops_never_oversold"))
    stop_of_two.execute(text(REGISTRATION), {"state": "confirmed", "first": 1, "last": 3})
    assert seats_taken(stop_of_two) == 3


ADD_QUESTION = text(
    "INSERT INTO questions (campaign_id, page_id, key, kind, label_zh, position, asked_when, purpose) "
    "SELECT 1, id, :key, :kind, '问', 99, :when, :purpose FROM question_pages RETURNING purpose"
)


def test_every_question_is_asked_for_one_of_the_notices_purposes(stop_of_two: Any) -> None:
    """Filled in where nobody says it, as by the release before; raw SQL cannot invent one."""

    def added(key: str, *, kind: str = "text", when: str = "application", purpose: str | None = None) -> Any:
        said = {"key": key, "kind": kind, "when": when, "purpose": purpose}
        return stop_of_two.execute(ADD_QUESTION, said).scalar_one()

    core = {
        key: purpose
        for key, purpose in stop_of_two.execute(
            text("SELECT core, purpose FROM questions WHERE core IS NOT NULL")
        )
    }
    assert core["full_name"] == core["consent"] == "registration"
    assert core["research_field"] == core["preferred_cities"] == "matching"
    assert added("a") == "registration"
    assert added("b", when="after_approval") == "travel"
    assert added("c", purpose="follow_up") == "follow_up"
    assert added("d", kind="heading", purpose="matching") is None
    for made_up in ("security", "advertising"):
        with (
            pytest.raises(IntegrityError, match=r"ck_questions_(asked_for|purpose)"),
            stop_of_two.begin_nested(),
        ):
            added("e", purpose=made_up)
    for name in ("asked_for", "purpose"):  # the negative control
        stop_of_two.execute(text(f"ALTER TABLE questions DROP CONSTRAINT ck_questions_{name}"))
    assert added("e", purpose="advertising") == "advertising"


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_entries SET act = 'x'", "DELETE FROM audit_entries", "TRUNCATE audit_entries"],
)
def test_the_record_only_grows(connection: Any, statement: str) -> None:
    connection.execute(
        text(
            "INSERT INTO audit_entries (at, act, by_whom, subject_kind, details) "
            "VALUES (now(), 'confirm', 'system', 'Registration', '{}')"
        )
    )
    with pytest.raises(Exception, match="only grows") as refusal:
        connection.execute(text(statement))
    assert isinstance(refusal.value.__cause__, psycopg.errors.InsufficientPrivilege)

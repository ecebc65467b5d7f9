"""A key is changed: everything goes on under both, is put under the newest in small steps, and the earlier one may go."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import LargeBinary, create_engine, func, select, text

from people.find_or_add import find_or_add
from people.merge import id_number_of, merge, note_id_number
from people.models import Person
from registrations.sealed_answers import seal_answers, unsealed_answers
from registrations.tickets import forget_keys, make_first_key, ticket_for
from shared.db import Model, db
from shared.reseal import hashed_tables, left, reseal_some, sealed_columns
from shared.sealing import Unopened
from tests.conftest import ROOT, settings_for
from tests.factories import registrations
from tests.factories.people import somebody

NUMBER = "11010519491231002X"
EARLIER, NEWEST = "the earlier key of these tests", "the newest key of these tests"
NOT_SEALED = {
    "stored_files.sha256",
    "people.mobile_hash",
    "people.email_hash",
    "people.id_number_hash",
    "form_drafts.token_hash",  # a digest without a key
    "devices.token_hash",  # the same
    "walls.token_hash",  # the same
    "scans.ticket_hash",  # the same
    "device_invites.code_hash",  # good until its stop is over
    "one_time_codes.digest",  # ten minutes
    "find_codes.digest",  # a quarter of an hour
    "knocks.who",  # a day
    "ticket_keys.public_key",
    "messages.inline_png",
}


@contextmanager
def keys(app: Flask, *given: str) -> Iterator[None]:
    """DATA_KEY as it is now; SECRET_KEY of the tests is not one of those that sealed."""
    before = app.config["DATA_KEYS"], app.config["SECRET_KEY"]
    app.config["DATA_KEYS"], app.config["SECRET_KEY"] = given[:-1], given[-1]
    forget_keys()
    try:
        yield
    finally:
        app.config["DATA_KEYS"], app.config["SECRET_KEY"] = before
        forget_keys()


def test_every_column_of_bytes_is_sealed_and_named_or_said_not_to_be(app: Flask) -> None:
    named = {one.name for one in sealed_columns()}
    bytes_columns = {
        f"{table.name}.{column.name}"
        for table in Model.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }
    assert bytes_columns - NOT_SEALED == named


def test_between_the_change_and_the_resealing_everybody_is_still_found(app: Flask) -> None:
    with keys(app, EARLIER):
        person = find_or_add(full_name="张伟", mobile="+8613900001111", email="zhang@example.com")
        note_id_number(person.id, NUMBER)
        other = somebody("张玮")
        db.session.commit()
    with keys(app, NEWEST, EARLIER):
        again = find_or_add(full_name="張偉", mobile="+8613900001111", email="zhang@example.com")
        assert again.id == person.id, "traditional characters, hashed under the earlier key"
        assert note_id_number(person.id, NUMBER).id == person.id
        assert note_id_number(other.id, NUMBER).id == person.id, "the same number is the same person"
        third, fourth = somebody("赵一"), somebody("赵二")
        with keys(app, EARLIER):
            note_id_number(third.id, "110105194912310038")
        fourth.id_number_hash, fourth.id_number_sealed = third.id_number_hash, None
        fourth.id_number_hash = None
        db.session.flush()
        assert merge(third.id, fourth.id, by="system").survivor_id == third.id


def test_resealing_puts_everything_under_the_newest_key_and_twice_changes_nothing(app: Flask) -> None:
    with keys(app, EARLIER):
        registration = registrations.registration(full_name="李文博")
        seal_answers(registration, {"passport": "E12345678"})
        note_id_number(registration.person_id, NUMBER)
        make_first_key()
        db.session.flush()
        ticket = ticket_for(registration)
        db.session.commit()
    with keys(app, NEWEST, EARLIER):
        before = {name for name, number in left().items() if number}
        assert before == {
            "people.id_number_sealed",
            "registrations.sealed_answers",
            "ticket_keys.sealed_private_key",
        }
        answer = app.test_cli_runner().invoke(args=["keys", "reseal"])
        assert answer.exit_code == 0, answer.output
        assert app.test_cli_runner().invoke(args=["keys", "left"]).exit_code == 0
        again = app.test_cli_runner().invoke(args=["keys", "reseal"])
        assert all(line.endswith("\t0") for line in again.output.splitlines()[:-1])
    with keys(app, NEWEST):
        db.session.expire_all()
        assert unsealed_answers(registration) == {"passport": "E12345678"}
        person = db.session.get_one(Person, registration.person_id)
        assert id_number_of(person) == NUMBER
        assert note_id_number(person.id, NUMBER).id == person.id
        assert ticket_for(registration) == ticket, "the same pair of keys signs on"
    with keys(app, EARLIER), pytest.raises(Unopened):
        unsealed_answers(registration)


def test_what_no_key_opens_is_named_and_kept(app: Flask) -> None:
    with keys(app, "a key that is lost"):
        registration = registrations.registration()
        seal_answers(registration, {"passport": "E12345678"})
        db.session.commit()
        lost = registration.sealed_answers
    with keys(app, NEWEST, EARLIER):
        answer = app.test_cli_runner().invoke(args=["keys", "reseal"])
    assert answer.exit_code == 1
    assert f"registrations.sealed_answers\t{registration.id}" in answer.output
    db.session.expire_all()
    assert registration.sealed_answers == lost


def test_killed_in_the_middle_it_goes_on_where_it_was(fresh_database: Any, tmp_path: Path) -> None:
    from app import create_app

    url = fresh_database()
    many = 200
    app = create_app(settings_for(url, tmp_path, secret_key=EARLIER))
    with app.app_context():
        for number in range(many):
            registration = registrations.registration(full_name=f"人{number}")
            seal_answers(registration, {"passport": f"E{number}"})
        db.session.commit()
        db.engine.dispose()
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "REDIS_URL": os.environ["TEST_REDIS_URL"],
        "DATA_DIR": str(tmp_path),
        "SECRET_KEY": EARLIER,
        "DATA_KEY": NEWEST,
    }
    command = [sys.executable, "-m", "flask", "--app", "app", "keys", "reseal", "--batch", "1"]
    running = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    engine = create_engine(url)
    heads = text("SELECT count(DISTINCT substr(sealed_answers, 1, 5)) FROM registrations")
    until = time.monotonic() + 60
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while connection.scalar(heads) == 1 and time.monotonic() < until and running.poll() is None:
            time.sleep(0.002)
        running.kill()
        running.wait()
        assert connection.scalar(heads) == 2, "some are done and some are not"
        done = subprocess.run(
            [*command[:-1], "50"], cwd=ROOT, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert connection.scalar(heads) == 1
    engine.dispose()
    assert 0 < int(done.stdout.split("registrations.sealed_answers\t")[1].split()[0]) < many
    app = create_app(settings_for(url, tmp_path, secret_key=NEWEST))
    with app.app_context():
        from registrations.models import Registration

        rows = db.session.scalars(select(Registration)).all()
        assert {unsealed_answers(row)["passport"] for row in rows} == {f"E{n}" for n in range(many)}
        assert db.session.scalar(select(func.count(Person.mobile_hash.distinct()))) == len(rows)
        db.session.rollback()
        db.engine.dispose()


def test_a_row_that_somebody_holds_is_passed_over_and_nobody_waits(
    fresh_database: Any, tmp_path: Path
) -> None:
    from app import create_app

    url = fresh_database()
    app = create_app(settings_for(url, tmp_path, secret_key=EARLIER))
    with app.app_context():
        registration = registrations.registration()
        seal_answers(registration, {"passport": "E1"})
        db.session.commit()
        app.config["DATA_KEYS"] = (NEWEST,)
        column = next(one for one in sealed_columns() if one.table == "registrations")
        engine = create_engine(url)
        with engine.connect() as gate:
            gate.execute(text("SELECT id FROM registrations FOR NO KEY UPDATE"))
            gate.execute(text("SELECT id FROM people FOR NO KEY UPDATE"))
            assert reseal_some(column, after_id=0, most=10).held == 1
            assert hashed_tables()["people"](0, 10).held == 1
        assert reseal_some(column, after_id=0, most=10).changed == 1
        assert hashed_tables()["people"](0, 10).changed == 1
        db.session.rollback()
        db.engine.dispose()
        engine.dispose()

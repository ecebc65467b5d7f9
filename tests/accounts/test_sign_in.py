"""Signing in: who gets in, who waits, and what ends an open session."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from argon2 import extract_parameters
from flask import Flask
from sqlalchemy import select

from accounts.errors import LockedForAWhile, LoginTaken, PasswordTooShort, WrongPassword
from accounts.models import Role, Staff
from accounts.sign_in import _NOBODY, LOCKED_FOR, MOST_TRIES, add_staff, change_password, sign_in
from app import create_app
from audit.models import AuditEntry
from shared.clock import now
from shared.db import db, transaction
from tests.conftest import settings_for

PASSWORD = "good-scenery-2026"


def add(login: str = "Guo", **changes: Any) -> Staff:
    with transaction():
        return add_staff(
            login, **{"full_name": "郭建军", "password": PASSWORD, "role": Role.ORGANISER, **changes}
        )


def try_to_sign_in(login: str, password: str) -> Staff | Exception:
    with transaction():
        return sign_in(login, password)


def acts() -> list[str]:
    return list(db.session.scalars(select(AuditEntry.act).order_by(AuditEntry.id)))


@pytest.mark.parametrize("typed", ["Guo", "guo", " GUO "])
def test_the_right_password_lets_in_whatever_the_case_of_the_login(app: Flask, typed: str) -> None:
    staff = add()
    assert try_to_sign_in(typed, PASSWORD) is staff
    assert acts() == ["add_staff", "sign_in"]


@pytest.mark.slow_passwords
def test_a_password_is_kept_only_as_a_costly_argon2_hash_which_lets_in(app: Flask) -> None:
    staff = add()
    assert staff.password_hash.startswith("$argon2id$")
    assert PASSWORD not in staff.password_hash
    cost = extract_parameters(staff.password_hash)
    assert (cost.memory_cost >= 64 * 1024, cost.time_cost >= 3) == (True, True)  # memory in KiB
    assert extract_parameters(_NOBODY) == cost  # else an unknown login is told by the time it takes
    assert try_to_sign_in("guo", PASSWORD) is staff


def test_a_wrong_password_and_an_unknown_login_are_told_in_the_same_words(app: Flask) -> None:
    add()
    answers = [try_to_sign_in("guo", "wrong"), try_to_sign_in("nobody", PASSWORD)]
    assert all(isinstance(answer, WrongPassword) for answer in answers)
    assert len({answer.message for answer in answers if isinstance(answer, WrongPassword)}) == 1


def test_an_account_that_is_switched_off_does_not_get_in(app: Flask) -> None:
    staff = add()
    staff.is_active = False
    db.session.commit()
    assert isinstance(try_to_sign_in("guo", PASSWORD), WrongPassword)


def test_after_ten_wrong_passwords_even_the_right_one_waits_five_minutes(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    staff = add()
    for _number in range(MOST_TRIES):
        assert isinstance(try_to_sign_in("guo", "wrong"), WrongPassword)
    assert isinstance(try_to_sign_in("guo", PASSWORD), LockedForAWhile)
    assert acts().count("sign_in_failed") == MOST_TRIES
    later = now() + LOCKED_FOR + timedelta(seconds=1)
    monkeypatch.setattr("accounts.sign_in.now", lambda: later)
    assert try_to_sign_in("guo", PASSWORD) is staff


def test_nine_wrong_passwords_are_forgotten_after_a_right_one(app: Flask) -> None:
    add()
    for _round in range(2):
        for _number in range(MOST_TRIES - 1):
            try_to_sign_in("guo", "wrong")
        assert isinstance(try_to_sign_in("guo", PASSWORD), Staff)


def test_a_login_is_taken_in_whatever_case(app: Flask) -> None:
    add("Guo")
    with pytest.raises(LoginTaken):
        add("gUO")


@pytest.mark.parametrize("short", ["", "12345678901"])
def test_a_password_of_less_than_twelve_characters_is_refused(app: Flask, short: str) -> None:
    with pytest.raises(PasswordTooShort):
        add(password=short)
    assert db.session.scalars(select(Staff)).all() == []


def test_a_new_password_replaces_the_old_and_ends_open_sessions(app: Flask) -> None:
    staff = add()
    stamp = staff.session_stamp
    with transaction():
        change_password(staff, "another-password")
    assert staff.session_stamp != stamp
    assert isinstance(try_to_sign_in("guo", PASSWORD), WrongPassword)
    assert try_to_sign_in("guo", "another-password") is staff


def test_a_new_password_frees_a_locked_account(app: Flask) -> None:
    staff = add()
    for _number in range(MOST_TRIES):
        try_to_sign_in("guo", "wrong")
    with transaction():
        change_password(staff, "another-password")
    assert try_to_sign_in("guo", "another-password") is staff


def test_signing_in_counts_on_and_holds_up_nobody_who_works_under_the_account(
    fresh_database: Callable[[], str], tmp_path: Path
) -> None:
    address = fresh_database()
    app = create_app(settings_for(address, tmp_path))
    with (
        app.app_context(),
        psycopg.connect(address.replace("+psycopg", ""), autocommit=True) as elsewhere,
    ):
        staff = add()
        elsewhere.execute("UPDATE staff SET failed_sign_ins = %s", (MOST_TRIES - 1,))
        elsewhere.execute("SET lock_timeout = '500ms'")
        with transaction():
            assert isinstance(sign_in("guo", "wrong"), WrongPassword)
            # What every foreign key to the account asks for, an arrival's for example.
            elsewhere.execute("SELECT 1 FROM staff WHERE id = %s FOR KEY SHARE", (staff.id,))
        assert staff.locked_until is not None
        db.session.remove()
        db.engine.dispose()

"""One human being is one row, however the name is written and however many forms arrive at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Barrier, Thread

import pytest
from flask import Flask
from sqlalchemy import func, select

from people.find_or_add import find_or_add, spelled
from people.models import Person
from shared.db import db, transaction
from tests.conftest import settings_for


@pytest.mark.parametrize(
    ("full_name", "pinyin", "initials"),
    [
        ("李文博", "liwenbo", "lwb"),
        ("曾国华", "zengguohua", "zgh"),
        ("古丽米热·阿布都热依木", "gulimireabudoureyimu", "glmrabdrym"),
        ("James O’Connor", "jamesoconnor", "jo"),
        ("Maria-José Núñez", "mariajosénúñez", "mjn"),
        ("李㛃", "lijie", "lj"),
    ],
)
def test_a_name_is_spelled_as_the_desk_would_type_it(full_name: str, pinyin: str, initials: str) -> None:
    assert spelled(full_name) == (pinyin, initials)


def test_the_same_name_and_mobile_is_the_same_person_and_another_name_is_not(app: Flask) -> None:
    with transaction():
        first = find_or_add(full_name="李文博", mobile="+8613800000001", email="a@example.com")
        again = find_or_add(full_name="李文博", mobile="+8613800000001", email="b@example.com")
        other = find_or_add(full_name="王秀兰", mobile="+8613800000001", email="a@example.com")
    assert again.id == first.id
    assert again.email == "a@example.com"
    assert other.id != first.id


def test_eight_forms_at_once_add_one_person(fresh_database: Callable[[], str], tmp_path: Path) -> None:
    from app import create_app

    app = create_app(settings_for(fresh_database(), tmp_path))
    together = Barrier(8)

    def one() -> None:
        with app.app_context():
            together.wait()
            with transaction():
                find_or_add(full_name="李文博", mobile="+8613800000001", email="a@example.com")
            db.session.remove()

    threads = [Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Person)) == 1
        db.session.remove()
        db.engine.dispose()

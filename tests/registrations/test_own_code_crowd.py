"""Many guess the same code at once: five tries are counted, not one for each guesser."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import select

from registrations import own_code as own_code_module
from registrations.models import CodeOccasion, OneTimeCode
from registrations.own_code import MOST_TRIES, send_code, use_codes
from shared.db import db, transaction
from tests.conftest import settings_for
from tests.factories import registrations

GUESSERS = 10


@pytest.mark.crowd
@pytest.mark.parametrize("is_held", [True, False], ids=["held", "negative control"])
def test_ten_guessers_at_once_have_five_tries_together(
    fresh_database: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_held: bool
) -> None:
    from app import create_app

    app = create_app(settings_for(fresh_database(), tmp_path))
    with app.app_context():
        registration_id = registrations.registration().id
        with transaction():
            send_code(registration_id, CodeOccasion.OPEN)
        db.session.remove()
    together = Barrier(GUESSERS)
    if not is_held:
        plain_digest = own_code_module._digest

        def digest(registration_id: int, occasion: CodeOccasion, digits: str) -> bytes:
            together.wait(20)  # everybody has read the row by now
            return plain_digest(registration_id, occasion, digits)

        monkeypatch.setattr(own_code_module, "_digest", digest)
        statement = type(select(OneTimeCode))
        monkeypatch.setattr(statement, "with_for_update", lambda self, *_args, **_options: self)

    def guess(number: int) -> str:
        with app.app_context():
            if is_held:
                together.wait(20)
            try:
                with transaction():
                    refusals = use_codes(registration_id, {CodeOccasion.OPEN: f"{number:06d}"})
                return refusals[CodeOccasion.OPEN].code
            finally:
                db.session.remove()

    with ThreadPoolExecutor(GUESSERS) as pool:
        told = list(pool.map(guess, range(GUESSERS)))
    with app.app_context():
        tries = db.session.scalars(select(OneTimeCode.tries)).one()
        db.session.remove()
        db.engine.dispose()
    if is_held:
        assert tries == MOST_TRIES
        assert told.count("wrong_code") == MOST_TRIES - 1
    else:
        assert told.count("wrong_code") > MOST_TRIES, "the guesses were not at once"

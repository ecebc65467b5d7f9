"""Keys of tickets are changed without reprinting; an old one runs out, a lost one is withdrawn at once; one signs."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from audit.models import AuditEntry
from jobs.models import OutboxJob
from registrations import tickets as tickets_module
from registrations.errors import KeySigns, KeyUnknown, KeyWithdrawn, WrongTime
from registrations.models import RegistrationState, TicketKey
from registrations.ticket_code import from_base45
from registrations.ticket_keys import end_key, withdraw_key
from registrations.tickets import make_first_key, make_key, ticket_for
from shared.clock import in_china, now
from shared.db import db, transaction
from tests.conftest import settings_for
from tests.factories import registrations

MAKERS = 4


def key_on(code: str) -> int:
    """The number of the key that signed a ticket."""
    return from_base45(code)[1]


def command(app: Flask, *words: str, yes: bool = True) -> tuple[int, str]:
    """Run ``ticket-key …``; exit code and what it said."""
    db.session.commit()
    answer = app.test_cli_runner().invoke(args=["ticket-key", *words], input="y\n" if yes else "n\n")
    db.session.expire_all()
    return answer.exit_code, answer.output


def test_keys_are_listed_added_ended_and_withdrawn_from_the_command_line(app: Flask) -> None:
    registration = registrations.registration()
    registrations.registration(RegistrationState.WAITING)
    first = key_on(ticket_for(registration))
    assert command(app, "list") == (0, f"{first}\tmade {_today()}\tsigns\n")

    assert "signs from now on" in command(app, "add")[1]
    second = key_on(ticket_for(registration))
    assert second == first + 1
    assert "正在签发入场券" in command(app, "end", str(second), "--after", "2099-01-01")[1]
    code, said = command(app, "end", str(first), "--after", "2099-01-01 12:30")
    assert (code, said) == (
        0, f"Tickets of key {first} are refused from 2099-01-01 12:30 on. People with a ticket for a stop to come: 1.\n"
    )  # fmt: skip
    assert "reads until 2099-01-01 12:30" in command(app, "list")[1]
    assert "from 2099-01-02 00:00 on" in command(app, "end", str(first), "--after", "2099-01-01")[1]
    assert command(app, "end", str(first), "--after", "tomorrow")[0] != 0
    assert command(app, "end", str(first), "--never")[0] == 0
    assert command(app, "end", str(first))[0] != 0
    assert "\treads\n" in command(app, "list")[1]
    assert "no such key" in command(app, "end", "77", "--never")[1]

    assert command(app, "withdraw", str(second), yes=False)[0] != 0
    assert key_on(ticket_for(registration)) == second
    code, said = command(app, "withdraw", str(second), "--tell")
    assert code == 0 and "are being written to" in said
    assert key_on(ticket_for(registration)) == second + 1
    promised = db.session.scalars(
        select(OutboxJob).where(OutboxJob.task == "registrations.tasks.tell_new_key")
    ).all()
    assert [job.arguments for job in promised] == [{"registration_id": registration.id, "key_id": second}]
    acts = list(
        db.session.scalars(
            select(AuditEntry.act).where(AuditEntry.subject_kind == "TicketKey").order_by(AuditEntry.id)
        )
    )
    assert acts == ["make_key", "make_key", "end_key", "end_key", "end_key", "make_key", "withdraw_key"]


def _today() -> str:
    made = db.session.scalars(select(TicketKey.created_at).order_by(TicketKey.id)).first()
    assert made is not None
    return f"{in_china(made):%Y-%m-%d %H:%M}"


def test_a_key_that_signs_has_no_end_and_a_withdrawn_one_stays_withdrawn(app: Flask) -> None:
    with transaction():
        make_first_key()
        first = make_key().id - 1
        withdraw_key(first)
    with pytest.raises(KeyUnknown), transaction():
        withdraw_key(99)
    with pytest.raises(KeySigns), transaction():
        end_key(first + 1, now() + timedelta(days=1))
    with pytest.raises(KeyWithdrawn), transaction():
        end_key(first, None)
    with transaction():
        make_key()
    with pytest.raises(WrongTime), transaction():
        end_key(first + 1, now() - timedelta(minutes=1))
    for values in ({"ends_at": now()}, {"withdrawn_at": now()}):
        with pytest.raises(IntegrityError, match="signing_has_no_end"), transaction():
            db.session.execute(update(TicketKey).where(TicketKey.retired_at.is_(None)).values(**values))


def test_another_process_signs_with_the_new_key_as_soon_as_there_is_one(app: Flask) -> None:
    registration = registrations.registration()
    first = key_on(ticket_for(registration))
    remembered = app.extensions["ticket_keys"]
    with transaction():
        make_key()
    db.session.commit()
    app.extensions["ticket_keys"] = remembered  # as a process has it that has heard of nothing
    assert key_on(ticket_for(registration)) == first + 1


def test_a_second_key_that_signs_is_refused_by_the_database(app: Flask) -> None:
    with transaction():
        make_first_key()
    key = db.session.scalars(select(TicketKey)).one()
    with pytest.raises(IntegrityError, match="uq_ticket_keys_signing"), db.session.begin_nested():
        db.session.add(TicketKey(id=9, public_key=b"", sealed_private_key=b"", created_at=key.created_at))
        db.session.flush()


@pytest.mark.crowd
@pytest.mark.parametrize("is_held", [True, False], ids=["held", "negative control"])
def test_of_many_keys_made_at_once_one_signs(
    fresh_database: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_held: bool
) -> None:
    from app import create_app

    app = create_app(settings_for(fresh_database(), tmp_path))
    together = Barrier(MAKERS)
    with app.app_context():
        with transaction():
            make_first_key()
        db.session.remove()
    if not is_held:
        monkeypatch.setattr(tickets_module, "_one_at_a_time", lambda: together.wait(20))

    def make(_number: int) -> str:
        with app.app_context():
            if is_held:
                together.wait(20)
            try:
                with transaction():
                    make_key()
            except IntegrityError:
                return "the database refused it"
            finally:
                db.session.remove()
            return "made"

    with ThreadPoolExecutor(MAKERS) as pool:
        told = list(pool.map(make, range(MAKERS)))
    with app.app_context():
        sign = db.session.scalar(
            select(func.count()).select_from(TicketKey).where(TicketKey.retired_at.is_(None))
        )
        db.session.remove()
        db.engine.dispose()
    assert sign == 1  # whatever the code does
    assert (told.count("made") == MAKERS) is is_held

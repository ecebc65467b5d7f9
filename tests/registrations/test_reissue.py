"""A ticket is issued anew: the old one is refused everywhere, the new one is sent, and pressing twice is once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from accounts.models import Role, Staff
from audit.models import AuditEntry
from jobs.models import OutboxJob
from messages.models import Message
from privacy.copy import Scope
from registrations import own_copy
from registrations import reissue as reissue_module
from registrations.erase import erase
from registrations.errors import ReasonMissing, StopIsOver, TicketReissuedMeanwhile, WrongState
from registrations.models import Registration, RegistrationState, TicketReissue
from registrations.reissue import reissue_ticket
from registrations.tell import tell_of_new_ticket
from registrations.tickets import ticket_for, ticket_on
from shared.clock import now
from shared.db import db, transaction
from shared.errors import Refusal
from tests.conftest import Browser, settings_for
from tests.factories import accounts, campaigns, registrations

CLERKS = 6


def test_a_new_ticket_has_the_next_serial_its_reason_and_a_mail(app: Flask) -> None:
    registration, clerk = registrations.registration(), accounts.staff()
    before = ticket_for(registration)
    with transaction():
        reissue_ticket(registration.id, instead_of=0, reason=" 手机 丢失 ", by=clerk)
    after = ticket_for(registration)
    assert (ticket_on(before).serial, ticket_on(after).serial) == (0, 1)
    row = db.session.scalars(select(TicketReissue)).one()
    assert (row.serial, row.reason, row.by_staff_id) == (1, "手机 丢失", clerk.id)
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "reissue_ticket")).one()
    assert (entry.staff_id, entry.subject_id, entry.details["serial"]) == (clerk.id, registration.id, 1)
    promised = db.session.scalars(
        select(OutboxJob).where(OutboxJob.task == "registrations.tasks.tell_reissued")
    ).one()
    assert promised.arguments == {"registration_id": registration.id, "serial": 1}
    for _ in range(2):
        with transaction():
            tell_of_new_ticket(registration.id, "serial-1")
    message = db.session.scalars(select(Message).where(Message.kind == "new_ticket")).one()
    assert message.inline_png and "不再" in message.body_text


def test_a_ticket_is_not_issued_anew_without_a_reason_a_seat_or_a_stop_to_come(app: Flask) -> None:
    clerk = accounts.staff()
    confirmed, waiting = registrations.registration(), registrations.registration(RegistrationState.WAITING)
    over = registrations.registration(
        at=campaigns.stop(starts_at=now().replace(year=2020), ends_at=now().replace(year=2021),
                          registration_closes_at=now().replace(year=2020))
    )  # fmt: skip
    for registration, reason, refusal in (
        (confirmed, "  ", ReasonMissing), (waiting, "x", WrongState), (over, "x", StopIsOver),
    ):  # fmt: skip
        with pytest.raises(refusal), transaction():
            reissue_ticket(registration.id, instead_of=0, reason=reason, by=clerk)
    with transaction():
        reissue_ticket(confirmed.id, instead_of=0, reason="x", by=clerk)
    with pytest.raises(TicketReissuedMeanwhile), transaction():
        reissue_ticket(confirmed.id, instead_of=0, reason="x", by=clerk)


def test_serials_only_grow_whatever_writes_them(app: Flask) -> None:
    registration = registrations.registration()
    for serial, name in (
        (3, None),
        (2, "has the serial 3 already"),
        (65536, "ticket_serial_range"),
        (-1, "serial"),
    ):
        statement = (
            update(Registration).where(Registration.id == registration.id).values(ticket_serial=serial)
        )
        if name is None:
            db.session.execute(statement)
            continue
        with pytest.raises(IntegrityError, match=name), db.session.begin_nested():
            db.session.execute(statement)
    row = {"registration_id": registration.id, "serial": 3, "at": now()}
    db.session.add(TicketReissue(**row))
    db.session.flush()
    with pytest.raises(IntegrityError, match="uq_ticket_reissues_serial"), db.session.begin_nested():
        db.session.add(TicketReissue(**row))
        db.session.flush()


def test_the_reason_goes_with_the_persons_data_into_the_copy_and_at_last_away(app: Flask) -> None:
    registration = registrations.registration()
    with transaction():
        reissue_ticket(registration.id, instead_of=0, reason="手机丢失", by=accounts.staff())
    scope = Scope(registration.person_id, [registration.id], registration.email)
    assert "手机丢失" in {one.value for entry in own_copy.tickets(scope) for one in entry}
    with transaction():
        erase([registration])
    assert db.session.scalars(select(TicketReissue.reason)).all() == [None]


def test_the_desk_issues_a_ticket_anew_and_sees_it_in_the_history(client: Browser) -> None:
    registration = registrations.registration()
    client.sign_in(accounts.staff(Role.ORGANISER))
    address = f"/desk/registrations/{registration.id}"
    assert "重新签发" in client.get(address).get_data(as_text=True)

    refused = client.post(f"{address}/ticket", data={"reason": "", "instead_of": "0"})
    assert refused.status_code == 422
    assert db.session.get_one(Registration, registration.id).ticket_serial == 0
    for _press in range(2):  # pressed twice
        answer = client.post(f"{address}/ticket", data={"reason": "截图外传", "instead_of": "0"})
        assert answer.status_code == 303
    page = client.get(address).get_data(as_text=True)
    assert "截图外传" in page and "已经重新签发过" in page
    assert db.session.get_one(Registration, registration.id).ticket_serial == 1


@pytest.mark.crowd
@pytest.mark.parametrize("is_held", [True, False], ids=["held", "negative control"])
def test_six_who_issue_a_ticket_anew_at_once_make_one(
    fresh_database: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_held: bool
) -> None:
    from app import create_app

    app = create_app(settings_for(fresh_database(), tmp_path))
    with app.app_context():
        registration_id, clerk_id = registrations.registration().id, accounts.staff().id
        if not is_held:
            db.session.execute(
                db.text("ALTER TABLE ticket_reissues DROP CONSTRAINT uq_ticket_reissues_serial")
            )
            db.session.commit()
        db.session.remove()
    together = Barrier(CLERKS)
    if not is_held:

        def hold(model: type[Registration], number: int) -> Registration | None:
            row = db.session.get(model, number)
            together.wait(20)  # everybody has read the serial by now
            return row

        monkeypatch.setattr(reissue_module, "hold", hold)

    def press(_number: int) -> str:
        with app.app_context():
            clerk = db.session.get_one(Staff, clerk_id)
            if is_held:
                together.wait(20)
            try:
                with transaction():
                    reissue_ticket(registration_id, instead_of=0, reason="x", by=clerk)
            except Refusal as refusal:
                return refusal.code
            finally:
                db.session.remove()
            return "done"

    with ThreadPoolExecutor(CLERKS) as pool:
        told = list(pool.map(press, range(CLERKS)))
    with app.app_context():
        db.engine.dispose()
    assert (told.count("done") == 1) is is_held
    assert not is_held or told.count("ticket_reissued_meanwhile") == CLERKS - 1

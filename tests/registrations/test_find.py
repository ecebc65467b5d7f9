"""Find my ticket: six digits by mail open what stands in that mailbox, and nobody learns who is registered."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from messages.models import Message
from messages.veil import burn_codes
from registrations import find as find_module
from registrations.amend import ask_contact_change, finish_contact_change
from registrations.find import MOST_TRIES, answer_request, receipt_for
from registrations.links import link_for
from registrations.models import CodeOccasion, FindCode, FindRequest, RegistrationState
from shared.clock import now
from shared.db import db, transaction
from tests.conftest import Browser, settings_for
from tests.counting import CountQueries
from tests.factories import campaigns, registrations

S = RegistrationState


def asked(client: Browser, typed: str) -> str:
    """Ask, and let the worker answer; what the page carries on."""
    page = client.post("/find", data={"who": typed}).text
    answer_request(db.session.scalars(select(FindRequest.id).order_by(FindRequest.id.desc())).first() or 0)
    found = re.search(r'name="receipt"[^>]*value="([^"]+)"', page)
    assert found
    return found[1]


def code_for(mailbox: str) -> str:
    mail = db.session.scalars(
        select(Message)
        .where(Message.recipient == mailbox, Message.kind == "found")
        .order_by(Message.id.desc())
    ).first()
    assert mail
    found = re.search(r"\b\d{3} \d{3}\b", mail.body_text)
    assert found
    return found[0]


def typed_in(client: Browser, receipt: str, code: str) -> Any:
    return client.post("/find/code", data={"receipt": receipt, "one_time_code": code})


def test_the_code_opens_what_stands_in_its_mailbox_and_nothing_else(client: Browser) -> None:
    mine = registrations.registration()
    applied = registrations.registration(S.APPLIED, person=mine.person)
    withdrawn = registrations.registration(S.WITHDRAWN, person=mine.person)
    over = campaigns.stop(
        starts_at=now() - timedelta(days=50),
        ends_at=now() - timedelta(days=49),
        registration_closes_at=now() - timedelta(days=51),
    )
    long_ago = registrations.registration(at=over, person=mine.person)
    another = registrations.registration(person=mine.person, email="another@example.com")
    receipt = asked(client, str(mine.person.mobile))
    code = code_for(mine.email)
    assert code != code_for(another.email), "each mailbox has a code of its own"

    answer = typed_in(client, receipt, code)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/find/tickets")
    page = client.get("/find/tickets")
    assert page.headers["Cache-Control"] == "no-store"
    assert f"/r/{link_for(mine)}/ticket" in page.text
    assert f"/r/{link_for(applied)}" in page.text
    assert f"/r/{link_for(applied)}/ticket" not in page.text
    for hidden in (withdrawn, long_ago, another):
        assert link_for(hidden) not in page.text
    assert typed_in(client, receipt, code).status_code == 422, "a code opens once"
    assert typed_in(client, receipt, code_for(another.email)).status_code == 422, "and ends the request"

    stranger = Browser(client.application)
    assert stranger.get("/find/tickets").headers["Location"] == "/find"
    mail = db.session.scalars(select(Message).where(Message.recipient == mine.email)).one()
    burn_codes(mail)
    assert code not in mail.body_text + mail.body_html


def test_five_wrong_codes_end_it_and_say_the_same_whoever_is_registered(client: Browser) -> None:
    registration = registrations.registration()
    pages = []
    for typed in (registration.email, "nobody@example.com"):
        receipt = asked(client, typed)
        told = [typed_in(client, receipt, f"00000{n}") for n in range(MOST_TRIES)]
        assert {one.status_code for one in told} == {422}
        token = re.compile(r'value="[^"]{40,}"|/language/en\?next=[^"]*')
        pages.append([token.sub("", one.text) for one in told])
        if typed == registration.email:
            assert typed_in(client, receipt, code_for(registration.email)).status_code == 422
    assert pages[0] == pages[1]
    assert list(db.session.scalars(select(FindRequest.tries))) == [MOST_TRIES, MOST_TRIES]


def test_the_database_is_asked_as_often_whoever_is_registered(
    client: Browser, count_queries: CountQueries
) -> None:
    """What takes time is the same: no clock tells who is registered."""
    registration = registrations.registration()
    told = []
    client.post("/find", data={"who": "first@example.com"})
    for typed in (registration.email, "nobody@example.com"):
        with count_queries() as asking:
            client.post("/find", data={"who": typed})
        receipt = asked(client, typed)
        with count_queries() as guessing:
            typed_in(client, receipt, "000000")
        told.append((len(asking), len(guessing)))
    assert told[0] == told[1]


def test_a_code_holds_for_a_quarter_of_an_hour_and_only_with_its_own_receipt(client: Browser) -> None:
    first, second = registrations.registration(), registrations.registration()
    of_first, of_second = asked(client, first.email), asked(client, second.email)
    assert typed_in(client, of_second, code_for(first.email)).status_code == 422
    assert typed_in(client, "made up", code_for(first.email)).status_code == 422
    db.session.execute(update(FindRequest).values(asked_at=now() - find_module.GOOD_FOR))
    assert typed_in(client, of_first, code_for(first.email)).status_code == 422


def test_wrong_codes_are_counted_by_where_they_come_from(
    client: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(find_module, "MOST_WRONG_FROM_ONE_PLACE", 3)
    registration = registrations.registration()
    for number in range(2):
        assert typed_in(client, asked(client, f"p{number}@example.com"), "000000").status_code == 422
    right = asked(client, registration.email)
    assert typed_in(client, right, code_for(registration.email)).status_code == 303, "right ones do not count"
    assert typed_in(client, right, "000001").status_code == 422
    assert typed_in(client, right, "000001").status_code == 429


GUESSERS = 10


@pytest.mark.crowd
@pytest.mark.parametrize("is_held", [True, False], ids=["held", "negative control"])
def test_ten_clients_at_once_have_five_guesses_together(
    fresh_database: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_held: bool
) -> None:
    from app import create_app

    app: Flask = create_app(settings_for(fresh_database(), tmp_path))
    with app.app_context(), app.test_request_context():
        with transaction():
            request = FindRequest(asked_at=now(), tries=0)
            db.session.add(request)
            db.session.flush()
            db.session.add(FindCode(request_id=request.id, digest=bytes(32), registration_ids=[]))
            receipt = receipt_for(request)
        db.session.remove()
    together = Barrier(GUESSERS)
    if not is_held:
        plain_digest = find_module._digest

        def digest(request_id: int, digits: str) -> bytes:
            together.wait(20)  # everybody has read the row by now
            return plain_digest(request_id, digits)

        monkeypatch.setattr(find_module, "_digest", digest)
        monkeypatch.setattr(find_module, "hold", lambda model, row_id: db.session.get(model, row_id))

    def guess(number: int) -> bool:
        if is_held:
            together.wait(20)
        answer = app.test_client().post(
            "/find/code",
            data={"receipt": receipt, "one_time_code": f"{number:06d}"},
            environ_overrides={"REMOTE_ADDR": f"10.0.0.{number}"},
        )
        assert answer.status_code == 422
        return "还可以试" in answer.text

    with ThreadPoolExecutor(GUESSERS) as pool:
        was_a_try = list(pool.map(guess, range(GUESSERS)))
    with app.app_context():
        tries = db.session.scalars(select(FindRequest.tries)).one()
        db.session.remove()
        db.engine.dispose()
    if is_held:
        assert (tries, was_a_try.count(True)) == (MOST_TRIES, MOST_TRIES - 1)
    else:
        assert was_a_try.count(True) > MOST_TRIES, "the guesses were not at once"


def test_a_code_sent_to_a_mailbox_that_was_given_up_opens_nothing_any_more(client: Browser) -> None:
    mine = registrations.registration()
    old, new = mine.email, "new-mailbox@example.com"
    opened, sent = asked(client, old), code_for(old)
    assert typed_in(client, opened, sent).status_code == 303
    receipt, code = asked(client, old), code_for(old)
    with transaction():
        ask_contact_change(mine.id, email=new, mobile=mine.person.mobile)
    codes = {
        occasion: re.search(r"\b\d{3} \d{3}\b", body)
        for occasion, body in (
            (CodeOccasion.OLD_ADDRESS if recipient == old else CodeOccasion.NEW_ADDRESS, body)
            for recipient, body in db.session.execute(
                select(Message.recipient, Message.body_text).where(Message.kind == "own_code")
            )
        )
    }
    with transaction():
        assert not finish_contact_change(mine.id, {one: found[0] for one, found in codes.items() if found})
    assert mine.email == new
    assert typed_in(client, receipt, code).status_code == 422
    assert mine.spaced_code not in client.get("/find/tickets").text
    assert mine.person.full_name not in client.get("/find/tickets").text
    again = asked(client, new)
    assert typed_in(client, again, code_for(new)).status_code == 303
    assert mine.person.full_name in client.get("/find/tickets").text

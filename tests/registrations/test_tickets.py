"""Tickets, their keys, and the applicant's own link."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import Flask
from sqlalchemy import select

from audit.models import AuditEntry
from audit.record import SYSTEM
from registrations.errors import UnknownCode
from registrations.links import link_for, registration_on_link
from registrations.lookups import registration_for_code
from registrations.models import TicketKey
from registrations.ticket_code import from_base45, to_base45
from registrations.tickets import (
    NoTicketKey,
    forget_keys,
    make_first_key,
    make_key,
    registration_id_on,
    ticket_for,
)
from shared.clock import now
from shared.db import db, transaction
from shared.errors import NotFound
from tests.factories import registrations


@pytest.fixture(autouse=True)
def _no_keys_from_other_tests(app: Flask) -> Any:
    forget_keys()
    yield
    forget_keys()


def test_a_ticket_leads_back_to_its_registration(app: Flask) -> None:
    with transaction():
        make_first_key()
    registration = registrations.registration()
    code = ticket_for(registration)
    assert len(code) == 114
    assert ticket_for(registration) == code
    assert registration_id_on(code + "\r\n") == registration.id
    assert registration_for_code(code) is registration


def test_the_first_key_is_made_once(app: Flask) -> None:
    for _ in range(2):
        with transaction():
            make_first_key()
    key = db.session.scalars(select(TicketKey)).one()
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "make_key")).one()
    assert (entry.subject_kind, entry.subject_id, entry.by_whom) == ("TicketKey", key.id, SYSTEM)


def test_without_a_key_there_is_no_ticket(app: Flask) -> None:
    registration = registrations.registration()
    for key in db.session.scalars(select(TicketKey)):
        db.session.delete(key)
    db.session.commit()
    forget_keys()
    with pytest.raises(NoTicketKey):
        ticket_for(registration)


def test_a_ticket_of_an_earlier_key_stays_good_and_a_new_one_is_signed_with_the_new_key(app: Flask) -> None:
    with transaction():
        make_first_key()
    registration = registrations.registration()
    earlier = ticket_for(registration)
    with transaction():
        make_key()
    later = ticket_for(registration)
    assert earlier != later
    assert registration_id_on(earlier) == registration_id_on(later) == registration.id


def test_a_key_made_elsewhere_is_read_when_its_first_ticket_is_met(app: Flask) -> None:
    with transaction():
        make_first_key()
    registration = registrations.registration()
    ticket_for(registration)
    remembered = app.extensions["ticket_keys"]
    with transaction():
        make_key()
    ticket = ticket_for(registration)
    app.extensions["ticket_keys"] = remembered  # as a process has it that did not make the second key
    assert registration_id_on(ticket) == registration.id


def test_a_key_whose_transaction_failed_is_not_remembered(app: Flask) -> None:
    class Broken(Exception):
        pass

    with pytest.raises(Broken), transaction():
        make_first_key()
        raise Broken
    registration = registrations.registration(make_key=False)
    assert db.session.scalars(select(TicketKey)).all() == []
    with pytest.raises(NoTicketKey):
        ticket_for(registration)


def test_a_retired_key_signs_no_more_but_its_tickets_stay_good(app: Flask) -> None:
    with transaction():
        make_first_key()
    registration = registrations.registration()
    ticket = ticket_for(registration)
    for key in db.session.scalars(select(TicketKey)):
        key.retired_at = now()
    db.session.commit()
    forget_keys()
    assert registration_id_on(ticket) == registration.id
    with pytest.raises(NoTicketKey):
        ticket_for(registration)


def test_after_a_change_of_the_secret_old_tickets_are_read_and_a_new_key_is_made(app: Flask) -> None:
    with transaction():
        make_first_key()
    registration = registrations.registration()
    ticket = ticket_for(registration)
    before = app.config["SECRET_KEY"]
    app.config["SECRET_KEY"] = "another secret"
    try:
        forget_keys()
        assert registration_id_on(ticket) == registration.id
        with transaction():
            make_first_key()
        assert registration_id_on(ticket_for(registration)) == registration.id
        assert len(db.session.scalars(select(TicketKey)).all()) == 2
    finally:
        app.config["SECRET_KEY"] = before


def test_the_private_key_is_not_in_the_database(app: Flask) -> None:
    with transaction():
        make_first_key()
    key = db.session.scalars(select(TicketKey)).one()
    assert len(key.sealed_private_key) == 32 + 33


def test_a_key_that_the_first_release_sealed_goes_on_signing(app: Flask) -> None:
    private_key = Ed25519PrivateKey.generate()
    secret = str(app.config["SECRET_KEY"]).encode()
    sealing = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"good-scenery ticket keys").derive(secret)
    nonce = bytes(12)
    key = TicketKey(
        id=200,
        public_key=private_key.public_key().public_bytes_raw(),
        sealed_private_key=nonce
        + AESGCM(sealing).encrypt(nonce, private_key.private_bytes_raw(), bytes([200])),
        created_at=now(),
    )
    db.session.add(key)
    db.session.commit()
    forget_keys()
    registration = registrations.registration(make_key=False)
    assert registration_id_on(ticket_for(registration)) == registration.id


def test_a_forged_ticket_and_other_texts_are_unknown(app: Flask) -> None:
    with transaction():
        make_first_key()
    registration = registrations.registration()
    content = bytearray(from_base45(ticket_for(registration)))
    content[7] ^= 1  # another registration's number under this one's signature
    for text in (to_base45(bytes(content)), "", "0" * 111, "https://example.com", "😀" * 111):
        with pytest.raises(UnknownCode):
            registration_id_on(text)
        assert registration_for_code(text) is None


def test_the_short_code_is_taken_however_it_is_typed(app: Flask) -> None:
    registration = registrations.registration()
    code = registration.code
    wide = "".join(chr(ord(character) + 0xFEE0) for character in code.lower())
    for typed in (code, code.lower(), f" {code[:4]}-{code[4:]} ", wide):
        assert registration_for_code(typed, hold=True) is registration
    assert registration_for_code("22222222") is None


def test_the_own_link_leads_back_and_a_changed_one_leads_nowhere(app: Flask) -> None:
    registration = registrations.registration()
    token = link_for(registration)
    assert registration_on_link(token) is registration
    for wrong in (token[:-1], token + "x", "1", "", token.replace(".", "")):
        with pytest.raises(NotFound):
            registration_on_link(wrong)

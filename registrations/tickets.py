"""Tickets: the keys that sign them, and whose registration a scanned one is.

The keys lie in ``ticket_keys``, the private halves sealed (``shared/sealing.py``). A process reads them once and again
when it meets a ticket of a key it does not know, or another key signs: a new key needs no restart. Whether a key has
run out or was withdrawn is not remembered here; the gate asks it with each scan (``checkin/present.py``).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app
from sqlalchemy import func, select, update

from audit.record import SYSTEM, Actor, record
from registrations.errors import UnknownCode
from registrations.models import Registration, TicketKey
from registrations.ticket_code import BadTicket, TicketBody, UnknownKey, read, sign
from shared.clock import in_china, now
from shared.db import db
from shared.reseal import sealed_column
from shared.sealing import Unopened, all_keys, seal, unseal

log = logging.getLogger(__name__)

_KEPT = "ticket_keys"
_SIGNS = "ticket_key_that_signs"
_MAKING_LOCK = 8_274_011  # any number, so that two processes do not make a first key each
_NONCE_BYTES = 12


class NoTicketKey(RuntimeError):
    """No key signs tickets. ``make_first_key()`` makes one; confirming somebody does so by itself."""


@dataclass(frozen=True)
class _Keys:
    """``public`` by key number; ``signing`` is the key that is not retired, or None."""

    public: dict[int, Ed25519PublicKey]
    signing: tuple[int, Ed25519PrivateKey] | None


def ticket_for(registration: Registration) -> str:
    """The text in the QR code of this registration's ticket, 114 characters. Raises NoTicketKey.

    The same registration gives the same ticket as long as the key, the stop's day and the serial stay.
    """
    return _signed(registration, issued_at=None)


def moving_code_for(registration: Registration, issued_at: datetime) -> str:
    """The code that a phone shows at ``issued_at`` (whole seconds) and a little longer, 120 characters. Raises NoTicketKey."""
    return _signed(registration, issued_at=issued_at)


def _signed(registration: Registration, *, issued_at: datetime | None) -> str:
    key_id, private_key = _signing()
    return sign(
        TicketBody(
            key_id=key_id,
            stop_id=registration.stop_id,
            registration_id=registration.id,
            good_through=in_china(registration.stop.ends_at).date(),
            serial=registration.ticket_serial,
            issued_at=issued_at,
        ),
        private_key,
    )


def ticket_on(code: str) -> TicketBody:
    """What a scanned ticket says. Raises UnknownCode when it is not a ticket that we signed.

    Whether the registration still stands, for which stop, with which serial, and whether the key still holds, is asked
    of the database, not of the ticket.
    """
    text = code.strip("\r\n\t")  # what scanners send after a code; a blank may belong to the ticket
    try:
        try:
            return read(text, _keys().public)
        except UnknownKey:
            return read(text, _read_again().public)
    except BadTicket:
        raise UnknownCode from None


def registration_id_on(code: str) -> int:
    """The registration that a scanned ticket is for. Raises UnknownCode when it is not a ticket that we signed."""
    return ticket_on(code).registration_id


def make_first_key() -> None:
    """Make a key unless one signs already. The caller holds the transaction."""
    if _keys().signing is None:
        _one_at_a_time()
        if _read_again().signing is None:
            make_key()


def make_key(*, by: Actor | str = SYSTEM) -> TicketKey:
    """Make a further key, which signs from now on; tickets of the earlier ones stay good. 255 at most.

    Two that do so at once: the second waits, and its key is the one that signs. The caller holds the transaction.
    """
    _one_at_a_time()
    key_id = (db.session.scalar(select(func.max(TicketKey.id))) or 0) + 1
    private_key = Ed25519PrivateKey.generate()
    db.session.execute(update(TicketKey).where(TicketKey.retired_at.is_(None)).values(retired_at=now()))
    key = TicketKey(
        id=key_id,
        public_key=private_key.public_key().public_bytes_raw(),
        sealed_private_key=seal(private_key.private_bytes_raw(), context=_place(key_id)),
        created_at=now(),
    )
    db.session.add(key)
    record("make_key", key, by=by)
    # Made but not committed: until this transaction ends nobody may remember the key, it may never come to be.
    db.session().info[_KEPT] = db.session().get_transaction()
    forget_keys()
    return key


def _one_at_a_time() -> None:
    db.session.execute(select(func.pg_advisory_xact_lock(_MAKING_LOCK)))


def forget_keys() -> None:
    """Have this process read the keys again when next it needs one."""
    current_app.extensions.pop(_KEPT, None)
    db.session().info.pop(_SIGNS, None)


def _keys() -> _Keys:
    kept: _Keys | None = current_app.extensions.get(_KEPT)
    return kept if kept is not None else _read_again()


def _signing() -> tuple[int, Ed25519PrivateKey]:
    """The key that signs now, whatever another process has done meanwhile: asked once in a transaction."""
    session = db.session()
    transaction, key_id = session.info.get(_SIGNS, (None, None))
    if transaction is None or transaction is not session.get_transaction():
        key_id = session.scalar(select(TicketKey.id).where(TicketKey.retired_at.is_(None)))
        session.info[_SIGNS] = (session.get_transaction(), key_id)
    signing = _keys().signing
    if signing is None or signing[0] != key_id:
        signing = _read_again().signing
    if signing is None:
        raise NoTicketKey("no key signs tickets yet")
    return signing


def _read_again() -> _Keys:
    rows = db.session.scalars(select(TicketKey).order_by(TicketKey.id.desc())).all()
    signing = None
    for row in rows:
        if row.retired_at is None and signing is None and (opened := _open(row)) is not None:
            signing = (row.id, opened)
    keys = _Keys({row.id: Ed25519PublicKey.from_public_bytes(row.public_key) for row in rows}, signing)
    session = db.session()
    if session.info.get(_KEPT) is None or session.info[_KEPT] is not session.get_transaction():
        session.info.pop(_KEPT, None)
        if signing is not None:
            current_app.extensions[_KEPT] = keys
    return keys


def _place(key_id: int) -> str:
    return f"ticket_keys.private_key:{key_id}"


def _open(row: TicketKey) -> Ed25519PrivateKey | None:
    try:
        return Ed25519PrivateKey.from_private_bytes(unseal(row.sealed_private_key, context=_place(row.id)))
    except Unopened:
        first_form = _open_first_form(row.sealed_private_key, row.id)
        private_key = Ed25519PrivateKey.from_private_bytes(first_form) if first_form else None
    if private_key is None:
        # The key was changed: this pair still verifies, but signs no more; the next seat makes another.
        log.warning("ticket key %s was sealed under another key than ours", row.id)
    return private_key


def _open_first_form(sealed_private_key: bytes, key_id: int) -> bytes | None:
    """As the first release sealed them: a nonce, and a key of its own for them all."""
    nonce, sealed = sealed_private_key[:_NONCE_BYTES], sealed_private_key[_NONCE_BYTES:]
    for secret in all_keys():
        key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"good-scenery ticket keys").derive(secret)
        try:
            return AESGCM(key).decrypt(nonce, sealed, bytes([key_id]))
        except (InvalidTag, ValueError):
            continue
    return None


sealed_column("ticket_keys", "sealed_private_key", use="ticket_keys.private_key", opens_else=_open_first_form)

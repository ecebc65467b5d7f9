"""Restricted data in the database: sealed so that a dump shows nothing, hashed so that equal ones are still found.

``seal`` is AES-256-GCM under a key of its own for every table and column, derived (HKDF) from the installation's key.
The value is bound to its row: moved to another row, column or table it does not open. ``keyed_hash`` is HMAC-SHA256,
for a column beside it that is compared and indexed.

The installation's key is DATA_KEY, or SECRET_KEY where none is set. DATA_KEY may list several with commas: the first
seals, all of them open, and SECRET_KEY goes on opening. See docs/operations.md for changing it.
"""

from __future__ import annotations

import hmac
import secrets
from functools import lru_cache
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app

# The first byte says how it was sealed, so that another cipher (SM4-GCM) may come later beside it.
_AES_256_GCM = b"\x01"
_MARK_BYTES, _NONCE_BYTES, _TAG_BYTES = 4, 12, 16
_HEAD = len(_AES_256_GCM) + _MARK_BYTES


class Unopened(RuntimeError):
    """A sealed value that does not open."""


class WrongKey(Unopened):
    """It was sealed under a key that this installation does not have."""


class NotOfThisRow(Unopened):
    """The key is ours, but the value was sealed for another row, column or table, or has been altered."""


def seal(value: bytes | str, *, context: str) -> bytes:
    """Seal ``value`` for one place: ``context`` is ``table.column:id``, for example ``people.id_number:17``.

    Each call gives other bytes, 33 more than the value. Needs an application context.
    """
    plain = value.encode() if isinstance(value, str) else value
    key = _derived(all_keys()[0], _use_of(context))
    nonce = secrets.token_bytes(_NONCE_BYTES)
    head = _AES_256_GCM + _mark(key)
    return head + nonce + AESGCM(key).encrypt(nonce, plain, head + context.encode())


def unseal(sealed: bytes, *, context: str) -> bytes:
    """The value that was sealed for the same ``context``. Raises WrongKey, NotOfThisRow or Unopened."""
    if sealed[:1] != _AES_256_GCM or len(sealed) < _HEAD + _NONCE_BYTES + _TAG_BYTES:
        raise Unopened(f"{context} was not sealed in a way that this release knows")
    head, nonce, rest = sealed[:_HEAD], sealed[_HEAD : _HEAD + _NONCE_BYTES], sealed[_HEAD + _NONCE_BYTES :]
    for master in all_keys():
        key = _derived(master, _use_of(context))
        if hmac.compare_digest(_mark(key), head[1:]):
            try:
                return AESGCM(key).decrypt(nonce, rest, head + context.encode())
            except InvalidTag:
                raise NotOfThisRow(
                    f"what lies at {context} was sealed for another place or altered"
                ) from None
    raise WrongKey(
        f"what lies at {context} was sealed under a key that is neither in DATA_KEY nor SECRET_KEY; "
        "add the earlier key to DATA_KEY"
    )


def unseal_text(sealed: bytes, *, context: str) -> str:
    """``unseal`` for what was sealed as text."""
    return unseal(sealed, context=context).decode()


def is_under_the_newest_key(sealed: bytes, *, context: str) -> bool:
    """Whether it was sealed under the key that seals now, so that nothing need be done when a key changes."""
    return sealed[:_HEAD] == newest_head(context.partition(":")[0])


def newest_head(use: str) -> bytes:
    """How everything begins that is sealed now for ``use`` (``people.id_number``)."""
    return _AES_256_GCM + _mark(_derived(all_keys()[0], _use_of(f"{use}:0")))


def keyed_hash(value: str, *, use: str) -> bytes:
    """32 bytes, equal for equal ``value`` and ``use`` (``people.id_number``), telling nothing without the key.

    ``value`` is in its one spelling already. Needs an application context.
    """
    return _hashed(all_keys()[0], value, use)


def keyed_hashes(value: str, *, use: str) -> list[bytes]:
    """What ``keyed_hash`` gives under each key there is, the newest first: for finding rows hashed before a change."""
    return [_hashed(master, value, use) for master in all_keys()]


def _hashed(master: bytes, value: str, use: str) -> bytes:
    return hmac.digest(_derived(master, f"hash {use}"), value.encode(), sha256)


def all_keys() -> tuple[bytes, ...]:
    """The installation's keys, the one that seals first."""
    given = (*current_app.config.get("DATA_KEYS", ()), current_app.config["SECRET_KEY"])
    return tuple(dict.fromkeys(str(key).encode() for key in given))


def _use_of(context: str) -> str:
    use, colon, row = context.partition(":")
    if not (colon and row and "." in use):
        raise ValueError(f"a context is table.column:row, not {context!r}")
    return f"seal {use}"


@lru_cache(maxsize=256)
def _derived(master: bytes, use: str) -> bytes:
    info = b"good-scenery " + use.encode()
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(master)


def _mark(key: bytes) -> bytes:
    """A few bytes that tell keys apart and give nothing of them away."""
    return hmac.digest(key, b"mark", sha256)[:_MARK_BYTES]

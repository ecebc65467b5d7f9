"""That the reader of a page can read the mail of a registration: a signed cookie, for half an hour.

It holds keyed hashes of the addresses that were proven and no address. Registrations are opened together only where
they carry the same proven address: whoever registers in another's name, with a mailbox of his own, sees his own.
"""

from __future__ import annotations

import hashlib

from flask import Response, current_app, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

from registrations.models import Registration
from shared.sealing import keyed_hash

COOKIE = "own_proof"
FOUND_COOKIE = "found"
GOOD_FOR_SECONDS = 30 * 60
MOST_ADDRESSES = 5


def is_proven(registration: Registration) -> bool:
    """Whether this browser has shown, within the last half hour, that it can read the registration's mail."""
    return bool(registration.email) and _mark(registration.email) in _proven()


def keep_proof(answer: Response, email: str) -> Response:
    """Have the browser remember that ``email`` was proven."""
    mine = _mark(email)
    marks = [*[mark for mark in _proven() if mark != mine], mine][-MOST_ADDRESSES:]
    answer.set_cookie(
        COOKIE,
        str(_signer().dumps(marks)),
        max_age=GOOD_FOR_SECONDS,
        path="/r",
        httponly=True,
        samesite="Lax",
        secure=current_app.config["SETTINGS"].https,
    )
    return answer


def keep_opened(answer: Response, code_id: int) -> Response:
    """Have the browser remember, for half an hour, which code it has typed to find its tickets."""
    answer.set_cookie(
        FOUND_COOKIE,
        str(_signer("registrations.found").dumps(code_id)),
        max_age=GOOD_FOR_SECONDS,
        path="/find",
        httponly=True,
        samesite="Lax",
        secure=current_app.config["SETTINGS"].https,
    )
    return answer


def opened_here() -> int | None:
    """The id of the code that this browser has typed within the last half hour, or None."""
    try:
        signer = _signer("registrations.found")
        return int(signer.loads(request.cookies.get(FOUND_COOKIE, ""), max_age=GOOD_FOR_SECONDS))
    except (BadSignature, ValueError):
        return None


def forget_proof(answer: Response) -> Response:
    """Have the browser forget what was proven."""
    answer.delete_cookie(COOKIE, path="/r")
    return answer


def _proven() -> list[str]:
    try:
        marks = _signer().loads(request.cookies.get(COOKIE, ""), max_age=GOOD_FOR_SECONDS)
    except BadSignature:
        return []
    return [mark for mark in marks if isinstance(mark, str)]


def _mark(email: str) -> str:
    return keyed_hash(email.casefold(), use="registrations.proof")[:16].hex()


def _signer(salt: str = "registrations.own-proof") -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(
        current_app.config["SECRET_KEY"],
        salt=salt,
        signer_kwargs={"digest_method": hashlib.sha256},
    )

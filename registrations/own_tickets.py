"""Which tickets were opened in this browser: a signed cookie, read only where somebody checks in by a poster.

Whoever has opened a ticket's link here need not prove again, in front of the poster, whose ticket it is. The cookie holds
ids and nothing of the person, is no key to any other page, and is over two months after the last ticket was opened.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from flask import Response, current_app, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

from registrations.lookups import has_ticket
from registrations.models import Registration

COOKIE = "own_tickets"
GOOD_FOR_SECONDS = 60 * 24 * 3600
MOST = 6
"""A secretary's phone may hold those of a whole delegation's heads; more than a few is somebody else's business."""


def remember_tickets(answer: Response, registrations: Iterable[Registration]) -> None:
    """Have the browser remember those of ``registrations`` that have a ticket, the latest ones it opened last."""
    new = [one.id for one in registrations if has_ticket(one)]
    if not new:
        return
    known = [number for number in _read() if number not in new]
    answer.set_cookie(
        COOKIE,
        str(_signer().dumps([*known, *new][-MOST:])),
        max_age=GOOD_FOR_SECONDS,
        path="/",
        httponly=True,
        samesite="Lax",
        secure=current_app.config["SETTINGS"].https,
    )


def remembered_tickets() -> list[int]:
    """The ids of the registrations whose tickets were opened in this browser, the latest first."""
    return _read()[::-1]


def _read() -> list[int]:
    try:
        numbers = _signer().loads(request.cookies.get(COOKIE, ""), max_age=GOOD_FOR_SECONDS)
    except BadSignature:
        return []
    return [number for number in numbers if isinstance(number, int)]


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(
        current_app.config["SECRET_KEY"],
        salt="registrations.own-tickets",
        signer_kwargs={"digest_method": hashlib.sha256},
    )

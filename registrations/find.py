"""Find one's registration by mobile number or e-mail address, without ever saying whether there is one.

The page only writes down that somebody asked; the worker looks and writes to the registered address, with the links and
with six digits for the page on which it was asked. So the answer, and the time it takes, are the same for everybody;
and so it is with wrong codes, which are counted at the request whether or not it found anybody.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import delete, func, or_, select

from audit.record import APPLICANT, record
from campaigns.models import Stop
from jobs.outbox import announce
from messages.write import write_message
from people.models import Person
from registrations.errors import CodeIsOver, TooManyTries, WrongCode
from registrations.facts import RegistrationSought
from registrations.knocks import knock, uncount_knock
from registrations.links import address_for
from registrations.models import STANDING, FindCode, FindRequest, Registration, RegistrationState
from shared.clock import now
from shared.db import db, hold
from shared.errors import Refusal
from shared.language import BABEL_LOCALES
from shared.reseal import sealed_column
from shared.sealing import keyed_hash, seal, unseal_text

sealed_column("find_requests", "sealed", use="find_requests.sealed")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MOST_FROM_ONE_PLACE = 1_200
"""An hour. A hall of 300 behind one address asks once or twice each; a program that tries out lists does not stop."""

MOST_FOR_ONE = 3
"""An hour, for one number or address typed; and as many mails an hour to one registered address."""

MOST_WRONG_FROM_ONE_PLACE = 100
"""Wrong codes an hour. Of a million, and five at a request: whoever tries lists of people needs years."""

GOOD_FOR = timedelta(minutes=15)
"""The code. The mail may take its time."""

MOST_TRIES = 5
SHOWN_AFTER_THE_END = timedelta(days=30)
MOST_IN_ONE_MAIL = 12


def look_for(typed: str, *, from_where: str) -> FindRequest | Refusal:
    """Take the request down; the worker answers it by mail. ``typed`` is an address or a mobile number as E.164.

    Returns TooManyTries when this place has asked too often (the caller commits all the same, so that it is counted).
    Asked too often for the same person, it is not answered, and nobody hears of that.
    """
    if not knock("find.place", from_where, most=MOST_FROM_ONE_PLACE, within=HOUR):
        return TooManyTries()
    is_answered = knock("find.typed", typed.casefold(), most=MOST_FOR_ONE, within=HOUR)
    request = FindRequest(asked_at=now(), tries=0)
    db.session.add(request)
    db.session.flush()
    if is_answered:
        request.sealed = seal(typed, context=_context(request))
        announce(RegistrationSought(request_id=request.id))
    return request


def receipt_for(request: FindRequest, *, then: str = "") -> str:
    """What the page carries on to where the code is typed; ``then`` comes out again with it."""
    return str(_signer().dumps([request.id, then]))


def read_receipt(receipt: str) -> tuple[int, str]:
    """The request's id and ``then``; (0, "") for what we did not sign, or not lately: no request has that id."""
    try:
        request_id, then = _signer().loads(receipt, max_age=int(GOOD_FOR.total_seconds()))
    except BadSignature:
        return 0, ""
    return int(request_id), str(then)


def open_found(request_id: int, typed: str, *, from_where: str) -> FindCode | Refusal:
    """Use up the code of a request: what it opens, or why not. Any five wrong ones end the request.

    A wrong try is counted, so the caller commits whatever is returned. The caller holds the transaction.
    """
    if not knock("find.code", from_where, most=MOST_WRONG_FROM_ONE_PLACE, within=HOUR):
        return TooManyTries()
    request = hold(FindRequest, request_id)
    if (
        request is None
        or request.opened_at is not None
        or request.asked_at + GOOD_FOR <= now()
        or request.tries >= MOST_TRIES
    ):
        return CodeIsOver()
    digest = _digest(request_id, "".join(c for c in typed if c.isascii() and c.isdigit()))
    sent = db.session.scalars(select(FindCode).where(FindCode.request_id == request_id)).all()
    for code in sent:
        if hmac.compare_digest(code.digest, digest):
            request.opened_at = now()
            uncount_knock("find.code", from_where, within=HOUR)
            record("open_found", request, by=APPLICANT, registrations=len(code.registration_ids))
            return code
    request.tries += 1
    record("wrong_code", request, by=APPLICANT)
    left = MOST_TRIES - request.tries
    return WrongCode(left) if left else CodeIsOver()


def opened_by(code_id: int) -> list[Registration]:
    """The registrations that a typed code has opened and that stand, the next stop first."""
    ids = db.session.scalar(
        select(FindCode.registration_ids)
        .join(FindRequest, FindRequest.id == FindCode.request_id)
        .where(FindCode.id == code_id, FindRequest.opened_at.is_not(None))
    )
    if not ids:
        return []
    return list(
        db.session.scalars(
            select(Registration)
            .join(Registration.stop)
            .where(
                Registration.id.in_(ids),
                Registration.state.in_(STANDING),
                Stop.ends_at > now() - SHOWN_AFTER_THE_END,
            )
            .order_by(Stop.ends_at < now(), Stop.starts_at, Registration.id)
        )
    )


def answer_request(request_id: int) -> int:
    """Write to every registered mailbox that the request means; returns how many mails. Twice it writes nothing.

    The caller holds the transaction.
    """
    request = hold(FindRequest, request_id)
    if request is None or request.sealed is None:
        return 0
    typed = unseal_text(request.sealed, context=_context(request))
    request.sealed = None
    request.answered_at = now()
    mails = 0
    taken: set[str] = set()
    for email, registrations in _by_mailbox(typed).items():
        if knock("find.mailbox", email, most=MOST_FOR_ONE, within=HOUR):
            digits = _new_digits(taken)
            code = FindCode(
                request_id=request.id,
                digest=_digest(request.id, digits),
                registration_ids=[one.id for one in registrations],
            )
            db.session.add(code)
            _write(request, registrations, digits)
            mails += 1
    record("answer_find_request", request, by=APPLICANT, mails=mails)
    return mails


def forget_requests() -> int:
    """Remove requests that are a day old; returns how many. The caller holds the transaction."""
    gone = db.session.execute(
        delete(FindRequest).where(FindRequest.asked_at < now() - DAY).returning(FindRequest.id)
    )
    return len(gone.all())


def _by_mailbox(typed: str) -> dict[str, list[Registration]]:
    means = func.lower(Registration.email) == typed.lower() if "@" in typed else Person.mobile == typed
    found = db.session.scalars(
        select(Registration)
        .join(Registration.person)
        .join(Registration.stop)
        .where(
            means,
            Registration.email != "",
            or_(Stop.ends_at > now() - SHOWN_AFTER_THE_END, Registration.state == RegistrationState.OFFERED),
        )
        .order_by(Registration.id.desc())
        .limit(100)
    )
    mailboxes: dict[str, list[Registration]] = {}
    for registration in found:
        mailboxes.setdefault(registration.email.casefold(), []).append(registration)
    return mailboxes


def _write(request: FindRequest, registrations: list[Registration], digits: str) -> None:
    latest = registrations[0]
    write_message(
        "found",
        occasion=str(request.id),
        registration_id=latest.id,
        stop_id=latest.stop_id,
        recipient=latest.email,
        language=latest.language,
        context={
            "name": latest.person.full_name,
            "language": latest.language,
            "link": address_for(latest),
            "link_words": _words(latest.language),
            "code": f"{digits[:3]} {digits[3:]}",
            "minutes": int(GOOD_FOR.total_seconds() // 60),
            "found": [(one, address_for(one)) for one in registrations[:MOST_IN_ONE_MAIL]],
        },
    )


def _words(language: str) -> str:
    with force_locale(BABEL_LOCALES[language]):
        return str(_("Open my registration"))


def _new_digits(taken: set[str]) -> str:
    """Six digits that no other mailbox of the request has."""
    while (digits := f"{secrets.randbelow(1_000_000):06d}") in taken:
        pass
    taken.add(digits)
    return digits


def _digest(request_id: int, digits: str) -> bytes:
    return keyed_hash(f"{request_id}:{digits}", use="find_codes.digest")


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(
        current_app.config["SECRET_KEY"],
        salt="registrations.find-receipt",
        signer_kwargs={"digest_method": hashlib.sha256},
    )


def _context(request: FindRequest) -> str:
    return f"find_requests.sealed:{request.id}"

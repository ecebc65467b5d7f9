"""Find one's registration by mobile number or e-mail address, without ever saying whether there is one.

The page only writes down that somebody asked; the worker looks and writes to the registered address. So the answer,
and the time it takes, are the same for everybody.
"""

from __future__ import annotations

from datetime import timedelta

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import delete, func, or_, select

from audit.record import APPLICANT, record
from campaigns.models import Stop
from jobs.outbox import announce
from messages.write import write_message
from people.models import Person
from registrations.errors import TooManyTries
from registrations.facts import RegistrationSought
from registrations.knocks import knock
from registrations.links import address_for
from registrations.models import FindRequest, Registration, RegistrationState
from shared.clock import now
from shared.db import db, hold
from shared.errors import Refusal
from shared.language import BABEL_LOCALES
from shared.reseal import sealed_column
from shared.sealing import seal, unseal_text

sealed_column("find_requests", "sealed", use="find_requests.sealed")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MOST_FROM_ONE_PLACE = 1_200
"""An hour. A hall of 300 behind one address asks once or twice each; a program that tries out lists does not stop."""

MOST_FOR_ONE = 3
"""An hour, for one number or address typed; and as many mails an hour to one registered address."""

SHOWN_AFTER_THE_END = timedelta(days=30)
MOST_IN_ONE_MAIL = 12


def look_for(typed: str, *, from_where: str) -> Refusal | None:
    """Take the request down; the worker answers it by mail. ``typed`` is an address or a mobile number as E.164.

    Returns TooManyTries when this place has asked too often (the caller commits all the same, so that it is counted).
    Asked too often for the same person, it is not answered, and nobody hears of that.
    """
    if not knock("find.place", from_where, most=MOST_FROM_ONE_PLACE, within=HOUR):
        return TooManyTries()
    if not knock("find.typed", typed.casefold(), most=MOST_FOR_ONE, within=HOUR):
        return None
    request = FindRequest(asked_at=now())
    db.session.add(request)
    db.session.flush()
    request.sealed = seal(typed, context=_context(request))
    announce(RegistrationSought(request_id=request.id))
    return None


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
    for email, registrations in _by_mailbox(typed).items():
        if knock("find.mailbox", email, most=MOST_FOR_ONE, within=HOUR):
            _write(request, registrations)
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


def _write(request: FindRequest, registrations: list[Registration]) -> None:
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
            "found": [(one, address_for(one)) for one in registrations[:MOST_IN_ONE_MAIL]],
        },
    )


def _words(language: str) -> str:
    with force_locale(BABEL_LOCALES[language]):
        return str(_("Open my registration"))


def _context(request: FindRequest) -> str:
    return f"find_requests.sealed:{request.id}"

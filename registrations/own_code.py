"""One-time codes by mail: six digits, good for ten minutes, five tries and one use; one unused at a time.

They are counted and compared in PostgreSQL, where the row is held while it is looked at: many guesses at once are
still five. What cannot be asked of the database is refused.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from datetime import timedelta

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import delete, select, update

from audit.record import APPLICANT, record
from messages.write import write_message
from registrations.errors import CodeIsOver, TooManyCodes, WrongCode
from registrations.knocks import knock
from registrations.links import campaign_address
from registrations.models import CodeOccasion, OneTimeCode, Registration
from shared.clock import now
from shared.db import db, hold
from shared.errors import NotFound, Refusal
from shared.language import BABEL_LOCALES
from shared.sealing import keyed_hash

GOOD_FOR = timedelta(minutes=10)
MOST_TRIES = 5
MOST_AN_HOUR = 6
"""Codes for one registration and one purpose: more than anybody needs, fewer than would fill a mailbox."""


def send_code(registration_id: int, occasion: CodeOccasion, *, to: str | None = None) -> None:
    """Send a new code to the registration's address (or ``to``); an earlier one for the same purpose ends.

    Raises NotFound or TooManyCodes. The caller holds the transaction.
    """
    registration = hold(Registration, registration_id)
    if registration is None:
        raise NotFound
    if not knock("own_code", f"{registration_id}:{occasion}", most=MOST_AN_HOUR, within=timedelta(hours=1)):
        raise TooManyCodes
    moment = now()
    db.session.execute(
        update(OneTimeCode)
        .where(
            OneTimeCode.registration_id == registration_id,
            OneTimeCode.occasion == occasion,
            OneTimeCode.used_at.is_(None),
        )
        .values(used_at=moment)
    )
    digits = f"{secrets.randbelow(1_000_000):06d}"
    code = OneTimeCode(
        registration_id=registration_id,
        occasion=occasion,
        digest=_digest(registration_id, occasion, digits),
        made_at=moment,
        expires_at=moment + GOOD_FOR,
        tries=0,
    )
    db.session.add(code)
    record("send_code", registration, by=APPLICANT, occasion=occasion.value)
    registration = db.session.get_one(Registration, registration_id)
    _write(registration, code, occasion, digits, to)


def _write(
    registration: Registration, code: OneTimeCode, occasion: CodeOccasion, digits: str, to: str | None
) -> None:
    write_message(
        "own_code",
        occasion=str(code.id),
        registration_id=registration.id,
        stop_id=registration.stop_id,
        recipient=to or registration.email,
        language=registration.language,
        # Whoever reads an address that was mistyped learns no name and gets no link of somebody's own page.
        context={
            "name": None if occasion is CodeOccasion.NEW_ADDRESS else registration.person.full_name,
            "language": registration.language,
            "link": campaign_address(registration),
            "link_words": _words(registration.language),
            "code": f"{digits[:3]} {digits[3:]}",
            "occasion": occasion.value,
            "minutes": int(GOOD_FOR.total_seconds() // 60),
        },
    )


def use_codes(registration_id: int, typed: Mapping[CodeOccasion, str]) -> dict[CodeOccasion, Refusal]:
    """Use up these codes, all or none; returns the refusals by purpose, none when all were right.

    A wrong try is counted, so the caller commits whatever is returned. The caller holds the transaction.
    """
    refusals: dict[CodeOccasion, Refusal] = {}
    right: list[OneTimeCode] = []
    for occasion in sorted(typed):
        answer = _looked_at(registration_id, occasion, typed[occasion])
        if isinstance(answer, OneTimeCode):
            right.append(answer)
        else:
            refusals[occasion] = answer
    if not refusals:
        for code in right:
            code.used_at = now()
    return refusals


def waits_for_code(registration_id: int, occasion: CodeOccasion) -> bool:
    """Whether a code was sent that may still be typed."""
    statement = select(OneTimeCode.id).where(
        OneTimeCode.registration_id == registration_id,
        OneTimeCode.occasion == occasion,
        OneTimeCode.used_at.is_(None),
        OneTimeCode.expires_at > now(),
        OneTimeCode.tries < MOST_TRIES,
    )
    return db.session.scalar(statement) is not None


def forget_codes() -> int:
    """Remove codes of more than a day ago; returns how many. The caller holds the transaction."""
    old = delete(OneTimeCode).where(OneTimeCode.made_at < now() - timedelta(days=1)).returning(OneTimeCode.id)
    return len(db.session.execute(old).all())


def _words(language: str) -> str:
    with force_locale(BABEL_LOCALES[language]):
        return str(_("The campaign's page"))


def _looked_at(registration_id: int, occasion: CodeOccasion, typed: str) -> OneTimeCode | Refusal:
    code = db.session.scalar(
        select(OneTimeCode)
        .where(
            OneTimeCode.registration_id == registration_id,
            OneTimeCode.occasion == occasion,
            OneTimeCode.used_at.is_(None),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if code is None or code.expires_at <= now() or code.tries >= MOST_TRIES:
        return CodeIsOver()
    digits = "".join(c for c in typed if c.isascii() and c.isdigit())
    if hmac.compare_digest(code.digest, _digest(registration_id, occasion, digits)):
        return code
    code.tries += 1
    record(
        "wrong_code", "OneTimeCode", by=APPLICANT, registration_id=registration_id, occasion=occasion.value
    )
    left = MOST_TRIES - code.tries
    return WrongCode(left) if left else CodeIsOver()


def _digest(registration_id: int, occasion: CodeOccasion, digits: str) -> bytes:
    return keyed_hash(f"{registration_id}:{occasion}:{digits}", use="one_time_codes.digest")

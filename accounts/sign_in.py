"""Signing in: one slow hash, ten tries, one sentence for every failure."""

from __future__ import annotations

import secrets
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from accounts.errors import LockedForAWhile, LoginTaken, NoSuchScope, PasswordTooShort, WrongPassword
from accounts.models import Role, RoleGrant, Staff
from audit.record import SYSTEM, record
from shared.clock import now
from shared.db import db, violated

MOST_TRIES = 10
LOCKED_FOR = timedelta(minutes=5)
SHORTEST_PASSWORD = 12
_hasher = PasswordHasher()
# Checked when the login is unknown, so that both failures take the same time.
_NOBODY = _hasher.hash(secrets.token_hex(16))


def staff_with_login(login: str) -> Staff | None:
    """The account of that login, in whatever case it was typed."""
    return db.session.scalar(select(Staff).where(func.lower(Staff.login) == login.strip().lower()))


def sign_in(login: str, password: str) -> Staff | Exception:
    """The account whose login and password these are, or the refusal to raise *after* the commit.

    A failed try must be counted, and a raised refusal would roll the count back; so it is returned.
    """
    # FOR NO KEY UPDATE, as shared.db.hold(): a gate's phones share an account and record arrivals under it meanwhile.
    staff = db.session.scalar(
        select(Staff)
        .where(func.lower(Staff.login) == login.strip().lower())
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if staff is None or not staff.is_active:
        _matches(_NOBODY, password)
        return WrongPassword()
    if staff.locked_until is not None and staff.locked_until > now():
        return LockedForAWhile()
    if not _matches(staff.password_hash, password):
        staff.failed_sign_ins += 1
        if staff.failed_sign_ins >= MOST_TRIES:
            staff.locked_until = now() + LOCKED_FOR
            staff.failed_sign_ins = 0
        record("sign_in_failed", staff)
        return WrongPassword()
    staff.failed_sign_ins = 0
    staff.locked_until = None
    if _hasher.check_needs_rehash(staff.password_hash):
        staff.password_hash = _hasher.hash(password)
    record("sign_in", staff, by=staff)
    return staff


def add_staff(
    login: str,
    *,
    full_name: str,
    password: str,
    role: Role,
    host_city_id: int | None = None,
    campaign_id: int | None = None,
    stop_id: int | None = None,
    employer_id: int | None = None,
    email: str | None = None,
    by: Staff | str = SYSTEM,
) -> Staff:
    """Make an account with one role. Raises LoginTaken, PasswordTooShort or NoSuchScope."""
    _long_enough(password)
    if staff_with_login(login) is not None:
        raise LoginTaken
    staff = Staff(
        login=login.strip(),
        full_name=full_name.strip(),
        email=(email or "").strip() or None,
        password_hash=_hasher.hash(password),
        session_stamp=secrets.token_hex(8),
        is_active=True,
        failed_sign_ins=0,
        created_at=now(),
        grants=[
            RoleGrant(
                role=role,
                host_city_id=host_city_id,
                campaign_id=campaign_id,
                stop_id=stop_id,
                employer_id=employer_id,
            )
        ],
    )
    try:
        with db.session.begin_nested():
            db.session.add(staff)
    except IntegrityError as error:
        raise (LoginTaken if violated(error) == "uq_staff_login" else NoSuchScope) from None
    record("add_staff", staff, by=by, role=role.value)
    return staff


def change_password(staff: Staff, password: str, *, by: Staff | str = SYSTEM) -> None:
    """Set a new password and end every open session. Raises PasswordTooShort."""
    _long_enough(password)
    staff.password_hash = _hasher.hash(password)
    staff.session_stamp = secrets.token_hex(8)
    staff.failed_sign_ins = 0
    staff.locked_until = None
    record("change_password", staff, by=by)


def _long_enough(password: str) -> None:
    if len(password) < SHORTEST_PASSWORD:
        raise PasswordTooShort


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except VerificationError:
        return False

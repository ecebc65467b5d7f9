"""The links of a delegation: the contact's, and each member's."""

from __future__ import annotations

import hashlib
from typing import TypeVar

from flask import current_app, session
from itsdangerous import BadSignature, URLSafeSerializer

from campaigns.models import Stop
from delegations.errors import DelegationUnknown
from delegations.gather import admission_of
from delegations.models import Delegation, DelegationMember
from registrations.by_invitation import InHand
from registrations.models import BadgeClass
from shared.db import db

_KEPT = "delegation_member"
Row = TypeVar("Row", Delegation, DelegationMember)


def delegation_link(delegation: Delegation) -> str:
    """The token of ``/delegation/<token>``."""
    return str(_signer("contact").dumps(delegation.id))


def member_link(member: DelegationMember) -> str:
    """The token of ``/delegation/member/<token>``."""
    return str(_signer("member").dumps(member.id))


def address(path: str) -> str:
    """The whole address, for mails."""
    return f"{current_app.config['SETTINGS'].public_url}{path}"


def delegation_on_link(token: str) -> Delegation:
    """The delegation whose contact has this link. Raises DelegationUnknown."""
    return _on(Delegation, "contact", token)


def member_on_link(token: str) -> DelegationMember:
    """The member who has this link. Raises DelegationUnknown, also once taken off."""
    member = _on(DelegationMember, "member", token)
    if member.removed_at is not None:
        raise DelegationUnknown
    return member


def keep_in_hand(member: DelegationMember) -> None:
    """Let this browser register as that member."""
    session[_KEPT] = member_link(member)


def member_in_hand(stop: Stop) -> InHand | None:
    """On what terms the member of this browser registers for ``stop``; None when there is none."""
    token = session.get(_KEPT)
    if not isinstance(token, str):
        return None
    try:
        member = member_on_link(token)
    except DelegationUnknown:
        return None
    delegation = member.delegation
    if (
        member.registration_id is not None
        or delegation.stop_id != stop.id
        or delegation.declined_at is not None
    ):
        return None
    return InHand(
        admission_of(member),
        member.full_name,
        member.email,
        BadgeClass.DOCTOR,
        group=member.delegation.university,
    )


def _on(model: type[Row], whose: str, token: str) -> Row:
    try:
        row = db.session.get(model, _signer(whose).loads(token))
    except BadSignature:
        raise DelegationUnknown from None
    if row is None:
        raise DelegationUnknown
    return row


def _signer(whose: str) -> URLSafeSerializer:
    return URLSafeSerializer(
        current_app.config["SECRET_KEY"],
        salt=f"delegations.{whose}",
        signer_kwargs={"digest_method": hashlib.sha256},
    )

"""An invitation in somebody's hand: its key in a link, kept in the browser until the form is sent."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from flask import current_app, session
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import select

from campaigns.models import Stop
from registrations.admission import USUAL, Admission, invited_by
from registrations.errors import InvitationUnknown
from registrations.models import BadgeClass, Invitation
from shared.codes import LENGTH, as_typed
from shared.db import db

_KEPT = "invitation"


def key_of(invitation: Invitation) -> str:
    """What stands in ``/i/<key>``: the code, or for a personal invitation its number, signed."""
    return invitation.code or str(_signer().dumps(invitation.id))


def invitation_address(invitation: Invitation) -> str:
    """The whole address, for mails and for copying, beginning with PUBLIC_URL."""
    return f"{current_app.config['SETTINGS'].public_url}/i/{key_of(invitation)}"


def invitation_on_key(key: str) -> Invitation:
    """The invitation of a link or a code as it was typed. Raises InvitationUnknown."""
    invitation: Invitation | None = None
    typed = as_typed(key)
    if len(typed) == LENGTH:
        invitation = db.session.scalar(select(Invitation).where(Invitation.code == typed))
    else:
        try:
            invitation = db.session.get(Invitation, _signer().loads(key))
        except BadSignature:
            raise InvitationUnknown from None
    if invitation is None:
        raise InvitationUnknown
    return invitation


def keep_in_hand(invitation: Invitation) -> None:
    """Let this browser come by it."""
    session[_KEPT] = key_of(invitation)


@dataclass(frozen=True)
class InHand:
    """Somebody who comes to the form on terms of his own, by whatever way a package above has added."""

    admission: Admission
    full_name: str
    email: str
    badge_class: BadgeClass
    is_personal: bool = True
    # With whom he comes; empty when he comes alone.
    group: str = ""


_other_ways: list[Callable[[Stop], InHand | None]] = []


def also_by(way: Callable[[Stop], InHand | None]) -> None:
    """Ask ``way`` too when somebody comes to the form of a stop."""
    if way not in _other_ways:
        _other_ways.append(way)


def invitation_in_hand(stop: Stop) -> Invitation | InHand | None:
    """The invitation to ``stop`` that this browser came with, while it holds; None otherwise."""
    for way in _other_ways:
        if (in_hand := way(stop)) is not None:
            return in_hand
    key = session.get(_KEPT)
    if not isinstance(key, str):
        return None
    try:
        invitation = invitation_on_key(key)
    except InvitationUnknown:
        return None
    return invitation if invitation.stop_id == stop.id and invitation.is_valid else None


def admission_in_hand(stop: Stop) -> Admission:
    """The terms on which this browser's reader may register for ``stop``."""
    found = invitation_in_hand(stop)
    if found is None:
        return USUAL
    return found.admission if isinstance(found, InHand) else invited_by(found)


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(
        current_app.config["SECRET_KEY"],
        salt="registrations.invitation",
        signer_kwargs={"digest_method": hashlib.sha256},
    )

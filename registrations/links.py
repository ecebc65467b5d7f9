"""The applicant's own link: whoever has it sees and may withdraw this one registration, without an account."""

from __future__ import annotations

import hashlib

from flask import current_app, g, has_request_context
from itsdangerous import BadSignature, URLSafeSerializer

from registrations.errors import LinkNotOurs
from registrations.models import Registration
from shared.db import db


def link_for(registration: Registration) -> str:
    """The token of ``/r/<token>``: the id, signed. It stays good as long as SECRET_KEY does."""
    return str(_signer().dumps(registration.id))


def address_for(registration: Registration) -> str:
    """The whole address of the own page, for mails and calendars, beginning with PUBLIC_URL."""
    return f"{current_app.config['SETTINGS'].public_url}/r/{link_for(registration)}"


def campaign_address(registration: Registration) -> str:
    """The whole address of the campaign's public page."""
    return f"{current_app.config['SETTINGS'].public_url}/c/{registration.stop.campaign.slug}"


def registration_on_link(token: str) -> Registration:
    """The registration whose link this is. Raises LinkNotOurs for anything that we did not sign."""
    try:
        registration_id = _signer().loads(token)
    except BadSignature:
        raise LinkNotOurs from None
    registration = db.session.get(Registration, registration_id)
    if registration is None:
        raise LinkNotOurs
    if has_request_context():
        g.own_registration = registration  # the session forgets what nobody holds, and would ask for it again
    return registration


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(
        current_app.config["SECRET_KEY"],
        salt="registrations.own-page",
        signer_kwargs={"digest_method": hashlib.sha256},
    )

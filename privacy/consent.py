"""Give an agreement and take it back; whether one stands."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, exists, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql.elements import SQLCoreOperations

from audit.record import APPLICANT, Actor, record_by_id
from privacy.models import Consent
from privacy.purposes import Purpose
from privacy.texts import TextVersion, current
from shared.clock import now
from shared.db import db


def give_consent(
    registration_id: int, purpose: Purpose, *, by: Actor | str = APPLICANT, version: TextVersion | None = None
) -> None:
    """Write down that the person agreed to ``version``, the current text unless told otherwise.

    Agreeing twice to the same words is one agreement. The caller holds the transaction.
    """
    version = version or current(purpose)
    added = db.session.scalar(
        insert(Consent)
        .values(
            registration_id=registration_id,
            purpose=purpose,
            text_version=version.version,
            text_digest=version.digest,
            given_at=now(),
        )
        .on_conflict_do_nothing()
        .returning(Consent.id)
    )
    if added is not None:
        record_by_id(
            "give_consent",
            Consent,
            added,
            by=by,
            registration_id=registration_id,
            purpose=purpose.value,
            version=version.version,
        )


def withdraw_consent(registration_id: int, purpose: Purpose, *, by: Actor | str = APPLICANT) -> bool:
    """Take back every agreement of that purpose; False when none stood. The caller holds the transaction."""
    taken_back = db.session.scalars(
        update(Consent)
        .where(
            Consent.registration_id == registration_id,
            Consent.purpose == purpose,
            Consent.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=now())
        .returning(Consent.id)
    ).all()
    for consent_id in taken_back:
        record_by_id(
            "withdraw_consent",
            Consent,
            consent_id,
            by=by,
            registration_id=registration_id,
            purpose=purpose.value,
        )
    return bool(taken_back)


def has_consented(registration_id_column: SQLCoreOperations[int], purpose: Purpose) -> ColumnElement[bool]:
    """The condition that the registration whose id stands in that column has agreed and not taken it back."""
    return exists(
        select(Consent.id).where(
            Consent.registration_id == registration_id_column,
            Consent.purpose == purpose,
            Consent.withdrawn_at.is_(None),
        )
    )


def consents_of(registration_ids: list[int]) -> list[Consent]:
    """Everything these registrations ever agreed to, the oldest first."""
    return list(
        db.session.scalars(
            select(Consent).where(Consent.registration_id.in_(registration_ids)).order_by(Consent.id)
        )
    )


def standing_consents(consents: Iterable[Consent]) -> dict[Purpose, Consent]:
    """The newest that stands of one registration's agreements (the oldest first), by purpose."""
    return {consent.purpose: consent for consent in consents if consent.withdrawn_at is None}

"""Invite somebody, or whoever has a code; send it again, take it back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError

from accounts.models import Staff
from audit.record import record
from campaigns.errors import StopIsCancelled
from campaigns.models import Stop
from jobs.outbox import announce, enqueue, task
from registrations.errors import AlreadyInvited, InvitationNotValid, WrongTime
from registrations.facts import InvitationMade
from registrations.keep_seats import keep_seats, release_seats
from registrations.models import BadgeClass, Invitation
from shared.clock import now
from shared.codes import new_code
from shared.db import db, hold, violated
from shared.errors import NotFound


@dataclass(frozen=True)
class InvitationPlan:
    """What an invitation shall be; with ``full_name`` and ``email`` it is personal and its quota is one.

    ``keeps_seats`` reserves as many seats as the quota, which implies that nobody reviews who comes by it.
    """

    badge_class: BadgeClass
    valid_until: datetime
    full_name: str | None = None
    email: str | None = None
    quota: int = 1
    skips_approval: bool = False
    opens_closed: bool = False
    keeps_seats: bool = False
    note: str = ""
    language: str = "zh"


def invite(plan: InvitationPlan, *, stop_id: int, by: Staff) -> Invitation:
    """Make an invitation; a personal one is sent by mail.

    Raises NotFound, StopIsCancelled, WrongTime, NotSoManySeats or AlreadyInvited. The caller holds the transaction.
    """
    stop = hold(Stop, stop_id)
    if stop is None:
        raise NotFound
    if stop.cancelled_at is not None:
        raise StopIsCancelled
    if not now() < plan.valid_until <= stop.ends_at:
        raise WrongTime
    block = keep_seats(stop, plan.quota) if plan.keeps_seats else None
    invitation = Invitation(
        stop_id=stop.id,
        code=None if plan.full_name else new_code(),
        full_name=plan.full_name,
        email=plan.email if plan.full_name else None,
        note=plan.note,
        badge_class=plan.badge_class,
        quota=1 if plan.full_name else plan.quota,
        used=0,
        valid_until=plan.valid_until,
        skips_approval=plan.skips_approval or plan.keeps_seats,
        opens_closed=plan.opens_closed,
        seat_block_id=block.id if block else None,
        language=plan.language,
        made_by_id=by.id,
        made_at=now(),
    )
    try:
        with db.session.begin_nested():
            db.session.add(invitation)
    except IntegrityError as error:
        if violated(error) == "uq_invitations_person":
            raise AlreadyInvited from None
        raise
    record(
        "invite", invitation, by=by, stop_id=stop.id, quota=invitation.quota, personal=invitation.is_personal
    )
    if block is not None:
        enqueue(give_up_kept_seats, due_at=plan.valid_until, invitation_id=invitation.id)
    if invitation.is_personal:
        announce(InvitationMade(invitation_id=invitation.id, times=1))
        invitation.sent_at = now()
    return invitation


def send_again(invitation_id: int, *, by: Staff) -> Invitation:
    """Write to the invited person once more. Raises NotFound or InvitationNotValid. The caller holds the transaction."""
    invitation = hold(Invitation, invitation_id)
    if invitation is None or not invitation.is_personal:
        raise NotFound
    if not invitation.is_valid:
        raise InvitationNotValid
    invitation.sent_at = now()
    record("send_invitation_again", invitation, by=by, stop_id=invitation.stop_id)
    announce(InvitationMade(invitation_id=invitation.id, times=int(invitation.sent_at.timestamp())))
    return invitation


def revoke(invitation_id: int, *, by: Staff) -> Invitation:
    """Take an invitation back; who came by it stays. Twice is as good as once. Raises NotFound.

    The caller holds the transaction.
    """
    stop, invitation = _held(invitation_id)
    if invitation.revoked_at is None:
        invitation.revoked_at = now()
        if invitation.seat_block_id is not None:
            release_seats(stop, invitation.seat_block_id)
        record("revoke_invitation", invitation, by=by, stop_id=stop.id)
    return invitation


@task
def give_up_kept_seats(invitation_id: int) -> None:
    """The invitation's day is over: seats that were kept for it and that nobody took go to whoever is next in line."""
    stop, invitation = _held(invitation_id)
    if invitation.seat_block_id is not None and invitation.valid_until <= now():
        release_seats(stop, invitation.seat_block_id)


def _held(invitation_id: int) -> tuple[Stop, Invitation]:
    known = db.session.get(Invitation, invitation_id)
    stop = hold(Stop, known.stop_id) if known else None
    invitation = hold(Invitation, invitation_id) if stop else None
    if stop is None or invitation is None:
        raise NotFound
    return stop, invitation

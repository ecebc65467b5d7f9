"""On what terms somebody is admitted: through the open form, by an invitation, with a delegation, by the office."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from audit.record import APPLICANT, Actor
from campaigns.models import Stop
from registrations.errors import InvitationForAnother, InvitationNotValid
from registrations.models import (
    BY_THE_OFFICE,
    BadgeClass,
    Basis,
    Invitation,
    Registration,
    RegistrationState,
    Way,
)
from shared.clock import now
from shared.db import hold
from shared.fields import as_name


@dataclass(frozen=True)
class Admission:
    """The terms. The open form's are all left as they stand.

    ``by`` is who acts; ``begins`` the state wanted by the office (CONFIRMED only while there is a seat); ``opens_closed``
    admits before the opening and after the deadline; ``may_wait`` False refuses whom no seat is left for;
    ``quietly`` tells nobody; ``after`` is called with the new registration, in its transaction.
    """

    way: Way = Way.FORM
    basis: Basis = Basis.OWN
    badge_class: BadgeClass = BadgeClass.DOCTOR
    by: Actor | str = APPLICANT
    begins: RegistrationState | None = None
    invitation_id: int | None = None
    seat_block_id: int | None = None
    skips_approval: bool = False
    opens_closed: bool = False
    may_wait: bool = True
    quietly: bool = False
    after: Callable[[Registration], None] | None = None

    @property
    def entered_by_id(self) -> int | None:
        """Which member of staff entered the person; None when nobody of the office did."""
        return self.by.id if self.way in BY_THE_OFFICE and not isinstance(self.by, str) else None


USUAL = Admission()


def invited_by(invitation: Invitation) -> Admission:
    """The terms of an invitation."""
    return Admission(
        way=Way.INVITATION,
        badge_class=invitation.badge_class,
        invitation_id=invitation.id,
        seat_block_id=invitation.seat_block_id,
        skips_approval=invitation.skips_approval,
        opens_closed=invitation.opens_closed,
    )


def refuse_unless_invited(invitation_id: int, stop: Stop, *, full_name: str, email: str) -> None:
    """Raise InvitationNotValid or InvitationForAnother unless this person may come by it. The stop is held."""
    invitation = hold(Invitation, invitation_id)
    if invitation is None or invitation.stop_id != stop.id or not invitation.is_valid_at(now()):
        raise InvitationNotValid
    if not invitation.is_personal:
        return
    if as_name(invitation.full_name or "") != full_name:
        raise InvitationForAnother
    if (invitation.email or "").casefold() != email.casefold():
        raise InvitationForAnother.by_address()

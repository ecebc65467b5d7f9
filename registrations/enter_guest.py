"""The office enters a guest: an academician, a leader, a reporter, a colleague."""

from __future__ import annotations

from uuid import UUID

from accounts.models import Staff
from registrations.admission import Admission
from registrations.errors import AlreadyRegistered, GuestIsThere
from registrations.models import BadgeClass, Basis, Registration, RegistrationState, Way
from registrations.register import Application, register


def enter_guest(
    application: Application,
    *,
    stop_id: int,
    submission_id: UUID,
    badge_class: BadgeClass,
    basis: Basis,
    tells: bool,
    by: Staff,
    may_wait: bool = False,
) -> Registration:
    """Give a guest a seat, or with ``may_wait`` a place on the waiting list when none is left; nobody is written to unless
    ``tells``.

    Raises NotFound, RegistrationClosed (cancelled or over), StopIsFull or GuestIsThere. The caller holds the transaction.
    """
    try:
        return register(
            application,
            stop_id=stop_id,
            submission_id=submission_id,
            admission=Admission(
                way=Way.OFFICE,
                basis=basis,
                badge_class=badge_class,
                by=by,
                begins=RegistrationState.CONFIRMED,
                skips_approval=True,
                opens_closed=True,
                may_wait=may_wait,
                quietly=not (tells and application.email),
            ),
        )
    except AlreadyRegistered:
        raise GuestIsThere from None

"""Somebody stands at the gate who has not registered: registered and let in at once, while there is a seat."""

from __future__ import annotations

from uuid import UUID

from accounts.models import Staff
from accounts.permissions import Permission, reach_of
from audit.record import record
from campaigns.models import Stop
from checkin.check_in import check_in
from checkin.errors import RegisteredAlready, WalkInsNotTaken
from checkin.models import CheckIn
from registrations.admission import Admission
from registrations.lookups import standing_with_mobile
from registrations.models import BadgeClass, Basis, Registration, Way
from registrations.register import Application, register
from shared.db import db, hold
from shared.errors import NotFound

CHANNEL = "walk-in"


def may_take_walk_ins(staff: Staff, stop: Stop) -> bool:
    """Whoever plans the stop may; its volunteers only where the organiser has allowed it."""
    plans = reach_of(staff, Permission.PLAN_CAMPAIGNS).covers(
        host_city_id=stop.host_city_id, campaign_id=stop.campaign_id, stop_id=stop.id
    )
    return plans or stop.volunteers_take_walk_ins


def walk_in(
    application: Application,
    *,
    stop: Stop,
    submission_id: UUID,
    badge_class: BadgeClass,
    gate: str,
    by: Staff,
) -> CheckIn:
    """Register somebody on the spot and record the arrival; the same form sent twice is one.

    Raises WalkInsNotTaken, RegisteredAlready (the mobile stands on the stop's list), RegistrationClosed, StopIsFull,
    or what ``check_in`` raises. The caller holds the transaction.
    """
    if not may_take_walk_ins(by, stop):
        raise WalkInsNotTaken
    earlier = standing_with_mobile(stop.id, application.mobile or "")
    if earlier is not None and earlier.submission_id != submission_id:
        raise RegisteredAlready(earlier)
    registration: Registration = register(
        application,
        stop_id=stop.id,
        submission_id=submission_id,
        admission=Admission(
            way=Way.WALK_IN,
            basis=Basis.ON_THE_SPOT,
            badge_class=badge_class,
            by=by,
            skips_approval=True,
            opens_closed=True,
            may_wait=False,
            quietly=not application.email,
        ),
    )
    return check_in(registration.code, stop=stop, gate=gate, by=by, scan_id=submission_id)


def let_volunteers(stop_id: int, *, take_walk_ins: bool, by: Staff) -> Stop:
    """Say whether the gate's volunteers may register people on the spot. Raises NotFound.

    The caller holds the transaction.
    """
    stop = hold(Stop, stop_id)
    if stop is None:
        raise NotFound
    if stop.volunteers_take_walk_ins is not take_walk_ins:
        stop.volunteers_take_walk_ins = take_walk_ins
        db.session.flush()
        record("let_volunteers_take_walk_ins", stop, by=by, allowed=take_walk_ins)
    return stop

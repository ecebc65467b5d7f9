"""Somebody stands at the gate who has not registered: registered and let in at once, while there is a seat."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from accounts.models import Staff
from accounts.permissions import Permission, reach_of
from audit.record import record
from campaigns.models import Stop
from checkin.check_in import check_in
from checkin.errors import NotItsCheckpoint, RegisteredAlready, WalkInsNotTaken, WalkInUsedBefore
from checkin.holders import holder_of
from checkin.lookups import arrival_point
from checkin.models import CheckIn, Device, Direction, Scan
from checkin.present import Presented, present
from checkin.take_in import Upload, take_in
from people.folding import folded
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
    registration = _register(
        application, stop_id=stop.id, submission_id=submission_id, badge_class=badge_class, by=by
    )
    return check_in(registration.code, stop=stop, gate=gate, by=by, scan_id=submission_id)


def walk_in_by_device(
    application: Application,
    *,
    device: Device,
    walk_in_id: UUID,
    badge_class: BadgeClass,
    noted: datetime | None,
) -> Presented:
    """As ``walk_in``, from a device that supervises its stop's door; whoever vouches for the device answers for it.

    ``walk_in_id`` is made by the device and is the scan's number too: sent again, because an answer was lost, it is the
    same person, registration and arrival. ``noted``: the device had no network and wrote the person down then; the
    arrival is of that time, and is kept as what a device alone has let in.
    Raises as ``walk_in``, and NotItsCheckpoint or WalkInUsedBefore. The caller holds the transaction.
    """
    stop, by, door = device.stop, device.vouched_by, arrival_point(device.stop_id)
    if door.id not in device.checkpoint_ids:
        raise NotItsCheckpoint
    if not may_take_walk_ins(by, stop):
        raise WalkInsNotTaken
    _refuse_if_known(application, stop_id=stop.id, walk_in_id=walk_in_id)
    registration = _register(
        application, stop_id=stop.id, submission_id=walk_in_id, badge_class=badge_class, by=by
    )
    if registration.submission_id != walk_in_id:
        raise WalkInUsedBefore
    if noted is None:
        shown = present(
            registration.id, checkpoint=door, gate=device.name, by=by, device=device, scan_id=walk_in_id
        )
        if shown.refusal is not None:
            raise shown.refusal
        return shown
    alone = Upload(
        id=walk_in_id,
        checkpoint_id=door.id,
        code="",
        registration_id=registration.id,
        direction=Direction.IN,
        device_at=noted,
        clock_ahead=timedelta(),
        reason=None,
        gate=device.name,
    )
    take_in([alone], device=device)
    scan = db.session.get_one(Scan, walk_in_id)
    return Presented(scan.id, scan.at, holder_of(registration.id, door), None)


def _refuse_if_known(application: Application, *, stop_id: int, walk_in_id: UUID) -> None:
    """Raise RegisteredAlready when the mobile stands on the list, WalkInUsedBefore when the number is somebody else's."""
    before = db.session.scalar(select(Registration).where(Registration.submission_id == walk_in_id))
    if before is not None and (before.stop_id, folded(before.person.full_name), before.person.mobile) != (
        stop_id,
        folded(application.full_name),  # he may have been known before, by another spelling
        application.mobile,
    ):
        raise WalkInUsedBefore
    earlier = standing_with_mobile(stop_id, application.mobile or "")
    if earlier is not None and earlier.submission_id != walk_in_id:
        raise RegisteredAlready(earlier)


def _register(
    application: Application, *, stop_id: int, submission_id: UUID, badge_class: BadgeClass, by: Staff
) -> Registration:
    return register(
        application,
        stop_id=stop_id,
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

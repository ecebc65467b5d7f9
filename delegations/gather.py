"""Open a delegation, name its members, keep seats for all of it, and give up what nobody took."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from accounts.models import Staff
from audit.record import APPLICANT, SYSTEM, Actor, record
from campaigns.models import Stop
from delegations.errors import (
    DelegationFull,
    DelegationIsDeclined,
    DelegationUnknown,
    LinkIsUsed,
    MemberHasConfirmed,
    NamedAlready,
    NobodyNamed,
)
from delegations.facts import DelegationOpened, MemberNamed
from delegations.models import Delegation, DelegationMember
from jobs.outbox import announce, enqueue, task
from registrations.admission import Admission
from registrations.errors import NotSoManySeats
from registrations.keep_seats import keep_more_or_fewer, keep_seats, release_seats, sit_on_kept_seat
from registrations.lookups import somebody_waits
from registrations.models import SEATED, Registration, RegistrationState, Way
from registrations.register import refuse_unless_open
from registrations.step import take_step
from shared.clock import now
from shared.db import db, hold, violated
from shared.errors import NotFound

TIME_TO_CONFIRM = timedelta(days=7)


@dataclass(frozen=True)
class DelegationPlan:
    """What a contact says of a delegation; ``together``: all of it or nobody."""

    university: str
    contact_name: str
    contact_mobile: str
    contact_email: str
    most: int
    head: str = ""
    head_rank: str = ""
    note: str = ""
    together: bool = False
    language: str = "zh"


def open_delegation(plan: DelegationPlan, *, stop_id: int) -> Delegation:
    """Open a delegation; the contact is sent its link. Raises NotFound or RegistrationClosed.

    The caller holds the transaction.
    """
    stop = db.session.get(Stop, stop_id)
    if stop is None:
        raise NotFound
    refuse_unless_open(stop)
    moment = now()
    delegation = Delegation(
        stop_id=stop.id,
        university=plan.university,
        head=plan.head,
        head_rank=plan.head_rank,
        note=plan.note,
        contact_name=plan.contact_name,
        contact_mobile=plan.contact_mobile,
        contact_email=plan.contact_email,
        language=plan.language,
        most=plan.most,
        members_named=0,
        together=plan.together,
        confirm_by=min(moment + TIME_TO_CONFIRM, stop.registration_closes_at),
        opened_at=moment,
    )
    db.session.add(delegation)
    record("open_delegation", delegation, by=APPLICANT, stop_id=stop.id, most=plan.most)
    announce(DelegationOpened(delegation_id=delegation.id))
    enqueue(give_up_untaken_seats, due_at=delegation.confirm_by, delegation_id=delegation.id)
    return delegation


def name_members(delegation_id: int, people: Iterable[tuple[str, str]]) -> list[DelegationMember]:
    """Name (full name, e-mail) members; each is sent a link of his own. All of them or none.

    Raises NotFound, DelegationFull or NamedAlready. The caller holds the transaction.
    """
    delegation = hold(Delegation, delegation_id)
    if delegation is None:
        raise NotFound
    _refuse_if_declined(delegation)
    named: list[DelegationMember] = []
    for full_name, email in people:
        if delegation.members_named + len(named) >= delegation.most:
            raise DelegationFull
        member = DelegationMember(
            delegation_id=delegation.id, full_name=full_name, email=email, named_at=now()
        )
        try:
            with db.session.begin_nested():
                db.session.add(member)
        except IntegrityError as error:
            if violated(error) == "uq_delegation_members_named":
                raise NamedAlready from None
            raise DelegationFull from None
        announce(MemberNamed(member_id=member.id))
        named.append(member)
    db.session.refresh(delegation, ["members_named"])
    record("name_members", delegation, by=APPLICANT, number=len(named))
    return named


def remove_member(member_id: int) -> DelegationMember:
    """Take somebody off who has not confirmed. Raises NotFound or MemberHasConfirmed. The caller holds the transaction."""
    known = db.session.get(DelegationMember, member_id)
    if known is None:
        raise NotFound
    hold(Delegation, known.delegation_id)
    member = hold(DelegationMember, member_id)
    if member is None or member.removed_at is not None:
        raise NotFound
    if member.registration_id is not None:
        raise MemberHasConfirmed
    member.removed_at = now()
    record("remove_member", member, by=APPLICANT, delegation_id=member.delegation_id)
    return member


def admission_of(member: DelegationMember) -> Admission:
    """The terms on which a member registers. Together means: without kept seats he waits for all the others."""
    delegation = member.delegation
    has_seats = delegation.seat_block_id is not None and delegation.approved_at is not None
    return Admission(
        way=Way.DELEGATION,
        seat_block_id=delegation.seat_block_id,
        skips_approval=has_seats,
        begins=RegistrationState.APPLIED if delegation.together and not has_seats else None,
        after=lambda registration: _confirmed(member.id, registration),
    )


def _confirmed(member_id: int, registration: Registration) -> None:
    """Raises LinkIsUsed, also when it was used a moment ago, DelegationIsDeclined, or DelegationUnknown for whom the contact
    took off or who had himself erased. The delegation is held first: erasing and declining hold in that order.
    """
    known = db.session.get(DelegationMember, member_id)
    delegation = hold(Delegation, known.delegation_id) if known else None
    member = hold(DelegationMember, member_id) if delegation else None
    if delegation is None or member is None or member.removed_at is not None:
        raise DelegationUnknown
    _refuse_if_declined(delegation)
    if member.registration_id is not None:
        raise LinkIsUsed
    db.session.flush()
    member.registration_id = registration.id


def say_complete(delegation_id: int) -> Delegation:
    """The contact says that everybody is named; a delegation that comes together gets its seats if they are free.

    Raises NotFound or NobodyNamed. The caller holds the transaction.
    """
    stop, delegation = held_with_stop(delegation_id)
    _refuse_if_declined(delegation)
    if not delegation.members_named:
        raise NobodyNamed
    delegation.complete_at = delegation.complete_at or now()
    record("say_delegation_complete", delegation, by=APPLICANT, number=delegation.members_named)
    _seats_if_free(stop, delegation)
    return delegation


def give_seats_to_delegations(stop_id: int) -> None:
    """Seats have come free: whoever waits singly came first; then the delegations that wait together, in their order.

    The caller holds the transaction.
    """
    stop = hold(Stop, stop_id)
    if stop is None:
        return
    for delegation_id in db.session.scalars(
        select(Delegation.id)
        .where(
            Delegation.stop_id == stop_id,
            Delegation.together,
            Delegation.complete_at.is_not(None),
            Delegation.approved_at.is_(None),
            Delegation.declined_at.is_(None),
        )
        .order_by(Delegation.complete_at, Delegation.id)
    ).all():
        _seats_if_free(*held_with_stop(delegation_id))


def _seats_if_free(stop: Stop, delegation: Delegation) -> None:
    if (
        delegation.together
        and delegation.approved_at is None
        and delegation.declined_at is None
        and not stop.needs_approval
        and stop.starts_at > now()
        and stop.cancelled_at is None
        and stop.seats_left >= delegation.members_named
        and not somebody_waits(stop.id)
    ):
        _approve(stop, delegation, by=SYSTEM)


def approve_delegation(delegation_id: int, *, by: Staff) -> Delegation:
    """Keep seats for everybody named and confirm whoever has registered: the delegation as a whole.

    Raises NotFound, NobodyNamed or NotSoManySeats. The caller holds the transaction.
    """
    stop, delegation = held_with_stop(delegation_id)
    _refuse_if_declined(delegation)
    if not delegation.members_named:
        raise NobodyNamed
    _approve(stop, delegation, by=by)
    return delegation


def lend_seats(delegation_id: int, seats: int, *, by: Staff) -> Delegation:
    """Keep so many seats for a delegation; whoever of it confirms sits on one of them while any are left.

    Raises NotFound, NotSoManySeats or BlockIsUsed. The caller holds the transaction.
    """
    stop, delegation = held_with_stop(delegation_id)
    _refuse_if_declined(delegation)
    _keep(stop, delegation, seats)
    record("lend_seats", delegation, by=by, stop_id=stop.id, seats=seats)
    delegation.approved_at = delegation.approved_at or now()
    delegation.approved_by_id = delegation.approved_by_id or by.id
    _confirmregistered_of(stop, delegation, by=by)
    return delegation


def _approve(stop: Stop, delegation: Delegation, *, by: Actor | str) -> None:
    registered = registered_of(delegation)
    own_seats = sum(
        1 for one in registered if one.state in SEATED and one.seat_block_id != delegation.seat_block_id
    )
    gone = sum(
        1 for one in registered if one.state in (RegistrationState.DECLINED, RegistrationState.WITHDRAWN)
    )
    _keep(stop, delegation, delegation.members_named - own_seats - gone)
    delegation.approved_at = now()
    delegation.approved_by_id = None if isinstance(by, str) else by.id
    record("approve_delegation", delegation, by=by, stop_id=stop.id, seats=delegation.members_named)
    _confirmregistered_of(stop, delegation, by=by)


def _keep(stop: Stop, delegation: Delegation, seats: int) -> None:
    if seats < 0:
        raise NotSoManySeats(stop.seats_left)
    if delegation.seat_block_id is None:
        delegation.seat_block_id = keep_seats(stop, seats).id
    else:
        keep_more_or_fewer(stop, delegation.seat_block_id, seats)
    if (
        delegation.confirm_by <= now()
    ):  # the organiser has said yes late: there is time again, until the stop begins
        delegation.confirm_by = min(now() + TIME_TO_CONFIRM, stop.starts_at)
        enqueue(give_up_untaken_seats, due_at=delegation.confirm_by, delegation_id=delegation.id)


def _confirmregistered_of(stop: Stop, delegation: Delegation, *, by: Actor | str) -> None:
    """Confirm whoever of it has registered and waits or is being reviewed, while the kept seats last."""
    for registration in registered_of(delegation):
        if registration.state not in (RegistrationState.APPLIED, RegistrationState.WAITING):
            continue
        held = hold(Registration, registration.id)
        if held is None or not sit_on_kept_seat(stop, held, int(delegation.seat_block_id or 0)):
            continue
        take_step(held, RegistrationState.CONFIRMED, act="confirm", by=by)
        db.session.flush()


def registered_of(delegation: Delegation) -> list[Registration]:
    """The registrations of its members who have confirmed, in order, as they stand now."""
    return list(
        db.session.scalars(
            select(Registration)
            .join(DelegationMember, DelegationMember.registration_id == Registration.id)
            .where(DelegationMember.delegation_id == delegation.id, DelegationMember.removed_at.is_(None))
            .order_by(Registration.id)
            .execution_options(populate_existing=True)
        )
    )


@task
def give_up_untaken_seats(delegation_id: int) -> None:
    """The time to confirm is over: kept seats that nobody took go to whoever is next in line."""
    stop, delegation = held_with_stop(delegation_id)
    if delegation.seat_block_id is not None and delegation.confirm_by <= now():
        release_seats(stop, delegation.seat_block_id)


def held_with_stop(delegation_id: int) -> tuple[Stop, Delegation]:
    """The delegation and its stop, both held. Raises NotFound."""
    known = db.session.get(Delegation, delegation_id)
    stop = hold(Stop, known.stop_id) if known else None
    delegation = hold(Delegation, delegation_id) if stop else None
    if stop is None or delegation is None:
        raise NotFound
    return stop, delegation


def _refuse_if_declined(delegation: Delegation) -> None:
    if delegation.declined_at is not None:
        raise DelegationIsDeclined

"""Questions about registrations. Staff reach a row only through the door here: ``registration_for``."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select, tuple_

from accounts.models import Staff
from accounts.permissions import Permission, Reach, reach_of
from campaigns.lookups import stop_for, stops_within
from campaigns.models import ProgrammeItem, Stop
from people.models import Person
from registrations.errors import UnknownCode
from registrations.models import (
    STANDING,
    Invitation,
    ProgrammeChoice,
    Registration,
    RegistrationState,
    SeatRules,
    StateChange,
    TicketReissue,
    Way,
)
from registrations.ticket_code import SHORTEST_CODE
from registrations.tickets import registration_id_on
from shared.clock import now
from shared.codes import LENGTH, as_typed
from shared.db import db, hold
from shared.errors import NotFound


def registration_for_code(code: str, *, hold: bool = False) -> Registration | None:
    """The registration of a scanned ticket or of the eight characters somebody typed; None when there is none.

    ``hold`` locks it until the transaction ends.
    """
    if len(code.strip("\r\n\t")) >= SHORTEST_CODE:
        try:
            registration_id: int | None = registration_id_on(code)
        except UnknownCode:
            return None
    else:
        typed = as_typed(code)
        if len(typed) != LENGTH:
            return None
        registration_id = db.session.scalar(select(Registration.id).where(Registration.code == typed))
    if registration_id is None:
        return None
    return _held(registration_id) if hold else db.session.get(Registration, registration_id)


def _held(registration_id: int) -> Registration | None:
    return hold(Registration, registration_id)


def reissues_of(registration: Registration) -> list[tuple[TicketReissue, Staff | None]]:
    """How often and why the ticket was issued anew, the latest first."""
    rows = db.session.execute(
        select(TicketReissue, Staff)
        .outerjoin(Staff, Staff.id == TicketReissue.by_staff_id)
        .where(TicketReissue.registration_id == registration.id)
        .order_by(TicketReissue.serial.desc())
    )
    return [(reissue, staff) for reissue, staff in rows]


def registrations_within(reach: Reach) -> Select[Registration]:
    """A SELECT of the registrations of the stops within ``reach``, not ordered."""
    statement = select(Registration)
    if reach.everywhere:
        return statement
    return statement.where(Registration.stop_id.in_(stops_within(reach).with_only_columns(Stop.id)))


def registration_for(staff: Staff, registration_id: int, permission: Permission) -> Registration:
    """The only door to a registration for staff. Raises NotFound also for one that is another city's."""
    registration = db.session.scalar(
        registrations_within(reach_of(staff, permission)).where(Registration.id == registration_id)
    )
    if registration is None:
        raise NotFound
    return registration


def counts_by_state(stop_ids: Iterable[int]) -> dict[int, dict[RegistrationState, int]]:
    """How many registrations of each stop stand in each state, in one query; every state is present."""
    counts = {stop_id: dict.fromkeys(RegistrationState, 0) for stop_id in stop_ids}
    rows = db.session.execute(
        select(Registration.stop_id, Registration.state, func.count())
        .where(Registration.stop_id.in_(counts))
        .group_by(Registration.stop_id, Registration.state)
    )
    for stop_id, state, count in rows:
        counts[stop_id][state] = count
    return counts


def confirmed_for_badges(stop: Stop) -> list[Registration]:
    """Everybody who has a seat, in the order of the pinyin, as badges are laid out on the desk."""
    return list(
        db.session.scalars(
            select(Registration)
            .join(Registration.person)
            .where(Registration.stop_id == stop.id, Registration.state == RegistrationState.CONFIRMED)
            .order_by(Person.name_pinyin, Person.full_name, Registration.id)
        )
    )


def in_line() -> tuple[ColumnElement[Any], ...]:
    """The order of every waiting list: priority, then who waits longest, then the earlier number."""
    return Registration.priority.desc(), Registration.waiting_since.asc(), Registration.id.asc()


def seat_rules_of(stop_id: int) -> SeatRules:
    """How the stop gives its seats on: its row, or the defaults (not stored)."""
    return db.session.get(SeatRules, stop_id) or SeatRules(
        stop_id=stop_id, offer_hours=None, asks_again=False, releases_unanswered=False, no_show_minutes=None
    )


def place_in_line(registration: Registration) -> int:
    """Which place somebody has on the waiting list; 1 is the next. Only for one who waits. See ``in_line``."""
    ahead = db.session.scalar(
        select(func.count())
        .select_from(Registration)
        .where(
            Registration.stop_id == registration.stop_id,
            Registration.state == RegistrationState.WAITING,
            or_(
                Registration.priority > registration.priority,
                (Registration.priority == registration.priority)
                & (
                    tuple_(Registration.waiting_since, Registration.id)
                    < tuple_(registration.waiting_since, registration.id)
                ),
            ),
        )
    )
    return (ahead or 0) + 1


def somebody_waits(stop_id: int) -> bool:
    """Whether the stop's waiting list is not empty."""
    statement = select(Registration.id).where(
        Registration.stop_id == stop_id, Registration.state == RegistrationState.WAITING
    )
    return db.session.scalar(statement.limit(1)) is not None


def standing_registration(stop_id: int, person_id: int) -> Registration | None:
    """The person's registration for the stop that is neither declined nor withdrawn, or None."""
    return db.session.scalar(
        select(Registration).where(
            Registration.stop_id == stop_id,
            Registration.person_id == person_id,
            Registration.state.in_(STANDING),
        )
    )


def known_guest(full_name: str, unit: str) -> Person | None:
    """The guest without a mobile number whom the office entered before by this name, of this unit."""
    return db.session.scalar(
        select(Person)
        .join(Registration, Registration.person_id == Person.id)
        .where(
            Person.full_name == full_name,
            Person.mobile.is_(None),
            Person.merged_into_id.is_(None),
            Registration.university == unit,
        )
        .order_by(Registration.id.desc())
        .limit(1)
    )


def history(registration: Registration) -> list[tuple[StateChange, Staff | None]]:
    """The registration's steps with who took them (None: the applicant or the rules), the oldest first."""
    statement = (
        select(StateChange, Staff)
        .outerjoin(Staff, Staff.id == StateChange.by_staff_id)
        .where(StateChange.registration_id == registration.id)
        .order_by(StateChange.id)
    )
    return [(change, staff) for change, staff in db.session.execute(statement)]


def arrived_at(registration: Registration) -> datetime | None:
    """When the person arrived, or None. Arrivals belong to a package above; their table is asked by name."""
    check_ins = Registration.metadata.tables["check_ins"]
    moment: datetime | None = db.session.scalar(
        select(check_ins.c.arrived_at).where(
            check_ins.c.registration_id == registration.id,
            check_ins.c.is_arrival,
            check_ins.c.voided_at.is_(None),
        )
    )
    return moment


def has_ticket(registration: Registration) -> bool:
    """Whether there is a ticket to show: a seat, at a stop that is held."""
    return registration.state is RegistrationState.CONFIRMED and registration.stop.cancelled_at is None


def programme_chosen(registration: Registration) -> list[ProgrammeItem]:
    """What somebody has chosen of the stop's programme, in the order of its time; cancelled items among it."""
    return list(
        db.session.scalars(
            select(ProgrammeItem)
            .join(ProgrammeChoice, ProgrammeChoice.item_id == ProgrammeItem.id)
            .where(ProgrammeChoice.registration_id == registration.id)
            .order_by(ProgrammeItem.starts_at, ProgrammeItem.id)
        )
    )


def across(item: ProgrammeItem, chosen: Iterable[ProgrammeItem]) -> list[ProgrammeItem]:
    """Of what somebody has chosen, the other items that take place while ``item`` does."""
    return [one for one in chosen if one.id != item.id and one.overlaps(item)]


def who_chose(item: ProgrammeItem) -> list[Registration]:
    """Everybody who has chosen a programme item, in the order of the pinyin: the roll of its hall or its coach."""
    return list(
        db.session.scalars(
            select(Registration)
            .join(Registration.person)
            .join(ProgrammeChoice, ProgrammeChoice.registration_id == Registration.id)
            .where(ProgrammeChoice.item_id == item.id, ProgrammeChoice.cancelled_at.is_(None))
            .order_by(Person.name_pinyin, Person.full_name, Registration.id)
        )
    )


def may_choose_programme(registration: Registration) -> bool:
    """Whether there is something to choose of the stop's programme, and the person may still do it."""
    stop = registration.stop
    return (
        registration.state in STANDING
        and stop.cancelled_at is None
        and stop.starts_at > now()
        and any(item.is_chosen and not item.is_cancelled for item in stop.programme)
    )


def invitations_of(stop_id: int) -> Select[Invitation]:
    """The invitations to a stop, the newest first."""
    return select(Invitation).where(Invitation.stop_id == stop_id).order_by(Invitation.id.desc())


def invitation_for(staff: Staff, stop_id: int, invitation_id: int, permission: Permission) -> Invitation:
    """The only door to an invitation for staff. Raises NotFound also for one to another city's stop."""
    stop = stop_for(staff, stop_id, permission)
    invitation = db.session.scalar(
        select(Invitation).where(Invitation.id == invitation_id, Invitation.stop_id == stop.id)
    )
    if invitation is None:
        raise NotFound
    return invitation


def came_by(invitation_ids: Collection[int]) -> dict[int, list[Registration]]:
    """Who registered by each invitation, the earliest first, in one query."""
    came: dict[int, list[Registration]] = {invitation_id: [] for invitation_id in invitation_ids}
    statement = select(Registration).where(Registration.invitation_id.in_(came)).order_by(Registration.id)
    for registration in db.session.scalars(statement):
        came[int(registration.invitation_id or 0)].append(registration)
    return came


def entered_lately(stop_id: int, most: int = 10) -> list[Registration]:
    """The guests whom the office entered last, the newest first."""
    return list(
        db.session.scalars(
            select(Registration)
            .where(Registration.stop_id == stop_id, Registration.way == Way.OFFICE)
            .order_by(Registration.id.desc())
            .limit(most)
        )
    )


def standing_with_mobile(stop_id: int, mobile: str) -> Registration | None:
    """Who stands on a stop's list with this mobile number (E.164), the confirmed first; None when nobody does."""
    return db.session.scalar(
        select(Registration)
        .join(Registration.person)
        .where(
            Registration.stop_id == stop_id,
            Person.mobile == mobile,
            Registration.state.in_(STANDING),
        )
        .order_by((Registration.state == RegistrationState.CONFIRMED).desc(), Registration.id)
        .limit(1)
    )

"""Whether an act is allowed for a registration, and if not, why: asked by the preview of many and by the act itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, exists, func, select
from sqlalchemy.orm import aliased

from campaigns.errors import StopIsCancelled
from registrations.errors import (
    AlreadyRegistered,
    HasArrived,
    OverQuota,
    SeatsAreFree,
    StopHasBegun,
    StopIsFull,
    StopIsOver,
    WrongState,
)
from registrations.models import STANDING, Act, Education, Registration, RegistrationState
from registrations.quotas import Room, cell_label
from shared.clock import now
from shared.db import db
from shared.errors import Refusal

S = RegistrationState


BEGINS_AT: dict[Act, tuple[RegistrationState, ...]] = {
    Act.CONFIRM: (S.APPLIED, S.OFFERED, S.WAITING, S.DECLINED, S.EXPIRED),
    Act.OFFER: (S.APPLIED, S.WAITING, S.DECLINED, S.EXPIRED),
    Act.WAIT: (S.APPLIED, S.EXPIRED),
    Act.DECLINE: STANDING,
    Act.PRIORITY: (S.APPLIED, S.WAITING),
    Act.REVIEWERS: (S.APPLIED, S.WAITING),
    Act.LETTER: tuple(S),
    Act.GATE_NOTE: STANDING,
    Act.NO_GATE_NOTE: tuple(S),
}
"""The states in which each act may be done."""


@dataclass(frozen=True)
class Case:
    """What has to be known of one registration before anything is decided about it."""

    registration_id: int
    stop_id: int
    person_id: int
    state: RegistrationState
    education: Education
    preferred_city_ids: Sequence[int]
    research_field: str
    university: str
    answers: dict[str, Any]
    has_arrived: bool
    stands_elsewhere: bool


def why_not(act: Act, case: Case, room: Room, *, over_quota: bool = False) -> Refusal | None:
    """What stands against doing ``act``, or None. ``over_quota``: somebody who may has said that it shall be."""
    moment = now()
    if case.state not in BEGINS_AT[act]:
        return WrongState()
    if act in (Act.PRIORITY, Act.REVIEWERS, Act.LETTER, Act.GATE_NOTE, Act.NO_GATE_NOTE):
        return None
    if act is not Act.DECLINE and room.is_cancelled:
        return StopIsCancelled()
    if room.ends_at <= moment:
        return StopIsOver()
    if act is Act.DECLINE:
        return HasArrived() if case.has_arrived else None
    if case.state not in STANDING and case.stands_elsewhere:
        return AlreadyRegistered()
    if act is Act.WAIT:
        return SeatsAreFree() if room.starts_at > moment and room.fits(case) else None
    if act is Act.OFFER and room.starts_at <= moment:
        return StopHasBegun()
    if case.state is S.OFFERED:
        return None  # the seat is held already
    if room.seats_left <= 0:
        return StopIsFull()
    if not over_quota and (quota := room.full_quota(case)) is not None:
        return OverQuota(cell_label(quota), quota.most)
    return None


def takes_a_seat(act: Act, case: Case) -> bool:
    """Whether ``act`` gives this registration a seat that it has not."""
    return act in (Act.CONFIRM, Act.OFFER) and case.state is not S.OFFERED


@dataclass(frozen=True)
class Verdict:
    """What becomes of one registration: ``refusal`` None means that the act will be done."""

    case: Case
    refusal: Refusal | None


def judge(
    act: Act, cases: Iterable[Case], rooms: dict[int, Room], *, over_quota: bool = False
) -> list[Verdict]:
    """The verdict on each, in the order given; each seat given is one less for those behind. Counts down ``rooms``."""
    verdicts = []
    for case in cases:
        room = rooms[case.stop_id]
        refusal = why_not(act, case, room, over_quota=over_quota)
        if refusal is None and takes_a_seat(act, case):
            room.take(case, over_quota=over_quota and room.full_quota(case) is not None)
        verdicts.append(Verdict(case, refusal))
    return verdicts


def in_order_of_seats() -> tuple[ColumnElement[Any], ...]:
    """The order in which seats are given to many: by stop; by priority; who waits longest or applied first."""
    return (
        Registration.stop_id.asc(),
        Registration.priority.desc(),
        func.coalesce(Registration.waiting_since, Registration.applied_at).asc(),
        Registration.id.asc(),
    )


def cases_of(registration_ids: Sequence[int]) -> list[Case]:
    """The cases of these registrations in the order in which seats are given, in one query."""
    return [
        _case(row)
        for row in db.session.execute(
            _columns().where(Registration.id.in_(registration_ids)).order_by(*in_order_of_seats())
        )
    ]


def case_of(registration_id: int) -> Case:
    """One registration's case, as the database has it now."""
    db.session.flush()
    return _case(db.session.execute(_columns().where(Registration.id == registration_id)).one())


def _columns() -> Select[*tuple[Any, ...]]:
    check_ins = Registration.metadata.tables["check_ins"]  # of a package above; asked by name
    other = aliased(Registration)
    return select(
        Registration.id,
        Registration.stop_id,
        Registration.person_id,
        Registration.state,
        Registration.education,
        Registration.preferred_city_ids,
        Registration.research_field,
        Registration.university,
        Registration.answers,
        exists().where(
            check_ins.c.registration_id == Registration.id,
            check_ins.c.is_arrival,
            check_ins.c.voided_at.is_(None),
        ),
        exists().where(
            other.stop_id == Registration.stop_id,
            other.person_id == Registration.person_id,
            other.id != Registration.id,
            other.state.in_(STANDING),
        ),
    )


def _case(row: Row[*tuple[Any, ...]]) -> Case:
    return Case(*row)

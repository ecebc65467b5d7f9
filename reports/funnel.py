"""How many registered, were confirmed, arrived, became leads, signed: by stop, and each person once in the total."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from accounts.models import Staff
from accounts.permissions import Permission, reach_of
from campaigns.lookups import stops_within
from campaigns.models import Stop
from checkin.models import CheckIn
from leads.models import Lead, Stage
from registrations.models import Registration, RegistrationState
from shared.clock import now
from shared.db import db

STEPS = ("registered", "confirmed", "arrived", "lead", "signed")


@dataclass(frozen=True)
class Steps:
    """People at each step, each counted once. A later step counts people, whatever became of the earlier one."""

    registered: int = 0
    confirmed: int = 0
    arrived: int = 0
    lead: int = 0
    signed: int = 0


@dataclass(frozen=True)
class Funnel:
    """``by_stop`` in the order of their beginning; ``total`` counts a person once however many stops he visited.

    ``cut_off_at`` is the moment the figures speak of.
    """

    by_stop: list[tuple[Stop, Steps]]
    total: Steps
    cut_off_at: datetime


def funnel_by_stop(staff: Staff, *, campaign_id: int | None = None) -> Funnel:
    """The funnel of every stop whose figures ``staff`` may see, of one campaign if asked: four queries in all.

    registered: people with a registration, whatever became of it. confirmed: whose registration is confirmed.
    arrived: with an arrival that was not voided. lead: whose lead was opened at this stop. signed: of those leads,
    signed or already at work.
    """
    moment = now()
    within = stops_within(reach_of(staff, Permission.SEE_FUNNEL))
    if campaign_id is not None:
        within = within.where(Stop.campaign_id == campaign_id)
    stops = db.session.scalars(within.order_by(Stop.starts_at, Stop.id)).unique().all()
    ids = within.with_only_columns(Stop.id)

    registered = _people_by_stop(
        Registration.stop_id,
        ids,
        func.count(Registration.person_id.distinct()),
        func.count(Registration.person_id.distinct()).filter(
            Registration.state == RegistrationState.CONFIRMED
        ),
    )
    arrived = _people_by_stop(
        CheckIn.stop_id,
        ids,
        func.count(Registration.person_id.distinct()),
        narrow=lambda statement: statement.join(
            Registration, Registration.id == CheckIn.registration_id
        ).where(CheckIn.is_arrival, CheckIn.voided_at.is_(None)),
    )
    leads = _people_by_stop(
        Lead.stop_id,
        ids,
        func.count(Lead.person_id.distinct()),
        func.count(Lead.person_id.distinct()).filter(Lead.stage.in_((Stage.SIGNED, Stage.ONBOARDED))),
    )

    def steps(stop_id: int | None) -> Steps:
        return Steps(
            *registered.get(stop_id, (0, 0)), *arrived.get(stop_id, (0,)), *leads.get(stop_id, (0, 0))
        )

    return Funnel([(stop, steps(stop.id)) for stop in stops], steps(None), moment)


def _people_by_stop(
    stop_id: InstrumentedAttribute[int],
    ids: Select[int],
    *counts: ColumnElement[int],
    narrow: Callable[[Select[Any]], Select[Any]] = lambda statement: statement,
) -> dict[int | None, tuple[int, ...]]:
    """``counts`` for each stop of ``ids``, and under None for all of them together, in one query."""
    people: Select[Any] = select(stop_id).add_columns(*counts).where(stop_id.in_(ids))
    statement = narrow(people).group_by(func.grouping_sets(tuple_(stop_id), tuple_()))
    return {row[0]: tuple(row[1:]) for row in db.session.execute(statement)}

"""What a campaign, and each main venue with its sub-venues, comes to: people once each, and visits beside them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, tuple_

from accounts.models import Staff
from accounts.permissions import Permission, reach_of
from campaigns.lookups import by_venues, stops_within
from campaigns.models import Campaign, Stop
from checkin.models import CheckIn
from registrations.models import Registration, RegistrationState
from shared.clock import now
from shared.db import db


@dataclass(frozen=True)
class Counted:
    """Persons (人), each once, and visits (人次), one for each stop a person stands at."""

    persons: int = 0
    visits: int = 0


@dataclass(frozen=True)
class Figures:
    """Seats in all and taken, and who registered, was confirmed, arrived."""

    seats: int
    seats_taken: int
    registered: Counted
    confirmed: Counted
    arrived: Counted


@dataclass(frozen=True)
class RollUp:
    """A campaign's figures; ``venues`` those of each main venue with its sub-venues, in the order of time.

    ``cut_off_at`` is the moment the figures speak of.
    """

    total: Figures
    venues: list[tuple[Stop, list[Stop], Figures]]
    cut_off_at: datetime


def roll_up_of(staff: Staff, campaign: Campaign) -> RollUp | None:
    """The figures of those stops of a campaign that ``staff`` may count, in three queries; None when there is none.

    Who registered counts whatever became of it; a cancelled stop gives no seats.
    """
    moment = now()
    within = stops_within(reach_of(staff, Permission.SEE_FUNNEL)).where(Stop.campaign_id == campaign.id)
    stops = by_venues(db.session.scalars(within.order_by(Stop.starts_at, Stop.id)).unique())
    if not stops:
        return None
    ids = [stop.id for stop in stops]
    venue = func.coalesce(Stop.main_stop_id, Stop.id)
    confirmed = Registration.state == RegistrationState.CONFIRMED
    person = Registration.person_id
    visit = func.count(tuple_(Registration.stop_id, person).distinct())
    registered: dict[int | None, Any] = {
        row[0]: row[1:]
        for row in db.session.execute(
            select(
                venue,
                func.count(person.distinct()),
                visit,
                func.count(person.distinct()).filter(confirmed),
                visit.filter(confirmed),
            )
            .join(Registration, Registration.stop_id == Stop.id)
            .where(Stop.id.in_(ids))
            .group_by(func.grouping_sets(tuple_(venue), tuple_()))
        )
    }
    arrived: dict[int | None, Any] = {
        row[0]: row[1:]
        for row in db.session.execute(
            select(venue, func.count(person.distinct()), visit)
            .join(CheckIn, CheckIn.stop_id == Stop.id)
            .join(Registration, Registration.id == CheckIn.registration_id)
            .where(Stop.id.in_(ids), CheckIn.is_arrival, CheckIn.voided_at.is_(None))
            .group_by(func.grouping_sets(tuple_(venue), tuple_()))
        )
    }

    def figures(key: int | None, of: list[Stop]) -> Figures:
        told = registered.get(key, (0, 0, 0, 0))
        held = [stop for stop in of if stop.cancelled_at is None]
        return Figures(
            sum(stop.capacity for stop in held),
            sum(stop.seats_taken for stop in held),
            Counted(*told[:2]),
            Counted(*told[2:]),
            Counted(*arrived.get(key, (0, 0))),
        )

    venues = [
        (main, subs, figures(main.id, [main, *subs]))
        for main in stops
        if main.is_main_venue
        for subs in ([stop for stop in stops if stop.main_stop_id == main.id],)
    ]
    return RollUp(figures(None, stops), venues, moment)

"""By which channel people came to a campaign: persons once each, those confirmed, those who arrived."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import and_, func, select

from accounts.models import Staff
from accounts.permissions import Permission, reach_of
from campaigns.lookups import channels_of, stops_within
from campaigns.models import Campaign, Stop
from checkin.models import CheckIn
from registrations.models import Registration, RegistrationState
from shared.db import db


@dataclass(frozen=True)
class Source:
    """One channel's figures. ``word`` is None for who came by the public pages; ``name`` is empty for a word unknown."""

    word: str | None
    name: str
    registered: int
    confirmed: int
    arrived: int


def sources_of(staff: Staff, campaign: Campaign) -> list[Source]:
    """The channels of a campaign at the stops whose figures ``staff`` may see, the strongest first; in two queries.

    A channel of the list without a registration is there too, and so is a word that is not on the list.
    """
    within = stops_within(reach_of(staff, Permission.SEE_FUNNEL)).where(Stop.campaign_id == campaign.id)
    person = func.count(Registration.person_id.distinct())
    rows = db.session.execute(
        select(
            Registration.channel,
            person,
            person.filter(Registration.state == RegistrationState.CONFIRMED),
            person.filter(CheckIn.id.is_not(None)),
        )
        .outerjoin(
            CheckIn,
            and_(CheckIn.registration_id == Registration.id, CheckIn.is_arrival, CheckIn.voided_at.is_(None)),
        )
        .where(Registration.stop_id.in_(within.with_only_columns(Stop.id)))
        .group_by(Registration.channel)
    ).all()
    names = {channel.word: channel.name for channel in channels_of(campaign)}
    found = {row[0]: row for row in rows}
    sources = [Source(word, names.get(word or "", ""), *row[1:]) for word, row in found.items()]
    sources += [Source(word, name, 0, 0, 0) for word, name in names.items() if word not in found]
    return sorted(sources, key=lambda source: (-source.registered, source.word or ""))

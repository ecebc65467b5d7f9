"""Two people of earlier years who come again and look new: with another number, and with a slip in the name."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select

from campaigns.models import Campaign, HostCity, Stop
from people.models import Person
from people.pairs import look_for_pairs
from registrations.models import BadgeClass, Education, Registration, RegistrationState
from registrations.register import Application, register
from shared.clock import now
from shared.db import db

NEW_MOBILE = "+8616099999929"
SLIP = "旻"
"""The last character of the second name as somebody typed it who did not know better."""


def register_twice() -> None:
    """Let the two register at an open stop of the same city, so that "the same person?" is asked of its organiser.

    The caller holds the transaction.
    """
    stop = db.session.scalars(
        select(Stop)
        .join(Campaign)
        .join(HostCity, HostCity.id == Stop.host_city_id)
        .where(
            Campaign.published_at.is_not(None),
            Stop.cancelled_at.is_(None),
            Stop.registration_opened_at <= now(),
            Stop.registration_closes_at > now(),
        )
        .order_by(HostCity.name_en != "Taiyuan", Stop.starts_at, Stop.id)
        .limit(1)
    ).first()
    if stop is None:
        return
    earlier = db.session.scalars(
        select(Registration)
        .join(Registration.person)
        .join(Registration.stop)
        .where(
            Stop.host_city_id == stop.host_city_id,
            Stop.ends_at < now(),
            Registration.state == RegistrationState.CONFIRMED,
            Registration.badge_class == BadgeClass.DOCTOR,
            func.char_length(Person.name_folded) == 3,
            Person.mobile.startswith("+86"),
        )
        .order_by(Registration.id)
        .limit(2)
    ).all()
    for number, known in enumerate(earlier):
        person = known.person
        again = register(
            Application(
                full_name=person.full_name if number == 0 else person.full_name[:-1] + SLIP,
                mobile=NEW_MOBILE if number == 0 else person.mobile,
                email=known.email,
                university=known.university,
                education=Education.POSTDOC,
                research_field=known.research_field,
            ),
            stop_id=stop.id,
            submission_id=UUID(int=20260601 + number),
        )
        again.code = f"TW2CEAG{number + 2}"
        look_for_pairs(again.person_id)

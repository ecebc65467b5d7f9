"""What the own page shows beneath the ticket: one's answers, agreements, what happened, and what one may do."""

from __future__ import annotations

from typing import Any

from audit.lookups import moments_of
from campaigns.lookups import host_cities
from privacy.consent import consents_of, standing_consents
from privacy.purposes import Purpose
from privacy.texts import VERSIONS, current
from registrations.amend import edits_close_at, refuse_unless_editable
from registrations.models import STANDING, Registration
from registrations.move import may_move, other_stops
from registrations.own_story import story_of
from registrations.own_traces import OwnTraces
from shared.errors import Refusal

READS = ("see_registration",)
"""Acts by which a member of staff has seen mobile number and e-mail address in full."""


def what_one_may_do(registration: Registration, traces: OwnTraces) -> dict[str, Any]:
    """Values for ``templates/registrations/own_page.html``."""
    consents = consents_of([registration.id])
    standing = standing_consents(consents)
    wishes = registration.preferred_city_ids
    cities = {city.id: city.name for city in host_cities()} if wishes else {}
    has_arrived = traces.arrived_at is not None
    notice = standing.get(Purpose.REGISTRATION)
    return {
        "answers_cities": [cities[one] for one in wishes if one in cities],
        "may_edit": _may_edit(registration, has_arrived),
        "edits_close_at": edits_close_at(registration),
        "may_move": traces.has_other_stops
        and may_move(registration, has_arrived=has_arrived)
        and bool(other_stops(registration)),
        "contact_waits": traces.contact_waits,
        "consents": [(purpose, current(purpose), standing.get(purpose)) for purpose in VERSIONS],
        "asks_consent_anew": registration.state in STANDING
        and (notice is None or notice.text_version != current(Purpose.REGISTRATION).version),
        "notice": current(Purpose.REGISTRATION),
        "story": story_of(registration, consents, traces),
        "reads": moments_of(READS, subject_kind="Registration", subject_ids=[registration.id])
        if traces.was_looked_at
        else [],
    }


def _may_edit(registration: Registration, has_arrived: bool) -> bool:
    try:
        refuse_unless_editable(registration, has_arrived=has_arrived)
    except Refusal:
        return False
    return True

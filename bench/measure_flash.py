"""The flash crowd: 500 seats open, 2,000 people come to the public form, 64 at once, until each was answered.

One visit is what a person does: open the form, send it, see one's own page. Consistent when exactly as many are
confirmed as there are seats (or as came, when fewer), everybody who was answered is in the database in the state
that was shown, nobody else is, and each was written to once.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from bench.browser import Browser, hidden_fields
from bench.figures import Figure, Sample, figure_of
from bench.lanes import drive
from bench.replay import Capture, ReplayLane, Step, recording, with_slots
from bench.served import Ground, House

CONNECTIONS = 64
SEATS = 500
VISITS = 2_000
ROUNDS = 1
MOST_SECONDS = 240.0  # a machine that needs longer has not passed
WANTED = frozenset({"confirmed", "waiting"})
# Numbers that no other parameter of a statement will equal by chance.
FIRST_PERSON, FIRST_REGISTRATION = 5_000_001, 7_000_001
MARKS = {'class="ticket-code"': "confirmed", 'class="own-place"': "waiting"}
"""What shows on one's own page how it went."""


def person(number: int) -> dict[str, str]:
    """What the person of that number types. +86 130 and these eight digits: nothing is ever sent there."""
    return {
        "full_name": "李文博",
        "mobile": f"130{number:08d}",
        "email": f"visitor{number}@example.com",
        "university": "太原理工大学",
        "education": "doctor",
        "research_field": "煤基新材料",
        "consent": "y",
    }


@dataclass
class VisitLane:
    """A row of people who come one after the other, each with a browser of his own."""

    host: str
    port: int
    path: str
    items: Sequence[int]

    def open(self) -> None:
        """Nothing is open yet: a person comes when it is his turn."""

    def do(self, item: int) -> str:
        """One visit; ``confirmed``, ``waiting`` or what else came of it."""
        browser = Browser(self.host, self.port)
        try:
            page = browser.get(self.path)
            answer = browser.post(self.path, {**hidden_fields(page.text), **person(item)})
            if answer.status != 303 or not answer.location:
                return f"status {answer.status}"
            own = browser.get(urlsplit(answer.location).path)
            return state_shown(own.text)
        finally:
            browser.close()

    def close(self) -> None:
        """Each has hung up already."""


def state_shown(page: str) -> str:
    """What one's own page says."""
    return next((state for mark, state in MARKS.items() if mark in page), "unclear")


def run(ground: Ground) -> list[Figure]:
    """Measure in a house of its own."""
    with ground.house(ground.fresh_database()) as house:
        house.tell(f"ALTER SEQUENCE people_id_seq RESTART WITH {FIRST_PERSON}")
        house.tell(f"ALTER SEQUENCE registrations_id_seq RESTART WITH {FIRST_REGISTRATION}")
        return figures_of(house)


def figures_of(
    house: House,
    *,
    connections: int = CONNECTIONS,
    visits: int = VISITS,
    seats: int = SEATS,
    rounds: int = ROUNDS,
) -> list[Figure]:
    """Measure rounds at stops of their own, taking turns with the reference."""
    runs, references, consistent = [], [], True
    for turn in range(rounds):
        first = turn * 10 * VISITS
        stop_id, path = open_stop(house, seats)
        samples = visit(house, path, range(first, first + visits), connections)
        kept = house.wait_until_promises_are_kept()
        consistent = consistent and kept and is_consistent(house, stop_id, seats, samples)
        runs.append(samples)
        references.append(replayed(house, visits, seats, connections, first=first + 5 * VISITS))
        house.wait_until_promises_are_kept()
    return [
        figure_of(
            "flash", f"{connections} connections, {seats} seats", runs, unit="visits/s", reference=references,
            wanted=WANTED, consistent=consistent,
        )
    ]  # fmt: skip


def open_stop(house: House, seats: int) -> tuple[int, str]:
    """A stop whose registration is open, with ``seats`` seats and nobody in them; its id and the form's path."""
    from campaigns.models import Campaign, Family, Stop
    from demo.plans import VENUES
    from shared.clock import now
    from shared.db import db, transaction

    with house.app.app_context():
        moment = now()
        (venue_zh, venue_en), (address_zh, address_en) = VENUES["太原"]
        stop = Stop(
            city_zh="太原", city_en="Taiyuan", venue_zh=venue_zh, venue_en=venue_en, address_zh=address_zh,
            address_en=address_en, starts_at=moment + timedelta(days=9), ends_at=moment + timedelta(days=9, hours=8),
            registration_closes_at=moment + timedelta(days=8), registration_opened_at=moment - timedelta(minutes=1),
            needs_approval=False, capacity=seats,
        )  # fmt: skip
        campaign = Campaign(
            slug=f"bench-{secrets.token_hex(4)}", family=Family.DOCTORS_TOUR, year=moment.year, name_zh="测量",
            name_en="Measuring", summary_zh="", summary_en="", published_at=moment, created_at=moment, stops=[stop],
        )  # fmt: skip
        with transaction():
            db.session.add(campaign)
        return stop.id, f"/c/{campaign.slug}/stops/{stop.id}/register"


def visit(house: House, path: str, numbers: Sequence[int], connections: int) -> list[Sample]:
    """Let these people come, through so many doors at once."""
    lanes = [
        VisitLane(house.host, house.port, path, numbers[door::connections]) for door in range(connections)
    ]
    return drive([lane for lane in lanes if lane.items], most_seconds=MOST_SECONDS)


def is_consistent(house: House, stop_id: int, seats: int, samples: Sequence[Sample]) -> bool:
    """Whether the database holds what was answered. A lost answer may have been either; nothing else is forgiven."""
    shown = Counter(sample.outcome for sample in samples)
    lost = sum(count for outcome, count in shown.items() if outcome not in WANTED)
    rows = dict(
        house.ask(
            "SELECT state, count(*) FROM registrations WHERE stop_id = %(stop)s GROUP BY 1", {"stop": stop_id}
        )
    )
    taken = house.ask("SELECT seats_taken FROM stops WHERE id = %(stop)s", {"stop": stop_id})[0][0]
    letters = house.ask(
        "SELECT r.id FROM registrations r LEFT JOIN messages m ON m.registration_id = r.id WHERE r.stop_id = %(stop)s "
        "GROUP BY r.id HAVING count(m.id) <> 1",
        {"stop": stop_id},
    )
    held = sum(rows.values())
    return (
        rows.get("confirmed", 0) == taken == min(seats, held)
        and set(rows) <= WANTED
        and all(shown[state] <= rows.get(state, 0) <= shown[state] + lost for state in WANTED)
        and held <= sum(shown.values())
        and not letters
    )


def replayed(house: House, visits: int, seats: int, connections: int, *, first: int) -> list[Sample]:
    """The same visits by SQL alone, with as many seats: two people are recorded, the others are replayed."""
    stop_id, path = open_stop(house, 1)
    scripts = {
        "confirmed": recorded_visit(house, path, first),
        "waiting": recorded_visit(house, path, first + 1),
    }
    house.tell(f"UPDATE stops SET capacity = {seats + 1} WHERE id = {stop_id}")
    shares: list[list[tuple[str, dict[str, Any]]]] = [[] for _ in range(connections)]
    for number in range(visits):
        typed = person(first + 2 + number)
        values = {
            "mobile": f"+86{typed['mobile']}",
            "email": typed["email"],
            "submission_id": uuid4(),
            "code": secrets.token_hex(6),
            "mobile_hash": secrets.token_bytes(32),
            "email_hash": secrets.token_bytes(32),
        }
        shares[number % connections].append(("confirmed" if number < seats else "waiting", values))
    captures = (
        Capture("INSERT INTO people", "person_id"),
        Capture("SELECT people.id", "person_id"),
        Capture("INSERT INTO registrations", "registration_id"),
    )
    return drive(
        [ReplayLane(house.dsn, scripts, share, captures) for share in shares if share],
        most_seconds=MOST_SECONDS,
    )


def recorded_visit(house: House, path: str, number: int) -> list[Step]:
    """What one visit sends to the database, with places for the person and the registration."""
    client = house.app.test_client()
    with recording(house.app) as steps:
        hidden = hidden_fields(client.get(path).get_data(as_text=True))
        answer = client.post(path, data={**hidden, **person(number)})
        if answer.status_code != 303:
            raise RuntimeError(f"the visit to be recorded was refused: {answer.status}")
        client.get(urlsplit(answer.location).path)
    mobile = f"+86{person(number)['mobile']}"
    registration_id, person_id, code, submission_id, mobile_hash, email_hash = house.ask(
        "SELECT r.id, p.id, r.code, r.submission_id, p.mobile_hash, p.email_hash FROM registrations r JOIN people p ON p.id = r.person_id "
        "WHERE p.mobile = %(mobile)s",
        {"mobile": mobile},
    )[0]
    return with_slots(
        steps,
        {
            "mobile": mobile,
            "email": person(number)["email"],
            "submission_id": UUID(str(submission_id)),
            "code": code,
            "person_id": person_id,
            "mobile_hash": mobile_hash,
            "email_hash": email_hash,
            "registration_id": registration_id,
        },
    )

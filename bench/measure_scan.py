"""The gate over HTTP: tickets scanned at 1, 8 and 32 connections, some of them twice.

A scan is what the gate page sends: a POST with the ticket's QR code, the session's cookie and token. Product and
reference take turns, so that a machine that is busy with other things disturbs both alike; worker and relay open the
leads meanwhile, as they do at a real gate. Consistent when no ticket let in two, every answer "arrived" is a row and
the other way round, and every arrival has opened one lead.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from bench.browser import Browser, csrf_token, signed_in
from bench.figures import Figure, Sample, figure_of
from bench.lanes import drive
from bench.replay import ReplayLane, Step, recording, with_slots
from bench.served import Ground, House

CASES = ((1, 150), (8, 500), (32, 800))
"""Connections, and tickets in each round at most."""
ROUNDS = 2
MOST_SECONDS = 12.0
"""A round ends by then, on whatever machine."""
TWICE = 20
"""Every so many tickets one is scanned a second time."""
WANTED = frozenset({"arrived", "already"})
# Numbers that no other parameter of a statement will equal by chance.
FIRST_REGISTRATION = 7_000_001


@dataclass(frozen=True)
class Ticket:
    """One confirmed registration: its number, its short code and what its QR code says."""

    registration_id: int
    code: str
    qr: str


@dataclass
class ScanLane:
    """One scanner at the gate."""

    host: str
    port: int
    stop_id: int
    gate: str
    cookies: dict[str, str]
    token: str
    items: Sequence[tuple[str, str]]
    _browser: Browser | None = field(default=None)

    def open(self) -> None:
        """Connect, and have the page once."""
        self._browser = Browser(self.host, self.port, cookies=self.cookies)
        self._browser.get("/healthz")

    def do(self, item: tuple[str, str]) -> str:
        """Scan one ticket; ``arrived``, ``already`` or what else was said."""
        if self._browser is None:
            raise RuntimeError("open() comes first")
        qr, scan_id = item
        answer = self._browser.post(
            f"/gate/{self.stop_id}",
            {"code": qr, "gate": self.gate, "scan_id": scan_id},
            X_Requested_With="fetch",
            X_CSRFToken=self.token,
        )
        said = re.search(r'data-result="([a-z_]+)"', answer.text)
        return said[1] if said else f"status {answer.status}"

    def close(self) -> None:
        """Hang up."""
        if self._browser is not None:
            self._browser.close()


def run(ground: Ground) -> list[Figure]:
    """Measure each case in a house of its own."""
    with ground.house(ground.fresh_database()) as house:
        return figures_of(house)


def figures_of(
    house: House, cases: Sequence[tuple[int, int]] = CASES, *, rounds: int = ROUNDS
) -> list[Figure]:
    """Measure each case at stops of its own, taking turns with the reference."""
    figures = []
    house.tell(f"ALTER SEQUENCE registrations_id_seq RESTART WITH {FIRST_REGISTRATION}")
    for connections, count in cases:
        runs, references, consistent = [], [], True
        for _round in range(rounds):
            stop_id, tickets = tickets_for(house, count)
            samples = scan(house, stop_id, tickets, connections)
            kept = house.wait_until_promises_are_kept()
            consistent = consistent and kept and is_consistent(house, stop_id, samples)
            runs.append(samples)
            references.append(replayed(house, *tickets_for(house, count + 1), connections))
            house.wait_until_promises_are_kept()
        figures.append(
            figure_of(
                "scan", _case(connections), runs, unit="scans/s", reference=references, wanted=WANTED,
                consistent=consistent,
            )
        )  # fmt: skip
    return figures


def _case(connections: int) -> str:
    return "1 connection" if connections == 1 else f"{connections} connections"


def tickets_for(house: House, count: int) -> tuple[int, list[Ticket]]:
    """A stop going on now with ``count`` confirmed people; its id and their tickets."""
    from sqlalchemy import select

    from campaigns.models import Family
    from demo.plans import VENUES, CampaignPlan, Crowd, StopPlan
    from demo.seed import seed_campaign, seed_if_empty
    from registrations.models import Registration
    from registrations.tickets import ticket_for
    from shared.clock import now
    from shared.db import db

    with house.app.app_context():
        seed_if_empty()
        begins = now() - timedelta(hours=2)
        venue, address = VENUES["太原"]
        stop = StopPlan(
            ("太原", "Taiyuan"),
            "Taiyuan",
            venue,
            address,
            begins,
            begins + timedelta(hours=10),
            count,
            Crowd(confirmed=count),
        )
        campaign_id = seed_campaign(
            CampaignPlan(f"bench-{secrets.token_hex(4)}", Family.DOCTORS_TOUR, ("测量", "Measuring"), ("", ""), "Taiyuan", True, (stop,))
        )  # fmt: skip
        registrations = db.session.scalars(
            select(Registration)
            .where(Registration.stop.has(campaign_id=campaign_id))
            .order_by(Registration.id)
        ).all()
        tickets = [Ticket(each.id, each.code, ticket_for(each)) for each in registrations]
        return registrations[0].stop_id, tickets


def scan(house: House, stop_id: int, tickets: Sequence[Ticket], connections: int) -> list[Sample]:
    """Scan every ticket, every twentieth a second time at another connection a little later."""
    from demo.accounts import PASSWORD

    cookies = signed_in(house.host, house.port, "gate", PASSWORD)
    browser = Browser(house.host, house.port, cookies=cookies)
    token = csrf_token(browser.get(f"/gate/{stop_id}").text)
    cookies = browser.cookies
    browser.close()
    shares: list[list[tuple[str, str]]] = [[] for _ in range(connections)]
    for number, ticket in enumerate(tickets):
        shares[number % connections].append((ticket.qr, str(uuid4())))
        if number % TWICE == 0:
            shares[(number + 1) % connections].append((ticket.qr, str(uuid4())))
    lanes = [
        ScanLane(house.host, house.port, stop_id, f"{number + 1}号签到台", cookies, token, share)
        for number, share in enumerate(shares)
        if share
    ]
    return drive(lanes, most_seconds=MOST_SECONDS)


def is_consistent(house: House, stop_id: int, samples: Sequence[Sample]) -> bool:
    """Whether the database holds what was answered: one arrival for each "arrived", each with one lead.

    An answer that was lost (an error) may have been an arrival; nothing else is forgiven.
    """
    arrived = sum(sample.outcome == "arrived" for sample in samples)
    lost = sum(sample.outcome not in WANTED for sample in samples)
    at_stop = {"stop": stop_id}
    rows = house.ask(
        "SELECT registration_id, count(*) FROM check_ins WHERE stop_id = %(stop)s AND voided_at IS NULL GROUP BY 1",
        at_stop,
    )
    leads = house.ask(
        "SELECT registration_id, count(*) FROM leads WHERE stop_id = %(stop)s GROUP BY 1", at_stop
    )
    confirmed = house.ask(
        "SELECT id FROM registrations WHERE stop_id = %(stop)s AND state = 'confirmed'", at_stop
    )
    return (
        arrived <= len(rows) <= arrived + lost
        and all(count == 1 for _id, count in rows)
        and {number for number, _count in rows} <= {number for (number,) in confirmed}
        and set(rows) == set(leads)
    )


def replayed(house: House, stop_id: int, tickets: Sequence[Ticket], connections: int) -> list[Sample]:
    """The same arrivals by SQL alone: the first ticket is recorded, the others are replayed."""
    first, *others = tickets
    script = recorded_scan(house, stop_id, first)
    shares: list[list[tuple[str, dict[str, Any]]]] = [[] for _ in range(connections)]
    for number, ticket in enumerate(others):
        shares[number % connections].append(
            ("arrived", {"registration_id": ticket.registration_id, "scan_id": uuid4()})
        )
    return drive(
        [ReplayLane(house.dsn, {"arrived": script}, share) for share in shares if share],
        most_seconds=MOST_SECONDS,
    )


def recorded_scan(house: House, stop_id: int, ticket: Ticket) -> list[Step]:
    """What one scan sends to the database, with places for the registration and the scan's number."""
    from demo.accounts import PASSWORD

    client = house.app.test_client()
    page = client.get("/sign-in").get_data(as_text=True)
    client.post("/sign-in", data={"login": "gate", "password": PASSWORD, "csrf_token": csrf_token(page)})
    token = csrf_token(client.get(f"/gate/{stop_id}").get_data(as_text=True))
    scan_id = uuid4()
    with recording(house.app) as steps:
        answer = client.post(
            f"/gate/{stop_id}",
            data={"code": ticket.qr, "gate": "1号签到台", "scan_id": str(scan_id)},
            headers={"X-Requested-With": "fetch", "X-CSRFToken": token},
        )
    if 'data-result="arrived"' not in answer.get_data(as_text=True):
        raise RuntimeError(f"the scan to be recorded was refused: {answer.status}")
    return with_slots(steps, {"registration_id": ticket.registration_id, "scan_id": UUID(str(scan_id))})

"""A hall for the measures of the gate: a stop with thousands of tickets, devices that have joined, what they send."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from bench.served import House
from bench.wire import Wire, request_bytes

# Numbers that no other parameter of a statement will equal by chance.
FIRST_REGISTRATION = 7_000_001


@dataclass(frozen=True)
class Ticket:
    """One confirmed registration: its number and what its QR code says."""

    registration_id: int
    qr: str


@dataclass(frozen=True)
class Hall:
    """A stop that is going on now: its door, its people's tickets, and the tokens of its devices."""

    stop_id: int
    door_id: int
    tickets: list[Ticket]
    tokens: list[str]


def hall(house: House, people: int, devices: int) -> Hall:
    """A stop with so many confirmed people, a device for each connection, joined with a code as everywhere."""
    from sqlalchemy import select, text

    from accounts.models import Staff
    from campaigns.models import Family, Stop
    from checkin.devices import join, open_code
    from checkin.lookups import arrival_point
    from checkin.models import DeviceRole
    from demo.plans import VENUES, CampaignPlan, Crowd, StopPlan
    from demo.seed import seed_campaign, seed_if_empty
    from registrations.models import Registration
    from registrations.tickets import ticket_for
    from shared.clock import now
    from shared.db import db, transaction
    from shared.errors import Refusal

    with house.app.app_context():
        seed_if_empty()
        begins = now() - timedelta(hours=2)
        venue, address = VENUES["太原"]
        stop_plan = StopPlan(
            ("太原", "Taiyuan"), "Taiyuan", venue, address, begins, begins + timedelta(hours=10), people,
            Crowd(confirmed=people),
        )  # fmt: skip
        campaign_id = seed_campaign(
            CampaignPlan(f"bench-{secrets.token_hex(4)}", Family.DOCTORS_TOUR, ("测量", "Measuring"), ("", ""), "Taiyuan", True, (stop_plan,))
        )  # fmt: skip
        stop = db.session.scalars(select(Stop).where(Stop.campaign_id == campaign_id)).one()
        door = arrival_point(stop.id)
        tickets = [
            Ticket(each.id, ticket_for(each))
            for each in db.session.scalars(
                select(Registration).where(Registration.stop_id == stop.id).order_by(Registration.id)
            )
        ]
        with transaction():
            by = db.session.scalars(select(Staff).where(Staff.login == "admin")).one()
            code = open_code(
                stop, name="", role=DeviceRole.SCAN, checkpoint_ids=[door.id], most_uses=devices,
                lasts=timedelta(hours=1), by=by,
            ).code  # fmt: skip
        tokens = []
        for number in range(devices):
            with transaction():
                joined = join(code, name=f"{number + 1}号机", from_where=f"10.0.0.{number + 1}")
            if isinstance(joined, Refusal):
                raise RuntimeError(f"a device cannot join: {joined.code}")
            tokens.append(joined.token)
        with transaction():
            db.session.execute(text("ANALYZE"))
        db.session.remove()
        return Hall(stop.id, door.id, tickets, tokens)


def uuid7() -> UUID:
    """A scan's number, as devices make them."""
    moment = time.time_ns() // 1_000_000
    return UUID(int=moment << 80 | 0x7 << 76 | secrets.randbits(12) << 64 | 0x2 << 62 | secrets.randbits(62))


def scan_body(number: UUID, door_id: int, code: str) -> bytes:
    """What a device sends for one scan."""
    body = {"id": str(number), "checkpoint_id": door_id, "code": code, "direction": "in"}
    return json.dumps(body, ensure_ascii=False).encode()


@dataclass
class DeviceLane:
    """One device on one kept connection. ``items``: (the number of its scan, the body to send)."""

    host: str
    port: int
    token: str
    items: Sequence[tuple[UUID, bytes]]
    path: str = "/api/v1/scans"
    _wire: Wire | None = field(default=None)
    _ready: list[bytes] = field(default_factory=list)

    def open(self) -> None:
        """Connect, say who one is, and lay the requests ready."""
        headers = {"Authorization": f"Bearer {self.token}"}
        self._wire = Wire(self.host, self.port)
        self._wire.ask(request_bytes("GET", "/api/v1/device", self.host, headers=headers))
        self._ready = [
            request_bytes("POST", self.path, self.host, body, headers)
            for _number, body in reversed(self.items)
        ]

    def do(self, _item: tuple[UUID, bytes]) -> str:
        """Scan one ticket: ``let in``, the reason why not, or what else was said."""
        if self._wire is None:
            raise RuntimeError("open() comes first")
        status, _head, body = self._wire.ask(self._ready.pop())
        if status != 200:
            return f"status {status}"
        answer = json.loads(body)
        return "let in" if answer["let_in"] else str(answer["reason"])

    def close(self) -> None:
        """Hang up."""
        if self._wire is not None:
            self._wire.close()


@dataclass
class TrivialLane:
    """The same connection asking for next to nothing, over and over: what the asker itself and HTTP cost."""

    host: str
    port: int
    items: Sequence[int]
    path: str = "/healthz"
    _wire: Wire | None = field(default=None)
    _request: bytes = b""

    def open(self) -> None:
        """Connect."""
        self._wire = Wire(self.host, self.port)
        self._request = request_bytes("GET", self.path, self.host)
        self._wire.ask(self._request)

    def do(self, _item: int) -> str:
        """Ask once."""
        if self._wire is None:
            raise RuntimeError("open() comes first")
        status, _head, _body = self._wire.ask(self._request)
        return "ok" if status == 200 else f"status {status}"

    def close(self) -> None:
        """Hang up."""
        if self._wire is not None:
            self._wire.close()

"""What a device holds to go on without a network, and what it hands in afterwards: 10,000 people, 500 scans at once.

Over HTTP as the app does it. ``whole``: the list, packed, built anew each time; the reference is its statements sent by
psycopg, rows fetched. ``unchanged``: the same question by a device that holds the list already (304); the reference is the
whole list. ``batch``: 500 scans of 500 people in one upload; the reference is the same number of scans one by one on a
connection. Consistent when everybody is in the list once and a change is told, and when each scan of the batches is stored
once, lets one in, and sending it again changes nothing.
"""

from __future__ import annotations

import gzip
import json
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from bench.crowded import recorded, sent_again
from bench.figures import Figure, Sample, figure_of
from bench.gate import FIRST_REGISTRATION, Hall, hall, scan_body, uuid7
from bench.served import Ground, House
from bench.wire import Wire, request_bytes

PEOPLE, TURNS, BATCHES, AT_ONCE = 10_000, 15, 6, 500
GOOD = frozenset({"ok"})


@dataclass
class _Device:
    """One device and its connection."""

    house: House
    wire: Wire
    token: str

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[int, bytes, bytes]:
        """Ask as this device."""
        named = {**(headers or {}), "Authorization": f"Bearer {self.token}"}
        return self.wire.ask(request_bytes(method, f"/api/v1{path}", self.house.host, body, named))


def run(ground: Ground) -> list[Figure]:
    """Measure in a house of its own."""
    with ground.house(ground.fresh_database()) as house:
        house.tell(f"ALTER SEQUENCE registrations_id_seq RESTART WITH {FIRST_REGISTRATION}")
        return figures_of(house)


def figures_of(
    house: House, *, people: int = PEOPLE, turns: int = TURNS, batches: int = BATCHES, at_once: int = AT_ONCE
) -> list[Figure]:
    """The list whole and unchanged, then batches against single scans."""
    where = hall(house, people, 1)
    device = _Device(house, Wire(house.host, house.port), where.tokens[0])
    figures = [*_lists(house, where, device, turns), _batches(house, where, device, batches, at_once)]
    device.wire.close()
    return figures


def _timed(act: Callable[[], str]) -> Sample:
    began = time.monotonic()
    outcome = act()
    return Sample(began, time.monotonic() - began, outcome)


def _lists(house: House, where: Hall, device: _Device, turns: int) -> list[Figure]:
    zipped = {"Accept-Encoding": "gzip"}
    status, head, body = device.ask("GET", "/bundle", headers=zipped)
    etag, held = _etag(head), gzip.decompress(body)
    client = house.app.test_client()
    known = {"Authorization": f"Bearer {where.tokens[0]}"}
    client.get("/api/v1/bundle", headers=known)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with recorded(house) as whole:
        client.get("/api/v1/bundle", headers=known)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    with recorded(house) as unchanged:
        client.get("/api/v1/bundle", headers={**known, "If-None-Match": etag})

    def ask(status: int, known: dict[str, str]) -> Callable[[], str]:
        return lambda: "ok" if device.ask("GET", "/bundle", headers=zipped | known)[0] == status else "not so"

    wholes, sames = [], []
    for _turn in range(turns):
        wholes.append(_timed(ask(200, {})))
        sames.append(_timed(ask(304, {"If-None-Match": etag})))
    reference = [_ok(one) for one in sent_again(house, [list(whole)] * turns)]
    consistent = (
        status == 200
        and list_is_whole(house, where, json.loads(held))
        and tells_a_change(house, where, device, etag)
    )
    said = {
        "raw kB": len(held) / 1_000,
        "packed kB": len(body) / 1_000,
        "statements": len(whole),
        "grown MB": grown / 1_000,
    }
    case = f"{len(where.tickets):,} people"
    return [
        figure_of(
            "bundle", f"whole, {case}", _each(wholes), unit="lists/s", reference=_each(reference), wanted=GOOD,
            consistent=consistent, more=said,
        ),
        figure_of(
            "bundle", f"unchanged, {case}", _each(sames), unit="lists/s", reference=_each(wholes), wanted=GOOD,
            consistent=consistent, more={"statements": len(unchanged)},
        ),
    ]  # fmt: skip


def _each(samples: list[Sample]) -> list[list[Sample]]:
    """Every answer a run of its own: between them others were asked."""
    return [[sample] for sample in samples]


def _ok(sample: Sample) -> Sample:
    return Sample(sample.began, sample.seconds, "ok")


def _etag(head: bytes) -> str:
    return next(
        line.partition(b":")[2].strip().decode()
        for line in head.splitlines()
        if line.lower().startswith(b"etag:")
    )


def list_is_whole(house: House, where: Hall, held: dict[str, Any]) -> bool:
    """Whether everybody who may come is in the list once."""
    rows = house.ask(
        "SELECT id FROM registrations WHERE stop_id = %(stop)s AND state IN ('confirmed', 'applied', 'offered', 'waiting')",
        {"stop": where.stop_id},
    )
    return sorted(person["i"] for person in held["people"]) == sorted(number for (number,) in rows)


def tells_a_change(house: House, where: Hall, device: _Device, etag: str) -> bool:
    """Whether a device that holds the list learns of somebody's new name, and of nothing when it is the old one again."""
    last = f"id = (SELECT person_id FROM registrations WHERE id = {where.tickets[-1].registration_id})"
    house.tell(f"UPDATE people SET full_name = full_name || '生' WHERE {last}")
    changed = device.ask("GET", "/bundle", headers={"If-None-Match": etag})[0] == 200
    house.tell(f"UPDATE people SET full_name = left(full_name, -1) WHERE {last}")
    return changed and device.ask("GET", "/bundle", headers={"If-None-Match": etag})[0] == 304


def _batches(house: House, where: Hall, device: _Device, batches: int, at_once: int) -> Figure:
    fresh = iter(where.tickets)
    sent: list[tuple[UUID, int]] = []
    runs, references, statements = [], [], 0.0
    for turn in range(batches):
        tickets = [next(fresh) for _ in range(at_once)]
        numbers = [uuid7() for _ in tickets]
        body = _batch(where, list(zip(numbers, (ticket.qr for ticket in tickets), strict=True)))
        sent += zip(numbers, (ticket.registration_id for ticket in tickets), strict=True)
        if turn == 0:  # by the product in this process, to count
            with recorded(house) as steps:
                house.app.test_client().post(
                    "/api/v1/scans/batch", data=body, headers={"Authorization": f"Bearer {where.tokens[0]}"}
                )
            statements = float(len(steps))
            continue
        batch = _timed(_sending(device, body, at_once))
        # A batch is so many scans: each took its share.
        share = batch.seconds / at_once
        runs.append([Sample(batch.began + share * number, share, batch.outcome) for number in range(at_once)])
        singles = [(uuid7(), next(fresh)) for _ in range(max(1, at_once // 5))]
        sent += [(number, ticket.registration_id) for number, ticket in singles]
        bodies = [scan_body(number, where.door_id, ticket.qr) for number, ticket in singles]
        references.append([_timed(_scanning(device, one)) for one in bodies])
    _status, _head, again = device.ask("POST", "/scans/batch", body)
    same = all(one["kept"] and one["verdict"] == "first" for one in json.loads(again)["results"])
    return figure_of(
        "bundle", f"batch of {at_once}", runs, unit="scans/s", reference=references, wanted=GOOD,
        consistent=same and batches_are_kept(house, where, sent),
        more={"statements": statements, "ms a batch": sum(run[0].seconds * at_once for run in runs) / len(runs) * 1_000},
    )  # fmt: skip


def _batch(where: Hall, scans: list[tuple[UUID, str]]) -> bytes:
    at = datetime.now(UTC).isoformat()
    body = {
        "scans": [
            {"id": str(number), "checkpoint_id": where.door_id, "code": code, "direction": "in", "device_at": at,
             "clock_ahead_ms": 0, "reason": None}
            for number, code in scans
        ]
    }  # fmt: skip
    return json.dumps(body).encode()


def _sending(device: _Device, body: bytes, count: int) -> Callable[[], str]:
    def send() -> str:
        status, _head, answer = device.ask("POST", "/scans/batch", body)
        if status != 200:
            return f"status {status}"
        results = json.loads(answer)["results"]
        return "ok" if [one["verdict"] for one in results] == ["first"] * count else "not kept"

    return send


def _scanning(device: _Device, body: bytes) -> Callable[[], str]:
    def scan() -> str:
        status, _head, answer = device.ask("POST", "/scans", body)
        return "ok" if status == 200 and json.loads(answer)["let_in"] else "not let in"

    return scan


def batches_are_kept(house: House, where: Hall, sent: list[tuple[UUID, int]]) -> bool:
    """Whether each scan is stored once, counts, and its person is in once by it."""
    rows = house.ask(
        "SELECT s.id, s.registration_id, s.verdict, count(c.id) FROM scans s LEFT JOIN check_ins c ON c.scan_id = s.id "
        "AND c.registration_id = s.registration_id AND c.voided_at IS NULL WHERE s.stop_id = %(stop)s GROUP BY 1, 2, 3",
        {"stop": where.stop_id},
    )
    return sorted(rows) == sorted((number, whose, "first", 1) for number, whose in sent)

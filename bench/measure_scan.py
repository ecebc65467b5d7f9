"""The gate over HTTP: 10,000 registrations, devices with tokens of their own at 1, 8 and 32 connections.

At each: tickets scanned for the first time, then again, then codes that are nobody's, then all of these mixed. Product
and reference take turns in short rounds, so that a machine that is busy with other things disturbs both alike; worker
and relay go on beside both. The reference is the statements of such scans, recorded, sent by psycopg. Consistent when
each ticket let in one, every scan that was answered is stored once as it was answered, and the sums are right: as many
entries, lines of the record and promises as scans that were let in.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from bench.figures import Figure, Sample, figure_of, percentile, rate
from bench.gate import FIRST_REGISTRATION, DeviceLane, Hall, Ticket, TrivialLane, hall, scan_body, uuid7
from bench.lanes import Driven, drive
from bench.replay import COMMIT, ROLLBACK, ReplayLane, Step, recording, with_slots
from bench.served import Ground, House

PEOPLE = 10_000
CASES = ((1, 1_600), (8, 4_200), (32, 3_000))
"""Connections, and tickets scanned for the first time at most; the others of the 10,000 are for the mixed rounds."""
ROUNDS = 2
MOST_SECONDS = 3.0
"""A round of first scans ends by then, on whatever machine; the others after half of it."""
LET_IN, AGAIN, NOBODY, MIXED = "first", "again", "unknown", "mixed"
KINDS = (LET_IN, AGAIN, NOBODY, MIXED)
ANSWERS = {LET_IN: "let in", AGAIN: "already_checked_in", NOBODY: "unknown_code"}
ALL_ANSWERS = frozenset(ANSWERS.values())
MIX = (LET_IN, AGAIN, LET_IN, NOBODY, LET_IN, AGAIN, LET_IN, LET_IN, NOBODY, LET_IN)
MIXED_FIRST = MIX.count(LET_IN)


@dataclass(frozen=True)
class Scan:
    """One scan to be made: its number, what kind it will be, the code, and whose it is."""

    number: UUID
    kind: str
    code: str
    registration_id: int | None


class Tickets:
    """The tickets of a hall, given out in order; those given out once can be scanned again."""

    def __init__(self, tickets: Sequence[Ticket]) -> None:
        self._fresh: Iterator[Ticket] = iter(tickets)
        self._used: list[Ticket] = []
        self._dice = random.Random(4)

    def scans(self, kind: str, count: int) -> list[Scan]:
        """``count`` scans of that kind; fewer when there are no tickets left."""
        made = []
        for number in range(count):
            scan = self._scan(MIX[number % len(MIX)] if kind == MIXED else kind)
            if scan is None:
                break
            made.append(scan)
        return made

    def were_used(self, numbers: set[int]) -> None:
        """Only these were let in, and can be scanned again."""
        self._used = [ticket for ticket in self._used if ticket.registration_id in numbers]

    def _scan(self, kind: str) -> Scan | None:
        if kind == LET_IN:
            ticket = next(self._fresh, None)
            if ticket is None:
                return None
            self._used.append(ticket)
            return Scan(uuid7(), kind, ticket.qr, ticket.registration_id)
        ticket = self._dice.choice(
            self._used[:-64] or self._used
        )  # those just given out may still be under way
        if kind == AGAIN:
            return Scan(uuid7(), kind, ticket.qr, ticket.registration_id)
        return Scan(uuid7(), kind, _forged(ticket.qr), None)


def _forged(code: str) -> str:
    """A ticket whose signature is another's: one character is changed."""
    at = 60
    return code[:at] + ("1" if code[at] == "0" else "0") + code[at + 1 :]


def run(ground: Ground) -> list[Figure]:
    """Measure in a house of its own."""
    with ground.house(ground.fresh_database()) as house:
        house.tell(f"ALTER SEQUENCE registrations_id_seq RESTART WITH {FIRST_REGISTRATION}")
        return figures_of(house)


def figures_of(
    house: House,
    cases: Sequence[tuple[int, int]] = CASES,
    *,
    kinds: Sequence[str] = KINDS,
    people: int = PEOPLE,
    rounds: int = ROUNDS,
    most_seconds: float = MOST_SECONDS,
) -> list[Figure]:
    """Measure each case, taking turns with the reference, which has a hall of its own as large."""
    most = max(connections for connections, _count in cases)
    ours, theirs = hall(house, people, most), hall(house, people, 1)
    scripts = recorded_scans(house, theirs)
    statements = {
        kind: sum(step.sql not in (COMMIT, ROLLBACK) for step in steps) for kind, steps in scripts.items()
    }
    our_tickets, their_tickets = Tickets(ours.tickets), Tickets(theirs.tickets[3:])
    figures = []
    for connections, count in cases:
        trivial = drive(
            [TrivialLane(house.host, house.port, range(10**6)) for _ in range(connections)],
            most_seconds=most_seconds / 4,
        )
        for kind in kinds:
            share = count // rounds if kind == LET_IN else count // 4 // rounds
            seconds = most_seconds if kind == LET_IN else most_seconds / 2
            runs, references, consistent = [], [], True
            for _round in range(rounds):
                planned = our_tickets.scans(kind, share)
                samples = scan(house, ours, planned, connections, most_seconds=seconds)
                consistent = consistent and is_consistent(house, ours, planned, samples)
                our_tickets.were_used(arrived(house, ours))
                runs.append(samples)
                references.append(
                    replayed(
                        house, scripts, their_tickets.scans(kind, share), connections, most_seconds=seconds
                    )
                )
                their_tickets.were_used(arrived(house, theirs))
            figures.append(
                figure_of(
                    "scan", f"{kind}, {_case(connections)}", runs, unit="scans/s", reference=references,
                    wanted=ALL_ANSWERS, consistent=consistent, more=_besides(runs, statements, kind, trivial),
                )
            )  # fmt: skip
    return figures


def _case(connections: int) -> str:
    return "1 connection" if connections == 1 else f"{connections} connections"


def _besides(
    runs: Sequence[Driven], statements: dict[str, int], kind: str, trivial: Driven
) -> dict[str, float]:
    """What else a reader wants to know of a case: statements a scan, the tail, and what the asker itself costs."""
    seconds = [sample.seconds for run in runs for sample in run]
    asked = sum(len(run) for run in runs)
    half = percentile(seconds, 0.5)
    return {
        "statements": max(statements.values()) if kind == MIXED else statements[kind],
        "p99/p50": percentile(seconds, 0.99) / half if half else 0.0,
        "client ms": sum(run.client_seconds for run in runs) / max(asked, 1) * 1_000,
        "healthz/s": rate([trivial]),
    }


def scan(
    house: House, where: Hall, planned: Sequence[Scan], connections: int, *, most_seconds: float
) -> Driven:
    """Make these scans, each connection a device of its own."""
    items = [(each.number, scan_body(each.number, where.door_id, each.code)) for each in planned]
    lanes = [
        DeviceLane(house.host, house.port, where.tokens[door], items[door::connections])
        for door in range(connections)
    ]
    return drive([lane for lane in lanes if lane.items], most_seconds=most_seconds)


def arrived(house: House, where: Hall) -> set[int]:
    """Who is in."""
    rows = house.ask(
        "SELECT registration_id FROM check_ins WHERE stop_id = %(stop)s AND voided_at IS NULL",
        {"stop": where.stop_id},
    )
    return {number for (number,) in rows}


def is_consistent(house: House, where: Hall, planned: Sequence[Scan], samples: Sequence[Sample]) -> bool:
    """Whether the database holds what was answered. A lost answer may have been any; nothing else is forgiven."""
    said = Counter(sample.outcome for sample in samples)
    lost = sum(count for outcome, count in said.items() if outcome not in ALL_ANSWERS)
    stored = Counter(
        dict(
            house.ask(
                "SELECT coalesce(reason, 'let in'), count(*) FROM scans WHERE id = ANY(%(ids)s) GROUP BY 1",
                {"ids": [each.number for each in planned]},
            )
        )
    )
    at_stop = {"stop": where.stop_id}
    ((entries, persons, firsts, recorded, promised),) = house.ask(
        "WITH entry AS (SELECT * FROM check_ins WHERE stop_id = %(stop)s AND voided_at IS NULL) "
        "SELECT (SELECT count(*) FROM entry), (SELECT count(DISTINCT registration_id) FROM entry), "
        "(SELECT count(*) FROM scans WHERE stop_id = %(stop)s AND verdict = 'first'), "
        "(SELECT count(*) FROM audit_entries a JOIN entry e ON a.act = 'check_in' AND a.subject_id = e.id), "
        "(SELECT count(*) FROM outbox_jobs o JOIN entry e ON o.task = 'leads.tasks.open_lead_on_arrival' "
        "AND (o.arguments->>'registration_id')::int = e.registration_id)",
        at_stop,
    )
    return (
        all(said[answer] <= stored[answer] <= said[answer] + lost for answer in ALL_ANSWERS)
        and set(stored) <= ALL_ANSWERS
        and entries == persons == firsts == recorded == promised
    )


def recorded_scans(house: House, where: Hall) -> dict[str, list[Step]]:
    """What one scan of each kind sends to the database, with places for what differs from scan to scan."""
    client = house.app.test_client()
    known = {"Authorization": f"Bearer {where.tokens[0]}"}
    first, second = where.tickets[:2]
    kinds = {LET_IN: first.qr, AGAIN: first.qr, NOBODY: _forged(second.qr)}
    # Once before: what a process asks only once (its keys) is no part of a scan.
    client.post("/api/v1/scans", data=scan_body(uuid7(), where.door_id, where.tickets[2].qr), headers=known)
    scripts = {}
    for kind, code in kinds.items():
        number = uuid7()
        with recording(house.app) as steps:
            answer = client.post("/api/v1/scans", data=scan_body(number, where.door_id, code), headers=known)
        said: Any = answer.get_json()
        if (said["reason"] or "let in") != ANSWERS[kind]:
            raise RuntimeError(f"the scan to be recorded was answered {said}")
        differs: dict[str, Any] = {"scan_id": number}
        if kind != NOBODY:
            differs["registration_id"] = first.registration_id
        scripts[kind] = with_slots(steps, differs)
    return scripts


def replayed(
    house: House,
    scripts: dict[str, list[Step]],
    planned: Sequence[Scan],
    connections: int,
    *,
    most_seconds: float,
) -> list[Sample]:
    """Such scans by SQL alone."""
    items = [
        (each.kind, {"registration_id": each.registration_id, "scan_id": each.number}) for each in planned
    ]
    lanes = [ReplayLane(house.dsn, scripts, items[door::connections]) for door in range(connections)]
    samples = drive([lane for lane in lanes if lane.items], most_seconds=most_seconds)
    return [Sample(each.began, each.seconds, ANSWERS.get(each.outcome, each.outcome)) for each in samples]

"""A device on its own decides as the server does: fold, rules and tickets, both asked the same in one browser visit."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page, Route

from checkin.fold import Seen, fold
from checkin.models import Checkpoint, CheckpointKind, Direction, Often
from checkin.rules import Holder, Shown, objection
from registrations.models import BadgeClass, RegistrationState
from registrations.ticket_code import BadTicket, TicketBody, from_base45, read, sign, to_base45
from shared.clock import in_china, now
from tests.browser import a_browser
from tests.factories import campaigns

STATIC = Path(__file__).parent.parent.parent / "static"
CASES = 400
TICKETS = 100
FLIPS = 8
MORNING = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)

MOMENTS = st.integers(0, 60).map(
    lambda step: MORNING + timedelta(minutes=47 * step)
)  # over two days of China
SEEN = st.builds(
    Seen,
    id=st.integers(0, 40).map(lambda number: UUID(int=number * 0x1111_1111_1111_1111_1111)),
    at=MOMENTS,
    let_in=st.booleans(),
    direction=st.sampled_from(Direction),
    undone=st.sampled_from([False, False, False, True]),
)
SETS = st.lists(SEEN, max_size=9, unique_by=lambda scan: scan.id)


@pytest.fixture
def page() -> Iterator[Page]:
    """An empty page beside the modules as they lie in static/."""

    def hand_out(route: Route) -> None:
        path = STATIC / route.request.url.removeprefix("http://localhost/")
        if path.suffix == ".js":
            route.fulfill(body=path.read_text(), content_type="text/javascript")
        else:
            route.fulfill(body="<!doctype html><title>.</title>", content_type="text/html")

    with a_browser() as browser:
        page = browser.new_page()
        page.route("**/*", hand_out)
        page.goto("http://localhost/")
        yield page


def folded_here(often: Often, scans: list[Seen]) -> dict[str, Any]:
    folded = fold(often, scans)
    return {
        "rulings": sorted(
            [str(number), ruling.verdict.value, str(ruling.against) if ruling.against else None]
            for number, ruling in folded.rulings.items()
        ),
        "entries": sorted([day.isoformat() if day else "", str(n)] for day, n in folded.entries.items()),
        "by": str(folded.by) if folded.by else None,
    }


def sets_and_answers() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """A few hundred sets of scans, and what they come to here."""
    cases: list[dict[str, Any]] = []
    here: list[dict[str, Any]] = []

    @settings(max_examples=CASES, deadline=None, database=None, derandomize=True)
    @given(often=st.sampled_from(Often), scans=SETS)
    def collect(often: Often, scans: list[Seen]) -> None:
        cases.append({
            "often": often.value,
            "scans": [
                {
                    "id": str(scan.id), "at": scan.at.timestamp() * 1000, "let_in": scan.let_in,
                    "direction": scan.direction.value, "undone": scan.undone,
                }
                for scan in scans
            ],
        })  # fmt: skip
        here.append(folded_here(often, scans))

    collect()
    return cases, here


def rules_and_answers() -> tuple[list[dict[str, Any]], list[str | None]]:
    """Checkpoints of every kind of rule and people before them, and what the rule says here."""
    held: dict[str, Any] = {
        "starts_at": MORNING, "ends_at": MORNING + timedelta(hours=8), "registration_closes_at": MORNING,
    }  # fmt: skip
    stop, elsewhere = campaigns.stop(**held), campaigns.stop(**held)
    cancelled = campaigns.stop(cancelled_at=now(), **held)
    draw = random.Random(4)
    cases: list[dict[str, Any]] = []
    here: list[str | None] = []

    def perhaps(moment: datetime) -> datetime | None:
        return moment if draw.random() < 0.4 else None

    for _ in range(CASES):
        at = MORNING + timedelta(minutes=draw.randrange(-2, 3), days=draw.choice([0, 0, 0, 1]))
        its_stop = cancelled if draw.random() < 0.05 else stop
        point = Checkpoint(
            id=1,
            stop_id=its_stop.id,
            kind=CheckpointKind.MEAL,
            often=Often.ONCE,
            opens_at=perhaps(at - timedelta(minutes=draw.randrange(-1, 2))),
            closes_at=perhaps(at + timedelta(minutes=draw.randrange(-1, 3))),
            ended_at=perhaps(at + timedelta(minutes=draw.randrange(-1, 3))) if draw.random() < 0.3 else None,
            badge_classes=draw.sample([kind.value for kind in BadgeClass], draw.randrange(3) * 2),
            programme_item_id=draw.choice([None, 7]),
            after_arrival=draw.random() < 0.4,
            name_zh="", name_en="",
        )  # fmt: skip
        point.stop = its_stop
        holder = Holder(
            registration_id=1,
            stop_id=its_stop.id if draw.random() < 0.92 else elsewhere.id,
            state=draw.choice([RegistrationState.CONFIRMED] * 12 + list(RegistrationState)),
            badge_class=draw.choice(list(BadgeClass)),
            full_name="李文博",
            unit="太原理工大学",
            note=None,
            least_serial=draw.randrange(2),
            chose=draw.random() < 0.6,
            has_arrived=draw.random() < 0.6,
            ticket=a_ticket(draw, at),
        )
        refusal = objection(point, holder, at)
        here.append(refusal.code if refusal else None)
        cases.append({
            "checkpoint": {
                "id": 1, "badge_classes": point.badge_classes, "programme_item_id": point.programme_item_id,
                "after_arrival": point.after_arrival,
                **{name: moment.isoformat() if (moment := getattr(point, name)) else None
                   for name in ("opens_at", "closes_at", "ended_at")},
            },
            "stop": {
                "id": its_stop.id, "cancelled": its_stop.cancelled_at is not None, "ends_at": its_stop.ends_at.isoformat(),
            },
            "holder": {
                "stop_id": holder.stop_id, "state": holder.state.value, "badge_class": holder.badge_class.value,
                "least_serial": holder.least_serial, "ticket": as_told(holder.ticket),
                "chose": holder.chose, "has_arrived": holder.has_arrived,
            },
            "at": at.timestamp() * 1000,
        })  # fmt: skip
    return cases, here


def a_ticket(draw: random.Random, at: datetime) -> Shown | None:
    """None for a typed code; else a ticket that is a little wrong now and then."""
    if draw.random() < 0.3:
        return None

    def about_now(share: float) -> datetime | None:
        return at + timedelta(minutes=draw.randrange(-1, 2)) if draw.random() < share else None

    return Shown(
        serial=draw.choice([0, 1, 1, 1]),
        good_through=in_china(at).date() + timedelta(days=draw.randrange(-1, 3)),
        issued_at=None,
        key_ends_at=about_now(0.1),
        key_withdrawn_at=about_now(0.1),
        replaced_at=about_now(0.3),
    )


def as_told(ticket: Shown | None) -> dict[str, Any] | None:
    """A ticket as the device has it."""
    if ticket is None:
        return None
    moments = ("issued_at", "key_ends_at", "key_withdrawn_at", "replaced_at")
    return {
        "serial": ticket.serial,
        "good_through": ticket.good_through.isoformat(),
        **{name: at.timestamp() * 1000 if (at := getattr(ticket, name)) else None for name in moments},
    }


def tickets_and_answers() -> tuple[dict[str, str], list[str], list[Any]]:
    """A hundred tickets, some bits of each turned over, and what is read here."""
    draw = random.Random(45)
    ours, theirs = (Ed25519PrivateKey.from_private_bytes(draw.randbytes(32)) for _ in range(2))
    keys = {3: ours.public_key()}
    codes: list[str] = ["", "HELLO", "0" * 111, ":" * 111, "ü" * 111]
    for _ in range(TICKETS):
        body = TicketBody(
            key_id=3,
            stop_id=draw.randrange(1 << 16),
            registration_id=draw.randrange(1 << 32),
            good_through=date(2026, 1, 1) + timedelta(days=draw.randrange(3000)),
            serial=draw.randrange(1 << 16),
            issued_at=draw.choice([None, MORNING + timedelta(seconds=draw.randrange(10**8))]),
        )
        code = sign(body, ours)
        codes += [code, code.lower(), code[:-1], sign(body, theirs)]
        whole = from_base45(code)
        for bit in draw.sample(range(8 * len(whole)), FLIPS):
            turned = bytearray(whole)
            turned[bit // 8] ^= 1 << bit % 8
            codes.append(to_base45(bytes(turned)))
    read_here: list[Any] = []
    for code in codes:
        try:
            body = read(code, keys)
        except BadTicket as bad:
            read_here.append(_REASONS[type(bad).__name__])
        else:
            read_here.append([
                body.key_id, body.stop_id, body.registration_id, body.good_through.isoformat(), body.serial,
                body.issued_at.timestamp() * 1000 if body.issued_at else None,
            ])  # fmt: skip
    return {"3": ours.public_key().public_bytes_raw().hex()}, codes, read_here


_REASONS = {
    "NotATicket": "not_a_ticket",
    "UnknownVersion": "unknown_version",
    "UnknownKey": "unknown_key",
    "WrongSignature": "wrong_signature",
}

FOLD_THERE = """async text => {
  const { fold } = await import("/checkin/fold.js");
  return JSON.parse(text).map(({ often, scans }) => {
    const { rulings, entries, by } = fold(often, scans);
    return {
      rulings: [...rulings].map(([id, { verdict, against }]) => [id, verdict, against]).sort(),
      entries: [...entries].map(([day, id]) => [day ?? "", id]).sort(),
      by,
    };
  });
}"""
RULES_THERE = """async text => {
  const { objection } = await import("/checkin/rules.js");
  return JSON.parse(text).map(({ checkpoint, stop, holder, at }) => objection(checkpoint, stop, holder, at));
}"""
TICKETS_THERE = """async ([keys, codes, byLibrary]) => {
  const { readTicket, verifySignature, verifyByLibrary } = await import("/checkin/app/ticket.js");
  const known = new Map(Object.entries(keys).map(([id, hex]) => [Number(id), Uint8Array.from(hex.match(/../g), (b) => parseInt(b, 16))]));
  const answers = [];
  for (const code of codes) {
    try {
      const body = await readTicket(code, known, byLibrary ? verifyByLibrary : verifySignature);
      answers.push([body.key_id, body.stop_id, body.registration_id, body.good_through, body.serial, body.issued_at]);
    } catch (bad) {
      answers.push(bad.reason ?? String(bad));
    }
  }
  return answers;
}"""


@pytest.mark.browser
def test_server_and_browser_fold_judge_and_read_alike(app: Flask, page: Page) -> None:
    sets, folded = sets_and_answers()
    assert page.evaluate(FOLD_THERE, json.dumps(sets)) == folded
    assert len(sets) >= CASES
    assert sum(any(row[1] == "conflict" for row in one["rulings"]) for one in folded) > CASES // 10

    cases, judged = rules_and_answers()
    assert page.evaluate(RULES_THERE, json.dumps(cases)) == judged
    assert {
        None, "stop_cancelled", "not_for_this_stop", "not_confirmed", "checkpoint_closed", "not_open_yet",
        "not_for_this_class", "not_chosen", "not_arrived_yet", "ticket_reissued", "ticket_key_ended",
        "ticket_key_withdrawn", "ticket_expired",
    } == set(judged)  # fmt: skip

    keys, codes, read_here = tickets_and_answers()
    assert page.evaluate(TICKETS_THERE, [keys, codes, False]) == read_here
    assert sum(isinstance(answer, list) for answer in read_here) == TICKETS  # and not one of the turned ones
    some = slice(0, 200)
    assert page.evaluate(TICKETS_THERE, [keys, codes[some], True]) == read_here[some]

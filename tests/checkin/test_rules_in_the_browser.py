"""A device on its own decides as the server does: fold, rules and tickets, both asked the same in one browser visit."""

from __future__ import annotations

import json
import random
import struct
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
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

from campaigns.models import MovingCodes
from checkin.app_words import app_words
from checkin.fold import Seen, fold
from checkin.lookups import arrival_point
from checkin.models import Checkpoint, CheckpointKind, Direction, Often
from checkin.rules import Holder, Shown, objection
from checkin.try_out import would_pass
from registrations import tickets as tickets_module
from registrations.models import BadgeClass, Registration, RegistrationState, TicketKey
from registrations.move import move_to_stop
from registrations.moving_code import step_of
from registrations.reissue import reissue_ticket
from registrations.step import take_step
from registrations.ticket_code import BadTicket, TicketBody, from_base45, read, sign, to_base45
from registrations.ticket_keys import withdraw_key
from registrations.tickets import forget_keys, make_first_key, make_key, moving_code_for, ticket_for
from shared.clock import in_china, now
from shared.db import db
from tests.browser import a_browser
from tests.conftest import Browser
from tests.factories import accounts, campaigns, gates, registrations

STATIC = Path(__file__).parent.parent.parent / "static"
CASES = 400
TICKETS = 100
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


def first_form(body: TicketBody, private_key: Ed25519PrivateKey) -> str:
    """A ticket as it was written before there were serials."""
    day = (body.good_through - date(2020, 1, 1)).days
    written = struct.pack(">BBHIH", 1, body.key_id, body.stop_id, body.registration_id, day)
    return to_base45(written + private_key.sign(written))


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
    strict = campaigns.stop(moving_codes=MovingCodes.ONLY, **held)
    draw = random.Random(4)
    cases: list[dict[str, Any]] = []
    here: list[str | None] = []

    def perhaps(moment: datetime) -> datetime | None:
        return moment if draw.random() < 0.4 else None

    for _ in range(CASES):
        at = MORNING + timedelta(minutes=draw.randrange(-2, 3), days=draw.choice([0, 0, 0, 1]))
        its_stop = draw.choices([stop, strict, cancelled], [10, 3, 1])[0]
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
                "moving_codes": its_stop.moving_codes.value,
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
        issued_at=at + timedelta(seconds=draw.choice([-60, -59, 0, 30, 31])) if draw.random() < 0.3 else None,
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


def tickets_and_answers(*, every_bit: bool) -> tuple[dict[str, str], list[str], list[Any]]:
    """A hundred tickets of every version and what is read of them here, and of each with one bit turned over.

    ``every_bit``: each of a ticket's bits; else a tenth of them, others for each ticket, so that every place comes ten
    times. Then truncations, and tickets that another office has signed.
    """
    draw = random.Random(45)
    ours, theirs = (Ed25519PrivateKey.from_private_bytes(draw.randbytes(32)) for _ in range(2))
    keys = {3: ours.public_key()}
    codes: list[str] = ["", "HELLO", "0" * 111, ":" * 111, "ü" * 111, "0" * 114, "0" * 120]
    for number in range(TICKETS):
        body = TicketBody(
            key_id=3,
            stop_id=draw.randrange(1 << 16),
            registration_id=draw.randrange(1 << 32),
            good_through=date(2026, 1, 1) + timedelta(days=draw.randrange(3000)),
            serial=draw.randrange(1 << 16),
            issued_at=MORNING + timedelta(seconds=draw.randrange(10**8)) if number % 3 == 2 else None,
        )
        write = first_form if number % 3 == 0 else sign
        code = write(body, ours)
        codes += [code, code.lower(), write(body, theirs), write(replace(body, key_id=4), theirs)]
        codes += [code[:length] for length in range(len(code))] if number < 3 else [code[:-1]]
        whole = from_base45(code)
        for bit in range(0 if every_bit else number % 10, 8 * len(whole), 1 if every_bit else 10):
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
  const one = async (code) => {
    try {
      const body = await readTicket(code, known, byLibrary ? verifyByLibrary : verifySignature);
      return [body.key_id, body.stop_id, body.registration_id, body.good_through, body.serial, body.issued_at];
    } catch (bad) {
      return bad.reason ?? String(bad);
    }
  };
  const answers = [];
  for (let start = 0; start < codes.length; start += 500) answers.push(...(await Promise.all(codes.slice(start, start + 500).map(one))));
  return answers;
}"""
GATE_THERE = """async ([bundle, stop, codes]) => {
  const { People } = await import("/checkin/app/people.js");
  const { decide } = await import("/checkin/app/decide.js");
  const people = new People();
  await people.keep(bundle, "", Date.parse(bundle.made_at));
  const answers = [];
  for (const [code, at] of codes) {
    const whose = await people.whose(code);
    answers.push(decide({ whose, checkpoint: bundle.checkpoints[0], stop, people, local: [], arrivedHere: false, direction: "in", at }).reason);
  }
  return answers;
}"""


@pytest.mark.browser
def test_server_and_browser_fold_judge_and_read_alike(
    app: Flask, page: Page, request: pytest.FixtureRequest
) -> None:
    sets, folded = sets_and_answers()
    assert page.evaluate(FOLD_THERE, json.dumps(sets)) == folded
    assert len(sets) >= CASES
    assert sum(any(row[1] == "conflict" for row in one["rulings"]) for one in folded) > CASES // 10

    cases, judged = rules_and_answers()
    assert page.evaluate(RULES_THERE, json.dumps(cases)) == judged
    assert {
        None, "stop_cancelled", "not_for_this_stop", "not_confirmed", "checkpoint_closed", "not_open_yet",
        "not_for_this_class", "not_chosen", "not_arrived_yet", "ticket_reissued", "ticket_key_ended",
        "ticket_key_withdrawn", "ticket_expired", "ticket_stale", "paper_not_taken",
    } == set(judged)  # fmt: skip

    every_bit: bool = request.config.getoption("--every-variant")
    keys, codes, read_here = tickets_and_answers(every_bit=every_bit)
    assert page.evaluate(TICKETS_THERE, [keys, codes, False]) == read_here
    counted = Counter(answer if isinstance(answer, str) else "read" for answer in read_here)
    assert counted["read"] == TICKETS  # and not one of those that are turned, cut or another's
    assert counted["unknown_key"] > TICKETS and counted["unknown_version"] > TICKETS // 2
    assert counted["wrong_signature"] > TICKETS * (500 if every_bit else 50)
    some = slice(0, 1000)
    assert page.evaluate(TICKETS_THERE, [keys, codes[some], True]) == read_here[some]


@pytest.mark.browser
def test_the_gate_refuses_a_ticket_for_the_same_reason_with_and_without_the_server(
    client: Browser, page: Page
) -> None:
    stop = campaigns.stop()
    elsewhere, another_tour = campaigns.stop(of=stop.campaign), campaigns.stop()
    make_first_key()
    ended, stolen = tickets_module._signing()[0], make_key().id

    def signed_with(
        key_id: int, person: Registration, write: Callable[..., str] = sign, **changes: Any
    ) -> str:
        key = db.session.get_one(TicketKey, key_id)
        private = tickets_module._open(key)
        assert private is not None
        body = TicketBody(key_id, stop.id, person.id, in_china(stop.ends_at).date(), person.ticket_serial)
        return write(replace(body, **changes), private)

    good, renewed, moved, gone = (registrations.registration(at=stop) for _ in range(4))
    there, far = registrations.registration(at=elsewhere), registrations.registration(at=another_tour)
    newcomer = registrations.registration(at=elsewhere)
    of_ended, of_stolen = signed_with(ended, good), signed_with(stolen, good)
    paper, before, of_newcomer, of_moved = (
        signed_with(ended, good, first_form), signed_with(ended, renewed),
        signed_with(ended, newcomer, stop_id=elsewhere.id), signed_with(ended, moved),
    )  # fmt: skip
    office = accounts.staff()
    withdraw_key(stolen)
    here = now()
    key = db.session.get_one(TicketKey, ended)
    key.ends_at = here + timedelta(hours=1)
    reissue_ticket(renewed.id, instead_of=0, reason="x", by=office)
    move_to_stop(moved.id, elsewhere.id, by=office)
    move_to_stop(newcomer.id, stop.id, by=office)
    take_step(gone, RegistrationState.WITHDRAWN, act="withdraw", by=office)
    db.session.commit()
    forget_keys()
    of_theirs = signed_with(ended, good, lambda body, _ours: sign(body, Ed25519PrivateKey.generate()))
    late = timedelta(days=30)
    cases: list[tuple[str, str, timedelta, str | None, str | None]] = [
        # what, code, how much later, what the server says, what the device says
        ("good", ticket_for(good), timedelta(0), None, None),
        ("of before there were serials", paper, timedelta(0), None, None),
        ("of an old key", of_ended, timedelta(0), None, None),
        ("of a key that has run out", of_ended, timedelta(hours=1), "ticket_key_ended", "ticket_key_ended"),
        ("of a withdrawn key", of_stolen, timedelta(0), "ticket_key_withdrawn", "ticket_key_withdrawn"),
        ("of another office", of_theirs, timedelta(0), "unknown_code", "unknown_code"),
        ("of another stop", ticket_for(there), timedelta(0), "not_for_this_stop", "not_for_this_stop"),
        ("of another campaign", ticket_for(far), timedelta(0), "not_for_this_stop", "not_for_this_stop"),
        ("replaced", before, timedelta(0), "ticket_reissued", "ticket_reissued"),
        ("what it was replaced with", ticket_for(renewed), timedelta(0), None, None),
        ("changing, of now", moving_code_for(good, step_of(here)), timedelta(0), None, None),
        (
            "a picture of it",
            moving_code_for(good, step_of(here)),
            timedelta(seconds=90),
            "ticket_stale",
            "ticket_stale",
        ),
        ("after the last day", ticket_for(good), late, "ticket_expired", "ticket_expired"),
        (
            "given up",
            signed_with(tickets_module._signing()[0], gone),
            timedelta(0),
            "not_confirmed",
            "ticket_revoked",
        ),
        ("moved away", of_moved, timedelta(0), "not_for_this_stop", "ticket_revoked"),
        ("moved here, with the ticket of there", of_newcomer, timedelta(0), None, None),
    ]
    point = arrival_point(stop.id)
    told = [would_pass(code, point, here + later).refusal for _what, code, later, _server, _device in cases]
    assert [
        (case[0], refusal.code if refusal else None) for case, refusal in zip(cases, told, strict=True)
    ] == [(what, server) for what, _code, _later, server, _device in cases]
    assert all(refusal is None or refusal.message for refusal in told)
    device = gates.device(stop)
    shows = gates.token_of(device)
    bundle = client.get("/api/v1/bundle", headers=shows).get_json()
    held_at = client.get("/api/v1/device", headers=shows).get_json()["device"]["stop"]
    asked = [(code, (here + later).timestamp() * 1000) for _what, code, later, _server, _device in cases]
    assert page.evaluate(GATE_THERE, [bundle, held_at, asked]) == [device for *_rest, device in cases]
    assert app_words().keys() >= {
        f"reason.{device}" for *_rest, device in cases if device and device != "not_confirmed"
    }

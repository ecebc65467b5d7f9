"""Search as the desk types: names, pinyin, initials, digits, codes, universities, one wrong character.

Two cases: at the server (the product's own search and the first fifty rows, without HTTP) and through the page. The
reference sends the same statements by psycopg. Consistent when everybody who was looked for by something that is his
alone stands among the first fifty, and when each statement reaches the great tables by the index that
``bench/search_plans.json`` names for it, whatever the size.
"""

from __future__ import annotations

import random
from typing import Any
from urllib.parse import urlencode

from bench.browser import Browser, signed_in
from bench.crowded import SIZE, crowded_house, recorded, sent_again, timed
from bench.figures import Figure, Sample, figure_of, percentile
from bench.plans import Plans, differences, kept_plans, search_plans
from bench.served import Ground, House
from demo.accounts import PASSWORD

PEOPLE = 12
MET = frozenset({"found"})


def run(ground: Ground) -> list[Figure]:
    """Both cases, one asker at a time: what one person at a desk waits."""
    with crowded_house(ground) as house:
        looked_for = _looked_for(house)
        same = _has_the_same_plans(house, looked_for)
        return [_at_the_server(house, looked_for, same), _through_the_page(house, looked_for)]


def _looked_for(house: House) -> list[tuple[str, str | None]]:
    """What is typed, and the code that must be among the first fifty (None: so common that nobody must)."""
    dice = random.Random(1513)
    rows = house.ask(
        "SELECT p.full_name, p.name_pinyin, p.name_initials, p.mobile, p.email, r.code FROM people p"
        " JOIN registrations r ON r.person_id = p.id WHERE p.mobile LIKE '+86%%' AND length(p.full_name) = 3"
        " AND p.id %% %(step)s = 0 ORDER BY p.id LIMIT %(people)s",
        {"step": max(1, SIZE // 40), "people": PEOPLE},
    )
    typed: list[tuple[str, str | None]] = []
    for name, pinyin, initials, mobile, email, code in rows:
        place = dice.randrange(2, len(pinyin) - 1)
        typed += [
            (name, None),
            (name[1:], None),
            (pinyin, None),
            (pinyin[:5], None),
            (initials, None),
            (pinyin[:place] + "q" + pinyin[place + 1 :], None),
            (f"{name[0]} 太原理工", None),
            ("tyut " + pinyin[:4], None),
            (name[0], None),
            (mobile[-4:], None),
            (mobile[3:], code),
            (f"{name} {mobile[-4:]}", code),
            (email, code),
            (code, code),
        ]
    return typed


def first_fifty(typed: str) -> list[Any]:
    """The product's own search and the first fifty rows, as the queue asks for them."""
    from accounts.permissions import Reach
    from registrations.queue import Wanted, everybody_within, order_named, piece_of

    everybody = everybody_within(Reach(everywhere=True), typed)
    _name, keys = order_named("", typed, broad=everybody.broad)
    return piece_of(everybody, Wanted(), keys).rows


def plans_of_searches(house: House, looked_for: list[tuple[str, str | None]]) -> Plans:
    """How the statements of all these searches reach people and registrations."""
    from shared.db import db

    with house.app.test_request_context("/"):
        found = search_plans(house, [lambda typed=typed: first_fifty(typed) for typed, _code in looked_for])  # type: ignore[misc]
        db.session.remove()
    return found


def _has_the_same_plans(house: House, looked_for: list[tuple[str, str | None]]) -> bool:
    against = differences(kept_plans(), plans_of_searches(house, looked_for))
    for line in against:
        print(f"another plan: {line}", flush=True)
    return not against


def _at_the_server(house: House, looked_for: list[tuple[str, str | None]], same_plans: bool) -> Figure:
    from flask import g

    from shared.db import db

    samples: list[Sample] = []
    turns: list[list[tuple[str, Any]]] = []
    consistent = True
    with house.app.test_request_context("/"):
        g.request_id = "bench"

        def search(typed: str, code: str | None) -> str:
            rows = first_fifty(typed)
            return "found" if code is None or any(row.code == code for row in rows) else f"missed {typed}"

        for typed, code in looked_for:
            search(typed, code)  # warm: what a search compiles is remembered by a process
            db.session.remove()
            samples.append(timed(lambda typed=typed, code=code: search(typed, code)))  # type: ignore[misc]
            db.session.remove()
            with recorded(house) as statements:
                search(typed, code)
            turns.append(list(statements))
            db.session.remove()
        consistent = same_plans and all(sample.outcome in MET for sample in samples)
    return _figure(
        "at the server", samples, sent_again(house, turns), consistent, [t for t, _c in looked_for]
    )


def _through_the_page(house: House, looked_for: list[tuple[str, str | None]]) -> Figure:
    browser = Browser(house.host, house.port, cookies=signed_in(house.host, house.port, "admin", PASSWORD))

    def ask(typed: str, _code: str | None) -> str:
        answer = browser.get("/desk/registrations?" + urlencode({"text": typed}))
        return "found" if answer.status == 200 and "data-queue" in answer.text else f"status {answer.status}"

    for typed, code in looked_for[:14]:
        ask(typed, code)
    samples = [timed(lambda typed=typed, code=code: ask(typed, code)) for typed, code in looked_for]  # type: ignore[misc]
    turns = _statements_of_pages(house, house.app.test_client(), looked_for)
    browser.close()
    consistent = all(sample.outcome in MET for sample in samples)
    return _figure(
        "through the page", samples, sent_again(house, turns), consistent, [t for t, _c in looked_for]
    )


def _statements_of_pages(
    house: House, client: Any, looked_for: list[tuple[str, str | None]]
) -> list[list[tuple[str, Any]]]:
    from bench.browser import csrf_token

    page = client.get("/sign-in").get_data(as_text=True)
    client.post("/sign-in", data={"login": "admin", "password": PASSWORD, "csrf_token": csrf_token(page)})
    turns = []
    for typed, _code in looked_for:
        with recorded(house) as statements:
            client.get("/desk/registrations?" + urlencode({"text": typed}))
        turns.append(list(statements))
    return turns


def _figure(
    case: str, samples: list[Sample], reference: list[Sample], consistent: bool, typed: list[str]
) -> Figure:
    print(f"{case}: p95 {percentile([s.seconds for s in samples], 0.95) * 1000:.1f} ms", flush=True)
    slowest = sorted(zip(samples, typed, strict=True), key=lambda pair: -pair[0].seconds)[:5]
    print("the slowest: " + ", ".join(f"{text} {s.seconds * 1000:.0f} ms" for s, text in slowest), flush=True)
    for sample in samples:
        if sample.outcome not in MET:
            print(sample.outcome, flush=True)
    return figure_of(
        "search", f"{SIZE:,} registrations, {case}", [samples], unit="searches/s",
        reference=[[Sample(s.began, s.seconds, "found") for s in reference]], wanted=MET, consistent=consistent,
    )  # fmt: skip

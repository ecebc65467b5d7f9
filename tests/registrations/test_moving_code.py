"""The code that changes every 30 seconds: of now it passes, a picture of it does not, and the phone goes on for a while alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextvars import copy_context
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from flask import Flask
from playwright.sync_api import Page, Route, expect
from sqlalchemy import select

from accounts.models import Role
from audit.models import AuditEntry
from campaigns.models import MovingCodes, Stop
from checkin import rules
from checkin.lookups import arrival_point
from checkin.models import Direction, Scan, Verdict
from checkin.present import present
from checkin.take_in import Upload, take_in
from checkin.try_out import would_pass
from messages.models import Message
from registrations.links import link_for
from registrations.models import Registration, RegistrationState
from registrations.moving_code import AHEAD, STEP, codes_from, is_of_now, let_codes_move, step_of
from registrations.tell import tell_of_new_ticket, tell_of_step
from registrations.tickets import ticket_for, ticket_on
from shared.clock import now
from shared.db import db, transaction
from tests.browser import PHONE, Watched, a_browser
from tests.conftest import Browser
from tests.factories import accounts, campaigns, gates, registrations
from tests.journeys.looking import look, qr_on


def moving(choice: MovingCodes = MovingCodes.ON_PHONES) -> tuple[Stop, Registration]:
    """A stop whose codes change, and somebody with a seat."""
    stop = campaigns.stop(moving_codes=choice)
    return stop, registrations.registration(at=stop)


def seconds(number: int) -> timedelta:
    """So many."""
    return timedelta(seconds=number)


def test_the_next_codes_follow_each_other_and_each_is_of_its_moment(app: Flask) -> None:
    _stop, person = moving()
    codes = codes_from(datetime(2026, 11, 27, 1, 2, 44, 999, tzinfo=UTC), person)
    assert len({code.text for code in codes}) == len(codes) == AHEAD
    bodies = [ticket_on(code.text) for code in codes]
    assert [body.issued_at for body in bodies] == [code.issued_at for code in codes]
    assert codes[0].issued_at == datetime(2026, 11, 27, 1, 2, 30, tzinfo=UTC) == step_of(codes[0].issued_at)
    assert {later.issued_at - code.issued_at for code, later in pairwise(codes)} == {STEP}
    assert {(body.registration_id, body.serial) for body in bodies} == {(person.id, 0)}


@pytest.mark.parametrize(("after", "passes"), [(-31, False), (-30, True), (0, True), (59, True), (60, False)])
def test_a_code_passes_for_a_minute_and_a_little_before(after: int, passes: bool) -> None:
    moment = datetime(2026, 11, 27, 1, 2, 30, tzinfo=UTC)
    assert is_of_now(moment, moment + seconds(after)) is passes


def test_an_old_picture_is_refused_and_would_pass_were_it_not_for_the_rule(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop, person = moving()
    gate, volunteer = arrival_point(stop.id), accounts.staff(Role.GATE_VOLUNTEER)
    (old,) = codes_from(now() - seconds(90), person, 1)
    with transaction():
        refused = present(old.text, checkpoint=gate, gate="东门", by=volunteer).refusal
    assert refused is not None and refused.code == "ticket_stale"
    assert "旧图片" in refused.message and "个人报名页" in refused.message
    (code,) = codes_from(now(), person, 1)
    assert would_pass(code.text, gate, now()).refusal is None
    assert would_pass(ticket_for(person), gate, now()).refusal is None  # a badge goes on passing

    monkeypatch.setattr(rules, "is_of_now", lambda _issued_at, _at: True)  # negative control
    with transaction():
        assert present(old.text, checkpoint=gate, gate="东门", by=volunteer).let_in


def test_where_only_the_changing_code_passes_paper_does_not(app: Flask) -> None:
    stop, person = moving(MovingCodes.ONLY)
    gate = arrival_point(stop.id)
    refusal = would_pass(ticket_for(person), gate, now()).refusal
    assert refusal is not None and refusal.code == "paper_not_taken"
    (code,) = codes_from(now(), person, 1)
    assert would_pass(code.text, gate, now()).refusal is None
    assert would_pass(person.code, gate, now()).refusal is None  # typed by a volunteer who sees the person


def test_what_a_device_let_in_alone_is_judged_by_the_time_it_was_scanned(app: Flask) -> None:
    stop, person = moving()
    device = gates.device(stop)
    at = step_of(now() - timedelta(hours=2))
    (code,) = codes_from(at, person, 1)
    gate = arrival_point(stop.id)
    slow = timedelta(minutes=7)  # the device's clock is behind, and it knows by how much
    for number, (later, objection) in enumerate(((seconds(20), None), (seconds(200), "ticket_stale"))):
        upload = Upload(
            id=UUID(int=number + 1, version=4), checkpoint_id=gate.id, code=code.text,
            direction=Direction.IN, device_at=at + later - slow, clock_ahead=slow, reason=None, gate="东门",
        )  # fmt: skip
        with transaction():
            take_in([upload], device=device)
        scan = db.session.get_one(Scan, upload.id)
        assert (scan.objection, scan.verdict) == (objection, Verdict.CONFLICT if number else Verdict.FIRST)


def test_the_organiser_chooses_and_paper_is_no_longer_given_out(client: Browser) -> None:
    stop = campaigns.stop()
    person = registrations.registration(at=stop)
    link = link_for(person)
    assert client.get(f"/r/{link}/ticket/now").status_code == 303
    assert client.get(f"/r/{link}/ticket/now/codes").status_code == 404

    client.sign_in(accounts.staff(Role.ORGANISER))
    page = client.get(f"/gate/{stop.id}/checkpoints").get_data(as_text=True)
    assert "每 30 秒" in page
    address = f"/gate/{stop.id}/checkpoints/codes"
    assert client.post(address, data={"choice": "nonsense"}).status_code == 303
    assert db.session.get_one(Stop, stop.id).moving_codes is MovingCodes.OFF
    for _press in range(2):
        client.post(address, data={"choice": "on_phones"})
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "let_codes_move")).one()
    assert entry.details == {"before": "off", "after": "on_phones"}

    own = client.get(f"/r/{link}").get_data(as_text=True)
    assert "<svg xmlns" not in own.split("ticket-words")[0].split('class="ticket"')[1]
    assert client.get(f"/r/{link}/ticket").headers["Location"].endswith(f"/r/{link}/ticket/now")
    for picture in ("pdf", "png"):
        assert client.get(f"/r/{link}/ticket.{picture}").status_code == 404
    answer = client.get(f"/r/{link}/ticket/now")
    assert answer.headers["Cache-Control"] == "no-store" and "http-equiv" in answer.get_data(as_text=True)
    told = client.get(f"/r/{link}/ticket/now/codes").get_json()
    assert len(told["codes"]) == AHEAD and abs(told["now"] - now().timestamp() * 1000) < 60_000

    with transaction():
        tell_of_step(person.id, RegistrationState.CONFIRMED)
        tell_of_new_ticket(person.id, "serial-1")
    for message in db.session.scalars(select(Message)):
        assert message.inline_png is None and "cid:ticket" not in message.body_html
        assert "每 30 秒" in message.body_text and f"/r/{link}/ticket" in message.body_text
    client.post(f"/gate/{stop.id}/checkpoints/codes", data={"choice": "off"})
    assert client.get(f"/r/{link}/ticket").status_code == 200


def test_a_city_does_not_choose_for_another(client: Browser) -> None:
    stop, _person = moving()
    client.sign_in(accounts.staff(Role.ORGANISER, host_city_id=campaigns.host_city("Jincheng").id))
    assert client.post(f"/gate/{stop.id}/checkpoints/codes", data={"choice": "off"}).status_code == 404


class Network:
    """Between a real browser and the application in this process: it may fail, and counts what is asked."""

    def __init__(self, client: Browser) -> None:
        self.client, self.is_there, self.asked = client, True, 0
        self.here = copy_context()  # the browser's messages are handled in another one

    def __call__(self, route: Route) -> None:
        """One request."""
        address = urlsplit(route.request.url)
        if not self.is_there:
            return route.abort()
        self.asked += address.path.endswith("/codes")
        with self.here.run(self.client.get, address.path, headers={"Accept-Language": "zh-CN"}) as answer:
            headers = {name: value for name, value in answer.headers if name.lower() != "set-cookie"}
            return route.fulfill(status=answer.status_code, headers=headers, body=answer.get_data())


@pytest.fixture
def phones() -> Iterator[tuple[Page, Page]]:
    """A phone, and one whose browser has no JavaScript."""
    with a_browser() as browser:
        size: Any = {"viewport": {"width": PHONE["width"], "height": PHONE["height"]}, "locale": "zh-CN"}
        yield (
            browser.new_context(**size).new_page(),
            browser.new_context(**size, java_script_enabled=False).new_page(),
        )


def shown(page: Page) -> str:
    """The code on the screen, as a scanner reads it."""
    return qr_on(page.locator("[data-code]").screenshot())


def used_up(page: Page) -> float:
    """How much of the ring is empty, in percent."""
    return float(page.locator("[data-left]").get_attribute("stroke-dashoffset") or 0)


def to_the_next(page: Page) -> None:
    """Let the time pass that this code has left, and a little more."""
    page.clock.run_for(int(STEP.total_seconds() * 10 * (100 - used_up(page))) + 600)


@pytest.mark.browser
def test_the_phone_shows_one_code_after_the_other_and_says_when_it_cannot(
    client: Browser, phones: tuple[Page, Page]
) -> None:
    stop, person = moving()
    gate, address = arrival_point(stop.id), f"http://localhost/r/{link_for(person)}/ticket/now"
    page, plain = phones
    network = Network(client)
    page.route("**/*", network)
    watched = Watched(page, "http://localhost")
    page.clock.install(time=now())
    page.goto(address)
    page.wait_for_function("document.querySelector('[data-ring]').checkVisibility()")
    page.clock.run_for(1000)
    first = shown(page)
    assert would_pass(first, gate, now()).refusal is None
    expect(page.locator("[data-says]")).to_contain_text("每 30 秒")
    look(page)

    to_the_next(page)
    second = shown(page)
    issued_at, next_at = (ticket_on(code).issued_at for code in (first, second))
    assert issued_at is not None and next_at is not None
    assert STEP <= next_at - issued_at <= 2 * STEP  # a busy machine may let one pass
    late = would_pass(first, gate, issued_at + seconds(61)).refusal
    assert late is not None and late.code == "ticket_stale"
    used = used_up(page)
    page.clock.run_for(5_000)
    assert used_up(page) > used
    before = network.asked
    page.clock.run_for(150_000)  # well before the last one new ones are asked for
    page.wait_for_timeout(50)
    assert network.asked > before

    network.is_there = False
    page.clock.run_for(240_000)
    expect(page.locator("[data-says]")).to_contain_text("没有网络")
    alone = shown(page)
    assert alone not in (first, second)
    look(page, closely=False)
    page.clock.run_for(300_000)
    expect(page.locator("[data-over]")).to_be_visible()
    expect(page.locator("[data-code]")).to_be_hidden()
    expect(page.locator(".pass-spoken")).to_have_text(person.spaced_code)
    look(page)
    network.is_there = True
    page.get_by_role("button", name="再试一次").click()
    expect(page.locator("[data-code]")).to_be_visible()
    page.clock.run_for(1000)
    assert would_pass(shown(page), gate, now()).refusal is None
    watched.assert_clean()

    with transaction():
        let_codes_move(stop.id, MovingCodes.OFF, by=accounts.staff())
    page.clock.run_for(400_000)
    expect(page).to_have_url(address.removesuffix("/now"))

    with transaction():
        let_codes_move(stop.id, MovingCodes.ONLY, by=accounts.staff())
    plain.route("**/*", network)
    plain.goto(address)
    assert would_pass(shown(plain), gate, now()).refusal is None
    expect(plain.locator("[data-ring]")).to_be_hidden()
    assert 1 <= int(plain.locator("meta[http-equiv=refresh]").get_attribute("content") or 0) <= 31

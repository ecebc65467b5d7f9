"""Guests who scan a poster: known by their ticket or by its code, let in by the same rules, and only in the hall."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any
from uuid import uuid4

import pypdfium2
import pytest
import zxingcpp
from flask import Flask
from sqlalchemy import func, select, text

from accounts.models import Role
from campaigns.models import Stop
from checkin import by_poster as by_poster_module
from checkin import posters as posters_module
from checkin.lookups import arrival_point
from checkin.models import CheckIn, Checkpoint, CheckpointPoster, DeviceRole, Scan, Verdict
from checkin.posters import (
    PosterPlan,
    came_by_poster,
    change_poster,
    minute_code,
    put_up_poster,
    take_down_poster,
)
from checkin.present import present
from messages.models import Message
from registrations.find import answer_request
from registrations.links import link_for
from registrations.models import BadgeClass, FindRequest, Registration, RegistrationState
from shared.clock import now
from shared.db import db, transaction
from shared.errors import Refusal
from tests.conftest import Browser, settings_for
from tests.factories import accounts, campaigns, gates, registrations

S = RegistrationState


def plan(**changes: Any) -> PosterPlan:
    moment = now()
    return PosterPlan(
        **{
            "opens_at": moment - timedelta(hours=1),
            "closes_at": moment + timedelta(hours=1),
            "is_screen": False,
            "place_word": "",
            **changes,
        }
    )


def hung(at: Stop | Checkpoint, **changes: Any) -> CheckpointPoster:
    point = at if isinstance(at, Checkpoint) else arrival_point(at.id)
    with transaction():
        return put_up_poster(point.id, plan(**changes), by=accounts.staff())


def know(client: Browser, registration: Registration) -> None:
    """Open the ticket on this phone."""
    assert client.get(f"/r/{link_for(registration)}/ticket").status_code == 200


def tap(client: Browser, poster: CheckpointPoster, **fields: Any) -> Any:
    return client.post(f"/here/{poster.code}", data={"scan_id": str(uuid4()), **fields})


def scans() -> list[Scan]:
    return list(db.session.scalars(select(Scan).order_by(Scan.received_at, Scan.id)))


def test_a_phone_that_knows_its_ticket_checks_in_with_one_tap_and_once(client: Browser) -> None:
    registration = registrations.registration(full_name="欧阳文博")
    poster = hung(registration.stop)
    assert "欧阳文博" not in client.get(f"/here/{poster.code}").text
    know(client, registration)
    page = client.get(f"/here/{poster.code}")
    assert page.headers["Cache-Control"] == "no-store"
    assert "欧阳文博" in page.text
    assert not scans(), "looking changes nothing"

    fields = {"who": registration.id, "scan_id": str(uuid4())}
    for _lost_answer in range(2):
        answer = tap(client, poster, **fields)
        assert answer.status_code == 200
        assert "签到成功" in answer.text
        assert "欧阳文博" in answer.text
    (scan,) = scans()
    assert (scan.device_id, scan.verdict, scan.asked) == (poster.device_id, Verdict.FIRST, True)
    assert poster.device.role is DeviceRole.POSTER
    again = tap(client, poster, who=registration.id)
    assert (again.status_code, "您已签到" in again.text, "欧阳文博" in again.text) == (409, True, True)
    assert poster.device.name not in again.text, "a device's name is for the staff"
    assert f'href="/r/{link_for(registration)}/ticket"' in again.text, "and from here one goes on"
    came = came_by_poster(poster.checkpoint)
    assert (came.let_in, came.refused) == (1, 1)


def test_the_code_of_the_ticket_does_as_well_and_is_remembered_for_the_next_poster(client: Browser) -> None:
    registration = registrations.registration()
    poster = hung(registration.stop)
    dinner = hung(gates.checkpoint(registration.stop))
    answer = tap(client, poster, ticket_code=f" {registration.spaced_code.lower()} ")
    assert answer.status_code == 200
    assert registration.person.full_name in answer.text
    assert registration.person.full_name in client.get(f"/here/{dinner.code}").text
    wrong = tap(client, poster, ticket_code="2222-2222")
    assert 'id="ticket-code-error"' in wrong.text
    assert 'value="2222-2222"' in wrong.text
    assert tap(client, poster).status_code == 422, "nothing typed"


def test_nobody_checks_in_for_a_ticket_that_this_phone_does_not_know(client: Browser) -> None:
    registration = registrations.registration()
    poster = hung(registration.stop)
    assert tap(client, poster, who=registration.id).status_code == 422
    assert not scans()


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: (registrations.registration(), {"closes_at": now() - timedelta(minutes=1)}), None),
        (lambda: (registrations.registration(), {"opens_at": now() + timedelta(minutes=1)}), None),
        (lambda: (registrations.registration(), {"place_word": "汾酒"}), None),
        (lambda: (registrations.registration(S.WAITING), {}), "not_confirmed"),
        (lambda: (registrations.registration(badge_class=BadgeClass.MEDIA), {}), "not_for_this_class"),
    ],
    ids=["over", "too early", "word", "no seat", "class"],
)
def test_the_same_refusals_hold_as_for_everybody(
    client: Browser, make: Callable[[], tuple[Registration, dict[str, datetime]]], code: str | None
) -> None:
    registration, changes = make()
    dinner = gates.checkpoint(registration.stop, badge_classes=["doctor"])
    poster = hung(dinner, **changes)
    answer = tap(client, poster, ticket_code=registration.code, place_word="错")
    assert answer.status_code in (409, 422)
    assert "签到成功" not in answer.text
    assert [scan.reason for scan in scans()] == ([code] if code else [])


def test_the_word_is_taken_however_it_is_typed_and_changed_without_a_new_poster(client: Browser) -> None:
    registration = registrations.registration()
    poster = hung(registration.stop, place_word="Fen 2026")
    know(client, registration)
    wrong = tap(client, poster, who=registration.id, place_word="fen")
    assert (wrong.status_code, "word-1-error" in wrong.text) == (422, True)
    assert "口令不正确" in wrong.text and "请填写现场口令" in tap(client, poster, who=registration.id).text
    friend = registrations.registration(at=registration.stop, full_name="欧阳若兰")
    know(client, friend)
    said = tap(client, poster, who=registration.id, place_word="fen").text
    assert said.count("口令不正确") == said.count('value="fen"') == 1, (
        "beside the ticket that was tried, alone"
    )
    with transaction():
        change_poster(poster.id, plan(place_word="太行"), by=accounts.staff())
    assert tap(client, poster, who=registration.id, place_word="fen2026").status_code == 422
    assert tap(client, poster, who=registration.id, place_word=" 太 行 ").status_code == 200


def test_whoever_tries_without_end_is_stopped(client: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_poster_module, "MOST_WRONG_CODES", 2)
    registration = registrations.registration()
    poster = hung(registration.stop)
    told = [tap(client, poster, ticket_code=f"2222222{n}").status_code for n in (3, 4, 5)]
    assert told == [404, 404, 429]
    know(client, registration)
    assert tap(client, poster, who=registration.id).status_code == 200, (
        "a phone that knows its ticket goes on"
    )
    told = [tap(client, poster, who=registration.id).status_code for _ in range(10)]
    assert told[-1] == 429
    assert len([scan for scan in scans() if scan.registration_id]) == by_poster_module.MOST_OF_ONE_TICKET


def test_a_hall_that_mistypes_the_word_is_not_taken_for_one_that_tries_codes(
    client: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(by_poster_module, "MOST_WRONG_CODES", 2)
    registration = registrations.registration()
    poster = hung(registration.stop, place_word="汾酒")
    for _guest in range(3):
        answer = tap(client, poster, ticket_code=registration.code, place_word="竹叶青")
        assert (answer.status_code, "word-0-error" in answer.text) == (422, True)
    assert tap(client, poster, ticket_code=registration.code, place_word="汾酒").status_code == 200
    assert tap(client, poster, who="1" * 5_000).status_code == 422, "no ticket of this phone"


def test_whoever_tries_out_words_is_stopped(client: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_poster_module, "MOST_OF_ONE_TICKET", 2)
    mine, others = registrations.registration(), [registrations.registration() for _ in range(2)]
    poster = hung(mine.stop, place_word="汾酒")
    told = [
        tap(client, poster, ticket_code=mine.code[:n] + " " + mine.code[n:], place_word="杏花").status_code
        for n in (1, 2, 3)
    ]
    assert told == [422, 422, 429], "a blank elsewhere is no other ticket"
    monkeypatch.setattr(by_poster_module, "MOST_WRONG_WORDS", 4)
    told = [tap(client, poster, ticket_code=one.code, place_word="老白").status_code for one in others]
    assert told == [422, 429]


def test_a_screen_is_scanned_now_and_here(client: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    registration = registrations.registration()
    poster = hung(registration.stop, is_screen=True)
    other = hung(gates.checkpoint(registration.stop), is_screen=True)
    know(client, registration)
    moment = now()
    for bad in (
        "",
        f"?m={minute_code(poster, moment - timedelta(minutes=3, seconds=1))}",
        f"?m={minute_code(poster, moment + timedelta(minutes=2))}",
        f"?m={minute_code(other, moment)}",
        "?m=%00",
    ):
        assert client.get(f"/here/{poster.code}{bad}").status_code == 403, bad
        assert tap(client, poster, who=registration.id).status_code == 403
    assert not scans()
    minutes = {minute_code(poster, moment + timedelta(minutes=n)) for n in range(60)}
    assert len(minutes) == 60

    answer = client.get(f"/here/{poster.code}?m={minute_code(poster, moment - timedelta(minutes=1))}")
    assert answer.headers["Location"] == f"/here/{poster.code}", "what is passed on holds no code"
    assert tap(client, other, who=registration.id).status_code == 403, "another screen was not scanned"
    assert registration.person.full_name in client.get(f"/here/{poster.code}").text
    assert tap(client, poster, who=registration.id).status_code == 200


def test_turned_off_or_revoked_it_is_over_at_once(client: Browser) -> None:
    registration = registrations.registration()
    first = hung(registration.stop)
    know(client, registration)
    with transaction():
        take_down_poster(first.id, by=accounts.staff())
    second = hung(registration.stop)
    assert first.code != second.code
    assert client.get(f"/here/{second.code}").status_code == 200
    second.device.revoked_at = now()
    db.session.commit()
    for poster in (first, second):
        assert client.get(f"/here/{poster.code}").status_code == 404
        assert tap(client, poster, who=registration.id).status_code == 404
    assert client.get("/here/x").status_code == 404


def test_without_the_ticket_at_hand_one_finds_it_and_comes_back_to_the_poster(client: Browser) -> None:
    registration = registrations.registration()
    poster = hung(registration.stop)
    assert f"/find?here={poster.code}" in client.get(f"/here/{poster.code}").text
    page = client.post(f"/find?here={poster.code}", data={"who": registration.email}).text
    answer_request(db.session.scalars(select(FindRequest.id)).one())
    mail = db.session.scalars(select(Message).where(Message.kind == "found")).one()
    code, receipt = (
        re.search(r"\b\d{3} \d{3}\b", mail.body_text),
        re.search(r'"receipt"[^>]*value="([^"]+)', page),
    )
    assert code
    assert receipt
    answer = client.post("/find/code", data={"receipt": receipt[1], "one_time_code": code[0]})
    assert answer.headers["Location"] == f"/here/{poster.code}"
    assert registration.person.full_name in client.get(f"/here/{poster.code}").text


def test_the_organiser_puts_it_up_prints_it_and_takes_it_down(client: Browser) -> None:
    stop = campaigns.stop()
    door = arrival_point(stop.id)
    client.sign_in(accounts.staff(Role.ORGANISER, host_city_id=stop.host_city_id))
    page = f"/gate/{stop.id}/checkpoints/{door.id}/poster"
    typed = {
        "shown": "printed",
        "opens_at": "2026-05-28T08:00",
        "closes_at": "2026-05-28T07:00",
        "place_word": "汾酒",
    }
    refused = client.post(page, data=typed)
    assert (refused.status_code, 'value="汾酒"' in refused.text) == (422, True)
    assert client.post(page, data={**typed, "closes_at": "2026-05-28T12:00"}).status_code == 303
    assert f'href="{page}"' in client.get(f"/gate/{stop.id}/checkpoints").text
    poster = db.session.scalars(select(CheckpointPoster)).one()
    assert (poster.place_word, poster.closes_at.hour) == ("汾酒", 4)
    address = f"http://localhost/here/{poster.code}"
    assert address in client.get(page).text
    for paper, width in (("", 210), ("?paper=a3", 297)):
        answer = client.get(f"/desk/badges/check-in-posters/{stop.id}/{door.id}.pdf{paper}")
        (sheet,) = pypdfium2.PdfDocument(answer.data)
        assert round(sheet.get_width() / 72 * 25.4) == width
        for dpi in (100, 150):
            image = sheet.render(scale=dpi / 72).to_pil().convert("L")
            assert {found.text for found in zxingcpp.read_barcodes(image)} == {address}
    client.post(page, data={**typed, "shown": "screen", "closes_at": "2026-05-28T12:00"})
    screen = re.search(r"/here/\w{8}/screen/\w{32}", client.get(page).text)
    assert screen
    hall = Browser(client.application)
    shown = hall.get(screen[0])
    assert ("data-poster-screen" in shown.text, shown.headers["Cache-Control"]) == (True, "no-store")
    assert hall.get(screen[0][:-1]).status_code == 404
    assert client.get(f"/desk/badges/check-in-posters/{stop.id}/{door.id}.pdf").status_code == 404
    assert client.post(f"{page}/down").status_code == 303
    assert client.post(f"{page}/down").status_code == 404
    assert hall.get(screen[0]).status_code == 404


PHONES = 8


@pytest.mark.crowd
def test_posters_and_gate_at_once_let_a_ticket_in_once_and_a_room_fill_up_to_its_last_place(
    fresh_database: Callable[[], str], tmp_path: Path
) -> None:
    from app import create_app

    app: Flask = create_app(settings_for(fresh_database(), tmp_path))
    with app.app_context():
        one = registrations.registration()
        crowd = [one, *(registrations.registration(at=one.stop) for _ in range(PHONES - 1))]
        codes, one_id, stop_id = [each.code for each in crowd], one.id, one.stop_id
        staff_id = accounts.staff().id
        with transaction():
            door = put_up_poster(arrival_point(stop_id).id, plan(), by=accounts.staff()).code
            room = gates.checkpoint(one.stop, capacity=3)
            dinner = put_up_poster(room.id, plan(), by=accounts.staff()).code
        db.session.remove()
    together = Barrier(PHONES)

    def one_ticket(number: int) -> bool:
        together.wait(20)
        if number % 2:
            return tapped(door, codes[0]) == 200
        with app.app_context(), transaction():
            from accounts.models import Staff

            return present(
                codes[0],
                checkpoint=arrival_point(stop_id),
                gate="东门",
                by=db.session.get_one(Staff, staff_id),
            ).let_in

    def tapped(poster: str, code: str) -> int:
        data = {"ticket_code": code, "scan_id": str(uuid4())}
        return app.test_client().post(f"/here/{poster}", data=data).status_code

    def one_room(number: int) -> bool:
        together.wait(20)
        return tapped(dinner, codes[number]) == 200

    with ThreadPoolExecutor(PHONES) as pool:
        at_door = list(pool.map(one_ticket, range(PHONES)))
        in_room = list(pool.map(one_room, range(PHONES)))
    with app.app_context():
        entries = db.session.scalar(
            select(func.count()).where(CheckIn.registration_id == one_id, CheckIn.is_arrival)
        )
        kept = db.session.scalar(select(func.count()).select_from(Scan))
        db.session.remove()
        db.engine.dispose()
    assert (at_door.count(True), entries) == (1, 1)
    assert in_room.count(True) == 3
    assert kept == 2 * PHONES, "every scan is kept, also the refused ones"


@pytest.mark.crowd
def test_one_poster_hangs_however_many_put_it_up_at_once(
    fresh_database: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app import create_app

    app: Flask = create_app(settings_for(fresh_database(), tmp_path))
    with app.app_context():
        points = [arrival_point(campaigns.stop().id).id for _ in range(3)]
        staff = accounts.staff()
        db.session.commit()
        db.session.remove()
    together = Barrier(4)

    def put_up(point: int) -> str:
        with app.app_context():
            try:
                together.wait(20)
                with transaction():
                    put_up_poster(point, plan(), by=staff)
                return "up"
            except Refusal as refusal:
                return refusal.code
            finally:
                db.session.remove()

    def read_together(model: type[Checkpoint], row_id: int) -> Checkpoint | None:
        found = db.session.get(model, row_id)
        together.wait(20)  # everybody has read the checkpoint by now, and holds nothing
        return found

    def told(point: int) -> list[str]:
        with ThreadPoolExecutor(4) as pool:
            return sorted(pool.map(put_up, [point] * 4))

    one = ["poster_hangs"] * 3 + ["up"]
    assert told(points[0]) == one
    monkeypatch.setattr(posters_module, "hold", read_together)
    assert told(points[1]) == one, "the index alone"
    with app.app_context():
        db.session.execute(text("DROP INDEX uq_checkpoint_posters_hanging"))
        db.session.commit()
    assert told(points[2]) == ["up"] * 4, "negative control"
    with app.app_context():
        db.engine.dispose()

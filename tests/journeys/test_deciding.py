"""A reviewer scores by keys, an organiser confirms a whole filter after its preview, and the waiting list moves up by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select

from registrations.assign import add_criterion, assign_in_turn
from registrations.links import link_for
from registrations.models import Registration, RegistrationState, SeatRules
from registrations.offer import expire_offers
from shared.clock import now
from shared.db import db, transaction
from tests.browser import DESK, PHONE, Watched, a_browser
from tests.factories import campaigns, registrations
from tests.journeys.conftest import PASSWORD
from tests.journeys.looking import look, sign_in
from tests.served import Served, wait_until

S = RegistrationState


def state_of(served: Served, registration_id: int) -> RegistrationState:
    """Where it stands by now, read afresh."""
    with served.app.app_context():
        return db.session.scalars(select(Registration.state).where(Registration.id == registration_id)).one()


def people(served: Served) -> tuple[int, list[int], list[str]]:
    """A reviewed stop of two seats whose free seats are offered: four applicants, all to be scored by the organiser."""
    from accounts.sign_in import staff_with_login

    with served.app.app_context():
        stop = campaigns.stop(capacity=2, needs_approval=True)
        db.session.add(SeatRules(stop_id=stop.id, offer_hours=24))
        db.session.commit()
        rows = [
            registrations.registration(
                S.APPLIED, at=stop, full_name=name, applied_at=now() - timedelta(hours=9 - number)
            )
            for number, name in enumerate(("甲一", "乙二", "丙三", "丁四"))
        ]
        organiser = staff_with_login("organiser")
        assert organiser is not None
        with transaction():
            for name in ("学术水平", "来晋意愿"):
                add_criterion(stop.campaign_id, name_zh=name, name_en="", weight=1, by=organiser)
            assign_in_turn(rows[0].id, [organiser.id], 0, by=organiser)
        return stop.id, [row.id for row in rows], [link_for(row) for row in rows]


@pytest.mark.browser
@pytest.mark.timeout(240)
def test_a_stop_is_scored_decided_and_its_seats_move_on(served: Served) -> None:
    stop_id, ids, links = people(served)
    with a_browser() as browser:
        desk = browser.new_context(viewport={"width": DESK["width"], "height": DESK["height"]})
        desk.set_default_timeout(30_000)
        page = desk.new_page()
        watched = Watched(page, served.url)
        sign_in(page, served.url, "organiser", PASSWORD)

        # Scored by keys: 8, then 0 for ten, then Enter.
        page.goto(f"{served.url}/desk/registrations/to-score")
        look(page)
        page.keyboard.press("8")
        page.keyboard.press("0")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        expect(page.locator("main")).to_contain_text("没有待您评分的报名")

        # The queue by keys: the best first, the side shows who it is, two chosen and left again.
        queue = f"{served.url}/desk/registrations?stop={stop_id}&state=applied&sort=score"
        page.goto(queue)
        expect(page.locator("tbody tr").first).to_contain_text("9.0")
        expect(page.locator("[data-queue-side] h2")).to_have_text("甲一")
        page.keyboard.press("j")
        expect(page.locator("[data-queue-side] h2")).not_to_have_text("甲一")
        page.keyboard.press("x")
        expect(page.locator("[data-queue-says]")).to_have_text("已选 1 人")
        look(page)
        page.keyboard.press("x")
        page.keyboard.press("Shift+?")
        expect(page.locator("[data-queue-dialog]")).to_be_visible()
        page.keyboard.press("Escape")

        # Everybody of the filter: two seats, so two are confirmed and two are passed over, and the page says so before.
        page.check("[name=everybody]")
        page.click("[name=act][value=confirm]")
        expect(page.locator("main")).to_contain_text("确认 2 人")
        expect(page.locator("main")).to_contain_text("已满")
        look(page)
        page.click("main form button.btn-primary")
        expect(page.locator(".work-head")).to_contain_text("已完成")
        page.reload()
        expect(page.locator("main")).to_contain_text("跳过 2 条")
        assert [state_of(served, number) for number in ids] == [
            S.CONFIRMED,
            S.CONFIRMED,
            S.APPLIED,
            S.APPLIED,
        ]

        # The other two wait: one by a key, answered in place.
        page.goto(queue)
        page.keyboard.press("w")
        expect(page.locator("[data-pill]").first).to_contain_text("候补")
        page.locator("tbody tr").nth(1).locator(".queue-name").focus()
        page.keyboard.press("w")
        expect(page.locator("[data-pill]").nth(1)).to_contain_text("候补")
        watched.assert_clean()

        # On the phone one of the confirmed withdraws: the first in line is offered the seat.
        phone = browser.new_context(viewport={"width": PHONE["width"], "height": PHONE["height"]})
        phone.set_default_timeout(30_000)
        with served.app.app_context(), transaction():
            from registrations.register import withdraw

            withdraw(ids[0], by="applicant")
        with served.app.app_context():
            waiting = list(
                db.session.scalars(
                    select(Registration.id).where(Registration.id.in_(ids[2:])).order_by(Registration.state)
                )
            )
        first, second = waiting
        assert (state_of(served, first), state_of(served, second)) == (S.OFFERED, S.WAITING)

        # Nobody answers: the offer runs out and moves on.
        with served.app.app_context(), transaction():
            db.session.get_one(Registration, first).offer_expires_at = now() - timedelta(seconds=1)
        with served.app.app_context(), transaction():
            expire_offers(stop_id)
        assert (state_of(served, first), state_of(served, second)) == (S.EXPIRED, S.OFFERED)

        # The next accepts by the own link.
        own = phone.new_page()
        own.goto(f"{served.url}/r/{links[ids.index(second)]}")
        look(own)
        own.click("form[action$='/offer/accept'] button")
        expect(own.locator("main")).to_contain_text("名额已归您")
        assert state_of(served, second) is S.CONFIRMED
        own.goto(f"{served.url}/r/{links[ids.index(first)]}")
        expect(own.locator("h1")).to_contain_text("顺延")

        def told() -> bool:
            from messages.models import Message

            with served.app.app_context():
                kinds = db.session.scalars(
                    select(Message.kind).where(Message.registration_id.in_([first, second]))
                ).all()
                return {"offer_expired", "confirmed"} <= set(kinds)

        wait_until(told, "nobody was written to", seconds=60)
        with served.app.app_context():
            seated = db.session.scalar(
                select(func.count()).where(Registration.stop_id == stop_id, Registration.state == S.CONFIRMED)
            )
        assert seated == 2

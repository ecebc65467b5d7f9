"""A programme item that does not take place: its people are told once, and hold no seat in it any more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.exc import IntegrityError

from accounts.models import Role
from audit.record import APPLICANT
from campaigns.errors import ItemIsCancelled
from campaigns.facts import ItemCancelled
from campaigns.models import ProgrammeItem
from campaigns.programme import take_from_programme
from jobs.outbox import announce
from messages.models import Message
from registrations import cancel_item as cancelling
from registrations import choose_programme
from registrations.cancel_item import cancel_item
from registrations.choose_programme import choose, choose_exactly
from registrations.errors import NotToBeChosen
from registrations.links import link_for
from registrations.models import ProgrammeChoice, Registration
from registrations.register import withdraw
from shared.db import db, transaction
from tests.conftest import Browser, settings_for
from tests.factories import accounts, campaigns, registrations
from tests.promises import keep_promises


def test_whoever_had_chosen_it_is_told_once_and_may_choose_another(client: Browser) -> None:
    stop, staff = campaigns.stop(), accounts.staff()
    salon, other, visit = (
        campaigns.item(at=stop, group_zh="沙龙（选一场）", capacity=2),
        campaigns.item(at=stop, hours=(1, 2), group_zh="沙龙（选一场）"),
        campaigns.item(at=stop, hours=(3, 4)),
    )
    comes, withdrew, elsewhere = (registrations.registration(at=stop) for _ in range(3))
    with transaction():
        choose_exactly(comes.id, [salon.id, visit.id], by=APPLICANT)
        choose(withdrew.id, salon.id, by=APPLICANT)
        choose(elsewhere.id, other.id, by=APPLICANT)
    client.sign_in(staff)
    programme = f"/desk/campaigns/stops/{stop.id}/programme"
    cancel = f"/desk/registrations/programme/{stop.id}/{salon.id}/cancel"
    assert cancel in client.get(programme).text
    assert "2 人" in client.get(cancel).text
    assert client.post(cancel, data={"reason": " "}).status_code == 422
    assert client.post(cancel, data={"reason": "主讲人临时不能到场"}).status_code == 302
    with transaction():
        withdraw(withdrew.id, by=APPLICANT)
        announce(ItemCancelled(item_id=salon.id))  # a fact that is heard twice tells nobody twice
    keep_promises()
    told = db.session.scalars(select(Message).where(Message.kind == "item_cancelled")).all()
    assert [one.registration_id for one in told] == [comes.id]
    assert "主讲人临时不能到场" in told[0].body_text
    assert f"/r/{link_for(comes)}/programme" in told[0].body_text

    db.session.refresh(salon)
    assert (salon.seats_taken, salon.is_cancelled) == (0, True)
    with pytest.raises(ItemIsCancelled), transaction():
        cancel_item(salon.id, stop_id=stop.id, reason="再次", by=staff)
    with pytest.raises(ItemIsCancelled), transaction():
        take_from_programme(salon.id, stop_id=stop.id, by=staff)
    with pytest.raises(ItemIsCancelled), transaction():
        choose(elsewhere.id, salon.id, by=APPLICANT)
    with transaction():
        choose(comes.id, other.id, by=APPLICANT)  # of the same group, at the same time

    public = client.get(f"/c/{stop.campaign.slug}/stops/{stop.id}").text
    assert f"<s>{salon.title_zh}</s>" in public
    assert "主讲人临时不能到场" in public
    assert f"<s>{salon.title_zh}</s>" in client.get(programme).text
    calendar = client.get(f"/c/{stop.campaign.slug}/stops/{stop.id}/calendar.ics").text.replace("\r\n ", "")
    assert f"{salon.title_zh} (已取消)" in calendar
    own = client.get(f"/r/{link_for(comes)}").text
    assert f"<s>{salon.title_zh}</s>" in own
    assert f'value="{salon.id}"' not in client.get(f"/r/{link_for(comes)}/programme").text
    mine = client.get(f"/r/{link_for(comes)}/calendar.ics").text.replace("\r\n ", "")
    entries = [entry for entry in mine.split("BEGIN:VEVENT") if "-item-" in entry]
    states = {entry.split("-item-")[1].split("@")[0]: "STATUS:CANCELLED" in entry for entry in entries}
    assert states == {str(salon.id): True, str(other.id): False, str(visit.id): False}


def test_an_item_of_another_city_is_out_of_reach(client: Browser) -> None:
    item = campaigns.item(at=campaigns.stop(host_city_id=campaigns.host_city().id))
    client.sign_in(accounts.staff(Role.ORGANISER, host_city_id=campaigns.host_city("Jincheng").id))
    address = f"/desk/registrations/programme/{item.stop_id}/{item.id}/cancel"
    assert client.get(address).status_code == client.post(address, data={"reason": "无"}).status_code == 404


def test_the_schema_refuses_a_standing_choice_of_a_cancelled_item_to_raw_sql(app: Flask) -> None:
    stop = campaigns.stop()
    item = campaigns.item(at=stop)
    person = registrations.registration(at=stop)
    with transaction():
        choose(person.id, item.id, by=APPLICANT)
    with pytest.raises(IntegrityError, match="cancelled_is_empty"), transaction():
        db.session.execute(text("UPDATE programme_items SET cancelled_at = now()"))
    with transaction():
        db.session.execute(text("UPDATE programme_choices SET cancelled_at = now()"))
        db.session.execute(text("UPDATE programme_items SET cancelled_at = now()"))
    with pytest.raises(IntegrityError, match="cancelled_is_empty"), transaction():
        db.session.execute(text("UPDATE programme_choices SET cancelled_at = NULL"))


CLIENTS = 16
FEW = 6  # who wait for each other inside their transactions: no more than there are connections


def cancelled_in_the_middle(
    url: str, directory: Path, *, clients: int = CLIENTS, then: Callable[[], object] = lambda: None
) -> tuple[Counter[str], int, int, Counter[int | None]]:
    """An item is cancelled, ``then`` called, while so many clients choose it.

    Returns what they heard, the choices that stand, those kept as cancelled, and how often each person was written to.
    """
    from app import create_app

    app = create_app(settings_for(url, directory))
    heard: Counter[str] = Counter()
    together = Barrier(clients + 1)
    with app.app_context():
        stop, staff = campaigns.stop(), accounts.staff()
        item_id, stop_id, staff_id = campaigns.item(at=stop).id, stop.id, staff.id
        ids = [registrations.registration(at=stop).id for _ in range(clients)]
        db.session.remove()

    def chooses(registration_id: int) -> None:
        with app.app_context():
            together.wait(30)
            try:
                with transaction():
                    choose(registration_id, item_id, by=APPLICANT)
                heard["chosen"] += 1
            except (ItemIsCancelled, NotToBeChosen):
                heard["cancelled"] += 1
            db.session.remove()

    def cancels() -> None:
        with app.app_context():
            by = db.session.get_one(type(staff), staff_id)
            together.wait(30)
            with transaction():
                cancel_item(item_id, stop_id=stop_id, reason="场地不可用", by=by)
            then()
            db.session.remove()

    threads = [Thread(target=chooses, args=(one,)) for one in ids] + [Thread(target=cancels)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with app.app_context():
        keep_promises()
        of_item = select(func.count()).select_from(ProgrammeChoice).where(ProgrammeChoice.item_id == item_id)
        standing = db.session.scalar(of_item.where(ProgrammeChoice.cancelled_at.is_(None))) or 0
        kept = db.session.scalar(of_item.where(ProgrammeChoice.cancelled_at.is_not(None))) or 0
        written = Counter(
            db.session.scalars(select(Message.registration_id).where(Message.kind == "item_cancelled"))
        )
        db.session.remove()
        db.engine.dispose()
    return heard, standing, kept, written


def without_holding(monkeypatch: pytest.MonkeyPatch) -> Callable[[], object]:
    """Take the holds away, and let those who choose ask before the item is cancelled and write afterwards."""
    asked_all, cancelled = Barrier(FEW + 1), Barrier(FEW + 1)
    asked = choose_programme._refuse_unless_free

    def only_read(registration_id: int) -> Any:
        registration = db.session.get_one(Registration, registration_id)
        return registration.stop, registration

    def asked_before(item: ProgrammeItem, chosen: list[ProgrammeItem]) -> None:
        asked(item, chosen)
        asked_all.wait(30)
        cancelled.wait(30)

    def read_item(item_id: int, stop: Any) -> ProgrammeItem:
        asked_all.wait(30)
        return db.session.get_one(ProgrammeItem, item_id)

    monkeypatch.setattr(choose_programme, "held_with_stop", only_read)
    monkeypatch.setattr(choose_programme, "_refuse_unless_free", asked_before)
    monkeypatch.setattr(cancelling, "hold", lambda kind, key: db.session.get(kind, key))
    monkeypatch.setattr(cancelling, "held_item", read_item)
    return lambda: cancelled.wait(30)


def test_cancelled_while_many_choose_nobody_keeps_a_seat_and_each_who_had_one_is_told_once(
    fresh_database: Any, tmp_path: Path
) -> None:
    heard, standing, kept, written = cancelled_in_the_middle(fresh_database(), tmp_path)
    assert heard["chosen"] + heard["cancelled"] == CLIENTS
    assert (standing, kept) == (0, heard["chosen"])
    assert sorted(written.values()) == [1] * kept


def test_without_the_hold_the_constraint_keeps_a_cancelled_item_empty(
    fresh_database: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    then = without_holding(monkeypatch)
    heard, standing, kept, written = cancelled_in_the_middle(
        fresh_database(), tmp_path, clients=FEW, then=then
    )
    assert (heard, standing, kept, written) == ({"cancelled": FEW}, 0, 0, {})


def test_without_both_people_sit_in_an_item_that_is_not_held(
    fresh_database: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: if nobody keeps a seat without the guards, the tests above prove nothing."""
    then = without_holding(monkeypatch)
    url = fresh_database()
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(
            text("ALTER TABLE programme_items DROP CONSTRAINT ck_programme_items_cancelled_is_empty")
        )
    engine.dispose()
    _heard, standing, _kept, written = cancelled_in_the_middle(url, tmp_path, clients=FEW, then=then)
    assert standing == FEW
    assert not written

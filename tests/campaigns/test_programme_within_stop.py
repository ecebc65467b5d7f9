"""The programme lies within its stop, whoever changes which of them, and at the same moment."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine, select, text
from sqlalchemy.exc import IntegrityError

from accounts.models import Staff
from campaigns import plan, programme
from campaigns.errors import OutsideTheStop, ProgrammeOutside
from campaigns.models import ProgrammeItem, ProgrammeKind, Stop
from campaigns.plan import StopPlan, revise_stop
from campaigns.programme import ProgrammeEntry, add_to_programme
from shared.clock import in_china
from shared.db import db, transaction
from tests.conftest import Browser, settings_for
from tests.factories import accounts, campaigns


def as_it_is(stop: Stop) -> StopPlan:
    names = StopPlan.__dataclass_fields__
    return StopPlan(**{name: getattr(stop, name) for name in names})


def test_a_stop_is_not_cut_short_over_its_programme_and_may_begin_later_without_it(app: Flask) -> None:
    stop, staff = campaigns.stop(), accounts.staff()
    early, late = campaigns.item(at=stop, hours=(1, 2)), campaigns.item(at=stop, hours=(4, 5))
    was, hour = as_it_is(stop), timedelta(hours=1)
    with pytest.raises(ProgrammeOutside) as said, transaction():
        revise_stop(stop.id, replace(was, ends_at=was.starts_at + 4.5 * hour), by=staff)
    assert late.title_zh in said.value.message
    assert early.title_zh not in said.value.message
    shorter = replace(was, starts_at=was.starts_at + hour, ends_at=was.starts_at + 5 * hour)
    with pytest.raises(ProgrammeOutside), transaction():
        revise_stop(stop.id, shorter, by=staff)
    times = early.starts_at, late.ends_at
    with transaction():
        revise_stop(stop.id, shorter, by=staff, programme_moves=False)
    assert (early.starts_at, late.ends_at) == times
    with transaction():
        revise_stop(
            stop.id, replace(shorter, starts_at=was.starts_at, ends_at=was.starts_at + 4 * hour), by=staff
        )
    assert early.starts_at == times[0] - hour


def test_the_refusal_stands_beside_the_end_and_the_form_offers_to_keep_the_times(client: Browser) -> None:
    stop = campaigns.stop()
    campaigns.item(at=stop, hours=(1, 2))
    client.sign_in(accounts.staff())
    typed = {
        "city_zh": "太原", "venue_zh": "会展中心", "address_zh": "小店区", "capacity": "100",
        "starts_at": f"{in_china(stop.starts_at + timedelta(hours=1)):%Y-%m-%dT%H:%M}",
        "ends_at": f"{in_china(stop.starts_at + timedelta(hours=2, minutes=1)):%Y-%m-%dT%H:%M}",
        "registration_closes_at": f"{in_china(stop.registration_closes_at):%Y-%m-%dT%H:%M}",
    }  # fmt: skip
    address = f"/desk/campaigns/stops/{stop.id}/edit"
    refused = client.post(address, data=typed)
    assert (refused.status_code, 'id="ends_at-error"' in refused.text) == (422, True)
    assert 'value="stays"' in refused.text
    assert client.post(address, data={**typed, "programme_moves": "stays"}).status_code == 302


CLIENTS = 8


def cut_short_while_others_add(url: str, directory: Path, *, guarded: bool) -> tuple[Counter[str], int]:
    """A stop ends after four hours instead of eight while so many add an item to its fifth: what was said, and how
    many items lie outside in the end. Without the guard everybody has asked before anybody writes."""
    from app import create_app

    app = create_app(settings_for(url, directory))
    said: Counter[str] = Counter()
    together = Barrier(CLIENTS)
    with app.app_context():
        stop, staff = campaigns.stop(), accounts.staff()
        stop_id, staff_id, was = stop.id, staff.id, as_it_is(stop)
        db.session.remove()
    hour = timedelta(hours=1)

    def does(number: int) -> None:
        with app.app_context():
            by = db.session.get_one(Staff, staff_id)
            if guarded:
                together.wait(30)
            try:
                with transaction():
                    if number:
                        entry = ProgrammeEntry(
                            ProgrammeKind.SALON, "沙龙", was.starts_at + 4 * hour, was.starts_at + 5 * hour
                        )
                        add_to_programme(stop_id, entry, by=by)
                    else:
                        revise_stop(stop_id, replace(was, ends_at=was.starts_at + 4 * hour), by=by)
                    db.session.flush()
                    if not guarded:
                        together.wait(30)
                said["done"] += 1
            except (OutsideTheStop, ProgrammeOutside):
                said["refused"] += 1
            except IntegrityError:
                said["by the schema"] += 1
            db.session.remove()

    threads = [Thread(target=does, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with app.app_context():
        outside = db.session.scalars(
            select(ProgrammeItem.id).join(ProgrammeItem.stop).where(ProgrammeItem.ends_at > Stop.ends_at)
        ).all()
        db.session.remove()
        db.engine.dispose()
    return said, len(outside)


def without_holding(monkeypatch: pytest.MonkeyPatch) -> None:
    def only_read(kind: type[Any], key: int) -> Any:
        return db.session.get(kind, key)

    monkeypatch.setattr(plan, "hold", only_read)
    monkeypatch.setattr(programme, "hold", only_read)


def test_cut_short_while_others_add_to_it_nothing_lies_outside(fresh_database: Any, tmp_path: Path) -> None:
    said, outside = cut_short_while_others_add(fresh_database(), tmp_path, guarded=True)
    assert (said["done"] + said["refused"], outside) == (CLIENTS, 0)
    assert said["refused"] >= 1


def test_without_the_hold_the_trigger_says_no(
    fresh_database: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_holding(monkeypatch)
    said, outside = cut_short_while_others_add(fresh_database(), tmp_path, guarded=False)
    assert outside == 0
    assert said["by the schema"] >= 1


def test_without_both_items_lie_outside(
    fresh_database: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: if nothing lies outside without the guards, the tests above prove nothing."""
    without_holding(monkeypatch)
    url = fresh_database()
    engine = create_engine(url)
    with engine.begin() as connection:
        for table in ("stops", "programme_items"):
            connection.execute(text(f"DROP TRIGGER tr_programme_within_stop ON {table}"))
    engine.dispose()
    said, outside = cut_short_while_others_add(url, tmp_path, guarded=False)
    assert (said["done"], outside) == (CLIENTS, CLIENTS - 1)

"""The organiser's page of badges at the door, and the badge printed by the gate's own browser."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from uuid import uuid4

import pypdfium2
import pytest
from flask import Flask

from accounts.models import Role
from campaigns.models import Stop
from checkin.check_in import check_in
from checkin.lookups import arrival_point
from checkin.models import CheckIn
from printing.models import Failure, PrintState
from printing.print_queue import next_job, say_failed, say_printed
from registrations.tickets import make_first_key
from shared.db import db
from tests.conftest import Browser
from tests.factories import accounts, campaigns, registrations
from tests.printing.test_print_queue import arrive, jobs, printing_stop, station


@pytest.fixture
def stop(app: Flask) -> Stop:
    """A stop of Taiyuan whose door prints badges."""
    make_first_key()
    return printing_stop()


@pytest.fixture
def organiser(client: Browser, stop: Stop) -> Browser:
    """Its organiser's browser."""
    client.sign_in(accounts.staff(Role.ORGANISER, host_city_id=stop.host_city_id))
    return client


def test_the_page_shows_where_badges_come_out_and_every_badge(organiser: Browser, stop: Stop) -> None:
    address, door = f"/gate/{stop.id}/printing", arrival_point(stop.id).id
    page = organiser.get(address).text
    assert "还没有打印台" in page and "还没有要打印的胸牌" in page
    said = organiser.post(f"{address}/code", data={"name": "2号台", "checkpoints": [str(door)]})
    assert "/gate/station" in said.text and "现在加入打印台" in said.text
    refused = organiser.post(f"{address}/code", data={"name": "  "})
    assert refused.status_code == 422 and "请给打印台起个名字" in refused.text
    desk = station(stop, name="3号台")
    arrival = arrive(stop)
    handed = next_job(desk)
    assert handed is not None
    say_failed(handed.job.id, station=desk, why=Failure.PRINTER)
    page = organiser.get(address).text
    assert "打印机没有打印出来" in page and "3号台" in page and arrival.registration.person.full_name in page
    assert "已重新排队" in organiser.post(f"{address}/jobs/{handed.job.id}/again", follow_redirects=True).text
    assert "正在打印" in organiser.post(f"{address}/jobs/{handed.job.id}/again", follow_redirects=True).text
    assert "1张胸牌不再打印" in organiser.post(f"{address}/drop", follow_redirects=True).text
    organiser.post(f"{address}/checkpoints/{door}", data={"prints": "no"})
    assert not arrival_point(stop.id).prints_badge
    arrive(db.session.merge(stop))
    assert [job.state for job in jobs()] == [PrintState.DROPPED]


def test_the_page_asks_as_much_for_one_badge_as_for_three(
    organiser: Browser, stop: Stop, count_queries: Any
) -> None:
    station(stop)
    arrive(stop)
    with count_queries() as for_one:
        organiser.get(f"/gate/{stop.id}/printing")
    desk = station(db.session.merge(stop), name="2号台")
    for _ in range(2):
        arrive(db.session.merge(stop))
    handed = next_job(desk)
    assert handed is not None
    say_printed(handed.job.id, station=desk)
    db.session.flush()
    with count_queries() as for_three:
        organiser.get(f"/gate/{stop.id}/printing")
    assert len(for_three) == len(for_one), for_three.listed()


def test_the_gate_prints_the_badge_itself_and_takes_it_out_of_the_queue(
    organiser: Browser, stop: Stop
) -> None:
    registration = registrations.registration(at=stop)
    registration.person.full_name = "欧阳𬱖"
    card = organiser.post(
        f"/gate/{stop.id}",
        data={"code": registration.code, "gate": "东门", "scan_id": str(uuid4())},
        headers={"X-Requested-With": "fetch"},
    ).text
    arrival = db.session.query(CheckIn).one()
    here = f"/gate/{stop.id}/badges/{arrival.id}.pdf"
    assert here in card and "data-print-at-once" in card
    pdf = organiser.post(here, data={"paper": "96x82"})
    assert pdf.mimetype == "application/pdf"
    page = pypdfium2.PdfDocument(BytesIO(pdf.data))[0]
    assert "欧阳𬱖" in "".join(page.get_textpage().get_text_range().split())
    assert [(job.state, job.copy) for job in jobs()] == [(PrintState.PRINTED, 1)]
    assert organiser.post(here).status_code == 200
    assert [job.copy for job in jobs()] == [1, 2]
    desk = station(db.session.merge(stop))
    assert next_job(desk) is None
    asked = f"/gate/{stop.id}/badges/{arrival.id}"
    assert f'action="{asked}"' in organiser.get(f"/gate/{stop.id}/arrived").text
    for _twice in range(2):
        assert "第3张已排队打印" in organiser.post(asked, follow_redirects=True).text
    handed = next_job(db.session.merge(desk))
    assert handed is not None and handed.job.copy == 3


def test_a_volunteer_of_another_stop_prints_nobodys_badge(client: Browser, stop: Stop) -> None:
    registration = registrations.registration(at=stop)
    arrival = check_in(registration.code, stop=stop, gate="东门", by=accounts.staff())
    other = campaigns.stop(host=campaigns.host_city("Jincheng"))
    client.sign_in(accounts.staff(Role.GATE_VOLUNTEER, host_city_id=other.host_city_id))
    assert client.post(f"/gate/{stop.id}/badges/{arrival.id}.pdf").status_code == 404
    assert client.post(f"/gate/{other.id}/badges/{arrival.id}.pdf").status_code == 404
    assert client.get(f"/gate/{other.id}/printing").status_code == 403

"""A printing station speaks to the server: it joins with a code of its own, gets badges, and says what became of them."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import Any

import pypdfium2
import pytest
from flask import Flask
from sqlalchemy import update

from campaigns.models import Stop
from checkin.api_description import description
from checkin.check_in import check_in
from checkin.devices import open_code
from checkin.lookups import arrival_point
from checkin.models import DeviceRole, DeviceSighting
from printing.models import PrintJob, PrintState
from printing.papers import PAPERS
from printing.print_queue import let_print
from registrations.models import Registration, RegistrationState
from registrations.tickets import make_first_key
from shared.clock import now
from shared.db import db
from tests.checkin.test_api import fits
from tests.conftest import Browser
from tests.factories import accounts, campaigns, gates, registrations


class Desk:
    """A joined station that asks."""

    def __init__(self, client: Any, stop: Stop, shown: dict[str, str]) -> None:
        self.client, self.stop = client, stop
        self.shown = {**shown, "Accept-Language": "zh-CN"}

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """POST below /print-jobs."""
        return self.client.post(f"/api/v1/print-jobs{path}", json=body or {}, headers=self.shown)

    def get(self, path: str) -> Any:
        """GET below /print-jobs."""
        return self.client.get(f"/api/v1/print-jobs{path}", headers=self.shown)

    def next(self, *, ready: bool = True, trouble: str | None = None) -> Any:
        """The beat."""
        answer = self.post("/next", {"ready": ready, "trouble": trouble})
        assert answer.status_code == 200, answer.text
        return answer.json


@pytest.fixture
def desk(app: Flask) -> Desk:
    """A stop whose door prints, and a station that joined it with the organiser's code."""
    make_first_key()
    stop, by = campaigns.stop(), accounts.staff()
    let_print(arrival_point(stop.id).id, prints=True, stop=stop, by=by)
    code = code_for(stop, DeviceRole.STATION)
    app.test_client_class = Browser
    client: Any = app.test_client()
    joined = client.post("/api/v1/devices/join", json={"code": code, "prints": True})
    assert joined.status_code == 201, joined.text
    assert joined.json["device"]["name"] == "2号台"
    return Desk(client, stop, {"Authorization": f"Bearer {joined.json['token']}"})


def code_for(stop: Stop, role: DeviceRole) -> str:
    """A code that joins a device of this role."""
    return open_code(
        stop, name="2号台", role=role, checkpoint_ids=[arrival_point(stop.id).id], most_uses=5,
        lasts=timedelta(hours=1), by=accounts.staff(),
    ).code  # fmt: skip


def arrive(stop: Stop, name: str = "欧阳𬱖") -> Registration:
    """Somebody of this name comes in."""
    registration = registrations.registration(at=stop)
    registration.person.full_name = name
    check_in(registration.code, stop=stop, gate="东门", by=accounts.staff())
    return registration


def test_a_station_is_given_a_badge_prints_it_and_says_so(desk: Desk) -> None:
    assert desk.next()["job"] is None
    arrive(desk.stop)
    told = desk.next()
    job = told["job"]
    assert (job["name"], job["copy"], job["again"], told["waiting"]) == ("欧阳𬱖", 1, False, 0)
    fits(
        description()["paths"]["/api/v1/print-jobs/next"]["post"]["responses"]["200"]["content"][
            "application/json"
        ]["schema"],
        told,
    )
    lost = desk.next()["job"]
    assert (lost["id"], lost["again"]) == (job["id"], True)
    for paper in PAPERS:
        pdf = desk.get(f"/{job['id']}.pdf?paper={paper}")
        assert (pdf.status_code, pdf.mimetype) == (200, "application/pdf")
        document = pypdfium2.PdfDocument(BytesIO(pdf.data))
        assert len(document) == 1
        assert "欧阳𬱖" in "".join(document[0].get_textpage().get_text_range().split())
    assert desk.post(f"/{job['id']}/printed").json["state"] == "printed"
    assert desk.get(f"/{job['id']}.pdf").status_code == 409, "it is no longer in its hands"
    assert desk.next()["jobs"][0]["state"] == "printed"
    again = desk.post(f"/{job['id']}/again").json
    assert (again["state"], again["id"] != job["id"]) == ("waiting", True)
    assert desk.next()["job"]["copy"] == 2
    assert desk.post(f"/{again['id']}/failed", {"why": "printer"}).json["state"] == "failed"
    assert desk.post(f"/{again['id']}/failed", {"why": "tired"}).status_code == 400
    assert desk.next()["jobs"][0]["state_label"] == "打印机没有打印出来"
    trial = desk.get("/trial.pdf?paper=96x82")
    assert "2号台" in pypdfium2.PdfDocument(BytesIO(trial.data))[0].get_textpage().get_text_range()
    assert desk.get("/trial.pdf?paper=b0").status_code == 400


def test_who_has_no_seat_any_more_gets_no_badge(desk: Desk) -> None:
    registration = arrive(desk.stop)
    job = desk.next()["job"]
    registration = db.session.get_one(Registration, registration.id)
    registration.state = RegistrationState.WITHDRAWN
    db.session.flush()
    refused = desk.get(f"/{job['id']}.pdf")
    assert (refused.status_code, refused.json["error"]) == (409, "no_badge")


def test_the_gate_says_where_badges_come_out_and_when_nobody_prints(desk: Desk) -> None:
    scanner = gates.token_of(gates.device(db.session.merge(desk.stop)))

    def printing() -> Any:
        return desk.client.get("/api/v1/device", headers=scanner).json["device"]["checkpoints"][0]["printing"]

    assert printing() == {"at": ["2号台"], "in_order": False}, "not heard yet"
    desk.next()
    assert printing() == {"at": ["2号台"], "in_order": True}
    desk.next(ready=False, trouble="printer")
    assert not printing()["in_order"]
    desk.next()
    db.session.execute(update(DeviceSighting).values(seen_at=now() - timedelta(minutes=1)))
    assert not printing()["in_order"]


def test_a_station_neither_scans_nor_holds_the_list_and_a_scanner_does_not_print(
    app: Flask, desk: Desk
) -> None:
    stop = db.session.merge(desk.stop)
    place = arrival_point(stop.id).id
    scanner = gates.token_of(gates.device(stop))
    codes = {role: code_for(stop, role) for role in (DeviceRole.SCAN, DeviceRole.STATION)}
    assert desk.client.get("/api/v1/bundle", headers=desk.shown).status_code == 403
    body = {"id": "0198a1b2-0000-7000-8000-000000000000", "checkpoint_id": place, "code": "22222222"}
    assert desk.client.post("/api/v1/scans", json=body, headers=desk.shown).status_code == 403
    assert desk.client.post("/api/v1/print-jobs/next", json={}, headers=scanner).status_code == 403
    for code, error in (
        ({"code": codes[DeviceRole.STATION]}, "join_code_for_printing"),
        ({"code": codes[DeviceRole.SCAN], "prints": True}, "join_code_for_scanning"),
    ):
        answer = desk.client.post("/api/v1/devices/join", json=code)
        assert (answer.status_code, answer.json["error"]) == (409, error)
    other = Desk(desk.client, stop, gates.token_of(gates.device(campaigns.stop(), role=DeviceRole.STATION)))
    arrive(stop)
    job = desk.next()["job"]
    assert other.next()["job"] is None
    for path in (
        f"/{job['id']}/printed",
        f"/{job['id']}/failed",
        f"/{job['id']}/give-back",
        f"/{job['id']}/again",
    ):
        assert other.post(path, {"why": "printer"}).status_code == 404
    assert other.get(f"/{job['id']}.pdf").status_code == 404


def test_the_beat_asks_as_much_for_one_badge_as_for_three(desk: Desk, count_queries: Any) -> None:
    asked = []
    for _ in range(2):
        arrive(db.session.merge(desk.stop))
        desk.next()
        with count_queries() as queries:
            desk.next()
        asked.append(len(queries))
        arrive(db.session.merge(desk.stop))
    assert asked[0] == asked[1]
    assert {job.state for job in db.session.query(PrintJob)} == {PrintState.TAKEN, PrintState.WAITING}

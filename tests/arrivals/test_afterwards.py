"""The figures of a stop that is over: what the scans tell, beside earlier stops, as a page and as a file."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import select

from accounts.models import Role
from arrivals.afterwards import course_of, curves_of, day_of
from audit.models import AuditEntry
from campaigns.models import Stop
from checkin.figures import Counted, counted_of
from shared.clock import now
from shared.db import db
from tests.conftest import Browser
from tests.counting import CountQueries
from tests.factories import accounts, campaigns, leads, registrations


def a_past_stop(
    *, ago: int = 2, came: tuple[int, ...] = (0, 0, 5, 20), missing: int = 1, **changes: object
) -> Stop:
    """A stop ``ago`` days ago to which people came so many minutes after its beginning, and ``missing`` did not."""
    begins = (now() - timedelta(days=ago)).replace(second=0, microsecond=0)
    stop = campaigns.stop(
        starts_at=begins,
        ends_at=begins + timedelta(hours=8),
        registration_closes_at=begins - timedelta(days=1),
        **changes,  # type: ignore[arg-type]
    )
    for minutes in came:
        leads.arrival(
            of=registrations.registration(at=stop), arrived_at=begins + timedelta(minutes=minutes, seconds=9)
        )
    for _ in range(missing):
        registrations.registration(at=stop)
    db.session.commit()
    return stop


def test_a_course_tells_peak_busiest_quarter_and_when_half_were_in(app: Flask) -> None:
    stop = a_past_stop(came=(-20, 0, 0, 1, 14, 16, 60))
    begins = stop.starts_at
    counted = counted_of(stop)
    assert counted == Counted(8, 7, 1)
    course = day_of(stop, now(), by=accounts.staff(Role.ADMINISTRATOR)).course
    assert (course.peak, course.peak_at) == (2, begins)
    assert (course.busiest, course.busiest_at) == (4, begins), "0, 0, 1 and 14; 16 is two minutes too late"
    assert course.half_in_after == 1
    assert (course.first_at, course.last_at) == (
        begins - timedelta(minutes=20),
        begins + timedelta(minutes=60),
    )
    empty = course_of(stop, Counted(), [])
    assert (empty.peak, empty.half_in_at, empty.busiest) == (0, None, 0)


def test_the_curve_ends_at_the_share_that_came_and_its_ticks_stand_evenly(app: Flask) -> None:
    stop = a_past_stop(came=(-30, 0, 45), missing=1)
    curves = curves_of([day_of(stop, now(), by=accounts.staff(Role.ADMINISTRATOR)).course])
    assert curves.ticks == [-30, -15, 0, 15, 30, 45]
    assert curves.top == 100
    line = curves.curves[0].points.split()
    assert line[0] == "0.0,300.0"
    assert line[-1] == "1000.0,75.0", "three of four are in at the right edge"
    assert curves.begins_at == pytest.approx(400)


def test_the_page_compares_earlier_stops_of_the_campaign_and_only_those_in_reach(client: Browser) -> None:
    taiyuan, jincheng = campaigns.host_city("Taiyuan"), campaigns.host_city("Jincheng")
    tour = campaigns.campaign()
    stop = a_past_stop(of=tour, host=taiyuan)
    a_past_stop(ago=9, of=tour, host=taiyuan, came=(1, 2), city_zh="北京")
    a_past_stop(ago=16, of=tour, host=jincheng, came=(1, 2), city_zh="上海")
    client.sign_in(accounts.staff(Role.VIEWER, host_city_id=taiyuan.id))
    page = client.get(f"/gate/{stop.id}/figures").text
    assert "北京" in page
    assert "上海" not in page
    assert "curve-2" in page
    client.sign_in(accounts.staff(Role.VIEWER))
    assert "上海" in client.get(f"/gate/{stop.id}/figures").text
    client.sign_in(accounts.staff(Role.VIEWER, host_city_id=jincheng.id))
    assert client.get(f"/gate/{stop.id}/figures").status_code == 404
    assert client.post(f"/gate/{stop.id}/figures/file", data={"format": "csv"}).status_code == 404


def test_a_stop_without_scans_says_so_and_its_page_asks_as_often_as_a_full_one(
    client: Browser, count_queries: CountQueries
) -> None:
    stop = a_past_stop(came=(), missing=0)
    client.sign_in(accounts.staff(Role.VIEWER))
    with count_queries() as for_nobody:
        empty = client.get(f"/gate/{stop.id}/figures")
    assert empty.status_code == 200
    assert "<polyline" not in empty.text
    full = a_past_stop(came=(0, 1, 2, 3))
    with count_queries() as for_four:
        client.get(f"/gate/{full.id}/figures")
    assert len(for_four) == len(for_nobody), for_four.listed()


def test_the_file_says_the_same_names_nobody_and_is_recorded(client: Browser) -> None:
    stop = a_past_stop(came=(0, 0, 5), missing=2)
    viewer = accounts.staff(Role.VIEWER)
    client.sign_in(viewer)
    answer = client.post(f"/gate/{stop.id}/figures/file", data={"format": "xlsx"})
    assert answer.headers["Content-Disposition"].endswith('.xlsx"')
    book = openpyxl.load_workbook(BytesIO(answer.data))
    figures = {row[0]: row[1] for row in book.worksheets[0].values}
    assert (figures["应到"], figures["已到场"], figures["未到场"]) == (5, 3, 2)
    minutes = list(book["逐分钟"].values)[1:]
    assert [row[1:3] for row in minutes] == [(2, 2), (1, 3)]
    lines = client.post(f"/gate/{stop.id}/figures/file", data={"format": "csv"}).data.decode("utf-8-sig")
    assert "应到,5" in lines
    everything = " ".join(str(cell) for sheet in book for row in sheet.values for cell in row) + lines
    assert "李文博" not in everything
    recorded = db.session.scalars(
        select(AuditEntry).where(AuditEntry.act == "export_arrival_figures", AuditEntry.staff_id == viewer.id)
    ).all()
    assert len(recorded) == 2
    assert client.post(f"/gate/{stop.id}/figures/file", data={"format": "doc"}).status_code == 400

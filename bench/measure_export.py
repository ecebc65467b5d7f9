"""Ten thousand registrations as a file: XLSX and CSV, written as the worker writes them.

The reference is COPY TO STDOUT of the same rows and columns. Consistent when the file has a line for everybody, in order.
"""

from __future__ import annotations

import csv
import io
import resource
import time
import zipfile

import psycopg

from bench.crowded import crowded_house
from bench.figures import Figure, figure
from bench.served import Ground, House

ROWS = 10_000
COPY = """
COPY (SELECT p.full_name, r.code, s.city_zh, r.state, r.university, r.education, r.research_field, p.mobile, r.email,
             r.applied_at
      FROM registrations r JOIN people p ON p.id = r.person_id JOIN stops s ON s.id = r.stop_id
      ORDER BY r.id DESC LIMIT 10000) TO STDOUT
"""
COLUMNS = ("name", "code", "stop", "state", "university", "education", "field", "mobile", "email", "applied")


def run(ground: Ground) -> list[Figure]:
    """Each format once warm, once measured."""
    from registrations.exports import Format

    with crowded_house(ground, ROWS + 2_000) as house:
        reference = _copied(house)
        return [_written(house, format_, reference) for format_ in (Format.CSV, Format.XLSX)]


def _copied(house: House) -> float:
    took = []
    with psycopg.connect(house.dsn) as connection:
        for _turn in range(3):
            began = time.perf_counter()
            with connection.cursor().copy(COPY) as copy:
                for _data in copy:
                    pass
            took.append(time.perf_counter() - began)
    return min(took)


def _written(house: House, format_: object, reference: float) -> Figure:
    from sqlalchemy import select

    from accounts.models import Staff
    from registrations.exports import Format, file_of, new_order, rows_of
    from registrations.models import Registration
    from shared.db import db

    assert isinstance(format_, Format)
    with house.app.test_request_context("/"):
        by = db.session.scalars(select(Staff).where(Staff.login == "admin")).one()
        ids = list(db.session.scalars(select(Registration.id).order_by(Registration.id.desc()).limit(ROWS)))
        order = new_order(COLUMNS, format_, contacts=True, reason="bench", by=by)
        took, content = [], b""
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for _turn in range(3):
            began = time.perf_counter()
            content = b"".join(file_of(order, rows_of(ids, order, by=by)))
            took.append(time.perf_counter() - began)
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        db.session.remove()
    print(f"{format_.value}: {len(content):,} bytes, the process grew by {grown // 1024} MB", flush=True)
    seconds = min(took)
    return figure(
        "export", f"{ROWS:,} rows, {format_.value}", ROWS / seconds, unit="rows/s", seconds=took, errors=0,
        consistent=_lines(content) == ROWS + 1, reference=ROWS / reference,
    )  # fmt: skip


def _lines(content: bytes) -> int:
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            return book.read("xl/worksheets/sheet1.xml").count(b"<row ")
    return sum(1 for _line in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))

"""The live page of a stop with 10,000 registrations and 20,000 scans: worked out anew, and asked for by many at once.

*anew*: one watcher who comes when the last answer is no longer good, so that the figures are worked out and the page
written; the reference sends the page's statements by psycopg. *watched*: connections that ask as fast as they are
answered, with the mark of what they have, while somebody arrives each half second; the reference is how often the same
connections are answered by ``/healthz``. Consistent when the page says what is in the database.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.browser import Browser, csrf_token, signed_in
from bench.crowded import recorded, sent_again, timed
from bench.figures import Figure, Sample, figure_of, rate
from bench.gate import TrivialLane, hall
from bench.lanes import drive
from bench.served import Ground, House
from bench.wire import Wire, request_bytes
from demo.accounts import PASSWORD

PEOPLE, CAME, SCANS = 10_000, 8_600, 20_000
PAGES = 20
CONNECTIONS = 8
SECONDS = 8.0
GOOD_FOR = 1.1
"""A little longer than an answer is shared."""
EVERY = 4
"""So many seconds apart a page asks."""
MET = frozenset({"full", "new", "same", "ok"})


@dataclass
class WatchLane:
    """One open page on a kept connection: asks with the mark of what it has."""

    host: str
    port: int
    address: str
    cookies: dict[str, str]
    items: Sequence[int]
    _wire: Wire | None = field(default=None)
    _mark: str = ""

    def open(self) -> None:
        """Connect and look once."""
        self._wire = Wire(self.host, self.port)
        self.do(0)

    def do(self, _item: int) -> str:
        """``new`` with what has changed, ``same`` when nothing has."""
        if self._wire is None:
            raise RuntimeError("open() comes first")
        headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "X-Requested-With": "fetch",
        }
        if self._mark:
            headers["If-None-Match"] = self._mark
        status, head, _body = self._wire.ask(request_bytes("GET", self.address, self.host, headers=headers))
        if status == 304:
            return "same"
        found = re.search(rb"(?im)^etag:\s*(\S+)", bytes(head)) if status == 200 else None
        self._mark = found[1].decode() if found else ""
        return "new" if status == 200 else f"status {status}"

    def close(self) -> None:
        """Hang up."""
        if self._wire is not None:
            self._wire.close()


def run(ground: Ground) -> list[Figure]:
    """Measure in a house of its own."""
    with ground.house(ground.fresh_database()) as house:
        return figures_of(house)


def figures_of(
    house: House, *, people: int = PEOPLE, pages: int = PAGES, seconds: float = SECONDS
) -> list[Figure]:
    """Both cases. ``people`` are confirmed; CAME of PEOPLE have come, with SCANS scans for PEOPLE."""
    stop = hall(house, people, 1)
    _fill(house, stop.stop_id, stop.door_id, people)
    address = f"/gate/{stop.stop_id}/live"
    cookies = signed_in(house.host, house.port, "admin", PASSWORD)
    browser = Browser(house.host, house.port, cookies=cookies)

    def ask() -> str:
        answer = browser.get(address)
        return "full" if answer.status == 200 and 'data-part="stats"' in answer.text else str(answer.status)

    samples = []
    for _page in range(pages):
        time.sleep(GOOD_FOR)
        samples.append(timed(ask))
    statements = _statements(house, address)
    reference = [
        Sample(sample.began, sample.seconds, "full") for sample in sent_again(house, [statements] * pages)
    ]
    time.sleep(GOOD_FOR)
    consistent = _says(browser.get(address).text) == _arrived(house, stop.stop_id)
    # Between two pages the watcher waits on purpose: a rate is one over the time of an answer.
    anew = figure_of(
        "live", f"{people:,} registrations, anew", [_in_a_row(samples)], unit="pages/s",
        reference=[_in_a_row(reference)], wanted=MET, consistent=consistent,
        more={"statements": float(len(statements))},
    )  # fmt: skip

    ended = threading.Event()
    arriving = threading.Thread(target=_let_arrive, args=(house, stop.stop_id, ended))
    arriving.start()
    try:
        watched = drive(
            [WatchLane(house.host, house.port, address, cookies, range(10**6)) for _ in range(CONNECTIONS)],
            most_seconds=seconds,
        )
    finally:
        ended.set()
        arriving.join()
    trivial = drive(
        [TrivialLane(house.host, house.port, range(10**6)) for _ in range(CONNECTIONS)],
        most_seconds=seconds / 2,
    )
    time.sleep(GOOD_FOR)
    consistent = _says(browser.get(address).text) == _arrived(house, stop.stop_id)
    browser.close()
    return [
        anew,
        figure_of(
            "live", f"{people:,} registrations, watched by {CONNECTIONS}", [watched], unit="answers/s",
            reference=[trivial], wanted=MET, consistent=consistent,
            more={"pages at once": round(rate([watched]) * EVERY)},
        ),
    ]  # fmt: skip


def _in_a_row(samples: Sequence[Sample]) -> list[Sample]:
    row, began = [], 0.0
    for sample in samples:
        row.append(Sample(began, sample.seconds, sample.outcome))
        began += sample.seconds
    return row


def _fill(house: House, stop_id: int, door_id: int, people: int) -> None:
    """Most have come within two hours, each with a scan; the other scans were refused."""
    came, scans = people * CAME // PEOPLE, people * SCANS // PEOPLE
    numbered = (
        "SELECT id, row_number() OVER (ORDER BY id) AS n FROM registrations "
        f"WHERE stop_id = {stop_id} AND state = 'confirmed'"
    )
    at = "now() - interval '2 hours' * ((n * 7919) % 1000) / 1000.0 - interval '1 second'"
    columns = "id, stop_id, checkpoint_id, registration_id, staff_id, gate, at, device_at, received_at, asked, let_in"
    staff = "(SELECT min(id) FROM staff)"
    house.tell(
        f"WITH p AS ({numbered}) INSERT INTO scans ({columns}, verdict) SELECT md5('in' || id)::uuid, {stop_id}, "
        f"{door_id}, id, {staff}, 'A', {at}, {at}, now(), true, true, 'first' FROM p WHERE n <= {came}"
    )
    house.tell(
        f"WITH p AS ({numbered}) INSERT INTO scans ({columns}, verdict, reason) SELECT md5('no' || id || k)::uuid, "
        f"{stop_id}, {door_id}, id, {staff}, 'A', {at}, {at}, now(), true, false, 'refused', 'already_checked_in' "
        f"FROM p, generate_series(1, 2) k WHERE (n - 1) * 2 + k <= {scans - came}"
    )
    house.tell(
        f"WITH p AS ({numbered}) INSERT INTO check_ins (registration_id, stop_id, checkpoint_id, scan_id, gate, "
        f"scanned_by_id, arrived_at) SELECT id, {stop_id}, {door_id}, md5('in' || id)::uuid, 'A', {staff}, {at} "
        f"FROM p WHERE n <= {came}"
    )
    for table in ("scans", "check_ins", "registrations"):
        house.tell(f"ANALYZE {table}")


def _let_arrive(house: House, stop_id: int, ended: threading.Event) -> None:
    """One more person each half second."""
    while not ended.wait(0.5):
        house.tell(
            "INSERT INTO check_ins (registration_id, stop_id, gate, scanned_by_id, arrived_at) "
            f"SELECT r.id, r.stop_id, 'A', (SELECT min(id) FROM staff), now() FROM registrations r WHERE r.stop_id = {stop_id} "
            "AND r.state = 'confirmed' AND NOT EXISTS (SELECT 1 FROM check_ins c WHERE c.registration_id = r.id) LIMIT 1"
        )


def _says(page: str) -> int:
    found = re.search(r'<span class="stat-figure">(\d+)</span>', page)
    return int(found[1]) if found else -1


def _arrived(house: House, stop_id: int) -> int:
    return int(
        house.ask(
            f"SELECT count(*) FROM check_ins WHERE stop_id = {stop_id} AND is_arrival AND voided_at IS NULL"
        )[0][0]
    )


def _statements(house: House, address: str) -> list[tuple[str, object]]:
    client = house.app.test_client()
    page = client.get("/sign-in").get_data(as_text=True)
    client.post("/sign-in", data={"login": "admin", "password": PASSWORD, "csrf_token": csrf_token(page)})
    with recorded(house) as statements:
        client.get(address)
    return list(statements)

"""Nothing is lost after "confirmed" was shown: parts of the product are killed while people register.

The real supervisor with the real PostgreSQL, Redis, web server, worker and relay; each is killed with -9, in turn, while
eight people at a time go on registering. The clients' own notes are compared with the database and the mail server.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from http.client import HTTPException
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any

import httpx
import psutil
import pytest
from sqlalchemy import create_engine, text

from campaigns.models import Campaign, Family, Stop
from launch.running import running_here
from shared.clock import now
from shared.db import db
from tests.conftest import ROOT, settings_for
from tests.served import PostOffice, free_port, wait_until

CLIENTS = 8
VICTIMS = ("web", "worker", "redis", "postgres")


@dataclass
class Notes:
    """What the clients saw: who was told "confirmed", by full name."""

    confirmed: list[str] = field(default_factory=list)
    troubles: Counter[str] = field(default_factory=Counter)
    lock: Lock = field(default_factory=Lock)


def register_people(address: str, stop_id: int, number: int, notes: Notes, stop: Event) -> None:
    """One client: registers one person after another; one whose answer was lost sends the same form again."""
    with httpx.Client(base_url=address, timeout=10, follow_redirects=False) as client:
        _register_people(client, stop_id, number, notes, stop)


def _register_people(client: httpx.Client, stop_id: int, number: int, notes: Notes, stop: Event) -> None:
    place = f"/c/tour/stops/{stop_id}/register"
    count = 0
    while not stop.is_set():
        count += 1
        name = f"李{chr(0x4E00 + number)}{chr(0x5000 + count)}"
        form: dict[str, str] | None = None
        while True:
            try:
                if form is None:
                    page = client.get(place)
                    if page.status_code != 200:
                        raise HTTPException(str(page.status_code))
                    form = {
                        "full_name": name,
                        "mobile": f"13{number}{count:08d}",
                        "email": f"li{number}.{count}@example.com",
                        "university": "山西大学",
                        "education": "doctor",
                        "research_field": "煤基新材料",
                        "consent": "y",
                        **dict(
                            re.findall(r'name="(csrf_token|submission_id)"[^>]*value="([^"]+)"', page.text)
                        ),
                    }
                answer = client.post(place, data=form)
                if answer.status_code in (302, 303):
                    with notes.lock:
                        notes.confirmed.append(name)
                    break
                if answer.status_code < 500:
                    raise AssertionError(f"{answer.status_code}: {answer.text[:2000]}")
                raise HTTPException(str(answer.status_code))
            except (httpx.HTTPError, HTTPException) as trouble:
                with notes.lock:
                    notes.troubles[type(trouble).__name__] += 1
                if stop.is_set():
                    return
                time.sleep(0.2)


def part(supervisor: psutil.Process, name: str) -> psutil.Process:
    """The supervisor's child of this name."""
    marks = {
        "web": "granian",
        "worker": "worker.py",
        "redis": "redis-server",
        "postgres": "postgres",
    }

    def is_it(process: psutil.Process) -> bool:
        return any(marks[name] in word for word in process.cmdline()[:4])

    found: list[psutil.Process] = []

    def look() -> bool:
        found[:] = []
        for process in supervisor.children(recursive=name in ("postgres", "redis")):
            try:
                if is_it(process):
                    found.append(process)
            except psutil.Error:
                continue
        return bool(found)

    wait_until(look, f"there is no {name}", seconds=30)
    return found[0]


@pytest.fixture
def stop_id_of() -> Any:
    """Makes a published tour with one open stop of 5,000 seats, over the database that the start tells of."""

    def make(database_url: str, data_dir: Path) -> int:
        from app import create_app

        app = create_app(settings_for(database_url, data_dir))
        with app.app_context():
            moment = now()
            campaign = Campaign(
                slug="tour",
                family=Family.DOCTORS_TOUR,
                year=2026,
                name_zh="博士行",
                name_en="Tour",
                summary_zh="",
                summary_en="",
                published_at=moment,
                created_at=moment,
            )
            stop = Stop(
                campaign=campaign,
                city_zh="太原",
                city_en="Taiyuan",
                venue_zh="煤炭交易中心",
                venue_en="",
                address_zh="长风西街",
                address_en="",
                starts_at=moment + timedelta(days=9),
                ends_at=moment + timedelta(days=9, hours=8),
                registration_closes_at=moment + timedelta(days=8),
                registration_opened_at=moment - timedelta(hours=1),
                capacity=5000,
            )
            db.session.add_all([campaign, stop])
            db.session.commit()
            stop_id = stop.id
            db.session.remove()
            db.engine.dispose()
        return stop_id

    return make


@pytest.mark.crowd
@pytest.mark.timeout(240)
def test_whoever_saw_confirmed_is_there_after_any_part_was_killed(
    tmp_path: Path, post_office: PostOffice, stop_id_of: Any
) -> None:
    data_dir = tmp_path / "data"
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    environment = {
        **os.environ,
        "DATA_DIR": str(data_dir),
        "PORT": str(port),
        "DEMO": "0",
        "SMTP_URL": post_office.url,
    }
    for name in ("DATABASE_URL", "REDIS_URL"):
        environment.pop(name, None)
    log = (tmp_path / "launch.log").open("wb")
    launch = subprocess.Popen(
        [sys.executable, "-m", "launch"], cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT
    )
    try:
        wait_until(lambda: answers(address), "the product did not start", seconds=60)
        running = running_here(data_dir)
        assert running is not None
        stop_id = stop_id_of(running.database_url, data_dir)

        notes, stop = Notes(), Event()
        clients = [
            Thread(target=register_people, args=(address, stop_id, number, notes, stop))
            for number in range(CLIENTS)
        ]
        for client in clients:
            client.start()
        supervisor = psutil.Process(launch.pid)
        for victim in VICTIMS:
            time.sleep(1.5)
            process = part(supervisor, victim)
            process.kill()
            wait_until(lambda: answers(address), f"not back after {victim} was killed", seconds=30)
        time.sleep(1.5)
        stop.set()
        for client in clients:
            client.join(30)
            assert not client.is_alive()

        assert len(notes.confirmed) > 50
        assert sum(notes.troubles.values()) > 0, (
            "nobody noticed the kills: they did not happen during the work"
        )
        engine = create_engine(running_here(data_dir).database_url)  # type: ignore[union-attr]
        wait_until(lambda: open_promises(engine) == 0, "promises are left open", seconds=90)
        with engine.connect() as connection:
            stored = set(
                connection.scalars(
                    text(
                        "SELECT full_name FROM people JOIN registrations r ON r.person_id = people.id "
                        "WHERE r.state = 'confirmed'"
                    )
                )
            )
            seats, rows = connection.execute(
                text(
                    "SELECT seats_taken, (SELECT count(*) FROM registrations WHERE state = 'confirmed') FROM stops"
                )
            ).one()
            mails = {
                f"<{row}>" if not row.startswith("<") else row
                for row in connection.scalars(text("SELECT message_id FROM messages"))
            }
        engine.dispose()
        assert set(notes.confirmed) <= stored
        assert len(set(notes.confirmed)) == len(notes.confirmed)
        assert seats == rows == len(stored)
        received = Counter(message_id for message_id, _to, _mail in post_office.post.received)
        assert set(received) == mails
        assert len(received) == len(stored)
        # A mail whose "250" was heard by nobody is sent again, under the same Message-ID: once a kill at most.
        assert sum(received.values()) - len(received) <= len(VICTIMS)
    finally:
        launch.send_signal(signal.SIGINT)
        try:
            launch.wait(30)
        except subprocess.TimeoutExpired:
            launch.kill()
        log.close()
    assert launch.returncode == 0, (tmp_path / "launch.log").read_text()[-3000:]


def answers(address: str) -> bool:
    """Whether /healthz says that all is well."""
    try:
        return httpx.get(f"{address}/healthz", timeout=3).status_code == 200
    except httpx.HTTPError:
        return False


def open_promises(engine: Any) -> int:
    """How many promises are neither kept nor parked."""
    with engine.connect() as connection:
        return int(connection.scalar(text("SELECT count(*) FROM outbox_jobs WHERE done_at IS NULL")))

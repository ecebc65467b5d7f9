"""From the code in view to the answer on the screen, in a real browser: a film of a queue is the camera's picture.

The scanning app measures each scan itself (static/checkin/app/measure.js): from the last look of the camera that did not
show the code yet until the answer has been painted, so what it tells is never too short. First with the network, then
without. Beside it, in the same browser and run, what cannot be gone below: the time between two pictures of the camera,
one look at a picture, and one question and answer over HTTP; their sum is the reference. Consistent when every scan that
was answered is stored once, and nothing waits any more once the network is back.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import BrowserContext, Page

from bench.figures import Figure, figure, percentile
from bench.gate import Hall, hall
from bench.served import Ground, House
from registrations.ticket_symbol import qr_matrix
from tests.browser import browsers

# The film must be longer than five seconds: so long the app takes a code that is still there for the same scan.
PEOPLE, SCANS = 24, 45
FRAMES_A_SECOND, SHOWN_FRAMES, EMPTY_FRAMES = 15, 8, 2
WIDTH, HEIGHT, MODULE = 320, 240, 4
WAIT_SECONDS = 75

MEASURES = "name => performance.getEntriesByName(name, 'measure').map(entry => entry.duration)"
FRAMES = """count => new Promise(done => {
  const video = document.querySelector("[data-video]");
  const times = [];
  const next = (now) => (times.push(now) > count ? done(times.slice(1).map((time, at) => time - times[at])) : video.requestVideoFrameCallback(next));
  video.requestVideoFrameCallback(next);
})"""
TRIPS = """async count => {
  const trips = [];
  for (let trip = 0; trip < count; trip += 1) {
    const began = performance.now();
    await (await fetch("/healthz", { cache: "no-store" })).text();
    trips.push(performance.now() - began);
  }
  return trips;
}"""


def run(ground: Ground) -> list[Figure]:
    """Measure in a house of its own."""
    with ground.house(ground.fresh_database()) as house:
        return figures_of(house)


def figures_of(house: House, *, people: int = PEOPLE, scans: int = SCANS) -> list[Figure]:
    """So many scans with the network and as many without."""
    where = hall(house, people, 1)
    code, device = join_code(house, where)
    with tempfile.TemporaryDirectory(prefix="gs-film-") as directory, browsers() as start:
        film = film_of([ticket.qr for ticket in where.tickets], Path(directory) / "queue.y4m")
        context = start(camera=str(film)).new_context(viewport={"width": 390, "height": 844}, locale="zh-CN")
        context.grant_permissions(["camera"])
        page = context.new_page()
        page.goto(f"http://{house.host}:{house.port}/gate/app#join={code}")
        page.locator("html[data-ready]").wait_for(state="attached", timeout=60_000)
        page.locator("[data-holds]").filter(has_text=f"{people}").wait_for(timeout=60_000)
        trips = page.evaluate(TRIPS, 40)
        page.click("[data-camera-start]")
        frames = page.evaluate(FRAMES, 40)
        online = _answers(page, "online", scans)
        looks = page.evaluate(MEASURES, "look")
        context.set_offline(True)
        offline = _answers(page, "offline", scans)
        looks += page.evaluate(MEASURES, "look")
        page.locator("[data-camera-stop]").evaluate("button => button.click()")
        page.wait_for_timeout(2_500)
        consistent = _all_arrive(page, context, house, device)
        limits = {"frame": _half(frames), "look": _half(looks)}
        return [
            _told("online", online, limits | {"trip": _half(trips)}, consistent),
            _told("offline", offline, limits, consistent),
        ]


def join_code(house: House, where: Hall) -> tuple[str, str]:
    """A code that one device may join with, and the name that the device will have."""
    from sqlalchemy import select

    from accounts.models import Staff
    from campaigns.models import Stop
    from checkin.devices import open_code
    from checkin.models import DeviceRole
    from shared.db import db, transaction

    name = f"东门 {where.stop_id}"
    with house.app.app_context(), transaction():
        by = db.session.scalars(select(Staff).where(Staff.login == "admin")).one()
        issued = open_code(
            db.session.get_one(Stop, where.stop_id), name=name, role=DeviceRole.SCAN, checkpoint_ids=[where.door_id],
            most_uses=1, lasts=timedelta(hours=1), by=by,
        )  # fmt: skip
        return issued.code, name


def film_of(codes: Sequence[str], file: Path) -> Path:
    """A film (.y4m) of a queue: each code is held up for a moment, then nothing; again from the start."""
    colourless = bytes([128]) * (WIDTH * HEIGHT // 2)
    empty = Image.new("L", (WIDTH, HEIGHT), 200)
    with file.open("wb") as film:
        film.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{FRAMES_A_SECOND}:1 Ip A1:1 C420jpeg\n".encode())
        for code in codes:
            frame = _held_up(code)
            for shown in [frame] * SHOWN_FRAMES + [empty] * EMPTY_FRAMES:
                film.write(b"FRAME\n" + shown.tobytes() + colourless)
    return file


def _held_up(code: str) -> Image.Image:
    rows = qr_matrix(code)
    side = len(rows) + 8
    symbol = Image.new("L", (side, side), 255)
    for y, row in enumerate(rows, 4):
        for x, dark in enumerate(row, 4):
            if dark:
                symbol.putpixel((x, y), 0)
    symbol = symbol.resize((side * MODULE, side * MODULE), Image.Resampling.NEAREST)
    frame = Image.new("L", (WIDTH, HEIGHT), 200)
    frame.paste(symbol, ((WIDTH - symbol.width) // 2, (HEIGHT - symbol.height) // 2))
    return frame


def _answers(page: Page, kind: str, count: int) -> list[float]:
    """How long the first ``count`` scans of that kind took, in ms; fewer when it takes too long."""
    _until(page, lambda: len(page.evaluate(MEASURES, f"code-to-answer-{kind}")) >= count, WAIT_SECONDS)
    found: list[float] = page.evaluate(MEASURES, f"code-to-answer-{kind}")
    return found


def _until(page: Page, holds: Callable[[], bool], seconds: float) -> bool:
    for _ in range(int(seconds * 4)):
        if holds():
            return True
        page.wait_for_timeout(250)
    return False


def _all_arrive(page: Page, context: BrowserContext, house: House, device: str) -> bool:
    """With the network back everything is sent, and each scan that was answered is stored once."""
    shown = sum(len(page.evaluate(MEASURES, f"code-to-answer-{kind}")) for kind in ("online", "offline"))
    context.set_offline(False)

    def stored() -> int:
        rows = house.ask(
            "SELECT count(*) FROM scans s JOIN devices d ON d.id = s.device_id WHERE d.name = %(name)s "
            "AND NOT EXISTS (SELECT 1 FROM scan_undos u WHERE u.scan_id = s.id)",
            {"name": device},
        )
        return int(rows[0][0])

    return _until(page, lambda: stored() == shown, WAIT_SECONDS)


def _half(milliseconds: Sequence[float]) -> float:
    return percentile(milliseconds, 0.5)


def _told(case: str, answers: Sequence[float], limits: dict[str, float], consistent: bool) -> Figure:
    more: dict[str, Any] = {f"{name} ms": value for name, value in limits.items()}
    return figure(
        "glance",
        f"{case}, {len(answers)} codes",
        _half(answers),
        unit="ms",
        seconds=[one / 1_000 for one in answers],
        errors=0,
        consistent=consistent and len(answers) > 0,
        reference=sum(limits.values()),
        more=more,
    )

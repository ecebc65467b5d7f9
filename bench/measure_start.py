"""How long the second ``make run`` takes until /healthz answers; the first has installed and filled everything.

The reference is the least that any start must do: a cold Python that imports the application. Value and reference are
seconds, so the ratio says how many times that it takes. Consistent when every start finds the rows that the first
one left, and leaves its port free again.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import psycopg

from bench.figures import Figure, figure
from bench.served import ROOT, Ground, free_port

STARTS = 3
FIRST_WITHIN, LATER_WITHIN, ENDED_WITHIN = 300.0, 60.0, 40.0


def run(ground: Ground, *, starts: int = STARTS) -> list[Figure]:
    """Start once to prepare, then ``starts`` times with the watch."""
    data_dir = ground.directory / "start"
    data_dir.mkdir()
    port = free_port()
    _first, rows = _start(data_dir, port, FIRST_WITHIN)
    took, imports, consistent, errors = [], [], True, 0
    for _turn in range(starts):
        try:
            seconds, found = _start(data_dir, port, LATER_WITHIN)
        except RuntimeError as failure:
            print(failure)
            errors += 1
            continue
        took.append(seconds)
        consistent = consistent and found == rows > 0
        imports.append(_import())
    value, reference = (median(took) if took else 0.0), (median(imports) if imports else 0.0)
    return [
        figure(
            "start", "second make run", value, unit="s", seconds=took, errors=errors,
            consistent=consistent and bool(took), reference=reference,
        )
    ]  # fmt: skip


def _start(data_dir: Path, port: int, within: float) -> tuple[float, int]:
    """One ``make run`` from the command to the first answer, and its orderly end; seconds, and rows it found."""
    environment = {**os.environ, "DATA_DIR": str(data_dir), "HOST": "127.0.0.1", "PORT": str(port)}
    for name in ("DATABASE_URL", "REDIS_URL", "SMTP_URL", "SECRET_KEY"):
        environment.pop(name, None)
    log = data_dir.with_suffix(".log")
    with log.open("ab") as output:
        began = time.monotonic()
        process = subprocess.Popen(
            ["make", "run"], cwd=ROOT, env=environment, stdout=output, stderr=output, start_new_session=True
        )
    try:
        while not _answers(port):
            if process.poll() is not None or time.monotonic() - began > within:
                raise RuntimeError(f"make run does not answer: {log.read_text(errors='replace')[-1500:]}")
            time.sleep(0.01)
        seconds = time.monotonic() - began
        return seconds, _rows(data_dir)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(ENDED_WITHIN)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        _wait_until_free(port)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _rows(data_dir: Path) -> int:
    """How many registrations there are, asked of the server that this start tells of."""
    running = json.loads((data_dir / "running.json").read_text())
    with psycopg.connect(running["database_url"].replace("+psycopg", "", 1)) as connection:
        row = connection.execute("SELECT count(*) FROM registrations").fetchone()
    return int(row[0]) if row else 0


def _wait_until_free(port: int) -> None:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"port {port} is still taken after the end")


def _import() -> float:
    """A cold Python that imports the application, in seconds."""
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", "import app"], check=True, cwd=ROOT)
    return time.monotonic() - began

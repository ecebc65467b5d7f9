"""ClamAV's own daemon, with a signature database of two lines made here: nothing is fetched from anywhere.

Skipped where clamd is not installed (Debian: ``apt install clamav-daemon``); test_keep.py speaks its words everywhere.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Thread

import pytest
from flask import Flask

from audit.record import APPLICANT
from files import clamav
from files.clamav import Scanner
from files.errors import ScannerAway
from files.keep import keep_file
from files.models import ScanState, StoredFile
from files.scan import scan, scan_again
from shared.db import db
from tests.files.samples import EICAR, docx, pdf

CLAMD = shutil.which("clamd") or shutil.which("clamd", path="/usr/sbin:/usr/local/sbin")
needs_clamd = pytest.mark.skipif(CLAMD is None, reason="clamd is not installed")


@dataclass
class Daemon:
    """A clamd that runs, on a socket of its own."""

    process: subprocess.Popen[bytes]
    address: str


@pytest.fixture(scope="module")
def daemon() -> Iterator[Daemon]:
    """clamd in the foreground, knowing EICAR alone: whole (.hdb) and wherever it stands (.ndb)."""
    with tempfile.TemporaryDirectory(prefix="gs-clamd") as name:
        place = Path(name)
        place.chmod(0o755)
        signatures = place / "signatures"
        signatures.mkdir()
        digest = hashlib.md5(EICAR, usedforsecurity=False).hexdigest()
        (signatures / "ours.hdb").write_text(f"{digest}:{len(EICAR)}:Eicar-Whole\n")
        (signatures / "ours.ndb").write_text(f"Eicar-Within:0:*:{EICAR.hex()}\n")
        (place / "clamd.conf").write_text(
            f"LocalSocket {place}/clamd.ctl\nDatabaseDirectory {signatures}\nForeground yes\n"
            f"LogFile {place}/clamd.log\nStreamMaxLength 10M\nMaxThreads 2\nTemporaryDirectory {place}\n"
        )
        process = subprocess.Popen(
            [str(CLAMD), "--config-file", str(place / "clamd.conf")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            until = time.monotonic() + 60
            while not (place / "clamd.ctl").exists() and time.monotonic() < until:
                assert process.poll() is None, (place / "clamd.log").read_text()
                time.sleep(0.05)
            yield Daemon(process, f"unix://{place}/clamd.ctl")
        finally:
            process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait()


def kept(content: bytes) -> StoredFile:
    """A file that waits for the scanner."""
    stored = keep_file(io.BytesIO(content), name="简历.pdf", purpose="test", by=APPLICANT)
    db.session.flush()
    return stored


def state_of(stored: StoredFile) -> str:
    """As it stands in the row now."""
    return stored.scan_state.value


@needs_clamd
def test_the_real_scanner_says_clean_infected_and_nothing_when_it_is_gone(
    app: Flask, daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    unscanned = kept(pdf())
    assert state_of(unscanned) == "not_scanned"
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], clamav_url=daemon.address))
    clean, within = kept(pdf()), kept(docx({"word/media/note.txt": EICAR}))
    assert clean.scan_state is ScanState.WAITING
    assert str(clean.scan_state.label) in ("尚未查毒", "Not scanned yet")
    for stored in (clean, within):
        assert scan(stored.id) is None
    assert (clean.scan_state, clean.scan_note) == (ScanState.CLEAN, None)
    assert within.scan_state is ScanState.INFECTED, "clamd looked into the Word file"
    assert "Eicar" in str(within.scan_note)
    assert not within.is_open
    assert "Eicar" in str(Scanner.at(daemon.address).virus_in(EICAR))
    scan_again(by="system")
    assert scan(unscanned.id) is None
    assert state_of(unscanned) == "clean"

    hung = kept(pdf("hung"))
    monkeypatch.setattr(clamav, "SECONDS_TO_ANSWER", 0.3)
    os.kill(daemon.process.pid, signal.SIGSTOP)
    try:
        assert scan(hung.id) is not None, "it is asked again"
    finally:
        os.kill(daemon.process.pid, signal.SIGCONT)
    assert state_of(hung) == "waiting"
    assert hung.scan_note
    monkeypatch.setattr(clamav, "SECONDS_TO_ANSWER", 60)
    assert scan(hung.id) is None
    assert state_of(hung) == "clean"

    killed = kept(pdf("killed"))
    os.kill(daemon.process.pid, signal.SIGSTOP)
    scanning: list[object] = []

    def ask() -> None:
        try:
            scanning.append(Scanner.at(daemon.address).virus_in(b"x" * 5_000_000))
        except ScannerAway as away:
            scanning.append(away)

    asking = Thread(target=ask)
    asking.start()
    time.sleep(0.2)
    daemon.process.kill()
    asking.join(30)
    assert isinstance(scanning[0], ScannerAway), "dead in mid-stream is never taken for clean"
    assert scan(killed.id) is not None
    assert killed.scan_state is ScanState.WAITING


def test_a_scanner_that_answers_a_byte_at_a_time_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clamav, "SECONDS_TO_ANSWER", 0.4)
    listener = socket.create_server(("127.0.0.1", 0))
    ended: list[bool] = []

    def drip() -> None:
        connection, _address = listener.accept()
        with connection:
            try:
                for _ in range(200):
                    connection.sendall(b"s")
                    time.sleep(0.05)
            except OSError:
                ended.append(True)

    slow = Thread(target=drip)
    slow.start()
    with pytest.raises(ScannerAway, match=r"too long|timed out"):
        Scanner.at(f"tcp://127.0.0.1:{listener.getsockname()[1]}").virus_in(b"content")
    slow.join(10)
    listener.close()
    assert ended

"""Kept, scanned, handed out, let go: with a real folder and a scanner that speaks clamd's own words."""

from __future__ import annotations

import io
import socket
import struct
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from accounts.models import Staff
from audit.models import AuditEntry
from audit.record import APPLICANT
from files import disk
from files.access import _openers, opens
from files.clamav import Scanner, WrongScannerAddress
from files.errors import FileTooLarge, StorageIsFull
from files.keep import keep_file, remove_file
from files.models import ScanState, StoredFile
from files.scan import GIVE_UP_AFTER
from files.sweep import missing, sweep
from jobs.models import OutboxJob
from shared.clock import now
from shared.db import db, transaction
from shared.disposition import attachment
from tests.conftest import Browser
from tests.factories import accounts
from tests.files.samples import EICAR, docx, pdf, picture
from tests.promises import keep_promises

NAME = "李文博 简历.pdf"


@dataclass
class Clamd:
    """A daemon that takes INSTREAM as clamd does, on a unix socket. ``answers`` are given first, one a file."""

    path: Path
    answers: list[bytes] = field(default_factory=list)
    heard: list[bytes] = field(default_factory=list)
    most: int = 25_000_000

    @property
    def url(self) -> str:
        """What CLAMAV_URL says."""
        return f"unix://{self.path}"

    def serve(self, listener: socket.socket) -> None:
        """Answer one connection after the other until the listener is closed."""
        while True:
            try:
                connection, _address = listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as said:
                connection.sendall(self._verdict(said))

    def _verdict(self, said: Any) -> bytes:
        if said.read(10) != b"zINSTREAM\0":
            return b"UNKNOWN COMMAND\0"
        content = b""
        while size := struct.unpack("!L", said.read(4))[0]:
            content += said.read(size)
            if len(content) > self.most:
                return b"INSTREAM size limit exceeded. ERROR\0"
        self.heard.append(content)
        if self.answers:
            return self.answers.pop(0)
        return b"stream: Win.Test.EICAR_HDB-1 FOUND\0" if EICAR in content else b"stream: OK\0"


@pytest.fixture
def clamd(app: Flask) -> Iterator[Clamd]:
    """A scanner that runs, and CLAMAV_URL pointing at it."""
    before = app.config["SETTINGS"]
    with tempfile.TemporaryDirectory(prefix="gs") as directory:
        daemon = Clamd(Path(directory) / "clamd.ctl")
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(daemon.path))
        listener.listen()
        thread = Thread(target=daemon.serve, args=(listener,), daemon=True)
        thread.start()
        app.config["SETTINGS"] = replace(before, clamav_url=daemon.url)
        try:
            yield daemon
        finally:
            app.config["SETTINGS"] = before
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
            thread.join(5)


@pytest.fixture
def doctor_may_open() -> Iterator[None]:
    """The files of these tests are for staff, and for the link ``dr-li``."""

    @opens("test")
    def may_open(file: StoredFile, *, staff: Staff | None, link: str | None) -> Staff | str | None:
        return staff or (APPLICANT if link == "dr-li" else None)

    yield
    del _openers["test"]


def kept(content: bytes | None = None, **changes: Any) -> StoredFile:
    """A CV of Dr Li."""
    values: dict[str, Any] = {"name": NAME, "purpose": "test", "by": APPLICANT}
    with transaction():
        return keep_file(io.BytesIO(pdf() if content is None else content), **{**values, **changes})


def entries(act: str) -> list[AuditEntry]:
    return list(db.session.scalars(select(AuditEntry).where(AuditEntry.act == act)))


def test_a_file_lies_whole_under_a_random_name_for_nobody_else_on_the_machine(app: Flask) -> None:
    content = pdf()
    file, other = kept(content), kept(content)
    path = disk.path_of(file.place)
    assert path.read_bytes() == content
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o077 == 0
    assert (file.size, file.media_type, file.label) == (len(content), "application/pdf", NAME)
    assert file.scan_state is ScanState.NOT_SCANNED
    assert file.token != other.token
    assert file.place != other.place
    assert len(file.token) == 32
    assert file.token not in file.place
    assert not any((disk.folder() / disk.INCOMING).iterdir())
    (first, _second) = entries("keep_file")
    assert NAME not in str(first.details)


def test_too_much_is_not_read_to_its_end(app: Flask) -> None:
    stream = io.BytesIO(b"%PDF-1.7" + b"\0" * 5_000_000)
    with pytest.raises(FileTooLarge), transaction():
        keep_file(stream, name=NAME, purpose="test", by=APPLICANT, largest=1_000_000)
    assert stream.tell() == 1_000_001


def test_what_a_lost_transaction_left_is_swept_and_what_has_its_row_stays(app: Flask) -> None:
    file = kept()
    with pytest.raises(ZeroDivisionError), transaction():
        keep_file(io.BytesIO(pdf()), name=NAME, purpose="test", by=APPLICANT)
        raise ZeroDivisionError
    lying = [place for place, _path in disk.lying_there(before=time.time() + 60)]
    assert len(lying) > 1
    sweep()
    assert len(list(disk.lying_there(before=time.time() + 60))) == len(lying), "younger than an hour"
    (disk.folder() / disk.INCOMING / "half").write_bytes(b"%PDF")
    sweep(spared_seconds=-60)
    assert [place for place, _path in disk.lying_there(before=time.time() + 60)] == [file.place]
    assert list(missing()) == []


def test_a_full_disk_is_said_and_leaves_nothing(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("files.disk.os.fsync", full)
    with pytest.raises(StorageIsFull), transaction():
        keep_file(io.BytesIO(pdf()), name=NAME, purpose="test", by=APPLICANT)
    assert not any((disk.folder() / disk.INCOMING).iterdir())


def test_the_scanner_is_asked_and_believed(
    app: Flask, clamd: Clamd, client: Browser, doctor_may_open: None
) -> None:
    clean, infected = kept(), kept(docx({"word/x.bin": b"MZ" + EICAR}), name="x.docx")
    stored = kept(pdf(), name="raw.pdf")
    assert clean.scan_state is ScanState.WAITING
    # The signature stands packed in the zip; what a scanner unpacks, this one hears plainly.
    disk.path_of(infected.place).write_bytes(docx() + EICAR)
    keep_promises()
    for file in (clean, infected, stored):
        db.session.refresh(file)
    assert (clean.scan_state, infected.scan_state) == (ScanState.CLEAN, ScanState.INFECTED)
    assert infected.scan_note == "Win.Test.EICAR_HDB-1"
    assert clean.scanned_at is not None
    assert clamd.heard[0] == disk.path_of(clean.place).read_bytes()
    client.sign_in(accounts.staff())
    assert client.get(f"/files/{clean.token}").status_code == 200
    refused = client.get(f"/files/{infected.token}")
    assert refused.status_code == 403
    assert "病毒" in refused.text
    assert len(clamd.heard) == 3


def test_a_scanner_that_is_away_or_confused_is_asked_again_later(app: Flask, clamd: Clamd) -> None:
    clamd.answers = [b"", b"Can't allocate memory ERROR\0"]
    file = kept()
    for expected in ("clamd closed the connection", "Can't allocate memory ERROR"):
        assert keep_promises() == 1
        db.session.refresh(file)
        assert file.scan_state is ScanState.WAITING
        assert expected in (file.scan_note or "")
        db.session.execute(
            text("UPDATE outbox_jobs SET due_at = now() - interval '1 s' WHERE done_at IS NULL")
        )
    listening = app.config["SETTINGS"]
    app.config["SETTINGS"] = replace(listening, clamav_url="tcp://127.0.0.1:9")
    keep_promises()
    db.session.refresh(file)
    assert file.scan_tries == 3
    due = db.session.scalars(select(OutboxJob.due_at).where(OutboxJob.done_at.is_(None))).one()
    assert due > now() + timedelta(seconds=15)
    app.config["SETTINGS"] = listening
    db.session.execute(text("UPDATE outbox_jobs SET due_at = now() - interval '1 s' WHERE done_at IS NULL"))
    keep_promises()
    db.session.refresh(file)
    assert (file.scan_state, file.scan_note) == (ScanState.CLEAN, None)


def test_a_file_the_scanner_will_never_take_says_so_instead_of_waiting(app: Flask, clamd: Clamd) -> None:
    clamd.most = 100
    file, old = kept(), kept()
    old.kept_at = now() - GIVE_UP_AFTER
    clamd.answers = []
    keep_promises()
    db.session.refresh(file)
    assert file.scan_state == "not_scanned"
    assert "size limit" in (file.scan_note or "")
    runner = app.test_cli_runner()
    clamd.most = 25_000_000
    assert "2" in runner.invoke(args=["files", "scan"]).output
    keep_promises()
    db.session.refresh(file)
    assert file.scan_state == "clean"


@pytest.mark.parametrize("url", ["http://x", "tcp://", "unix://", "tcp://x:port"])
def test_a_slip_in_the_scanners_address_is_said(url: str) -> None:
    with pytest.raises(WrongScannerAddress, match="CLAMAV_URL"):
        Scanner.at(url)
    assert Scanner.at("tcp://scan.example") == Scanner(host="scan.example", port=3310)


def test_nobody_gets_a_file_who_may_not_and_each_opening_is_recorded(
    client: Browser, doctor_may_open: None
) -> None:
    file = kept()
    address = f"/files/{file.token}"
    assert client.get(address).status_code == 404
    assert client.get(f"{address}?link=somebody-else").status_code == 404
    assert client.get("/files/../../secret_key").status_code == 404
    assert client.get("/files/%2e%2e%2fsecret_key").status_code == 404
    assert entries("open_file") == []
    own = client.get(f"{address}?link=dr-li")
    assert own.status_code == 200
    assert own.data == disk.path_of(file.place).read_bytes()
    headers = own.headers
    assert headers["Content-Type"] == "application/pdf"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("sandbox")
    assert headers["Cache-Control"] == "no-store"
    assert headers["Content-Disposition"].startswith('attachment; filename="download.pdf"; filename*=UTF-8')
    staff = accounts.staff()
    client.sign_in(staff)
    assert client.get(address).status_code == 200
    assert [(e.by_whom, e.subject_id) for e in entries("open_file")] == [
        (APPLICANT, file.id),
        (staff.login, file.id),
    ]
    # A purpose that nobody answers for is open to nobody.
    assert client.get(f"/files/{kept(purpose='forgotten').token}").status_code == 404
    disk.path_of(file.place).unlink()
    assert client.get(address).status_code == 410
    assert [gone.id for gone in missing()] == [file.id]


def test_a_file_that_was_let_go_leaves_neither_name_nor_bytes(client: Browser, doctor_may_open: None) -> None:
    file = kept(picture("PNG"), name="me.png")
    path = disk.path_of(file.place)
    for _twice in range(2):
        with transaction():
            remove_file(file.id, by=APPLICANT)
    assert path.exists(), "until it is committed and the promise is kept"
    keep_promises()
    assert not path.exists()
    db.session.refresh(file)
    assert (file.label, file.is_open) == ("", False)
    assert len(entries("remove_file")) == 1
    assert client.get(f"/files/{file.token}?link=dr-li").status_code == 404


@pytest.mark.parametrize(
    "change",
    [
        "label = 'x', removed_at = now()",
        "scan_state = 'clean'",
        "scanned_at = now()",
        "place = '../secret_key'",
        "token = 'short'",
        "sha256 = 'x'",
        "size = 0",
    ],
)
def test_the_schema_keeps_the_rules_by_itself(app: Flask, change: str) -> None:
    kept()
    with pytest.raises(IntegrityError, match="ck_stored_files"):
        db.session.execute(text(f"UPDATE stored_files SET {change}"))
    db.session.rollback()


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("cv.pdf", 'attachment; filename="cv.pdf"'),
        ("简历.pdf", "attachment; filename=\"download.pdf\"; filename*=UTF-8''%E7%AE%80%E5%8E%86.pdf"),
        ('a"b.pdf', "attachment; filename=\"a_b.pdf\"; filename*=UTF-8''a%22b.pdf"),
        ("naïve.pdf", "attachment; filename=\"naive.pdf\"; filename*=UTF-8''na%C3%AFve.pdf"),
        ("a\r\nX: y", "attachment; filename=\"a__X_ y\"; filename*=UTF-8''a%0D%0AX%3A%20y"),
    ],
)
def test_a_downloads_name_is_coded(name: str, plain: str) -> None:
    assert attachment(name) == plain

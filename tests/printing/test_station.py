"""The station without a browser, against the served API: into a directory, through a command like lp, and after a crash."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from threading import Thread

import pypdfium2
import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.serving import make_server

from checkin.check_in import check_in
from checkin.models import DeviceRole
from printing.models import Failure, PrintJob, PrintState
from printing.print_queue import ask_again
from printing.station import Kept, Printer, Station, main
from registrations.tickets import make_first_key
from shared.db import db, transaction
from tests.conftest import settings_for
from tests.factories import accounts, registrations
from tests.printing.test_print_queue import printing_stop
from tests.printing.test_station_api import code_for

NAMES = ("欧阳娜娜", "𬱖", "阿卜杜热合曼·麦麦提江")


@pytest.fixture
def served(fresh_database: Callable[[], str], tmp_path: Path) -> Iterator[tuple[Flask, str]]:
    """The product, and its address."""
    from app import create_app

    app = create_app(settings_for(fresh_database(), tmp_path))
    with app.app_context():
        server = make_server("127.0.0.1", 0, app, threaded=True)
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield app, f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            server.server_close()
            db.session.remove()
            db.engine.dispose()


def states() -> list[tuple[PrintState, Failure | None]]:
    """Every badge as it is now."""
    db.session.rollback()
    return [(job.state, job.why) for job in db.session.scalars(select(PrintJob).order_by(PrintJob.id))]


def test_a_station_without_a_browser_prints_what_was_asked_for(
    served: tuple[Flask, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _app, server = served
    with transaction():
        make_first_key()
        stop, by = printing_stop(), accounts.staff()
        code = code_for(stop, DeviceRole.STATION)
        for name in NAMES:
            registration = registrations.registration(at=stop)
            registration.person.full_name = name
            check_in(registration.code, stop=stop, gate="东门", by=by)
    into, kept = tmp_path / "out", tmp_path / "station.json"

    def run(*more: str) -> int:
        return main(["--kept-in", str(kept), "--paper", "96x82", "--until-empty", *more])

    assert run("--into", str(into)) == 1, "not joined yet"
    assert run("--server", server, "--code", code, "--into", str(into)) == 0
    assert kept.stat().st_mode & 0o777 == 0o600
    files = sorted(into.glob("*.pdf"), key=lambda file: int(file.name.split("-")[1]))
    for file, name in zip(files, NAMES, strict=True):
        page = pypdfium2.PdfDocument(BytesIO(file.read_bytes()))[0]
        assert name in "".join(page.get_textpage().get_text_range().split())
    assert states() == [(PrintState.PRINTED, None)] * 3

    # A printer that fails: the badge stays asked for by hand, and nothing more is taken meanwhile.
    jobs = db.session.scalars(select(PrintJob.id).order_by(PrintJob.id)).all()
    with transaction():
        for job_id in jobs[:2]:
            ask_again(job_id, stop=stop, by=by)
    fails = f"{sys.executable} -c 'import sys; sys.exit(1)'"
    assert run("--print-with", fails) == 0
    assert states()[3:] == [(PrintState.FAILED, Failure.PRINTER), (PrintState.WAITING, None)]
    # A command like lp is given the file.
    shown = tmp_path / "shown"
    script = tmp_path / "lp.py"
    script.write_text(f"import shutil, sys; shutil.copy(sys.argv[-1], {str(shown)!r})")
    assert run("--print-with", f"{sys.executable} {script} -d Badges {{file}}") == 0
    assert shown.read_bytes().startswith(b"%PDF")
    assert states()[4] == (PrintState.PRINTED, None)

    # The computer goes off while the badge is with the printer: nobody knows, so a person is asked.
    with transaction():
        ask_again(jobs[2], stop=stop, by=by)
    before = Kept.read(kept)
    assert before is not None

    def dies(self: Printer, pdf: bytes, name: str) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Printer, "__call__", dies)
        with pytest.raises(KeyboardInterrupt):
            Station(before, kept, paper="a6", printer=Printer("lp", None)).beat()
    assert json.loads(kept.read_text())["printing"] is not None
    assert run("--into", str(into)) == 0
    assert states()[5] == (PrintState.FAILED, Failure.INTERRUPTED)
    assert main(["--kept-in", str(kept), "--trial", "--into", str(into)]) == 0
    assert (into / "trial.pdf").exists()

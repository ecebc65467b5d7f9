"""A printing station without a browser: ``python3 -m printing.station --server https://… --code ABCD2345``.

Needs Python 3.11 alone and nothing of the product: this file may be copied to the computer with the printer. It takes one badge after the other
and hands it to ``lp`` or to whatever command is named; docs/operations.md says how a station is set up.
"""

from __future__ import annotations

import argparse
import json
import logging
import shlex
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

BEAT_SECONDS = 2.0
AFTER_TROUBLE_SECONDS = 15.0
"""So long a printer that failed is left alone; the gate shows meanwhile that it is out of order."""
KEPT_IN = Path("~/.good-scenery-station.json")
log = logging.getLogger("station")


class SaidNo(Exception):
    """The server refused: ``status``, ``code`` for programs, the sentence for people."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


class NoAnswer(Exception):
    """The server does not answer, or says that it will soon."""


@dataclass
class Kept:
    """What a station remembers over a restart. ``printing``: the badge that was handed to the printer last and not confirmed."""

    server: str
    token: str
    printing: int | None = None

    @classmethod
    def read(cls, file: Path) -> Kept | None:
        """As it was kept, or None."""
        try:
            return cls(**json.loads(file.read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def write(self, file: Path) -> None:
        """Keep it, for the owner's eyes alone: the token lets print."""
        new = file.with_name(f"{file.name}.new")
        new.touch(mode=0o600)
        new.write_text(json.dumps(asdict(self)))
        new.replace(file)


def ask(server: str, token: str | None, method: str, path: str, body: dict[str, Any] | None = None) -> bytes:
    """One request to the API. Raises SaidNo or NoAnswer."""
    request = urllib.request.Request(  # noqa: S310 - the address is checked to be http(s) in main()
        f"{server.rstrip('/')}/api/v1{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json", "Accept-Language": "zh-CN, en;q=0.5"},
    )
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=15) as answer:  # noqa: S310
            read: bytes = answer.read()
            return read
    except urllib.error.HTTPError as error:
        try:
            said = json.loads(error.read())
            refusal = SaidNo(error.code, str(said["error"]), str(said["message"]))
        except (ValueError, KeyError, TypeError):
            raise NoAnswer(f"{server}: {error.code}") from None
        if error.code == 429 or (error.code >= 500 and refusal.code != "fonts_are_missing"):
            raise NoAnswer(f"{server}: {refusal}") from None
        raise refusal from None
    except (OSError, ValueError) as error:
        raise NoAnswer(f"{server}: {error}") from None


class Printer:
    """Where a PDF goes: into a directory, or to a command whose ``{file}`` it is (at the end where none is named)."""

    def __init__(self, command: str, into: Path | None) -> None:
        self._command, self._into = shlex.split(command), into

    def __call__(self, pdf: bytes, name: str) -> bool:
        """Whether the printer has taken it."""
        if self._into is not None:
            whole = self._into / f"{name}.pdf"
            part = whole.with_suffix(".part")
            part.write_bytes(pdf)
            part.replace(whole)
            return True
        with tempfile.TemporaryDirectory(prefix="badge-") as directory:
            file = Path(directory) / f"{name}.pdf"
            file.write_bytes(pdf)
            command = [part.replace("{file}", str(file)) for part in self._command]
            if command == self._command:
                command.append(str(file))
            try:
                done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
            except (OSError, subprocess.TimeoutExpired) as error:
                log.error("%s: %s", command[0], error)
                return False
        if done.returncode:
            log.error("%s: %s", command[0], (done.stderr or done.stdout).strip() or done.returncode)
        return done.returncode == 0


class Station:
    """Asks, prints, says what became of it."""

    def __init__(self, kept: Kept, file: Path, *, paper: str, printer: Printer) -> None:
        self._kept, self._file, self._paper, self._printer = kept, file, paper, printer
        self._trouble_until = 0.0

    def beat(self) -> bool:
        """Ask once, and print what there is; whether a badge was handed out. Raises SaidNo or NoAnswer."""
        in_trouble = time.monotonic() < self._trouble_until
        told = self._post("/next", {"ready": not in_trouble, "trouble": "printer" if in_trouble else None})
        job = told["job"]
        if job is None:
            return False
        if job["again"] and self._kept.printing == job["id"]:
            # It was with the printer when this program ended: nobody knows whether it came out.
            self._say(job, "failed", {"why": "interrupted"})
        else:
            self._print(job)
        return True

    def trial(self) -> bool:
        """A test page; whether the printer has taken it."""
        pdf = ask(self._kept.server, self._kept.token, "GET", f"/print-jobs/trial.pdf?paper={self._paper}")
        return self._printer(pdf, "trial")

    def _print(self, job: dict[str, Any]) -> None:
        try:
            pdf = ask(
                self._kept.server,
                self._kept.token,
                "GET",
                f"/print-jobs/{job['id']}.pdf?paper={self._paper}",
            )
        except SaidNo as refusal:
            log.error("%s: %s", job["name"], refusal)
            return self._say(job, "failed", {"why": "badge"})
        self._remember(job["id"])
        if self._printer(pdf, f"badge-{job['id']}-{job['copy']}"):
            log.info("%s", job["name"])
            return self._say(job, "printed", {})
        self._trouble_until = time.monotonic() + AFTER_TROUBLE_SECONDS
        log.error("Out of order. Look for paper, ribbon and cable; then ask for the badge again.")
        return self._say(job, "failed", {"why": "printer"})

    def _say(self, job: dict[str, Any], what: str, body: dict[str, Any]) -> None:
        """Until the server has heard it: a badge that came out must not be printed by another station too."""
        while True:
            try:
                self._post(f"/{job['id']}/{what}", body)
                break
            except NoAnswer as error:
                log.warning("%s", error)
                time.sleep(BEAT_SECONDS)
            except SaidNo as refusal:
                log.warning("%s: %s", job["name"], refusal)
                break
        self._remember(None)

    def _remember(self, job_id: int | None) -> None:
        self._kept.printing = job_id
        self._kept.write(self._file)

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        return json.loads(ask(self._kept.server, self._kept.token, "POST", f"/print-jobs{path}", body))


def joined(server: str, code: str, name: str) -> Kept:
    """Become a station with the organiser's code. Raises SaidNo or NoAnswer."""
    body = {"code": code, "prints": True, **({"name": name} if name else {})}
    return Kept(server, str(json.loads(ask(server, None, "POST", "/devices/join", body))["token"]))


def _asked(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 -m printing.station", description=__doc__.splitlines()[0])
    parser.add_argument("--server", help="where the product runs, for example https://gate.example")
    parser.add_argument("--code", help="the organiser's code, the first time")
    parser.add_argument("--name", default="", help="what volunteers call this desk")
    parser.add_argument("--paper", default="a6", choices=("a6", "90x130", "96x82"))
    parser.add_argument(
        "--print-with", default="lp", metavar="COMMAND", help="for example: lp -d Badges {file}"
    )
    parser.add_argument("--into", type=Path, metavar="DIRECTORY", help="write PDFs here instead of printing")
    parser.add_argument("--kept-in", type=Path, default=KEPT_IN, metavar="FILE", help="token and state")
    parser.add_argument("--trial", action="store_true", help="print a test page and end")
    parser.add_argument("--until-empty", action="store_true", help="end when nothing waits any more")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """The command: 0 when asked to end, 1 when this is no station (any more)."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    asked = _asked(arguments)
    file = asked.kept_in.expanduser()
    kept = Kept.read(file)
    try:
        if asked.code:
            if not (asked.server or "").startswith(("https://", "http://")):
                log.error("--server must be an address that begins with https:// or http://")
                return 1
            kept = joined(asked.server, asked.code, asked.name)
            kept.write(file)
        if kept is None:
            log.error("Not joined yet. Give --server and --code.")
            return 1
        if asked.into is not None:
            asked.into.mkdir(parents=True, exist_ok=True)
        station = Station(kept, file, paper=asked.paper, printer=Printer(asked.print_with, asked.into))
        if asked.trial:
            return 0 if station.trial() else 1
        return _go_on(station, until_empty=asked.until_empty)
    except NoAnswer as error:
        log.error("%s", error)
    except SaidNo as refusal:
        log.error("%s", refusal)
    except KeyboardInterrupt:
        return 0
    return 1


def _go_on(station: Station, *, until_empty: bool) -> int:
    while True:
        try:
            had_one = station.beat()
        except NoAnswer as error:
            log.warning("%s", error)
            had_one = False
        if had_one:
            continue
        if until_empty:
            return 0
        time.sleep(BEAT_SECONDS)


if __name__ == "__main__":
    sys.exit(main())

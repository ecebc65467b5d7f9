"""The whole product under its supervisor: what dies comes back, what is asked to end ends."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from launch.environment import COPY
from launch.processes import is_alive, processes_where, working_in
from tests.launch.conftest import ROOT, eventually

pytestmark = pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks for processes in /proc")


class Start:
    """One `python -m launch` as a person would start it."""

    def __init__(self, data_dir: Path, **variables: str) -> None:
        self.data_dir = data_dir
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        ours = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "PUBLIC_URL", "HOST")
        given = {name: value for name, value in os.environ.items() if name not in ours}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "launch"],
            cwd=ROOT,
            env={**given, "DATA_DIR": str(data_dir), "DEMO": "0", "PORT": str(self.port), **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def answers(self) -> bool:
        """Whether /healthz says 200."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def must_answer(self) -> None:
        """Wait for the first answer, or fail with what it printed."""
        if (
            not eventually(lambda: self.process.poll() is not None or self.answers(), 90)
            or self.process.returncode
        ):
            self.process.terminate()
            pytest.fail(f"it never answered:\n{self.said()}")

    def processes(self, words: str) -> list[int]:
        """The supervised processes whose command line holds ``words``, oldest first."""
        mark = f"{COPY}={self.data_dir}\0".encode()

        def belongs(entry: Path) -> bool:
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            return words in line and mark in (entry / "environ").read_bytes()

        return sorted(processes_where(belongs))

    def redis(self) -> list[int]:
        """The Redis server, if it lives."""
        return working_in(self.data_dir / "redis", "redis-server")

    def postgres(self) -> list[int]:
        """The processes of the PostgreSQL server, the first one first."""
        return sorted(working_in(cluster(self.data_dir), "postgres"))

    def everything(self) -> list[int]:
        """All processes of this start below the supervisor."""
        return [*self.processes(""), *self.redis(), *self.postgres()]

    def said(self) -> str:
        """What it printed, to its end."""
        return self.process.communicate(timeout=30)[0]


def another(start: Start, words: str, before: list[int]) -> Callable[[], bool]:
    """Asks whether other processes than ``before`` answer to ``words`` now."""
    return lambda: start.processes(words) not in ([], before)


def cluster(data_dir: Path) -> Path:
    """Where PostgreSQL's data lie."""
    place = data_dir / "postgres" / "place"
    return (Path(place.read_text().strip()) if place.exists() else data_dir / "postgres") / "data"


@contextmanager
def started(data_dir: Path, **variables: str) -> Iterator[Start]:
    """A start, ended at the end whatever happens."""
    start = Start(data_dir, **variables)
    with start.process:
        try:
            yield start
        finally:
            start.process.terminate()
            try:
                start.process.communicate(timeout=30)
            except subprocess.TimeoutExpired:
                start.process.kill()


def refusal(data_dir: Path, **variables: str) -> str:
    """The one line a start says that must fail."""
    with started(data_dir, **variables) as start:
        said = start.said()
        assert start.process.returncode == 1, said
    lines = [line for line in said.splitlines() if line.strip()]
    assert len(lines) == 1, said
    assert lines[0].startswith("good-scenery: ") and "Traceback" not in said
    return lines[0]


def test_killed_processes_come_back(open_dir: Path) -> None:
    data_dir = open_dir / "var"
    with started(data_dir) as start:
        start.must_answer()
        assert eventually(lambda: len(start.processes("granian")) == 3)
        assert eventually(lambda: start.processes("worker.py") and start.processes("jobs.relay"))

        # one of the web server's own workers, then the web server itself
        _, one, other = start.processes("granian")
        os.kill(one, signal.SIGKILL)
        assert eventually(lambda: len(start.processes("granian")) == 3 and start.answers())
        os.kill(start.processes("granian")[0], signal.SIGKILL)
        assert eventually(lambda: not is_alive(other)), "a worker outlived its web server"
        assert eventually(start.answers)

        for name in ("worker.py", "jobs.relay"):
            before = start.processes(name)
            os.kill(before[0], signal.SIGKILL)
            assert eventually(another(start, name, before)), name

        before = start.redis()
        os.kill(before[0], signal.SIGKILL)
        assert eventually(lambda: start.redis() not in ([], before))

        first = int((cluster(data_dir) / "postmaster.pid").read_text().split()[0])
        assert first in start.postgres()
        os.kill(first, signal.SIGKILL)
        assert eventually(lambda: not is_alive(first))
        assert eventually(start.answers)
        assert first not in start.postgres()


def test_after_a_killed_start_the_next_one_cleans_up_and_ctrl_c_ends_everything(open_dir: Path) -> None:
    data_dir = open_dir / "var"
    with started(data_dir, WEB_WORKERS="1") as start:
        start.must_answer()
        assert eventually(lambda: start.processes("jobs.relay"))
        left = start.everything()
        assert len(left) > 8
        start.process.kill()
        start.process.wait()
        assert eventually(lambda: not any(is_alive(pid) for pid in left)), "something outlived the supervisor"

    # … and if something had, the next start would end it, but nobody else
    sleeper = [sys.executable, "-c", "import time; time.sleep(100)"]
    with (
        subprocess.Popen(sleeper, env={**os.environ, COPY: str(data_dir)}) as orphan,
        subprocess.Popen(sleeper) as stranger,
        started(data_dir, WEB_WORKERS="1") as start,
    ):
        start.must_answer()
        assert orphan.wait(5) == -signal.SIGTERM
        assert stranger.poll() is None
        stranger.kill()

        # another start beside it is refused, a command beside it uses the same servers
        line = refusal(data_dir)
        assert (
            f"already running from here at http://127.0.0.1:{start.port} (process {start.process.pid})"
            in line
        )
        assert start.answers()
        told = json.loads((data_dir / "running.json").read_text())
        assert (data_dir / "running.json").stat().st_mode & 0o777 == 0o600
        asked = with_servers(data_dir, "sh", "-c", "echo $DATABASE_URL; exit 3")
        assert (asked.returncode, asked.stdout.strip()) == (3, told["database_url"])

        assert eventually(lambda: start.processes("jobs.relay"))
        everything = start.everything()
        start.process.send_signal(signal.SIGINT)
        said = start.said()
        assert start.process.returncode == 0, said
        assert re.search(rf"http://127\.0\.0\.1:{start.port}/ .*SMTP_URL", said, re.DOTALL), said
        assert not any(is_alive(pid) for pid in everything)
        assert not (data_dir / "running.json").exists()
        assert not (cluster(data_dir) / "postmaster.pid").exists()


def test_what_keeps_it_from_starting_is_one_sentence(open_dir: Path) -> None:
    with ExitStack() as stack:
        taken = stack.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1]
        with socket.create_server(("127.0.0.1", 0)) as nobody:
            closed = nobody.getsockname()[1]
        assert f"Port {taken} on 127.0.0.1 is taken" in refusal(open_dir / "a", PORT=str(taken))
        assert "PORT must be a number" in refusal(open_dir / "b", PORT="eighty")
        line = refusal(open_dir / "c", DATABASE_URL=f"postgresql://gs:hush@127.0.0.1:{closed}/gs")
        assert "cannot be reached" in line and "hush" not in line
        redis = {
            "DATABASE_URL": os.environ["TEST_DATABASE_URL"],
            "REDIS_URL": f"redis://127.0.0.1:{closed}/0",
        }
        assert "Redis of REDIS_URL" in refusal(open_dir / "d", **redis)
        (open_dir / "file").write_text("")
        assert "cannot be written" in refusal(open_dir / "file" / "var")


def test_a_command_without_a_running_start_gets_servers_of_its_own(open_dir: Path) -> None:
    asked = with_servers(open_dir / "var", sys.executable, "-c", ASK)
    assert (asked.returncode, asked.stdout.split()) == (0, ["good_scenery", "True"]), asked.stderr
    assert not working_in(cluster(open_dir / "var"), "postgres")


def with_servers(data_dir: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """What ``command`` said with the servers of ``data_dir`` behind it."""
    ours = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY")
    given = {name: value for name, value in os.environ.items() if name not in ours}
    return subprocess.run(
        [sys.executable, "-m", "launch.with_servers", *command],
        cwd=ROOT,
        env={**given, "DATA_DIR": str(data_dir)},
        capture_output=True,
        text=True,
        check=False,
    )


ASK = """
import os, psycopg, redis
with psycopg.connect(os.environ["DATABASE_URL"].replace("+psycopg", "")) as connection:
    print(connection.execute("SELECT current_database()").fetchone()[0])
print(redis.Redis.from_url(os.environ["REDIS_URL"]).ping())
"""

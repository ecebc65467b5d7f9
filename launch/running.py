"""The one start of this copy that is running: only one at a time, and where the others find it."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from launch.errors import CannotStart


@dataclass(frozen=True)
class Running:
    """A start that holds DATA_DIR; as JSON in ``DATA_DIR/running.json`` (mode 0600)."""

    pid: int
    address: str
    database_url: str
    redis_url: str

    def environment(self) -> dict[str, str]:
        """The variables that lead a command to its servers."""
        return {"DATABASE_URL": self.database_url, "REDIS_URL": self.redis_url}


def running_here(data_dir: Path) -> Running | None:
    """The start that holds ``data_dir`` now and is ready, or None."""
    try:
        with (data_dir / "lock").open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        try:
            return Running(**json.loads((data_dir / "running.json").read_text()))
        except (OSError, ValueError, TypeError):
            return None
    except OSError:
        pass
    return None


class Turn:
    """Our turn with ``data_dir``; others see it taken until `give_back`, or until we die."""

    def __init__(self, data_dir: Path) -> None:
        self._file = data_dir / "running.json"
        self._lock: IO[bytes] | None = None
        self._data_dir = data_dir

    def take(self) -> None:
        """Take the turn. Raises CannotStart when another start has it, or the directory is not ours."""
        try:
            self._data_dir.mkdir(parents=True, exist_ok=True)
            lock = (self._data_dir / "lock").open("ab")
        except OSError as problem:
            raise CannotStart(
                f"DATA_DIR {self._data_dir} cannot be written ({problem.strerror}); start as the user to whom "
                "it belongs, or set DATA_DIR.",
                "数据目录无法写入，请用其所有者启动，或设置 DATA_DIR。",
            ) from problem
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            lock.close()
            other = running_here(self._data_dir)
            where = f" at {other.address} (process {other.pid})" if other else ""
            raise CannotStart(
                f"Good Scenery is already running from here{where}; stop it first, or start another copy with "
                "its own DATA_DIR and PORT.",
                "好风光已在运行，请先停止，或用另一个 DATA_DIR 和 PORT 启动。",
            ) from problem
        self._lock = lock
        self._file.unlink(missing_ok=True)

    def tell(self, *, address: str, database_url: str, redis_url: str) -> None:
        """Write down where the servers are, for commands in another terminal."""
        running = Running(os.getpid(), address, database_url, redis_url)
        draft = self._file.with_name("running.json.new")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as new:
            json.dump(asdict(running), new)
        draft.replace(self._file)

    def give_back(self) -> None:
        """Let others have it. May be called twice."""
        if self._lock is not None:
            self._file.unlink(missing_ok=True)
            self._lock.close()
            self._lock = None

"""Starting processes that do not outlive us, and ending them."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO

from launch.places import OsUser

_TETHER = Path(__file__).with_name("tether.py")
_LOG_LIMIT = 10 * 1024 * 1024


def open_log(path: Path) -> IO[bytes]:
    """The log at ``path`` for appending, for our eyes only; one past 10 MB is kept as ``….1``."""
    if path.exists() and path.stat().st_size > _LOG_LIMIT:
        path.rename(path.with_name(f"{path.name}.1"))
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")


def spawn(
    command: Sequence[str | Path],
    *,
    log: IO[bytes] | int | None,
    environment: Mapping[str, str],
    cwd: Path | str = "/",
    user: OsUser | None = None,
    on_our_death: signal.Signals = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start ``command`` in a session of its own, tied to the calling thread.

    The kernel sends ``on_our_death`` to it when the thread that called this ends, so call it
    from the main thread. ``log`` receives stdout and stderr (None: they stay ours). A session of
    its own keeps Ctrl-C away from it: we decide in which order things end.
    """
    return subprocess.Popen(
        [
            sys.executable,
            "-I",
            "-S",
            "-B",
            str(_TETHER),
            str(os.getpid()),
            str(int(on_our_death)),
            str(user.uid) if user else "-",
            str(user.gid) if user else "-",
            *(str(part) for part in command),
        ],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT if log is not None else None,
        env=dict(environment),
        cwd=cwd,
        start_new_session=True,
    )


def end(process: subprocess.Popen[bytes], *escalation: tuple[signal.Signals, float]) -> int | None:
    """Send each signal in turn, waiting its seconds, until the process has ended; then SIGKILL.

    Afterwards nothing of its process group is left. Returns its exit code.
    """
    for number, seconds in escalation:
        if process.poll() is not None:
            break
        process.send_signal(number)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            continue
    kill_group(process)
    return process.wait(10)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL whatever is left of the group that ``process`` led."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def is_alive(pid: int) -> bool:
    """Whether a process with this number exists and has not ended (a zombie has ended)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        state = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0]
    except (OSError, IndexError):
        return True
    return state not in (b"Z", b"X")


def processes_where(belongs: Callable[[Path], bool]) -> list[int]:
    """Numbers of the living processes for whose ``/proc`` directory ``belongs`` says yes.

    Processes of other people cannot be read and are never among them. Empty where there is
    no ``/proc``.
    """
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        pid = int(entry.name)
        try:
            if pid != os.getpid() and belongs(entry) and is_alive(pid):
                found.append(pid)
        except OSError:
            continue
    return found


def working_in(directory: Path, program: str) -> list[int]:
    """Living processes of the program named ``program`` whose working directory is ``directory``.

    This is how a server of ours is recognised after its starter has died: both servers live in
    their data directory.
    """
    wanted = directory.resolve()

    def belongs(entry: Path) -> bool:
        name = (entry / "comm").read_text(errors="replace").strip()
        return name.startswith(program[:15]) and (entry / "cwd").readlink() == wanted

    return processes_where(belongs)


def end_all(find: Callable[[], Iterable[int]], *escalation: tuple[signal.Signals, float]) -> list[int]:
    """End processes that are not our children, signal by signal; returns whom it found."""
    first = list(find())
    if not first:
        return []
    for number, seconds in (*escalation, (signal.SIGKILL, 5.0)):
        for pid in find():
            try:
                os.kill(pid, number)
            except (ProcessLookupError, PermissionError):
                continue
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if not list(find()):
                return first
            time.sleep(0.05)
    return first

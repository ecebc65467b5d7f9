"""Where things may lie: which OS user a server runs as, and where its socket fits."""

import hashlib
import os
import pwd
import re
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

# sockaddr_un.sun_path is 108 bytes with its closing NUL (unix(7)).
LONGEST_SOCKET_PATH = 107
# Commas part hosts for libpq, per cent signs and spaces need quoting in URLs: we go elsewhere.
_PLAIN = re.compile(r"[A-Za-z0-9._/-]+")


@dataclass(frozen=True)
class OsUser:
    """An account of the operating system."""

    name: str
    uid: int
    gid: int


def account(name: str) -> OsUser | None:
    """The account called ``name``, or None."""
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return OsUser(entry.pw_name, entry.pw_uid, entry.pw_gid)


def account_of(uid: int) -> OsUser | None:
    """The account with this number, or None (containers may run as a number without a name)."""
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        return None
    return OsUser(entry.pw_name, entry.pw_uid, entry.pw_gid)


def may_enter(directory: Path, user: OsUser | None) -> bool:
    """Whether ``user`` (None: we ourselves) can reach what lies in ``directory``."""
    if user is None:
        return os.access(directory, os.X_OK)
    # Asked as that user, so that mount options and access lists count as well as the mode.
    answer = subprocess.run(
        ["/bin/sh", "-c", 'test -x "$1"', "sh", str(directory)],
        user=user.uid,
        group=user.gid,
        extra_groups=[],
        cwd="/",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    return answer.returncode == 0


def socket_directory(beside: Path, *, name: str, longest_file_name: int, user: OsUser | None = None) -> Path:
    """A private directory (mode 0700, owned by ``user``) in which a unix socket can be made.

    ``beside`` itself when its path is short and plain enough, else below ``$XDG_RUNTIME_DIR``,
    ``/run`` or the temporary directory. Outside of ``beside`` the same ``beside`` and ``name``
    lead to the same place again, so that a restart leaves no litter.
    """
    label = hashlib.sha256(f"{beside.resolve()}\0{name}".encode()).hexdigest()[:10]
    homes = [os.environ.get("XDG_RUNTIME_DIR", "")] if os.geteuid() else ["/run"]
    homes += [tempfile.gettempdir(), "/tmp"]  # noqa: S108
    wanted = [beside / name]
    wanted += [Path(home) / f"good-scenery-{os.geteuid()}-{label}" for home in homes if home]
    for directory in wanted:
        path = str(directory.absolute())
        if not _PLAIN.fullmatch(path) or len(path) + 1 + longest_file_name > LONGEST_SOCKET_PATH:
            continue
        if _make_private(Path(path), user):
            return Path(path)
    directory = Path(tempfile.mkdtemp(prefix="good-scenery-", dir="/tmp"))
    if user:
        os.chown(directory, user.uid, user.gid)
    return directory


def _make_private(directory: Path, user: OsUser | None) -> bool:
    try:
        directory.mkdir(mode=0o700, exist_ok=True)
        found = directory.lstat()
        # In a directory open to all, somebody else may have been quicker.
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (
            os.geteuid(),
            user.uid if user else os.geteuid(),
        ):
            return False
        if user:
            os.chown(directory, user.uid, user.gid)
        directory.chmod(0o700)
    except OSError:
        return False
    return may_enter(directory, user) and os.access(directory, os.W_OK)

"""What these tests stand on: real servers and real processes, in directories of an awkward kind."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from launch.places import OsUser, account

ROOT = Path(__file__).parent.parent.parent
AWKWARD = "好 风光 (副本)"


def eventually(happens: Callable[[], object], seconds: float = 45) -> bool:
    """Whether ``happens`` comes true within ``seconds``."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if happens():
            return True
        time.sleep(0.05)
    return False


@pytest.fixture
def open_dir() -> Iterator[Path]:
    """A directory that everybody may enter (pytest's own are closed), with spaces and Chinese in its path."""
    with tempfile.TemporaryDirectory(prefix="gs-launch-", ignore_cleanup_errors=True) as directory:
        Path(directory).chmod(0o755)
        inner = Path(directory) / AWKWARD
        inner.mkdir(mode=0o755)
        yield inner


@pytest.fixture
def closed_dir(open_dir: Path) -> Path:
    """One that only its owner may enter."""
    directory = open_dir / "closed"
    directory.mkdir(mode=0o700)
    return directory / "var"


@pytest.fixture
def forget_places(open_dir: Path) -> Iterator[None]:
    """Remove the databases that went to /var/lib because only root could enter the test's directory."""
    yield
    for record in open_dir.rglob("place"):
        home = Path(record.read_text().strip())
        assert home.name.startswith("good-scenery-")
        shutil.rmtree(home)


@pytest.fixture
def ordinary_user() -> OsUser:
    """Somebody who is not root."""
    found = account("nobody")
    if os.geteuid() != 0 or found is None:
        pytest.skip("only root can start something as somebody else")
    return found


def python_for(user: OsUser) -> str:
    """A Python that ``user`` may run (root's may lie where nobody else can enter)."""
    for candidate in (shutil.which("python3", path="/usr/local/bin:/usr/bin:/bin"), "/usr/bin/python3.11"):
        if candidate is None:
            continue
        question = [candidate, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]
        asked = subprocess.run(
            question,
            user=user.uid,
            group=user.gid,
            extra_groups=[],
            cwd="/",
            capture_output=True,
            check=False,
        )
        if asked.returncode == 0:
            return candidate
    pytest.skip(f"no Python 3.11 on this machine that user {user.name} may run")

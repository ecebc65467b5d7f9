"""Work behind the pages yields to whoever waits for a page."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

NICENESS = 10
"""About a tenth of a processor's time while pages want all of it, and all of it otherwise."""


def yield_to_visitors() -> None:
    """Let this process go last where processors are scarce. Called once, by the process that does nothing else.

    Each of our processes has a session of its own, and kernels that group processes by session heed a group's
    niceness alone, so it is said to both. Where there is nobody to say it to, nothing changes.
    """
    with contextlib.suppress(OSError):
        os.nice(NICENESS)
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(NICENESS), encoding="ascii")

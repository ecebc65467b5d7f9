"""Become another program that ends when its starter does.

Run as a script: ``python -I -S tether.py STARTER_PID SIGNAL UID GID COMMAND...`` (UID and GID are
``-`` to stay who we are). It gives up its rights, asks the kernel for SIGNAL on the starter's
death (Linux only; elsewhere the next start cleans up), then turns into COMMAND.

The standard library only, and a script of its own rather than a ``preexec_fn``: that one runs
between fork and exec, where a process with threads may deadlock.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Tie this process to its starter and become the command."""
    starter, signal_number, uid, gid, *command = arguments
    if uid != "-":
        os.setgroups([])
        os.setgid(int(gid))
        os.setuid(int(uid))
    # A mask is inherited through exec, and would make the command deaf to its end.
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    # After setuid: a change of user clears the setting.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal_number), 0, 0, 0)
        if os.getppid() != int(starter):
            sys.exit("the process that started this one is gone")
    os.execv(command[0], command)  # noqa: S606 (no shell is the point)


if __name__ == "__main__":
    main(sys.argv[1:])

"""A command with the copy's database and Redis behind it: ``python -m launch.with_servers [--prepared] COMMAND…``.

They are those of the start that is running, else they are started for the command and ended after it. With
``--prepared`` the schema is brought to its newest form first.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace

from launch.environment import environment_for
from launch.errors import CannotStart
from launch.greeting import say
from launch.running import Turn, running_here
from launch.servers import Servers
from launch.settings import LaunchSettings, from_environment
from launch.supervise import HERE, StopAsked


def main(command: list[str]) -> int:
    """Run ``command`` and return its exit code."""
    prepared = command[:1] == ["--prepared"]
    command = command[1:] if prepared else command
    if not command:
        say("usage: python -m launch.with_servers [--prepared] COMMAND...", error=True)
        return 2
    try:
        settings = from_environment()
        running = running_here(settings.data_dir)
        if running is not None:
            settings = replace(
                settings,
                database_url=settings.database_url or running.database_url,
                redis_url=settings.redis_url or running.redis_url,
            )
        return _run(command, settings, alone=running is None, prepared=prepared)
    except CannotStart as problem:
        say(f"good-scenery: {problem}", error=True)
        return 1


def _run(command: list[str], settings: LaunchSettings, *, alone: bool, prepared: bool) -> int:
    servers = Servers(settings)
    turn = Turn(settings.data_dir)
    signal.signal(signal.SIGTERM, _stop)
    try:
        if alone:
            turn.take()
        servers.start()
        urls = {"database_url": servers.database_url, "redis_url": servers.redis_url}
        environment = environment_for(settings, **urls)
        # In our own process group: Ctrl-C is for the command, we end after it.
        if prepared:
            preparing = [sys.executable, "-m", "launch.prepare", "--no-demo"]
            if code := _wait_for(subprocess.Popen(preparing, env=environment, cwd=HERE)):
                return code
        return _wait_for(subprocess.Popen(command, env=environment))
    except FileNotFoundError as problem:
        say(f"good-scenery: there is no {problem.filename}.", error=True)
        return 127
    except StopAsked:
        return 143
    finally:
        servers.stop()
        turn.give_back()


def _wait_for(process: subprocess.Popen[bytes]) -> int:
    while True:
        try:
            code = process.wait()
        except KeyboardInterrupt:
            continue  # it got the same signal
        except StopAsked:
            process.terminate()
            continue
        return code if code >= 0 else 128 - code


def _stop(_number: int, _frame: object) -> None:
    raise StopAsked


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    sys.exit(main(sys.argv[1:]))

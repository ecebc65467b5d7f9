"""Whether we could listen where we were told to."""

from __future__ import annotations

import errno
import socket

from launch.errors import CannotStart


def check_port(host: str, port: int) -> None:
    """Raises CannotStart when we could not listen on ``host`` and ``port``."""
    try:
        kind, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[
            0
        ]
    except (OSError, UnicodeError) as problem:
        raise CannotStart(
            f"HOST “{host}” is not an address of this machine.", "HOST 不是本机地址。"
        ) from problem
    with socket.socket(kind, socket.SOCK_STREAM) as probe:
        # As the web server does: a connection of the last run that is still closing does not matter.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
            probe.listen(1)
        except OSError as problem:
            if problem.errno == errno.EADDRINUSE:
                raise CannotStart(
                    f"Port {port} on {host} is taken by another program; stop it, or start with another: "
                    f"make run PORT={port + 1 if port < 65535 else 8000}.",
                    f"端口 {port} 已被占用，请换一个端口。",
                ) from problem
            if problem.errno in (errno.EACCES, errno.EPERM):
                raise CannotStart(
                    f"This user may not listen on port {port}; choose one above 1023.",
                    f"没有权限监听端口 {port}，请选择 1023 以上的端口。",
                ) from problem
            raise CannotStart(
                f"HOST “{host}” is not an address of this machine.", "HOST 不是本机地址。"
            ) from problem

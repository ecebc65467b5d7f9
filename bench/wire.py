"""The least of an HTTP client: one kept connection on a bare socket, so that the asker costs next to nothing.

Requests are made before the clock runs; only the status and the body are read of an answer.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping


def request_bytes(
    method: str, path: str, host: str, body: bytes = b"", headers: Mapping[str, str] | None = None
) -> bytes:
    """A whole request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", "Accept: application/json"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


class Wire:
    """One connection. Not for threads to share."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._socket: socket.socket | None = None

    def ask(self, request: bytes) -> tuple[int, bytes, bytes]:
        """Send a request; status, head and body of the answer. OSError or ValueError when it breaks off."""
        if self._socket is None:
            self._socket = socket.create_connection(self._address, timeout=30)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self._socket.sendall(request)
            return self._answer(self._socket)
        except (OSError, ValueError):
            self.close()
            raise

    def close(self) -> None:
        """Hang up; the next question connects anew."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    @staticmethod
    def _answer(connection: socket.socket) -> tuple[int, bytes, bytes]:
        read = bytearray()
        while (end := read.find(b"\r\n\r\n")) < 0:
            read += _more(connection)
        head = bytes(read[:end])
        status, lower = int(head[9:12]), head.lower()
        at = lower.find(b"\r\ncontent-length:")
        if at < 0 and status != 304:
            raise ValueError("an answer without its length")
        whole = end + 4 + (int(lower[at + 17 :].split(b"\r\n", 1)[0]) if at >= 0 else 0)
        while len(read) < whole:
            read += _more(connection)
        return status, head, bytes(read[end + 4 : whole])


def _more(connection: socket.socket) -> bytes:
    piece = connection.recv(262_144)
    if not piece:
        raise ConnectionResetError("hung up in the middle of an answer")
    return piece

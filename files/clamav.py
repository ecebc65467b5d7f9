"""Ask ClamAV's daemon about some bytes, over its INSTREAM command."""

from __future__ import annotations

import socket
import struct
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from files.errors import ScannerAway, ScannerRefused

CHUNK = 1 << 16
SECONDS_TO_CONNECT = 5
SECONDS_TO_ANSWER = 60
LONGEST_ANSWER = 4096


class WrongScannerAddress(ValueError):
    """CLAMAV_URL is not what it should be; the sentence says what is wrong."""


@dataclass(frozen=True)
class Scanner:
    """Where clamd listens: ``tcp://host:3310`` or ``unix:///run/clamav/clamd.ctl``."""

    host: str = ""
    port: int = 3310
    path: str = ""

    @classmethod
    def at(cls, url: str) -> Scanner:
        """Read CLAMAV_URL. Raises WrongScannerAddress."""
        parts = urlsplit(url)
        try:
            port = parts.port or 3310
        except ValueError as error:
            raise WrongScannerAddress(f"CLAMAV_URL: {error}") from None
        if parts.scheme == "unix" and parts.path:
            return cls(path=parts.path)
        if parts.scheme == "tcp" and parts.hostname:
            return cls(host=parts.hostname, port=port)
        raise WrongScannerAddress("CLAMAV_URL must look like tcp://host:3310 or unix:///run/clamav/clamd.ctl")

    def virus_in(self, content: bytes) -> str | None:
        """The name of the virus in ``content``, or None when there is none known.

        Raises ScannerAway when it should be tried again, ScannerRefused when that would be of no use.
        """
        try:
            answer = self._ask(content)
        except OSError as outage:
            raise ScannerAway(str(outage) or type(outage).__name__) from outage
        # "stream: OK", "stream: Win.Test.EICAR_HDB-1 FOUND", "INSTREAM size limit exceeded. ERROR"
        verdict = answer.rstrip("\0\n ")
        if verdict.endswith(" FOUND"):
            return verdict.removesuffix(" FOUND").rpartition(": ")[2] or "unknown"
        if verdict.endswith(": OK"):
            return None
        if "size limit exceeded" in verdict:
            raise ScannerRefused(verdict)
        raise ScannerAway(verdict or "clamd closed the connection without an answer")

    def _ask(self, content: bytes) -> str:
        until = time.monotonic() + SECONDS_TO_ANSWER
        with self._connected() as connection:
            try:
                connection.settimeout(SECONDS_TO_ANSWER)
                connection.sendall(b"zINSTREAM\0")
                for start in range(0, len(content), CHUNK):
                    piece = content[start : start + CHUNK]
                    connection.settimeout(_seconds_left(until))
                    connection.sendall(struct.pack("!L", len(piece)) + piece)
                connection.sendall(struct.pack("!L", 0))
            except (BrokenPipeError, ConnectionResetError):
                pass  # it has heard enough; why, it has said
            answer = b""
            while len(answer) < LONGEST_ANSWER and not answer.endswith(b"\0"):
                connection.settimeout(_seconds_left(until))
                piece = connection.recv(LONGEST_ANSWER)
                if not piece:
                    break
                answer += piece
            return answer.decode("utf-8", "replace")

    def _connected(self) -> socket.socket:
        if not self.path:
            return socket.create_connection((self.host, self.port), timeout=SECONDS_TO_CONNECT)
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(SECONDS_TO_CONNECT)
            connection.connect(self.path)
        except OSError:
            connection.close()
            raise
        return connection


def _seconds_left(until: float) -> float:
    """All of it together has its time: one that sends a byte a minute is as good as away."""
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError("clamd took too long")
    return left

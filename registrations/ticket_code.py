"""The signed text in a ticket's QR code: what it holds, and how it is written and read.

A ticket is 12 bytes and an Ed25519 signature (RFC 8032) over those 12 bytes,
big-endian and without gaps:

======  =====  ==============================================================
offset  bytes  field
======  =====  ==============================================================
0       1      version of this form; 2. It also says how the signature is made
1       1      number of the key it was signed with
2       2      stop
4       4      registration
8       2      last day the ticket is good, in days since 2020-01-01
10      2      serial: how often the ticket was issued anew; the least that passes is known elsewhere
12      64     signature
======  =====  ==============================================================

Version 1 has no serial and is read as serial 0: what was printed goes on being good. Version 3 is the code that
changes on a phone's screen: after the serial come 4 bytes with the moment for which it was issued, in seconds since
2020-01-01 UTC. No two versions are of one length, so no version is mistaken for another.

The 74, 76 or 80 bytes are written in base45 (RFC 9285): 111, 114 or 120 characters, all of them in
QR's alphanumeric set, so they fit version 5 with error correction M (37 modules
a side). It holds no personal data, and whoever has the public key can tell a
ticket from a forgery without a network and without the means to make one.

Nothing here knows the database or the clock: whether the registration stands, whether the serial still counts, and
whether the day is over, is asked by whoever reads the ticket.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from html import escape
from io import BytesIO
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from PIL import Image

from registrations.ticket_symbol import QR_MODULES as QR_MODULES
from registrations.ticket_symbol import QUIET_ZONE
from registrations.ticket_symbol import qr_matrix as qr_matrix

FIRST, LASTING, MOVING = 1, 2, 3
"""Versions: without a serial, no longer written; the one on paper and in mails; the one that changes on a screen."""

_BODIES: Final = {
    FIRST: struct.Struct(">BBHIH"),
    LASTING: struct.Struct(">BBHIHH"),
    MOVING: struct.Struct(">BBHIHHI"),
}
_SIGNATURE_BYTES: Final = 64
CODE_LENGTHS: Final = {version: (body.size + _SIGNATURE_BYTES) // 2 * 3 for version, body in _BODIES.items()}
"""Characters in a ticket's code, by version: 111, 114, 120."""

SHORTEST_CODE: Final = min(CODE_LENGTHS.values())
"""Whatever is shorter was typed."""

_MOMENT_ZERO: Final = datetime(2020, 1, 1, tzinfo=UTC)
_MOMENT_LAST: Final = _MOMENT_ZERO + timedelta(seconds=0xFFFF_FFFF)
_DAY_ZERO: Final = date(2020, 1, 1)
_DAY_LAST: Final = _DAY_ZERO + timedelta(days=0xFFFF)

_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_DIGIT: Final = {character: digit for digit, character in enumerate(_ALPHABET)}


class BadTicket(Exception):
    """The text is not a ticket of ours."""


class NotATicket(BadTicket):
    """Some other text: not base45 in its one spelling, or not of a ticket's length."""


class UnknownVersion(BadTicket):
    """Of a ticket's length, but in a form this program does not know.

    Attributes: ``version``, the number it gives.
    """

    def __init__(self, version: int) -> None:
        super().__init__(f"ticket version {version} is not known")
        self.version = version


class UnknownKey(BadTicket):
    """Signed with a key that is not, or no longer, among ours.

    Attributes: ``key_id``, the number of that key.
    """

    def __init__(self, key_id: int) -> None:
        super().__init__(f"ticket key {key_id} is not known")
        self.key_id = key_id


class WrongSignature(BadTicket):
    """Forged, or misread by the scanner."""


@dataclass(frozen=True)
class TicketBody:
    """What a ticket says: one registration may enter one stop up to and including a day.

    ``key_id`` 0 … 255, ``stop_id`` and ``serial`` 0 … 65,535, ``registration_id`` 0 … 4,294,967,295,
    ``good_through`` 2020-01-01 … 2199-06-06; ``issued_at``, of a moving code alone, whole seconds until 2156;
    anything else is a ValueError.
    """

    key_id: int
    stop_id: int
    registration_id: int
    good_through: date
    serial: int = 0
    issued_at: datetime | None = None

    def __post_init__(self) -> None:
        _require("key_id", self.key_id, 0xFF)
        _require("stop_id", self.stop_id, 0xFFFF)
        _require("registration_id", self.registration_id, 0xFFFF_FFFF)
        if not _DAY_ZERO <= self.good_through <= _DAY_LAST:
            raise ValueError(f"good_through {self.good_through} is outside {_DAY_ZERO} … {_DAY_LAST}")
        _require("serial", self.serial, 0xFFFF)
        if self.issued_at is not None:
            if not _MOMENT_ZERO <= self.issued_at <= _MOMENT_LAST:
                raise ValueError(f"issued_at {self.issued_at} is outside {_MOMENT_ZERO} … {_MOMENT_LAST}")
            if self.issued_at.microsecond:
                raise ValueError(f"issued_at {self.issued_at} is not a whole second")


def sign(body: TicketBody, private_key: Ed25519PrivateKey) -> str:
    """Write ``body`` as a ticket's code: 114 characters, 120 for a moving one. The same body gives the same code."""
    written = _write(body)
    return to_base45(written + private_key.sign(written))


def read(code: str, public_keys: Mapping[int, Ed25519PublicKey]) -> TicketBody:
    """Read a ticket's code and prove that one of our keys has signed it.

    ``public_keys`` maps key numbers to keys. Raises NotATicket, UnknownVersion,
    UnknownKey or WrongSignature. Each ticket has exactly one text that is read: no
    blanks around it, no small letters, no second spelling of the signature.
    """
    if len(code) not in CODE_LENGTHS.values():
        raise NotATicket(f"{len(code)} characters")
    try:
        whole = from_base45(code)
    except ValueError as error:
        raise NotATicket(str(error)) from None
    version = whole[0]
    if (form := _BODIES.get(version)) is None:
        raise UnknownVersion(version)
    if len(code) != CODE_LENGTHS[version]:
        raise NotATicket(f"{len(code)} characters instead of {CODE_LENGTHS[version]}")
    written, signature = whole[: form.size], whole[form.size :]
    _version, key_id, stop_id, registration_id, day, *later = form.unpack(written)
    if (public_key := public_keys.get(key_id)) is None:
        raise UnknownKey(key_id)
    try:
        public_key.verify(signature, written)
    except InvalidSignature:
        raise WrongSignature("the signature does not belong to this ticket") from None
    return TicketBody(
        key_id=key_id,
        stop_id=stop_id,
        registration_id=registration_id,
        good_through=_DAY_ZERO + timedelta(days=day),
        serial=later[0] if later else 0,
        issued_at=_MOMENT_ZERO + timedelta(seconds=later[1]) if version == MOVING else None,
    )


def to_base45(content: bytes) -> str:
    """Write bytes in base45 (RFC 9285): two bytes in three characters, a last odd one in two."""
    text: list[str] = []
    for start in range(0, len(content) - 1, 2):
        rest, low = divmod(content[start] << 8 | content[start + 1], 45)
        high, middle = divmod(rest, 45)
        text += _ALPHABET[low], _ALPHABET[middle], _ALPHABET[high]
    if len(content) % 2:
        high, low = divmod(content[-1], 45)
        text += _ALPHABET[low], _ALPHABET[high]
    return "".join(text)


def from_base45(text: str) -> bytes:
    """Read base45 (RFC 9285). ValueError where to_base45 would never have written ``text``."""
    try:
        digits = [_DIGIT[character] for character in text]
    except KeyError as error:
        raise ValueError(f"{error.args[0]!r} is not a base45 character") from None
    if len(digits) % 3 == 1:
        raise ValueError("one base45 character too many")
    content = bytearray()
    for start in range(0, len(digits) - 2, 3):
        low, middle, high = digits[start : start + 3]
        pair = low + 45 * middle + 45 * 45 * high
        if pair > 0xFFFF:
            raise ValueError("three base45 characters beyond two bytes")
        content += pair.to_bytes(2, "big")
    if len(digits) % 3 == 2:
        low, high = digits[-2:]
        byte = low + 45 * high
        if byte > 0xFF:
            raise ValueError("two base45 characters beyond one byte")
        content.append(byte)
    return bytes(content)


def qr_svg(code: str, *, module: int = 6, title: str = "QR") -> str:
    """Draw ``code`` as an SVG element for a page.

    ``module`` is the width of one module in CSS pixels (6 gives 270 pixels a side with the
    quiet zone); ``title`` is what a screen reader says, in the reader's language. The white
    ground belongs to it, so it can be scanned on a dark page. Presentation attributes only.
    """
    side = QR_MODULES + 2 * QUIET_ZONE
    strokes: list[str] = []
    for y, row in enumerate(qr_matrix(code), QUIET_ZONE):
        for start, end in _dark_runs(row):
            width = end - start
            strokes.append(f"M{start + QUIET_ZONE} {y}h{width}v1h-{width}z")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{side * module}" '
        f'height="{side * module}" viewBox="0 0 {side} {side}" shape-rendering="crispEdges">'
        f"<title>{escape(title)}</title>"
        f'<rect width="{side}" height="{side}" fill="#fff"/>'
        f'<path fill="#000" d="{"".join(strokes)}"/></svg>'
    )


def qr_png(code: str, *, module: int = 8) -> bytes:
    """Draw ``code`` as a black and white PNG for a mail, quiet zone included.

    ``module`` is the width of one module in pixels (8 gives 360 pixels a side).
    """
    side = QR_MODULES + 2 * QUIET_ZONE
    ground = b"\xff" * (side * QUIET_ZONE)
    margin = b"\xff" * QUIET_ZONE
    rows = (bytes(0 if dark else 255 for dark in row) for row in qr_matrix(code))
    greys = ground + b"".join(margin + row + margin for row in rows) + ground
    picture = Image.frombytes("L", (side, side), greys).convert("1", dither=Image.Dither.NONE)
    written = BytesIO()
    picture.resize((side * module, side * module), Image.Resampling.NEAREST).save(
        written, "PNG", optimize=True
    )
    return written.getvalue()


def _require(name: str, value: int, largest: int) -> None:
    if not 0 <= value <= largest:
        raise ValueError(f"{name} {value} is outside 0 … {largest}")


def _write(body: TicketBody) -> bytes:
    fields = (
        body.key_id,
        body.stop_id,
        body.registration_id,
        (body.good_through - _DAY_ZERO).days,
        body.serial,
    )
    if body.issued_at is None:
        return _BODIES[LASTING].pack(LASTING, *fields)
    return _BODIES[MOVING].pack(MOVING, *fields, int((body.issued_at - _MOMENT_ZERO).total_seconds()))


def _dark_runs(row: list[bool]) -> list[tuple[int, int]]:
    """List the stretches of dark modules in a row, as (first, one past the last)."""
    runs: list[tuple[int, int]] = []
    start: int | None = None
    for x, dark in enumerate([*row, False]):
        if dark and start is None:
            start = x
        elif not dark and start is not None:
            runs.append((start, x))
            start = None
    return runs

"""What a device sends, read strictly: whatever is not as described is refused with a sentence that names the field."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn, TypeVar
from uuid import UUID

from flask import Request
from flask_babel import gettext as _

from checkin.errors import NotForThisRole, NotUnderstood, TooMuchAtOnce
from checkin.groups import Companion
from checkin.models import Direction
from checkin.take_in import MOST_AT_ONCE

Value = TypeVar("Value")

LONGEST_BODY = 1024 * 1024
"""Bytes: 500 scans are a third of it."""
LONGEST_CODE, LONGEST_NAME, LONGEST_REASON = 300, 40, 40
LARGEST_NUMBER = 2**31 - 1
MOST_AHEAD_MS = 100 * 366 * 86_400_000
"""A clock may be a century wrong, and the time still be a time."""

_REASON = re.compile(r"[a-z][a-z_]*")


def body_of(request: Request) -> dict[str, Any]:
    """The JSON object that was sent. Raises NotUnderstood or TooMuchAtOnce."""
    request.max_content_length = LONGEST_BODY
    if (request.content_length or 0) > LONGEST_BODY:
        raise TooMuchAtOnce
    try:
        read = json.loads(request.get_data().decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise NotUnderstood(_("Send one JSON object, in UTF-8.")) from None
    if not isinstance(read, dict):
        raise NotUnderstood(_("Send one JSON object, in UTF-8."))
    return read


def _no_constant(_name: str) -> NoReturn:
    raise ValueError("NaN and Infinity are not JSON")


def text(sent: dict[str, Any], name: str, *, longest: int, required: bool = True) -> str:
    """A line of text that can be stored: no NUL, no half of a surrogate pair, not too long."""
    value = sent.get(name)
    if value is None and not required:
        return ""
    if not isinstance(value, str):
        raise NotUnderstood(_("“%(field)s” must be text.", field=name))
    if len(value) > longest:
        raise NotUnderstood(_("“%(field)s” is longer than %(most)s characters.", field=name, most=longest))
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise NotUnderstood(_("“%(field)s” holds a sign that cannot be stored.", field=name))
    if required and not value.strip():
        raise NotUnderstood(_("“%(field)s” is empty.", field=name))
    return value


def number(sent: dict[str, Any], name: str) -> int:
    """The number of a row."""
    value = sent.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= LARGEST_NUMBER:
        raise NotUnderstood(_("“%(field)s” must be a number.", field=name))
    return value


def ticket(sent: dict[str, Any], *, supervises: bool, is_kiosk: bool = False) -> str | int | Companion:
    """Whose scan it is: a code; with a registration's number too, that one of the same delegation; or, from a device
    that supervises, the number of a registration found by name, alone.

    Raises NotUnderstood, or NotForThisRole for a device that may not look people up.
    """
    if sent.get("registration_id") is None:
        return text(sent, "code", longest=LONGEST_CODE)
    if sent.get("code") is not None and not is_kiosk:
        return Companion(text(sent, "code", longest=LONGEST_CODE), number(sent, "registration_id"))
    if not supervises:
        raise NotForThisRole
    return number(sent, "registration_id")


def flag(sent: dict[str, Any], name: str) -> bool:
    """Yes or no; no, where nothing is said."""
    value = sent.get(name, False)
    if not isinstance(value, bool):
        raise NotUnderstood(_("“%(field)s” must be true or false.", field=name))
    return value


def scan_number(value: object, name: str = "id") -> UUID:
    """A scan's own number, made by the device: a UUID of version 7 (or 4)."""
    try:
        read = UUID(value) if isinstance(value, str) and len(value) == 36 else None
    except ValueError:
        read = None
    if read is None or read.version not in (4, 7):
        raise NotUnderstood(_("“%(field)s” must be a UUID of version 7.", field=name))
    return read


def direction(sent: dict[str, Any]) -> Direction:
    """Which way; in, where nothing is said."""
    value = sent.get("direction", "in")
    if value not in ("in", "out"):
        raise NotUnderstood(_("“%(field)s” must be one of: %(values)s.", field="direction", values="in, out"))
    return Direction(value)


def moment(value: object, name: str) -> datetime:
    """A time with its zone, between 1970 and 2200."""
    try:
        read = datetime.fromisoformat(value) if isinstance(value, str) and len(value) <= 40 else None
        read = read.astimezone(UTC) if read is not None and read.tzinfo is not None else None
    except (ValueError, OverflowError):
        read = None
    if read is None or not 1970 <= read.year < 2200:
        raise NotUnderstood(_("“%(field)s” must be a time with its zone, in ISO 8601.", field=name))
    return read


def noted(sent: dict[str, Any]) -> datetime | None:
    """When a device without a network wrote somebody down, by the server's clock; None when it asks at once."""
    if sent.get("device_at") is None:
        return None
    try:
        return moment(sent["device_at"], "device_at") + ahead(sent)
    except OverflowError:
        raise NotUnderstood(
            _("“%(field)s” must be a time with its zone, in ISO 8601.", field="device_at")
        ) from None


def ahead(sent: dict[str, Any]) -> timedelta:
    """How far the server's clock is ahead of the device's."""
    value = sent.get("clock_ahead_ms", 0)
    if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) <= MOST_AHEAD_MS:
        raise NotUnderstood(_("“%(field)s” must be a number.", field="clock_ahead_ms"))
    return timedelta(milliseconds=value)


def reason(sent: dict[str, Any]) -> str | None:
    """With which refusal a scan was shown red; None when it was green."""
    if sent.get("reason") is None:
        return None
    value = text(sent, "reason", longest=LONGEST_REASON)
    if not _REASON.fullmatch(value):
        raise NotUnderstood(_("“%(field)s” must be a refusal's code.", field="reason"))
    return value


def listed(sent: dict[str, Any], name: str, read: Callable[[Any], Value]) -> list[Value]:
    """A list of at most 500; missing is empty. Raises NotUnderstood or TooMuchAtOnce."""
    value = sent.get(name, [])
    if not isinstance(value, list):
        raise NotUnderstood(_("“%(field)s” must be a list.", field=name))
    if len(value) > MOST_AT_ONCE:
        raise TooMuchAtOnce
    return [read(one) for one in value]


def clean(value: Any, *, depth: int = 4) -> Any:
    """What was sent and not understood, cut to what can be kept: for the organiser, not for a program."""
    if isinstance(value, str):
        return "".join("�" if c == "\0" or "\ud800" <= c <= "\udfff" else c for c in value[:200])
    if isinstance(value, dict):
        return (
            {clean(str(k)): clean(v, depth=depth - 1) for k, v in list(value.items())[:20]} if depth else "…"
        )
    if isinstance(value, list):
        return [clean(one, depth=depth - 1) for one in value[:20]] if depth else "…"
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**53:
        return str(value)[:40]
    return value

"""Why somebody was let go: a short list, so that the reasons can be counted, and free words beside it."""

from __future__ import annotations

from enum import StrEnum

from flask_babel import lazy_gettext as _l


class LetGoReason(StrEnum):
    """Why it came to nothing this time."""

    NOT_INTERESTED = "not_interested"
    ELSEWHERE = "elsewhere"
    PAY = "pay"
    FAMILY = "family"
    NO_POSITION = "no_position"
    NOT_ELIGIBLE = "not_eligible"
    OUT_OF_REACH = "out_of_reach"
    OTHER = "other"

    @property
    def label(self) -> str:
        """The reason in the reader's language."""
        return str(_LABELS[self])


_LABELS = {
    LetGoReason.NOT_INTERESTED: _l("Does not wish to come now"),
    LetGoReason.ELSEWHERE: _l("Went elsewhere"),
    LetGoReason.PAY: _l("Pay or package did not suit"),
    LetGoReason.FAMILY: _l("Family, housing or schooling"),
    LetGoReason.NO_POSITION: _l("No fitting position"),
    LetGoReason.NOT_ELIGIBLE: _l("Does not meet the requirements"),
    LetGoReason.OUT_OF_REACH: _l("Could not be reached"),
    LetGoReason.OTHER: _l("Another reason"),
}


def as_stored(reason: LetGoReason, note: str) -> str:
    """``pay`` or ``pay: the words``, as ``leads.lost_reason`` holds it."""
    return f"{reason.value}: {note.strip()}" if note.strip() else reason.value


def code_of(stored: str | None) -> str | None:
    """The reason's code alone, without the free words."""
    return stored.partition(": ")[0] if stored else None


def in_words(stored: str) -> str:
    """What ``leads.lost_reason`` says, in the reader's language; the free words stay as they were typed."""
    code, _colon, note = stored.partition(": ")
    try:
        label = LetGoReason(code).label
    except ValueError:
        return stored
    return f"{label} · {note}" if note else label

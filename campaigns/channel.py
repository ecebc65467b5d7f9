"""By which poster or link somebody came: the word after ``?from=`` in a public address."""

from __future__ import annotations

import re

FORM = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


def channel_named(text: str | None) -> str | None:
    """The channel that ``?from=`` names; anything odd counts as none."""
    return text if text and FORM.fullmatch(text) else None

"""The name somebody gave a file, made fit to be shown: it is a label and never a path."""

from __future__ import annotations

import re
import unicodedata

MOST_BYTES = 180
"""Room for a date or a name in front within the 255 bytes of a file system."""


def as_label(typed: str | None) -> str:
    """The last part of what the browser sent, NFC, without controls, direction marks, or more than 180 bytes.

    ``..\\..\\etc\\简历\\u202efdp.exe`` becomes ``简历fdp.exe``. The ending stays when the middle is cut. May be empty.
    """
    text = unicodedata.normalize("NFC", typed or "")
    text = re.split(r"[/\\]", text.replace("\0", ""))[-1]
    # Cc controls (NUL, CR, LF), Cf formats (right-to-left marks, zero widths), Cs and Co what no font knows.
    text = "".join(c for c in text if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co"))
    text = re.sub(r'[<>:"|?*]', "_", " ".join(text.split())).strip(". ")
    if len(text.encode()) <= MOST_BYTES:
        return text
    stem, dot, ending = text.rpartition(".")
    if not dot or len(ending.encode()) > 10:
        stem, dot, ending = text, "", ""
    room = MOST_BYTES - len((dot + ending).encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip(". ") + dot + ending

"""How a download tells its name, in any script (RFC 6266 and RFC 8187)."""

from __future__ import annotations

import unicodedata
from urllib.parse import quote


def attachment(name: str) -> str:
    """The value of Content-Disposition: an ASCII name for old programs, the real one coded beside it."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = "".join(c if c.isalnum() or c in "-_. " else "_" for c in plain).strip()
    stem, dot, ending = plain.rpartition(".") if "." in plain else (plain, "", "")
    if not stem.strip("_- "):
        plain = f"download{dot}{ending}" if dot else "download"
    if plain == name:
        return f'attachment; filename="{plain}"'
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"

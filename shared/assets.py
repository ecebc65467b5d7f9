"""Where the built front-end files are: their names carry a hash of what is in them (``npm run build``)."""

from __future__ import annotations

import json
from pathlib import Path

from flask import current_app, url_for

DIST = "dist"


class AssetsNotBuilt(RuntimeError):
    """static/dist is missing or lacks a file that a page names. `npm run build` makes it, `make run` does so itself."""


def asset(name: str) -> str:
    """The address of a built file, for example ``asset("app.css")`` -> ``/static/dist/app-1f2e3d4c5b.css``.

    Raises AssetsNotBuilt, naming the file.
    """
    built = _manifest().get(name)
    if built is None:
        raise AssetsNotBuilt(f"{name} is not in static/dist/manifest.json; run `npm run build`.")
    return url_for("static", filename=f"{DIST}/{built}")


def _manifest() -> dict[str, str]:
    """Name -> hashed name. Read once, and again whenever the file has changed (a build beside a running server)."""
    file = Path(current_app.static_folder or "static") / DIST / "manifest.json"
    try:
        changed = file.stat().st_mtime_ns
    except FileNotFoundError:
        raise AssetsNotBuilt("static/dist/manifest.json is missing; run `npm run build`.") from None
    kept: tuple[int, dict[str, str]] | None = current_app.extensions.get("assets")
    if kept is None or kept[0] != changed:
        kept = (changed, json.loads(file.read_text(encoding="utf-8")))
        current_app.extensions["assets"] = kept
    return kept[1]

"""Where the built front-end files are: their names carry a hash of what is in them (``npm run build``)."""

from __future__ import annotations

import json
import mimetypes
from pathlib import Path

from flask import Response, current_app, request, send_from_directory, url_for

DIST = "dist"


class AssetsNotBuilt(RuntimeError):
    """static/dist is missing or lacks a file that a page names. `npm run build` makes it, `make run` does so itself."""


def asset(name: str) -> str:
    """The address of a built file, for example ``asset("app.css")`` -> ``/static/dist/app-1f2e3d4c5b.css``.

    Raises AssetsNotBuilt, naming the file.
    """
    return url_for("static", filename=f"{DIST}/{_built(name)}")


def asset_file(name: str) -> Path:
    """Where a built file lies, for whoever hands it out at an address of its own. Raises AssetsNotBuilt."""
    return Path(current_app.static_folder or "static") / DIST / _built(name)


def _built(name: str) -> str:
    built = _manifest().get(name)
    if built is None:
        raise AssetsNotBuilt(f"{name} is not in static/dist/manifest.json; run `npm run build`.")
    return built


def packed_asset() -> Response | None:
    """The packed twin of a built file for a browser that takes gzip, else None. Runs before a request is answered.

    The build writes both, so that nothing is packed while people wait; other static files go their usual way.
    """
    if request.endpoint != "static" or not request.accept_encodings["gzip"]:
        return None
    name = str((request.view_args or {}).get("filename", ""))
    folder = Path(current_app.static_folder or "static")
    if not name.startswith(f"{DIST}/") or name.endswith(".gz") or not (folder / f"{name}.gz").is_file():
        return None
    answer = send_from_directory(
        folder, f"{name}.gz", mimetype=mimetypes.guess_type(name)[0] or "application/octet-stream"
    )
    answer.headers["Content-Encoding"] = "gzip"
    answer.vary.add("Accept-Encoding")
    return answer


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

"""The built front-end files as the product hands them out."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from shared.assets import AssetsNotBuilt, asset

ROOT = Path(__file__).parent.parent.parent
MANIFEST = ROOT / "static" / "dist" / "manifest.json"


def test_a_built_file_is_found_under_its_hashed_name(app: Flask) -> None:
    built = json.loads(MANIFEST.read_text(encoding="utf-8"))["app.css"]
    with app.test_request_context():
        assert asset("app.css") == f"/static/dist/{built}"


def test_a_file_that_was_never_built_is_named(app: Flask) -> None:
    with app.test_request_context(), pytest.raises(AssetsNotBuilt, match=r"nowhere\.css"):
        asset("nowhere.css")


def test_a_missing_build_says_how_to_make_one(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "static_folder", str(tmp_path))
    with app.test_request_context(), pytest.raises(AssetsNotBuilt, match="npm run build"):
        asset("app.css")


def test_a_new_build_is_noticed_without_a_restart(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "static_folder", str(tmp_path))
    manifest = tmp_path / "dist" / "manifest.json"
    manifest.parent.mkdir()
    with app.test_request_context():
        manifest.write_text('{"app.css": "app-1.css"}', encoding="utf-8")
        assert asset("app.css").endswith("app-1.css")
        manifest.write_text('{"app.css": "app-2.css"}', encoding="utf-8")
        assert asset("app.css").endswith("app-2.css")


@pytest.mark.parametrize("name", ["app.css", "gate.js", "icons.svg", "zxing_reader.wasm"])
def test_a_browser_that_takes_gzip_gets_the_same_file_packed(
    client: FlaskClient, app: Flask, name: str
) -> None:
    with app.test_request_context():
        address = asset(name)
    with (
        client.get(address) as plain,
        client.get(address, headers={"Accept-Encoding": "gzip, br"}) as packed,
    ):
        assert "Content-Encoding" not in plain.headers
        assert packed.headers["Content-Encoding"] == "gzip"
        assert "Accept-Encoding" in packed.headers["Vary"]
        assert packed.mimetype == plain.mimetype
        assert gzip.decompress(packed.data) == plain.data
        assert len(packed.data) < 0.6 * len(plain.data)
        assert "immutable" in plain.headers["Cache-Control"]
        assert "immutable" in packed.headers["Cache-Control"]


def test_no_packed_file_outside_the_build_is_sought(client: FlaskClient) -> None:
    answer = client.get("/static/dist/../../pyproject.toml", headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 404

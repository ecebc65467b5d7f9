"""The scanning app's files: the same for everybody, complete, and new as soon as one of them is."""

from __future__ import annotations

import json
import re

from flask import Flask
from flask.testing import FlaskClient

from checkin.app_words import app_words
from registrations.models import RegistrationState


def kept_by(client: FlaskClient) -> dict[str, object]:
    """What the service worker says that it keeps."""
    answer = client.get("/gate/sw.js")
    assert answer.headers["Service-Worker-Allowed"] == "/gate/app"
    told = re.match(r"self\.GATE = (\{.*\});", answer.get_data(as_text=True))
    assert told is not None
    kept: dict[str, object] = json.loads(told[1])
    return kept


def test_the_app_is_the_same_bytes_for_everybody_and_sets_no_cookie(client: FlaskClient) -> None:
    first, again = client.get("/gate/app/zh"), client.get("/gate/app/zh")
    assert first.status_code == 200 and first.get_data() == again.get_data()
    assert "Set-Cookie" not in first.headers
    assert "加入签到" in first.get_data(as_text=True)
    assert "Join a gate" in client.get("/gate/app/en").get_data(as_text=True)
    assert client.get("/gate/app").get_data() == first.get_data()
    assert client.get("/gate/app/fr").status_code == 404


def test_the_service_worker_keeps_everything_the_page_loads(client: FlaskClient) -> None:
    kept = kept_by(client)
    page = client.get("/gate/app/zh").get_data(as_text=True)
    loaded = set(re.findall(r"""(?:src|href|data-wasm)="(/static/[^"#]+)""", page))
    assert loaded <= set(kept["files"])  # type: ignore[call-overload]
    for address in [*kept["files"], *kept["pages"].values()]:  # type: ignore[attr-defined,misc]
        with client.get(address) as answer:
            assert answer.status_code == 200
    assert kept_by(client)["version"] == kept["version"]


def test_the_manifest_puts_it_on_a_home_screen(client: FlaskClient) -> None:
    told = client.get("/gate/app/zh/manifest.webmanifest")
    assert told.mimetype == "application/manifest+json"
    manifest = told.get_json(force=True)
    assert (manifest["display"], manifest["scope"], manifest["name"]) == (
        "standalone",
        "/gate/app",
        "好风光签到",
    )
    assert {icon["sizes"] for icon in manifest["icons"]} == {"192x192", "512x512"}


def test_the_device_has_a_sentence_for_every_reason(app: Flask) -> None:
    with app.test_request_context():
        words = app_words()
    for state in RegistrationState:
        if state is not RegistrationState.CONFIRMED:
            assert words[f"reason.not_confirmed.{state.value}"]
    for code in (
        "already_checked_in", "unknown_code", "not_for_this_stop", "not_open_yet", "checkpoint_closed",
        "not_for_this_class", "not_chosen", "not_arrived_yet", "was_not_within", "no_room_within", "stop_cancelled",
        "ticket_revoked", "ticket_expired", "not_on_this_list",
    ):  # fmt: skip
        assert words[f"reason.{code}"]

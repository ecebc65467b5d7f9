"""The message log."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from accounts.models import Role
from messages.models import Message, MessageState
from messages.write import write_message
from shared.db import db, transaction
from tests.conftest import Browser
from tests.factories import accounts, campaigns, registrations
from tests.promises import keep_promises

LOG = "/desk/messages"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


@pytest.fixture
def message(app: Flask) -> Message:
    """A mail about a seat in Taiyuan, kept."""
    registration = registrations.registration(full_name="刘<晓>燕")
    with transaction():
        written = write_message(
            "confirmed",
            occasion="1",
            registration_id=registration.id,
            stop_id=registration.stop_id,
            recipient=registration.email,
            language="en",
            context={"registration": registration, "stop": registration.stop, "link": "http://localhost/r/x"},
            inline_png=PNG,
        )
    keep_promises()
    assert written is not None
    return written


def signed_in(client: Browser, city: str | None = "Taiyuan", role: Role = Role.ORGANISER) -> None:
    client.sign_in(accounts.staff(role, host_city_id=campaigns.host_city(city).id if city else None))


@pytest.mark.parametrize("city", ["Taiyuan", None])
def test_the_log_lists_what_was_written_and_says_that_nothing_is_sent(
    client: Browser, message: Message, city: str | None
) -> None:
    signed_in(client, city)
    page = client.get(LOG).text
    assert f'href="{LOG}/{message.id}"' in page
    assert "SMTP_URL" in page
    assert message.recipient not in page


def test_a_message_shows_its_recipient_masked_because_only_the_registration_records_who_looks(
    client: Browser, message: Message
) -> None:
    signed_in(client)
    page = client.get(f"{LOG}/{message.id}").text
    assert f"l***@{message.recipient.partition('@')[2]}" in page
    assert message.recipient not in page


def test_with_a_mail_server_the_log_does_not_say_so(app: Flask, client: Browser, message: Message) -> None:
    signed_in(client)
    before = app.config["SETTINGS"]
    app.config["SETTINGS"] = replace(before, smtp_url="smtp://127.0.0.1:1")
    try:
        assert "SMTP_URL" not in client.get(LOG).text
        assert f'action="{LOG}/{message.id}/send-again"' in client.get(f"{LOG}/{message.id}").text
        assert client.post(f"{LOG}/{message.id}/send-again").status_code == 303
    finally:
        app.config["SETTINGS"] = before
    db.session.refresh(message)
    assert message.state is MessageState.QUEUED


def test_nobody_reads_another_citys_mail(client: Browser, message: Message) -> None:
    signed_in(client, "Jincheng")
    assert f'href="{LOG}/{message.id}"' not in client.get(LOG).text
    assert client.get(f"{LOG}/{message.id}").status_code == 404
    assert client.get(f"{LOG}/{message.id}/html").status_code == 404
    assert client.post(f"{LOG}/{message.id}/send-again").status_code == 404


def test_a_mail_is_shown_in_a_frame_that_runs_and_fetches_nothing(client: Browser, message: Message) -> None:
    signed_in(client)
    page = client.get(f"{LOG}/{message.id}")
    assert f'<iframe class="mail-frame" sandbox src="{LOG}/{message.id}/html"' in page.text
    mail = client.get(f"{LOG}/{message.id}/html")
    policy = mail.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ")
    assert " sandbox;" in policy
    assert "刘&lt;晓&gt;燕" in mail.text
    assert 'src="data:image/png;base64,' in mail.text
    assert "cid:" not in mail.text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"state": "kept"}, True),
        ({"state": "sent"}, False),
        ({"text": "example.COM"}, True),
        ({"text": "nobody"}, False),
        ({"stop": "999999"}, False),
        ({"stop": "x", "state": "x", "page": "x"}, True),
    ],
)
def test_the_log_is_narrowed(client: Browser, message: Message, query: dict[str, Any], found: bool) -> None:
    signed_in(client)
    assert (f'href="{LOG}/{message.id}"' in client.get(LOG, query_string=query).text) is found


def test_with_a_mail_server_staff_see_neither_the_readers_link_nor_the_ticket(
    app: Flask, client: Browser, message: Message
) -> None:
    own = "http://localhost/r/MQ.abc-DEF_123"
    message.body_text = f"您的页面：{own}\n"
    message.body_html = f'<a href="{own}">页面</a><img src="cid:ticket" alt="x">'
    message.inline_png = PNG
    db.session.commit()
    client.sign_in(accounts.staff(Role.ADMINISTRATOR))
    pages = (f"/desk/messages/{message.id}", f"/desk/messages/{message.id}/html")

    kept = "".join(client.get(page).text for page in pages)
    assert kept.count(own) == 2
    assert "data:image/png" in kept

    settings = app.config["SETTINGS"]
    app.config["SETTINGS"] = replace(settings, smtp_url="smtp://127.0.0.1:1")
    try:
        sent = "".join(client.get(page).text for page in pages)
    finally:
        app.config["SETTINGS"] = settings
    assert "MQ.abc" not in sent
    assert sent.count("http://localhost/r/…") == 2
    assert "data:image/png" not in sent

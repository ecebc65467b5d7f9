"""Sending through a real mail server, with everything that can go wrong on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from itertools import count
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from flask import Flask
from sqlalchemy import select, text

from jobs.models import OutboxJob
from messages.errors import NoMailServer, NothingToSendAgain
from messages.models import Message, MessageState
from messages.send import GIVE_UP_AFTER, MailServer, WrongMailAddress, send, send_again
from messages.tasks import send_message
from messages.write import write_message
from registrations.ticket_code import qr_png
from shared.clock import now
from shared.db import db, transaction
from tests.factories import accounts, registrations
from tests.promises import keep_promises
from tests.served import free_port

_occasions = count(1)
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


@dataclass
class Inbox:
    """What a mail server took. ``answers`` are given first, one a mail; afterwards every mail is taken.

    Each answer takes ``seconds``.
    """

    port: int
    answers: list[str] = field(default_factory=list)
    seconds: float = 0
    asked: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.asked += 1
        await asyncio.sleep(self.seconds)
        answer = self.answers.pop(0) if self.answers else "250 taken"
        if answer.startswith("250"):
            mail = message_from_bytes(envelope.content, policy=default)
            assert isinstance(mail, EmailMessage)
            self.mails.append(mail)
            self.recipients.append(list(envelope.rcpt_tos))
        return answer


@pytest.fixture
def inbox(app: Flask) -> Iterator[Inbox]:
    """A mail server, and SMTP_URL pointing at it."""
    box = Inbox(free_port())
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    before = app.config["SETTINGS"]
    app.config["SETTINGS"] = replace(before, smtp_url=f"smtp://127.0.0.1:{box.port}")
    try:
        yield box
    finally:
        app.config["SETTINGS"] = before
        controller.stop()


def written(**changes: Any) -> Message:
    """A message about somebody's seat."""
    registration = registrations.registration()
    values: dict[str, Any] = {
        "occasion": str(next(_occasions)),
        "registration_id": registration.id,
        "stop_id": registration.stop_id,
        "recipient": registration.email,
        "language": "en",
        "context": {"registration": registration, "stop": registration.stop, "link": "http://localhost/r/x"},
        "inline_png": PNG,
    }
    with transaction():
        message = write_message("confirmed", **{**values, **changes})
    assert message is not None
    return message


def open_jobs() -> list[OutboxJob]:
    return list(db.session.scalars(select(OutboxJob).where(OutboxJob.done_at.is_(None))))


def test_a_message_is_sent_with_text_and_picture(app: Flask, inbox: Inbox) -> None:
    message = written()
    keep_promises()
    db.session.refresh(message)
    assert message.state is MessageState.SENT
    assert message.sent_at is not None
    (mail,) = inbox.mails
    assert inbox.recipients == [[message.recipient]]
    assert mail["Message-ID"] == message.message_id
    assert mail["From"].addresses[0].display_name == "好风光 Good Scenery"
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert "Dear 李文博" in plain.get_content()
    assert 'src="cid:ticket"' in html.get_content()
    picture = next(part for part in mail.walk() if part.get_content_type() == "image/png")
    assert picture["Content-ID"] == "<ticket>"
    assert picture.get_payload(decode=True) == PNG


def test_a_message_is_sent_once_though_the_task_runs_twice(app: Flask, inbox: Inbox) -> None:
    message = written()
    for _ in range(2):
        with transaction():
            send_message(message.id)
    keep_promises()
    assert len(inbox.mails) == 1


def test_the_same_occasion_is_written_once(app: Flask) -> None:
    first = written(occasion="same", registration_id=None)
    context = {
        "registration": registrations.registration(),
        "stop": registrations.registration().stop,
        "link": "",
    }
    with transaction():
        again = write_message(
            "confirmed",
            occasion="same",
            registration_id=None,
            stop_id=None,
            recipient="x@example.com",
            language="zh",
            context=context,
        )
    assert again is None
    assert first.state is MessageState.QUEUED


def test_a_mail_server_that_asks_for_patience_is_tried_again_later(app: Flask, inbox: Inbox) -> None:
    inbox.answers = ["451 greylisted, come back"]
    message = written()
    keep_promises()
    db.session.refresh(message)
    assert (message.state, message.tries, message.last_error) == (
        MessageState.QUEUED,
        1,
        "451 greylisted, come back",
    )
    (job,) = open_jobs()
    assert job.due_at > now()
    job.due_at = now()
    db.session.commit()
    keep_promises()
    db.session.refresh(message)
    assert (message.state, message.tries, message.last_error) == (MessageState.SENT, 2, None)
    assert len(inbox.mails) == 1


def test_a_mail_server_that_is_away_is_tried_again_later(app: Flask, inbox: Inbox) -> None:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], smtp_url=f"smtp://127.0.0.1:{free_port()}")
    message = written()
    keep_promises()
    db.session.refresh(message)
    assert message.state is MessageState.QUEUED
    assert "ConnectionRefusedError" in (message.last_error or "")
    assert len(open_jobs()) == 1


@pytest.mark.parametrize("wrong", [{"smtp_url": "smpt://mail.example.com"}, {"mail_from": "nobody at all"}])
def test_a_message_waits_until_a_slip_in_the_settings_is_put_right(
    app: Flask, inbox: Inbox, wrong: dict[str, str]
) -> None:
    right = app.config["SETTINGS"]
    app.config["SETTINGS"] = replace(right, **wrong)
    message = written()
    keep_promises()
    db.session.refresh(message)
    assert (message.state, message.tries) == (MessageState.QUEUED, 1)
    assert next(iter(wrong)).upper() in (message.last_error or "")
    app.config["SETTINGS"] = right
    (job,) = open_jobs()
    job.due_at = now()
    db.session.commit()
    keep_promises()
    db.session.refresh(message)
    assert (message.state, message.tries) == (MessageState.SENT, 2)


def test_a_slow_mail_server_is_not_cut_off_by_the_database(app: Flask, inbox: Inbox) -> None:
    inbox.seconds = 0.6
    message = written()
    with transaction():
        db.session.execute(text("SET LOCAL idle_in_transaction_session_timeout = '200ms'"))
        send(message.id)
    db.session.refresh(message)
    assert message.state is MessageState.SENT
    assert len(inbox.mails) == 1


def test_after_two_days_of_trying_a_message_has_failed(app: Flask, inbox: Inbox) -> None:
    inbox.answers = ["451 not today"]
    message = written()
    message.written_at = now() - GIVE_UP_AFTER - timedelta(minutes=1)
    db.session.commit()
    keep_promises()
    db.session.refresh(message)
    assert (message.state, message.last_error) == (MessageState.FAILED, "451 not today")
    assert open_jobs() == []


def test_what_the_mail_server_refuses_for_good_has_failed_and_says_why(app: Flask, inbox: Inbox) -> None:
    inbox.answers = ["550 no such mailbox"]
    message = written()
    keep_promises()
    db.session.refresh(message)
    assert (message.state, message.last_error) == (MessageState.FAILED, "550 no such mailbox")
    assert open_jobs() == []


def test_when_the_answer_of_the_mail_server_is_lost_the_second_mail_has_the_same_number(
    app: Flask, inbox: Inbox
) -> None:
    class Crash(Exception):
        pass

    message = written()
    with pytest.raises(Crash), transaction():
        send(message.id)
        raise Crash  # the server has said 250; this process dies before it could commit
    keep_promises()
    assert [mail["Message-ID"] for mail in inbox.mails] == [message.message_id] * 2
    db.session.refresh(message)
    assert message.state is MessageState.SENT


def test_without_a_mail_server_a_message_is_kept(app: Flask) -> None:
    message = written()
    keep_promises()
    db.session.refresh(message)
    assert message.state is MessageState.KEPT
    with pytest.raises(NoMailServer), transaction():
        send_again(message.id, by=accounts.staff())


def test_a_failed_message_is_sent_again_when_staff_ask_for_it(app: Flask, inbox: Inbox) -> None:
    inbox.answers = ["554 spam?"]
    message = written()
    keep_promises()
    with transaction():
        send_again(message.id, by=accounts.staff())
    keep_promises()
    db.session.refresh(message)
    assert message.state is MessageState.SENT
    with pytest.raises(NothingToSendAgain), transaction():
        send_again(message.id, by=accounts.staff())
    assert len(inbox.mails) == 1


def test_the_picture_of_a_ticket_is_a_png_that_mail_programs_show(app: Flask) -> None:
    assert qr_png("A" * 111).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example.com", MailServer("mail.example.com", 25)),
        ("smtp://mail.example.com:2525", MailServer("mail.example.com", 2525)),
        (
            "smtp://some%40one:p%3Aw@mail.example.com?starttls",
            MailServer("mail.example.com", 587, "some@one", "p:w", starttls=True),
        ),
        ("smtps://a:b@mail.example.com", MailServer("mail.example.com", 465, "a", "b", tls=True)),
    ],
)
def test_smtp_url_says_where_mail_is_handed_in(url: str, server: MailServer) -> None:
    assert MailServer.at(url) == server


@pytest.mark.parametrize(
    "url", ["mail.example.com", "http://mail.example.com", "smtp://", "smtp://host:many"]
)
def test_a_wrong_smtp_url_says_so(url: str) -> None:
    with pytest.raises(WrongMailAddress, match="SMTP_URL"):
        MailServer.at(url)

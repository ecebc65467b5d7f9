"""Hand a written message to the mail server, or keep it where there is none."""

from __future__ import annotations

import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from urllib.parse import unquote, urlsplit

from flask import current_app
from sqlalchemy import text

from audit.record import Actor, record
from jobs.outbox import announce
from jobs.perform import wait_before
from messages.errors import NoMailServer, NothingToSendAgain
from messages.facts import MessageWritten
from messages.models import Message, MessageState
from messages.veil import burn_codes
from shared.clock import now
from shared.db import db, hold
from shared.errors import NotFound

SECONDS_TO_ANSWER = 20
SECONDS_TO_TALK = 300
"""Of the longest conversation with a mail server: a dozen answers, each within SECONDS_TO_ANSWER."""
GIVE_UP_AFTER = timedelta(days=2)
LONGEST_ERROR = 500


class WrongMailAddress(ValueError):
    """SMTP_URL or MAIL_FROM is not what it should be; the sentence says what is wrong."""


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed in: ``smtp://user:password@host:port?starttls`` or ``smtps://…``."""

    host: str
    port: int
    user: str | None = None
    password: str = ""
    tls: bool = False
    starttls: bool = False

    @classmethod
    def at(cls, url: str) -> MailServer:
        """Read SMTP_URL. Raises WrongMailAddress."""
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError as error:
            raise WrongMailAddress(f"SMTP_URL: {error}") from None
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise WrongMailAddress(
                "SMTP_URL must look like smtp://user:password@host:587?starttls or smtps://host"
            )
        tls = parts.scheme == "smtps"
        return cls(
            host=parts.hostname,
            port=port or (465 if tls else 587 if parts.username else 25),
            user=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password or ""),
            tls=tls,
            starttls="starttls" in parts.query,
        )


class _Refused(Exception):
    """The mail server will never take this message."""


class _NotNow(Exception):
    """The mail server is away or has asked to be tried later."""


def send(message_id: int) -> timedelta | None:
    """Send one written message; None when nothing is left to do, else how long to wait before the next try.

    Sent before, or never to be sent: nothing happens. Without a mail server it is kept. When the server took the mail
    and this transaction is lost, the next try carries the same Message-ID. The caller holds the transaction.
    """
    message = hold(Message, message_id)
    if message is None or message.state is not MessageState.QUEUED:
        return None
    settings = current_app.config["SETTINGS"]
    if settings.smtp_url is None:
        message.state = MessageState.KEPT
        return None
    message.tries += 1
    # Cut off in the middle by the database, a mail that a slow server took would be handed in again and again.
    db.session.execute(text(f"SET LOCAL idle_in_transaction_session_timeout = '{SECONDS_TO_TALK}s'"))
    try:
        _hand_in(as_mail(message, settings.mail_from), MailServer.at(settings.smtp_url))
    except _Refused as refusal:
        message.state = MessageState.FAILED
        message.last_error = str(refusal)[:LONGEST_ERROR]
    except (
        _NotNow,
        WrongMailAddress,
    ) as outage:  # a slip in the settings is put right one day, like an outage
        message.last_error = str(outage)[:LONGEST_ERROR]
        if now() - message.written_at < GIVE_UP_AFTER:
            return wait_before(message.tries)
        message.state = MessageState.FAILED
    else:
        message.state = MessageState.SENT
        burn_codes(message)
        message.sent_at = now()
        message.last_error = None
    return None


def send_again(message_id: int, *, by: Actor) -> Message:
    """Have a failed or kept message sent once more. Raises NotFound, NoMailServer or NothingToSendAgain.

    The caller holds the transaction.
    """
    message = hold(Message, message_id)
    if message is None:
        raise NotFound
    if message.state not in (MessageState.FAILED, MessageState.KEPT):
        raise NothingToSendAgain
    if current_app.config["SETTINGS"].smtp_url is None:
        raise NoMailServer
    message.state = MessageState.QUEUED
    message.written_at = now()  # the time to give up counts from here
    record("send_again", message, by=by, kind=message.kind)
    announce(MessageWritten(message_id=message.id))
    return message


def as_mail(message: Message, mail_from: str) -> EmailMessage:
    """The message as it goes over the wire: text, HTML, the picture inside the HTML, and calendar files."""
    mail = EmailMessage()
    mail["Message-ID"] = message.message_id
    mail["Date"] = format_datetime(message.written_at)
    mail["From"] = _sender(mail_from)
    mail["To"] = message.recipient
    mail["Subject"] = message.subject
    mail["Content-Language"] = "en" if message.language == "en" else "zh-Hans"
    mail["Auto-Submitted"] = "auto-generated"  # out-of-office replies stay away
    mail.set_content(message.body_text)
    mail.add_alternative(message.body_html, subtype="html")
    if message.inline_png is not None:
        html = mail.get_body(("html",))
        assert html is not None  # noqa: S101 - the alternative added two lines above
        html.add_related(
            message.inline_png,
            maintype="image",
            subtype="png",
            cid="<ticket>",
            filename="ticket.png",
            disposition="inline",
        )
    for number, calendar in enumerate(message.calendars, start=1):
        # As bytes: as text its CRLF, which the format asks for, would be lost.
        mail.add_attachment(
            calendar.encode(),
            maintype="text",
            subtype="calendar",
            params={"method": _method(calendar), "charset": "utf-8"},
            filename="calendar.ics" if len(message.calendars) == 1 else f"calendar-{number}.ics",
        )
    return mail


def _method(calendar: str) -> str:
    """What the calendar file asks for; the mail's own header has to say the same (RFC 6047)."""
    return "CANCEL" if "\r\nMETHOD:CANCEL\r\n" in calendar else "PUBLISH"


def _sender(mail_from: str) -> Address:
    name, address = parseaddr(mail_from)
    try:
        return Address(name, addr_spec=address)
    except (ValueError, IndexError) as error:
        raise WrongMailAddress(f"MAIL_FROM: {error}") from None


def _hand_in(mail: EmailMessage, server: MailServer) -> None:
    """Give the mail to the server. Raises _Refused or _NotNow, in the server's own words."""
    context = ssl.create_default_context()
    try:
        connection = (
            smtplib.SMTP_SSL(server.host, server.port, timeout=SECONDS_TO_ANSWER, context=context)
            if server.tls
            else smtplib.SMTP(server.host, server.port, timeout=SECONDS_TO_ANSWER)
        )
        try:
            if server.starttls:
                connection.starttls(context=context)
            if server.user is not None:
                connection.login(server.user, server.password)
            _deliver(mail, connection)
        finally:
            # Whatever goes wrong while saying goodbye, the mail was taken or it was not.
            with suppress(smtplib.SMTPException, OSError):
                connection.quit()
    except (OSError, smtplib.SMTPException) as outage:
        raise _NotNow(_in_words(outage)) from outage


def _deliver(mail: EmailMessage, connection: smtplib.SMTP) -> None:
    try:
        connection.send_message(mail)
    except smtplib.SMTPRecipientsRefused as refusal:
        code, answer = next(iter(refusal.recipients.values()))
        raise (_Refused if code >= 500 else _NotNow)(f"{code} {_text(answer)}") from refusal
    except smtplib.SMTPResponseException as refusal:
        words = _in_words(refusal)
        raise (_Refused if refusal.smtp_code >= 500 else _NotNow)(words) from refusal
    except smtplib.SMTPNotSupportedError as refusal:  # an address outside ASCII, and a server that knows none
        raise _Refused(_in_words(refusal)) from refusal


def _in_words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_text(error.smtp_error)}"
    return f"{type(error).__name__}: {error}"


def _text(answer: bytes | str) -> str:
    return answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer

"""What staff see of a mail: all but the reader's own link and ticket, once a mail server carries them to the reader.

Whoever has the link can withdraw the registration in the reader's name. Without a mail server the log is the only way
by which the link reaches anybody, so there it is shown.
"""

from __future__ import annotations

import base64
import re

from flask import current_app
from flask_babel import gettext as _
from markupsafe import escape

from messages.models import Message

# Links to somebody's own page or draft carry their signed token as one part of the path.
OWN_LINK = re.compile(r"(https?://[^\s\"'<>]*?/(?:r|drafts)/)[A-Za-z0-9_.\-]+")
ONE_TIME_CODE = re.compile(r"\b\d{3} \d{3}\b")
CODE_KINDS = frozenset({"own_code", "found"})
"""Mails that carry a one-time code; it is taken out of the row as soon as the mail is on its way."""
TICKET_PICTURE = re.compile(r'<img[^>]*src="cid:ticket"[^>]*>')


def is_veiled() -> bool:
    """Whether links and tickets in mails are for the reader alone."""
    return current_app.config["SETTINGS"].smtp_url is not None


def text_of(message: Message) -> str:
    """The mail's text as staff see it."""
    return _without_secrets(message, message.body_text) if is_veiled() else message.body_text


def html_of(message: Message) -> str:
    """The mail's HTML as staff see it, its picture within."""
    html = message.body_html
    if is_veiled():
        note = escape(_("(The ticket's code, which only the reader sees)"))
        return TICKET_PICTURE.sub(lambda _found: f"<em>{note}</em>", _without_secrets(message, html))
    if message.inline_png is not None:
        picture = base64.b64encode(message.inline_png).decode()
        html = html.replace("cid:ticket", f"data:image/png;base64,{picture}")
    return html


def burn_codes(message: Message) -> None:
    """Take one-time codes out of a mail that has been handed in: from now on only its reader knows them."""
    if message.kind in CODE_KINDS:
        message.body_text = ONE_TIME_CODE.sub("••• •••", message.body_text)
        message.body_html = ONE_TIME_CODE.sub("••• •••", message.body_html)


def _without_secrets(message: Message, text: str) -> str:
    if message.kind in CODE_KINDS:
        text = ONE_TIME_CODE.sub("••• •••", text)
    return OWN_LINK.sub(r"\1…", text)

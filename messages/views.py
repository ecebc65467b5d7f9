"""The message log: what was said to whom, and whether it arrived."""

from __future__ import annotations

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import requires
from accounts.permissions import Permission, reach_of
from messages.forms import LogForm
from messages.lookups import counts_by_state, listed, message_for, stops_written_about
from messages.models import MessageState
from messages.send import send_again as send_again_verb
from messages.veil import html_of, text_of
from shared.db import transaction
from shared.errors import Refusal
from shared.pages import page_of

bp = Blueprint("messages", __name__, url_prefix="/desk/messages")

# A mail was written with people's words in it, so it is shown as if it were a stranger's: without scripts, without
# fetching anything, in an origin of its own, and only inside our own page.
MAIL_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'"


@bp.get("")
@requires(Permission.READ_MESSAGES)
def message_log() -> ResponseReturnValue:
    """All messages within reach, the newest first."""
    reach = reach_of(g.staff, Permission.READ_MESSAGES)
    form = LogForm(stops=stops_written_about(reach), formdata=request.args)
    form.validate()
    text = "" if form.text.errors else form.text.data or ""
    statement = listed(reach, stop_id=form.chosen_stop_id, state=form.chosen_state, text=text)
    return render_template(
        "messages/message_log.html",
        form=form,
        page=page_of(statement, request.args.get("page", 1, type=int)),
        counts=counts_by_state(reach),
        is_narrowed=bool(text or form.chosen_stop_id or form.chosen_state),
    )


@bp.get("/<int:message_id>")
@requires(Permission.READ_MESSAGES)
def message(message_id: int) -> ResponseReturnValue:
    """One message as it was written."""
    found = message_for(g.staff, message_id, Permission.READ_MESSAGES)
    may_send_again = found.state in (MessageState.FAILED, MessageState.KEPT)
    return render_template(
        "messages/message.html", message=found, body_text=text_of(found), may_send_again=may_send_again
    )


@bp.get("/<int:message_id>/html")
@requires(Permission.READ_MESSAGES)
def message_html(message_id: int) -> ResponseReturnValue:
    """The HTML of one message, with its picture, to be framed by the page above."""
    found = message_for(g.staff, message_id, Permission.READ_MESSAGES)
    return Response(
        html_of(found),
        content_type="text/html; charset=utf-8",
        headers={"Content-Security-Policy": MAIL_POLICY},
    )


@bp.post("/<int:message_id>/send-again")
@requires(Permission.READ_MESSAGES)
def send_again(message_id: int) -> ResponseReturnValue:
    """Have a message that failed or was kept sent once more."""
    found = message_for(g.staff, message_id, Permission.READ_MESSAGES)
    try:
        with transaction():
            send_again_verb(found.id, by=g.staff)
    except Refusal as refusal:
        flash(refusal.message, "error")
    else:
        flash(_("The message is on its way."), "success")
    return redirect(url_for("messages.message", message_id=message_id), 303)

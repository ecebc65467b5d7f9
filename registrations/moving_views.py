"""The applicant's page with the code that changes every 30 seconds."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from accounts.access import open_to_everyone
from registrations.links import registration_on_link
from registrations.lookups import arrived_at, has_ticket
from registrations.moving_code import STEP, codes_from
from registrations.own_tickets import remember_tickets
from registrations.ticket_code import qr_svg
from registrations.views import keep_private
from shared.clock import now
from shared.errors import NotFound

bp = Blueprint("moving", __name__)
bp.after_request(keep_private)


@bp.get("/r/<link>/ticket/now")
@open_to_everyone
def moving_code(link: str) -> ResponseReturnValue:
    """The code of this moment; a script goes on to the next ones, and without one the page loads itself anew."""
    registration = registration_on_link(link)
    if not has_ticket(registration):
        return redirect(url_for("registrations.own_page", link=link), 303)
    if not registration.stop.codes_move:
        return redirect(url_for("registrations.own_ticket", link=link), 303)
    moment = now()
    (code,) = codes_from(moment, registration, 1)
    answer = make_response(
        render_template(
            "registrations/moving_code.html",
            registration=registration,
            stop=registration.stop,
            link=link,
            # Drawn by us out of a code of ours: there is no foreign text in it.
            symbol=Markup(qr_svg(code.text, title=_("QR code of your ticket"))),  # noqa: S704
            issued_ms=_milliseconds(code.issued_at.timestamp()),
            now_ms=_milliseconds(moment.timestamp()),
            step_ms=_milliseconds(STEP.total_seconds()),
            seconds_left=int((code.issued_at + STEP - moment).total_seconds()) + 1,
            arrived_at=arrived_at(registration),
        )
    )
    remember_tickets(answer, [registration])
    return answer


@bp.get("/r/<link>/ticket/now/codes")
@open_to_everyone
def codes(link: str) -> ResponseReturnValue:
    """This moment's code and those of the next minutes, as symbols; 404 when there is no ticket that moves."""
    registration = registration_on_link(link)
    if not has_ticket(registration) or not registration.stop.codes_move:
        raise NotFound
    moment = now()
    body = {
        "now": _milliseconds(moment.timestamp()),
        "codes": [
            {"at": _milliseconds(code.issued_at.timestamp()), "modules": code.modules}
            for code in codes_from(moment, registration)
        ],
    }
    answer: Response = make_response(body)
    return answer


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)

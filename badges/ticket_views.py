"""The applicant's ticket to take along: as a PDF to print, as a picture for the phone's album."""

from __future__ import annotations

from io import BytesIO

from flask import Blueprint, request, send_file
from flask.typing import ResponseReturnValue
from flask_babel import force_locale

from accounts.access import open_to_everyone
from badges.ticket_sheet import TicketSheet, sheet_of, ticket_pdf, ticket_png
from registrations.errors import TicketMoves
from registrations.links import registration_on_link
from registrations.lookups import has_ticket
from registrations.views import keep_private
from shared.errors import NotFound
from shared.language import BABEL_LOCALES, current_language

bp = Blueprint("tickets", __name__)
bp.after_request(keep_private)


@bp.get("/r/<link>/ticket.pdf")
@open_to_everyone
def own_ticket_pdf(link: str) -> ResponseReturnValue:
    """The ticket on a sheet of A6; ``?language=`` says in which language, else the reader's."""
    sheet = _sheet(link)
    return send_file(
        BytesIO(ticket_pdf(sheet)),
        mimetype="application/pdf",
        download_name=f"{sheet.heading}-{sheet.spoken_code}.pdf",
        max_age=None,
    )


@bp.get("/r/<link>/ticket.png")
@open_to_everyone
def own_ticket_png(link: str) -> ResponseReturnValue:
    """The ticket as a picture, shown and not downloaded: in a messenger's browser one keeps it by a long press."""
    sheet = _sheet(link)
    return send_file(
        BytesIO(ticket_png(sheet)),
        mimetype="image/png",
        download_name=f"{sheet.heading}-{sheet.spoken_code}.png",
        max_age=None,
    )


def _sheet(link: str) -> TicketSheet:
    """What is drawn for the owner of ``link``. Raises LinkNotOurs, NotFound without a seat at a stop that is held, or TicketMoves."""
    registration = registration_on_link(link)
    if not has_ticket(registration):
        raise NotFound
    if registration.stop.codes_move:
        raise TicketMoves
    language = request.args.get("language", "")
    with force_locale(BABEL_LOCALES.get(language, BABEL_LOCALES[current_language()])):
        return sheet_of(registration)

"""The staff's own gate page: the others of a delegation, let in after one of them was scanned."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

from flask import Blueprint, g, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import requires
from accounts.permissions import Permission
from campaigns.lookups import stop_for
from checkin.groups import others_of
from checkin.lookups import arrival_point, check_in_at
from checkin.models import CheckIn
from checkin.present import Presented, present
from shared.db import transaction
from shared.errors import NotFound, Refusal

bp = Blueprint("gate_groups", __name__, url_prefix="/gate")


@dataclass(frozen=True, slots=True)
class LetIn:
    """What came of one of the others; ``refusal`` None: he is in."""

    full_name: str
    refusal: Refusal | None


@bp.route("/<int:stop_id>/with/<int:check_in_id>", methods=["GET", "POST"])
@requires(Permission.CHECK_IN)
def together(stop_id: int, check_in_id: int) -> ResponseReturnValue:
    """Who came with somebody who is in; those ticked are let in, each by a scan of his own."""
    stop = stop_for(g.staff, stop_id, Permission.CHECK_IN)
    arrival = check_in_at(stop, check_in_id)
    if arrival.voided_at is not None or not arrival.is_arrival:
        raise NotFound
    point = arrival_point(stop.id)
    others = others_of(arrival.registration_id, point)
    done: list[LetIn] = []
    error = ""
    if request.method == "POST":
        chosen = [one for one in others if str(one.registration_id) in request.form.getlist("ids")]
        if not chosen:
            error = _("Tick who is here.")
        for one in chosen:
            # One after the other, each with a transaction of its own: no other entrance waits for the whole group.
            done.append(
                LetIn(one.full_name, _let_in(one.registration_id, arrival, _scan_number(one.registration_id)))
            )
        others = others_of(arrival.registration_id, point)
    page = render_template(
        "checkin/together.html",
        stop=stop,
        arrival=arrival,
        others=others,
        done=done,
        error=error,
        numbers={one.registration_id: uuid4() for one in others},
    )
    return page, 422 if error else 200


def _let_in(registration_id: int, arrival: CheckIn, scan_id: UUID) -> Refusal | None:
    try:
        with transaction():  # committed also when somebody is refused: that scan is kept too
            shown: Presented = present(
                registration_id,
                checkpoint=arrival_point(arrival.stop_id),
                gate=str(session.get("gate") or arrival.gate),
                by=g.staff,
                scan_id=scan_id,
            )
    except Refusal as refusal:
        return refusal
    return shown.refusal


def _scan_number(registration_id: int) -> UUID:
    """The number that the page gave this scan, so that sending it twice is one scan."""
    try:
        return UUID(request.form.get(f"scan_{registration_id}", ""))
    except ValueError:
        return uuid4()

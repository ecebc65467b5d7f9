"""The desk looks at restricted answers: shown once, and recorded."""

from __future__ import annotations

from flask import Blueprint, g, render_template
from flask.typing import ResponseReturnValue

from accounts.access import requires
from accounts.permissions import Permission
from audit.record import record
from registrations.answers import answers_of
from registrations.lookups import registration_for
from shared.db import transaction

bp = Blueprint("registration_answers", __name__, url_prefix="/desk/registrations")


@bp.post("/<int:registration_id>/restricted")
@requires(Permission.SEE_REGISTRATIONS)
def restricted(registration_id: int) -> ResponseReturnValue:
    """The restricted answers of one registration in full; who looked, and at which questions, stays in the record."""
    found = registration_for(g.staff, registration_id, Permission.SEE_REGISTRATIONS)
    answers = [answer for answer in answers_of(found, revealed=True) if answer.is_sealed]
    with transaction():
        record("see_restricted_answers", found, by=g.staff, keys=[answer.key for answer in answers])
    return render_template(
        "registrations/restricted_answers.html", registration=found, stop=found.stop, answers=answers
    )

"""The invited person's pages: the invitation, and where a code is typed."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accounts.access import open_to_everyone
from registrations.by_invitation import invitation_on_key, keep_in_hand, key_of
from registrations.entry_forms import CodeForm
from shared.clock import now
from shared.errors import Refusal

bp = Blueprint("invitations", __name__, url_prefix="/i")


@bp.get("")
@open_to_everyone
def type_code() -> ResponseReturnValue:
    """Where somebody types the code of an invitation."""
    form = CodeForm(request.args if "code" in request.args else None)
    if "code" not in request.args:
        return render_template("registrations/invitation_code.html", form=form)
    if form.validate():
        try:
            return redirect(url_for(".invitation", link=key_of(invitation_on_key(form.code.data or ""))))
        except Refusal as refusal:
            form.code.errors = [refusal.message]
    return render_template("registrations/invitation_code.html", form=form), 422


@bp.get("/<link>")
@open_to_everyone
def invitation(link: str) -> ResponseReturnValue:
    """What one is invited to, and on to the form."""
    found = invitation_on_key(link)
    if found.is_valid:
        keep_in_hand(found)
    answer = render_template("registrations/invitation.html", invitation=found, stop=found.stop, now=now())
    return answer, 200, {"X-Robots-Tag": "noindex, nofollow", "Cache-Control": "no-store"}

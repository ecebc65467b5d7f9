"""Signing in and out, the staff's first page, and the language switch."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import open_to_everyone, open_to_staff
from accounts.forms import SignInForm
from accounts.models import Staff
from accounts.permissions import Permission, reach_of
from accounts.sign_in import sign_in as sign_in_verb
from shared.db import transaction
from shared.errors import Refusal
from shared.language import BABEL_LOCALES, COOKIE

bp = Blueprint("accounts", __name__)

# Where each kind of work begins; the first that is allowed is one's first page.
FIRST_PAGES = (
    (Permission.PLAN_CAMPAIGNS, "campaigns.campaign_list"),
    (Permission.REVIEW_REGISTRATIONS, "registrations_staff.registration_list"),
    (Permission.FOLLOW_LEADS, "leads.my_leads"),
    (Permission.CHECK_IN, "checkin.gates"),
    (Permission.SEE_REFERRED, "leads.referred"),
    (Permission.SEE_FUNNEL, "reports.funnel"),
)


def own_path(address: str | None) -> str | None:
    """``address`` when it is a path of this product, else None: nobody is sent elsewhere by a link to us."""
    if not address or not address.startswith("/") or address.startswith(("//", "/\\")):
        return None
    parts = urlsplit(address)
    return address if not parts.scheme and not parts.netloc else None


def first_page(staff: Staff) -> str:
    """Where this member of staff begins."""
    for permission, endpoint in FIRST_PAGES:
        if reach_of(staff, permission):
            return url_for(endpoint)
    return url_for("public.campaign_list")


@bp.route("/sign-in", methods=["GET", "POST"])
@open_to_everyone
def sign_in() -> ResponseReturnValue:
    """The door for staff."""
    form = SignInForm()
    if g.staff is not None:
        return redirect(first_page(g.staff))
    if request.method == "GET":
        return render_template("accounts/sign_in.html", form=form)
    if not form.validate_on_submit():
        return render_template("accounts/sign_in.html", form=form), 422
    with transaction():
        answer = sign_in_verb(form.login.data or "", form.password.data or "")
    if isinstance(answer, Refusal):
        return render_template("accounts/sign_in.html", form=form, refusal=answer), answer.status
    assert isinstance(answer, Staff)  # noqa: S101 - the other half of the union
    session.clear()
    session["staff_id"] = answer.id
    session["stamp"] = answer.session_stamp
    session.permanent = True
    return redirect(own_path(request.args.get("next")) or first_page(answer))


@bp.post("/sign-out")
@open_to_everyone
def sign_out() -> ResponseReturnValue:
    """End this session."""
    session.clear()
    flash(_("You are signed out."), "info")
    return redirect(url_for("accounts.sign_in"))


@bp.get("/desk")
@open_to_staff
def desk() -> ResponseReturnValue:
    """The staff's front door: on to where one's own work begins."""
    return redirect(first_page(g.staff))


@bp.get("/language/<language>")
@open_to_everyone
def switch_language(language: str) -> ResponseReturnValue:
    """Remember the reader's language and go back to where he was."""
    answer = redirect(own_path(request.args.get("next")) or url_for("public.campaign_list"))
    if language in BABEL_LOCALES:
        answer.set_cookie(
            COOKIE,
            language,
            max_age=365 * 86_400,
            samesite="Lax",
            httponly=True,
            secure=current_app.config["SESSION_COOKIE_SECURE"],
        )
    return answer

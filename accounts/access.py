"""Every endpoint says whom it is open to; one that says nothing keeps the product from starting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import Flask, current_app, flash, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.models import Staff
from accounts.permissions import Permission, reach_of
from shared.db import db
from shared.errors import NotAllowed

View = TypeVar("View", bound=Callable[..., Any])
EVERYONE = "everyone"
ANY_STAFF = "any_staff"
DEVICES = "devices"
_MARK = "_open_to"


def open_to_everyone(view: View) -> View:
    """The public may open this page."""
    setattr(view, _MARK, EVERYONE)
    return view


def open_to_staff(view: View) -> View:
    """Whoever is signed in may open this page."""
    setattr(view, _MARK, ANY_STAFF)
    return view


def open_to_devices(view: View) -> View:
    """Only a scanning device, which says by a token of its own who it is; no cookie is looked at."""
    setattr(view, _MARK, DEVICES)
    return view


def requires(permission: Permission) -> Callable[[View], View]:
    """Only staff with ``permission`` somewhere; for *this* row the view asks its package's door (``stop_for``)."""

    def declare(view: View) -> View:
        setattr(view, _MARK, permission)
        return view

    return declare


def declared(app: Flask, endpoint: str) -> str | None:
    """Whom ``endpoint`` is open to: EVERYONE, ANY_STAFF, DEVICES, a Permission, or None when nobody has said."""
    return cast("str | None", getattr(app.view_functions[endpoint], _MARK, None))


def may_open(app: Flask, endpoint: str, staff: Staff) -> bool:
    """Whether ``staff`` may open ``endpoint`` at all (for which rows is another question)."""
    open_to = declared(app, endpoint)
    if open_to is None or open_to == DEVICES:
        return False
    return open_to in (EVERYONE, ANY_STAFF) or bool(reach_of(staff, Permission(open_to)))


def guard(app: Flask) -> None:
    """Join the check to ``app``; call it after the last blueprint. Raises RuntimeError for an undeclared endpoint."""
    open_to_everyone(app.view_functions["static"])
    silent = [endpoint for endpoint in app.view_functions if declared(app, endpoint) is None]
    if silent:
        raise RuntimeError(f"Endpoints that do not say whom they are open to: {', '.join(sorted(silent))}")
    app.before_request(_check)


def _check() -> ResponseReturnValue | None:
    g.staff = None
    if request.endpoint is None:
        return None
    open_to = declared(current_app, request.endpoint)
    if open_to == DEVICES:
        return None
    if request.endpoint != "static":
        g.staff = _signed_in()
    if open_to is None:
        raise NotAllowed  # guard() lets no such endpoint start; this is the second lock
    if open_to == EVERYONE:
        return None
    if g.staff is None:
        return _to_sign_in()
    if open_to != ANY_STAFF and not reach_of(g.staff, Permission(open_to)):
        raise NotAllowed
    return None


def _signed_in() -> Staff | None:
    staff_id = session.get("staff_id")
    if staff_id is None:
        return None
    staff = db.session.get(Staff, staff_id)
    if staff is None or not staff.is_active or staff.session_stamp != session.get("stamp"):
        session.clear()
        return None
    return staff


def _to_sign_in() -> ResponseReturnValue:
    if request.headers.get("X-Requested-With") == "fetch":
        return {"error": "not_signed_in"}, 401
    flash(_("Please sign in first."), "info")
    wanted = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("accounts.sign_in", next=wanted))

"""What a guest's phone shows after scanning a poster. Plain pages and forms: they work in every messenger's browser."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from uuid import UUID, uuid4

from flask import Blueprint, Response, current_app, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import select

from accounts.access import open_to_everyone
from checkin.by_poster import check_in_by_poster, count_tap, refuse_unless_open
from checkin.errors import AlreadyCheckedIn, NothingScanned, PosterIsDown, ScanItHere, WrongPlaceWord
from checkin.models import CheckpointPoster
from checkin.poster_symbol import symbol_of
from checkin.posters import address_of, came_by_poster, hanging_poster, is_of_now, is_screen_key
from checkin.present import Presented
from registrations.links import link_for
from registrations.models import Registration
from registrations.own_tickets import remember_tickets, remembered_tickets
from shared.clock import now
from shared.db import db, transaction
from shared.errors import Refusal

bp = Blueprint("here", __name__, url_prefix="/here")

COOKIE = "was_here"
GOOD_FOR_SECONDS = 15 * 60
"""Since the screen was scanned: time to look for a code in one's mailbox."""


@bp.after_request
def keep_private(response: Response) -> Response:
    """One person's page, of this minute."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


@bp.get("/<code>")
@open_to_everyone
def poster(code: str) -> ResponseReturnValue:
    """Whose ticket is known on this phone, and the button that checks in; or how to say who one is."""
    try:
        found = hanging_poster(code)
        if found.is_screen and is_of_now(found, request.args.get("m", ""), now()):
            # The address without the minute's code: what is passed on or stays in the history opens nothing.
            answer = make_response(redirect(url_for(".poster", code=found.code), 303))
            _note_scanned(answer, found)
            return answer
        _refuse_unless_here(found)
    except Refusal as refusal:
        return _refused(None, refusal)
    return _page(found)


@bp.post("/<code>")
@open_to_everyone
def check_in(code: str) -> ResponseReturnValue:
    """Check in; the answer is for the colleague at the door to see, too."""
    found: CheckpointPoster | None = None
    try:
        found = hanging_poster(code)
        _refuse_unless_here(found)
        who = _who(found)
        from_where, place_word = request.remote_addr or "", request.form.get("place_word", "")[:40]
        with transaction():
            too_many = count_tap(found, who, place_word=place_word, from_where=from_where)
        if too_many is not None:
            return _refused(found, too_many)
        with transaction():
            answer = check_in_by_poster(
                found,
                who,
                place_word=place_word,
                scan_id=_scan_id(),
                from_where=from_where,
                at=now(),
            )
    except (NothingScanned, WrongPlaceWord) as refusal:
        return _page(found, refusal) if found else _refused(None, refusal)
    except Refusal as refusal:
        return _refused(found, refusal)
    return _answered(found, answer)


@bp.get("/<code>/screen/<token>")
@open_to_everyone
def screen(code: str, token: str) -> ResponseReturnValue:
    """The code for a screen in the hall, large; it renews itself, also without scripts."""
    found = hanging_poster(code)
    if not found.is_screen or not is_screen_key(found, token):
        raise PosterIsDown
    return render_template(
        "checkin/poster_screen.html",
        stop=found.checkpoint.stop,
        checkpoint=found.checkpoint,
        poster=found,
        symbol=symbol_of(address_of(found)),
        came=came_by_poster(found.checkpoint),
        moment_now=now(),
    )


def _answered(poster: CheckpointPoster, presented: Presented) -> ResponseReturnValue:
    refusal = presented.refusal
    if presented.holder is None and refusal is not None:
        return _page(poster, refusal)
    known = (
        db.session.get(Registration, presented.holder.registration_id)
        if presented.holder is not None and presented.holder.stop_id == poster.checkpoint.stop_id
        else None
    )
    page = render_template(
        "checkin/here_answer.html",
        poster=poster,
        checkpoint=poster.checkpoint,
        stop=poster.checkpoint.stop,
        registration=known,
        link=link_for(known) if known is not None else None,
        refusal=refusal,
        was_in=isinstance(refusal, AlreadyCheckedIn),
        at=presented.at,
    )
    answer = make_response(page, 200 if refusal is None else refusal.status)
    if known is not None:
        remember_tickets(answer, [known])
    return answer


def _page(poster: CheckpointPoster, refusal: Refusal | None = None) -> ResponseReturnValue:
    """The page of the poster, with a refusal beside the field it is about."""
    try:
        refuse_unless_open(poster, now())
    except Refusal as closed:
        return _refused(poster, closed)
    mine = _mine(poster)
    chosen = request.form.get("who", "")
    page = render_template(
        "checkin/here.html",
        poster=poster,
        checkpoint=poster.checkpoint,
        stop=poster.checkpoint.stop,
        mine=mine,
        refusal=refusal,
        tried=next((one.id for one in mine if str(one.id) == chosen), None),
        typed=request.form.get("ticket_code", "")[:40],
        word=request.form.get("place_word", "")[:40],
        scan_id=uuid4(),
    )
    return page, refusal.status if refusal else 200


def _refused(poster: CheckpointPoster | None, refusal: Refusal) -> ResponseReturnValue:
    page = render_template(
        "checkin/here_answer.html",
        poster=poster,
        checkpoint=poster.checkpoint if poster else None,
        stop=poster.checkpoint.stop if poster else None,
        registration=None,
        link=None,
        refusal=refusal,
        was_in=False,
        at=now(),
    )
    return page, refusal.status


def _mine(poster: CheckpointPoster) -> list[Registration]:
    """Of the tickets that were opened on this phone those of the poster's stop, the latest first."""
    ids = remembered_tickets()
    if not ids:
        return []
    found = db.session.scalars(
        select(Registration).where(
            Registration.id.in_(ids),
            Registration.stop_id == poster.checkpoint.stop_id,
            Registration.erased_at.is_(None),
        )
    )
    return sorted(found, key=lambda one: ids.index(one.id))


def _who(poster: CheckpointPoster) -> str | int:
    """Who checks in: one of the tickets known on this phone, or the code typed. Raises NothingScanned."""
    chosen = request.form.get("who", "")
    mine = {str(one.id): one.id for one in _mine(poster)}
    if chosen in mine:
        return mine[chosen]
    typed = request.form.get("ticket_code", "").strip()
    if not typed or len(typed) > 300:
        raise NothingScanned(_("Type the code that stands beneath the QR code of your ticket."))
    return typed


def _scan_id() -> UUID:
    """The page's own number: the same form sent twice is one scan."""
    with suppress(ValueError):
        return UUID(request.form.get("scan_id", ""))
    return uuid4()


def _refuse_unless_here(poster: CheckpointPoster) -> None:
    """Raise ScanItHere where the screen was not scanned lately by this phone."""
    if not poster.is_screen:
        return
    try:
        scanned = _signer().loads(request.cookies.get(COOKIE, ""), max_age=GOOD_FOR_SECONDS)
    except BadSignature:
        raise ScanItHere from None
    if scanned != poster.id:
        raise ScanItHere


def _note_scanned(answer: Response, poster: CheckpointPoster) -> None:
    answer.set_cookie(
        COOKIE,
        str(_signer().dumps(poster.id)),
        max_age=GOOD_FOR_SECONDS,
        path="/here",
        httponly=True,
        samesite="Lax",
        secure=current_app.config["SETTINGS"].https,
    )


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(
        current_app.config["SECRET_KEY"],
        salt="checkin.was-here",
        signer_kwargs={"digest_method": hashlib.sha256},
    )

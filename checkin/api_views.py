"""The API for scanning devices, /api/v1: docs/decisions/0030, described by itself at /api/v1/openapi.json.

A device shows its token with each request; it reaches the rows of its own stop and checkpoints and no others. Each
answer carries the server's time, so that a device learns how wrong its clock is.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, current_app, g, request
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import DataError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolIsEmpty
from sqlalchemy.orm import joinedload, lazyload
from werkzeug.exceptions import HTTPException

from accounts.access import open_to_everyone
from audit.record import record
from checkin import api_shapes as shapes
from checkin.api_description import description
from checkin.bundle import bundle_for, iso, point_shape
from checkin.by_device import Bearer, bearer, by_device
from checkin.devices import join as join_with
from checkin.devices import note_sighting
from checkin.errors import AlreadyCheckedIn, NotForThisRole, NotUnderstood, RegisteredAlready
from checkin.fold import day_counted
from checkin.forms import API_FIELDS, walk_in_form
from checkin.groups import Companion, group_at_scan
from checkin.lookups import arrival_point, arrived_among, passes_of
from checkin.models import SCANNING_ROLES, Checkpoint, Device, DeviceRole, Direction, Headcount, Often
from checkin.present import Presented
from checkin.present import present as present_ticket
from checkin.shown_fields import Teller
from checkin.stations import desks_of
from checkin.take_back import take_back
from checkin.take_in import NotRead, TakenIn, Upload, take_in
from checkin.walk_in import walk_in_by_device
from people.models import Person
from registrations.models import BadgeClass, Registration
from registrations.search import found, ranked
from shared.clock import now
from shared.db import abandon, db, transaction
from shared.display import masked_name
from shared.errors import NotFound, Refusal
from shared.language import current_language, speak_as_asked

bp = Blueprint("api", __name__, url_prefix="/api/v1")

MOST_FOUND, SHORTEST_QUERY = 20, 2
ZIPPED_FROM = 2_000
"""Bytes; below, packing costs more than it saves."""
ZIPPED_AT = 3
"""gzip's level: beyond it a list of people gets hardly smaller, and takes twice as long."""
JSON = "application/json; charset=utf-8"


@bp.before_request
def _in_the_language_asked_for() -> None:
    speak_as_asked()


@bp.post("/devices/join")
@open_to_everyone
def join() -> Response:
    """Join a device with a code or a PIN; the token is shown this once."""
    sent = shapes.body_of(request)
    code = shapes.text(sent, "code", longest=shapes.LONGEST_NAME)
    name = " ".join(shapes.text(sent, "name", longest=shapes.LONGEST_NAME, required=False).split())
    with transaction():  # committed also when the code was wrong: the try is counted
        joined = join_with(
            code,
            name=name,
            from_where=request.remote_addr or "",
            prints=shapes.flag(sent, "prints"),
        )
    if isinstance(joined, Refusal):
        raise joined
    points = db.session.scalars(
        select(Checkpoint).where(Checkpoint.id.in_(joined.device.checkpoint_ids)).order_by(Checkpoint.id)
    ).all()
    return _answer({"token": joined.token, "device": _device_shape(joined.device, list(points))}, 201)


@bp.get("/device")
@by_device(*DeviceRole)
def device() -> Response:
    """What the device is and may. It may say how many scans wait on it (pending) and of when its data are (held_at)."""
    who = bearer()
    pending, held_at = request.args.get("pending", type=int), request.args.get("held_at")
    held = shapes.moment(held_at, "held_at") if held_at else None
    if pending is not None and not 0 <= pending <= shapes.LARGEST_NUMBER:
        raise NotUnderstood(_("“%(field)s” must be a number.", field="pending"))
    with transaction():
        note_sighting(who.device, pending=pending, held_at=held)
    return _answer({"device": _device_shape(who.device, list(who.checkpoints.values()))})


@bp.post("/scans")
@by_device()
def scan() -> Response:
    """Decide one scan now."""
    who, sent = bearer(), shapes.body_of(request)
    scan_id, code = shapes.scan_number(sent.get("id")), _named(sent, who)
    point, direction = who.checkpoint(shapes.number(sent, "checkpoint_id")), shapes.direction(sent)
    with transaction():  # committed also when somebody is refused: that scan is kept too
        shown = present_ticket(
            code,
            checkpoint=point,
            gate=who.device.name,
            by=who.vouched_by,
            device=who.device,
            direction=direction,
            scan_id=scan_id,
        )
        within = _within(point, shown)
    return _answer(_shown(who, point, shown, direction, within))


@bp.post("/scans/batch")
@by_device(also_when_over=True)
def batch() -> Response:
    """Take in what the device scanned alone. One item that cannot be read keeps none of the others out."""
    who, sent = bearer(), shapes.body_of(request)
    read = shapes.listed(sent, "scans", lambda one: _upload(one, who))
    undone = shapes.listed(sent, "undone", lambda one: shapes.scan_number(one, "undone"))
    uploads = [one for one in read if isinstance(one, Upload)]
    with transaction():
        taken = take_in(
            uploads, undone, device=who.device, not_read=[one for one in read if isinstance(one, NotRead)]
        )
        note_sighting(who.device, pending=None, held_at=None)
    answers = iter(taken)
    results = [
        _taken(next(answers)) if isinstance(one, Upload) else _not_taken(item)
        for one, item in zip(read, sent.get("scans", []), strict=True)
    ]
    return _answer({"results": results})


@bp.get("/scans/<uuid:scan_id>/group")
@by_device(DeviceRole.SCAN, DeviceRole.SUPERVISE)
def group(scan_id: UUID) -> Response:
    """The others of the delegation whose member was scanned a moment ago."""
    who = bearer()
    with transaction():
        others = group_at_scan(scan_id, device=who.device)
    return _answer(
        {
            "people": [
                {
                    "registration_id": one.registration_id,
                    "name": one.full_name,
                    "unit": one.unit,
                    "badge_class": one.badge_class.value,
                    "attention": one.note,
                    "passed_at": iso(one.passed_at),
                }
                for one in others
            ]
        }
    )


@bp.post("/scans/<uuid:scan_id>/undo")
@by_device()
def undo(scan_id: UUID) -> Response:
    """Take a scan back."""
    who = bearer()
    with transaction():
        take_back(scan_id, device=who.device)
    return _answer({"undone": True})


@bp.get("/bundle")
@by_device()
def bundle() -> Response:
    """What the device holds to go on without a network; 304 when it holds the same already."""
    who = bearer()
    with transaction():
        note_sighting(who.device, pending=None, held_at=now())
    told = bundle_for(who, held=request.if_none_match.contains_weak)
    if told.text is None:
        answer = Response(status=304)
    else:
        answer = Response(told.text, content_type=JSON)
        if request.accept_encodings["gzip"] and len(answer.get_data()) > ZIPPED_FROM:
            answer.set_data(gzip.compress(answer.get_data(), ZIPPED_AT))
            answer.content_encoding = "gzip"
    answer.set_etag(told.revision, weak=True)
    answer.vary.update(("Accept-Encoding", "Authorization", "Accept-Language"))
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Server-Time"] = iso(now()) or ""
    return answer


@bp.get("/search")
@by_device(DeviceRole.SUPERVISE)
def search() -> Response:
    """Find somebody of this stop; that somebody looked, and how many were shown, stays in the record."""
    who = bearer()
    wanted = shapes.text({"q": request.args.get("q", "")}, "q", longest=100)
    if len(wanted.strip()) < SHORTEST_QUERY:
        raise NotUnderstood(_("Type at least two characters."))
    within = (
        select(Registration)
        .join(Person, Person.id == Registration.person_id)
        .where(Registration.stop_id == who.stop.id)
        .options(lazyload("*"), joinedload(Registration.person))
    )
    with transaction():
        answer, newest = found(within, wanted), Registration.id.desc()
        matching = within.where(answer.narrowed)
        matching = matching.order_by(newest) if answer.broad else matching.order_by(ranked(wanted), newest)
        rows = list(db.session.scalars(matching.limit(MOST_FOUND)).unique())
        arrived = arrived_among([row.id for row in rows])
        passed = passes_of([row.id for row in rows], who.checkpoints)
        record("search_at_gate", who.device, by=who.vouched_by, shown=[row.id for row in rows])
    return _answer(
        {
            "people": [
                {
                    "registration_id": row.id,
                    "name": row.person.full_name,
                    "unit": row.university,
                    "mobile_tail": (row.person.mobile or "")[-4:],
                    "badge_class": row.badge_class.value,
                    "state": row.state.value,
                    "arrived_at": iso(arrived.get(row.id)),
                    "passed": [
                        {
                            "scan_id": str(entry.scan_id),
                            "checkpoint_id": entry.checkpoint_id,
                            "at": iso(entry.arrived_at),
                            "gate": entry.gate,
                        }
                        for entry in passed.get(row.id, [])
                    ],
                }
                for row in rows
            ]
        }
    )


@bp.post("/walk-ins")
@by_device(DeviceRole.SUPERVISE)
def walk_in() -> Response:
    """Register somebody on the spot and let him in; the same one sent again is answered as the first time."""
    who, sent = bearer(), shapes.body_of(request)
    walk_in_id, noted = shapes.scan_number(sent.get("id")), shapes.noted(sent)
    form = walk_in_form(sent)
    if not form.validate():
        fields = {
            API_FIELDS[name]: str(errors[0]) for name, errors in form.errors.items() if name in API_FIELDS
        }
        return _refused(422, "not_valid", _("Something is missing or wrong here."), fields=fields)
    try:
        with transaction():
            shown = walk_in_by_device(
                form.application(current_language()),
                device=who.device,
                walk_in_id=walk_in_id,
                badge_class=BadgeClass(form.badge_class.data),
                noted=noted,
            )
            point = who.checkpoint(arrival_point(who.stop.id).id)
            within = _within(point, shown)
    except RegisteredAlready as refusal:
        more = {"registration_id": refusal.registration_id} if refusal.is_confirmed else {}
        return _refused(
            refusal.status, refusal.code, refusal.message, fields={"mobile": refusal.message}, **more
        )
    registration_id = shown.holder.registration_id if shown.holder else None
    return _answer(
        {**_shown(who, point, shown, Direction.IN, within), "registration_id": registration_id}, 201
    )


@bp.get("/openapi.json")
@open_to_everyone
def openapi() -> Response:
    """This API, described for programs."""
    return _answer(description(), timed=False)


def _answer(body: dict[str, Any], status: int = 200, *, timed: bool = True) -> Response:
    if timed:
        body = {**body, "server_time": iso(now())}
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(text, status, content_type=JSON)


def _device_shape(device: Device, points: list[Checkpoint]) -> dict[str, Any]:
    stop = device.stop
    return {
        "id": device.id,
        "name": device.name,
        "role": device.role.value,
        "stop": {
            "id": stop.id,
            "city": stop.city,
            "venue": stop.venue,
            "starts_at": iso(stop.starts_at),
            "ends_at": iso(stop.ends_at),
            "moving_codes": stop.moving_codes.value,
            "campaign": stop.campaign.name,
            "cancelled_at": iso(stop.cancelled_at),
        },
        "checkpoints": _point_shapes(device, points),
        "expires_at": iso(device.expires_at),
    }


def _point_shapes(device: Device, points: list[Checkpoint]) -> list[dict[str, Any]]:
    """Each with the desks where its badges come out: told with each beat, so that no scan has to ask."""
    desks = desks_of(points) if device.role in SCANNING_ROLES else {}
    return [
        {
            **point_shape(point),
            "printing": {"at": list(desk.names), "in_order": desk.in_order}
            if (desk := desks.get(point.id)) is not None
            else None,
        }
        for point in points
    ]


def _shown(
    who: Bearer, point: Checkpoint, shown: Presented, direction: Direction, within: dict[str, int] | None
) -> dict[str, Any]:
    refusal = shown.refusal
    holder = shown.holder
    if holder is not None and holder.stop_id != point.stop_id:
        holder = None  # another stop's people stay unnamed, whatever they are refused for
    if refusal is not None:
        message = refusal.message
    elif point.often is Often.IN_AND_OUT and direction is Direction.OUT:
        message = _("Has gone out.")
    else:
        message = _("Welcome.")
    return {
        "id": str(shown.scan_id),
        "let_in": shown.let_in,
        "reason": refusal.code if refusal is not None else None,
        "message": message,
        "name": None
        if holder is None
        else masked_name(holder.full_name)
        if who.is_kiosk
        else holder.full_name,
        "unit": None if holder is None or who.is_kiosk else holder.unit,
        "badge_class": None if holder is None else holder.badge_class.value,
        "badge_class_label": None if holder is None else holder.badge_class.label,
        "at": iso(shown.at),
        "first": {"at": iso(refusal.arrived_at), "gate": refusal.gate}
        if isinstance(refusal, AlreadyCheckedIn)
        else None,
        "attention": holder.note
        if holder is not None and point.shows_notes and not who.is_kiosk and direction is Direction.IN
        else None,
        "fields": _fields(who, point, shown, direction),
        "within": within,
        "group": holder.group if holder is not None and not who.is_kiosk else None,
    }


def _fields(who: Bearer, point: Checkpoint, shown: Presented, direction: Direction) -> list[dict[str, str]]:
    """What the organiser ticked for the checkpoint, of whoever is let in or was before."""
    if shown.holder is None or who.is_kiosk or direction is Direction.OUT:
        return []
    if shown.refusal is not None and not isinstance(shown.refusal, AlreadyCheckedIn):
        return []
    return Teller(point.shown_fields, who.stop.campaign_id).told(shown.holder.facts)


def _within(point: Checkpoint, shown: Presented) -> dict[str, int] | None:
    """How many are within, where that is bounded."""
    if point.capacity is None:
        return None
    counted = db.session.scalar(
        select(Headcount.within).where(
            Headcount.checkpoint_id == point.id,
            Headcount.day.is_not_distinct_from(day_counted(point.often, shown.at)),
        )
    )
    return {"number": counted or 0, "most": point.capacity}


def _named(sent: dict[str, Any], who: Bearer) -> str | int | Companion:
    return shapes.ticket(sent, supervises=who.supervises, is_kiosk=who.is_kiosk)


def _upload(item: Any, who: Bearer) -> Upload | NotRead:
    try:
        if not isinstance(item, dict):
            raise NotUnderstood
        named = _named(item, who)
        return Upload(
            id=shapes.scan_number(item.get("id")),
            checkpoint_id=shapes.number(item, "checkpoint_id"),
            code=named if isinstance(named, str) else named.code if isinstance(named, Companion) else "",
            registration_id=named.registration_id
            if isinstance(named, Companion)
            else named
            if isinstance(named, int)
            else None,
            direction=shapes.direction(item),
            device_at=shapes.moment(item.get("device_at"), "device_at"),
            clock_ahead=shapes.ahead(item),
            reason=shapes.reason(item),
            gate=who.device.name,
        )
    except (NotUnderstood, NotForThisRole) as refusal:
        return _not_read(item, who.device, refusal)


def _not_read(item: Any, device: Device, refusal: Refusal) -> NotRead:
    """Kept under its own number, or, where it has none, under one made of what it says: twice the same is once."""
    spelt = json.dumps(item, sort_keys=True, default=str).encode("utf-8", "surrogatepass")
    made = UUID(bytes=hashlib.sha256(str(device.id).encode() + spelt).digest()[:16], version=4)
    kept = shapes.clean(item)
    payload = (
        {name: value for name, value in kept.items() if name != "code"} if isinstance(kept, dict) else {}
    )
    try:
        number = shapes.scan_number(item.get("id") if isinstance(item, dict) else None)
    except NotUnderstood:
        number = made
    return NotRead(number, {"sent": payload or str(kept)[:200], "sentence": refusal.message})


def _taken(one: TakenIn) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "kept": one.set_aside is None,
        "set_aside": one.set_aside,
        "verdict": one.verdict.value if one.verdict is not None and one.set_aside is None else None,
    }


def _not_taken(item: Any) -> dict[str, Any]:
    given = item.get("id") if isinstance(item, dict) else None
    return {
        "id": shapes.clean(given) if isinstance(given, str) else None,
        "kept": False,
        "set_aside": NotUnderstood.code,
        "verdict": None,
    }


def _refused(status: int, code: str, message: str, **more: Any) -> Response:
    return _answer({"error": code, "message": message, "request_id": g.get("request_id"), **more}, status)


@bp.errorhandler(Refusal)
def _say_no(refusal: Refusal) -> Response:
    answer = _refused(refusal.status, refusal.code, refusal.message)
    if refusal.status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


@bp.errorhandler(DataError)
def _not_storable(error: DataError) -> Response:
    current_app.logger.warning("request %s: %s", g.get("request_id"), error)
    abandon()
    return _refused(400, "not_understood", _("What you sent holds a sign that cannot be stored."))


@bp.errorhandler(OperationalError)
@bp.errorhandler(InterfaceError)
@bp.errorhandler(PoolIsEmpty)
def _database_away(error: Exception) -> Response:
    current_app.logger.error("request %s: %s", g.get("request_id"), error)
    abandon()
    answer = _refused(503, "try_again", _("We are back in a few seconds. Go on scanning; nothing is lost."))
    answer.headers["Retry-After"] = "5"
    return answer


@bp.errorhandler(HTTPException)
def _refused_by_http(error: HTTPException) -> Response:
    missing = NotFound()
    if error.code == missing.status:
        return _say_no(missing)
    if error.code == 413:
        return _refused(413, "too_much_at_once", _("That is too much at once."))
    return _refused(error.code or 500, "not_possible", error.name)


@bp.errorhandler(Exception)
def _broken(error: Exception) -> Response:
    current_app.logger.exception("request %s failed", g.get("request_id"), exc_info=error)
    abandon()
    return _refused(500, "broken", _("Something went wrong on our side. Please try again."))


def answer_like_the_api(pages: Blueprint) -> None:
    """Have the API pages of a package above speak the language asked for and refuse as these do."""
    pages.before_request(_in_the_language_asked_for)
    for kind, handler in bp.error_handler_spec[None][None].items():
        pages.register_error_handler(kind, handler)

"""What a printing station asks, under /api/v1/print-jobs: the next badge, its PDF, and what became of it.

A station is a device of role ``station``: it shows its token, and reaches the badges of its own stop and no others.
"""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, request
from flask_babel import gettext as _

from badges.fonts import FontsMissing, find_typefaces
from checkin import api_shapes as shapes
from checkin.api_views import answer_like_the_api
from checkin.bundle import iso
from checkin.by_device import bearer, by_device
from checkin.errors import NotUnderstood
from checkin.models import DeviceRole
from printing.badge_pdf import badge_pdf, trial_pdf
from printing.errors import AnotherStationHasIt
from printing.lookups import job_at, shown_at, waiting_for
from printing.models import Failure, PrintJob, PrintState
from printing.papers import DEFAULT_PAPER, PAPERS, Paper
from printing.print_queue import ask_again, give_back, hear, next_job, say_failed, say_printed
from shared.clock import now
from shared.db import transaction

bp = Blueprint("print_jobs", __name__, url_prefix="/api/v1/print-jobs")
answer_like_the_api(bp)

TROUBLES = ("printer", "paused")
"""Why a station says that it does not print."""


@bp.post("/next")
@by_device(DeviceRole.STATION)
def next_badge() -> Response:
    """The station is listening; with ``ready`` it is given the next badge. Asked every two seconds."""
    who, sent = bearer(), shapes.body_of(request)
    ready, trouble = shapes.flag(sent, "ready"), _trouble(sent)
    with transaction():
        hear(who.device, trouble=trouble)
        handed = next_job(who.device, take=ready)
    _have_fonts_read()
    shown = shown_at(who.device)
    job = handed.job if handed else None
    return _answer(
        {
            "job": None
            if job is None
            else _shape(job_at(who.stop.id, job.id)) | {"again": bool(handed and handed.again)},
            "waiting": waiting_for(who.device),
            "jobs": [_shape(one) for one in shown],
        }
    )


@bp.get("/<int:job_id>.pdf")
@by_device(DeviceRole.STATION)
def badge(job_id: int) -> Response:
    """The badge that is in the station's hands, as a PDF on the paper asked for."""
    who, paper = bearer(), _paper()
    job = job_at(who.stop.id, job_id)
    if job.taken_by_id != who.device.id or job.state is not PrintState.TAKEN:
        raise AnotherStationHasIt
    return _pdf(badge_pdf(job, paper))


@bp.get("/trial.pdf")
@by_device(DeviceRole.STATION)
def trial() -> Response:
    """A badge of nobody, to try printer and paper."""
    who = bearer()
    return _pdf(trial_pdf(who.stop, _paper(), station_name=who.device.name))


@bp.post("/<int:job_id>/printed")
@by_device(DeviceRole.STATION)
def printed(job_id: int) -> Response:
    """It has come out."""
    with transaction():
        job = say_printed(job_id, station=bearer().device)
    return _answer({"state": job.state.value})


@bp.post("/<int:job_id>/failed")
@by_device(DeviceRole.STATION)
def failed(job_id: int) -> Response:
    """It has not come out; it waits for somebody to ask again."""
    who = bearer()
    job_at(who.stop.id, job_id)
    why = _why(shapes.body_of(request))
    with transaction():
        job = say_failed(job_id, station=who.device, why=why)
    return _answer({"state": job.state.value})


@bp.post("/<int:job_id>/give-back")
@by_device(DeviceRole.STATION)
def back(job_id: int) -> Response:
    """The station has not begun with it."""
    with transaction():
        job = give_back(job_id, station=bearer().device)
    return _answer({"state": job.state.value})


@bp.post("/<int:job_id>/again")
@by_device(DeviceRole.STATION)
def again(job_id: int) -> Response:
    """Print it once more, here."""
    who = bearer()
    with transaction():
        job = ask_again(job_id, stop=who.stop, by=who.vouched_by, station=who.device)
    return _answer({"state": job.state.value, "id": job.id})


def _have_fonts_read() -> None:
    """Reading the fonts takes a second; a station that listens has it done before the first badge."""
    try:
        find_typefaces()
    except FontsMissing:
        return  # said when a badge is asked for


def _paper() -> Paper:
    paper = PAPERS.get(request.args.get("paper", DEFAULT_PAPER))
    if paper is None:
        raise NotUnderstood(
            _("“%(field)s” must be one of: %(values)s.", field="paper", values=", ".join(PAPERS))
        )
    return paper


def _trouble(sent: dict[str, Any]) -> str | None:
    value = sent.get("trouble")
    if value is not None and value not in TROUBLES:
        raise NotUnderstood(
            _("“%(field)s” must be one of: %(values)s.", field="trouble", values=", ".join(TROUBLES))
        )
    return value


def _why(sent: dict[str, Any]) -> Failure:
    try:
        return Failure(str(sent.get("why")))
    except ValueError:
        raise NotUnderstood(
            _("“%(field)s” must be one of: %(values)s.", field="why", values=", ".join(Failure))
        ) from None


def _shape(job: PrintJob) -> dict[str, Any]:
    return {
        "id": job.id,
        "name": job.registration.person.full_name,
        "unit": job.registration.university,
        "badge_class_label": job.registration.badge_class.label,
        "state": job.state.value,
        "state_label": job.why.label if job.why else job.state.label,
        "copy": job.copy,
        "tries": job.tries,
        "checkpoint": job.checkpoint.name if job.checkpoint else None,
        "asked_at": iso(job.asked_at),
        "ended_at": iso(job.ended_at),
    }


def _pdf(body: bytes) -> Response:
    return Response(body, content_type="application/pdf")


def _answer(body: dict[str, Any]) -> Response:
    text = json.dumps({**body, "server_time": iso(now())}, ensure_ascii=False, separators=(",", ":"))
    return Response(text, content_type="application/json; charset=utf-8")

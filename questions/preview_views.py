"""The form as an applicant sees it, before anybody does: any stop, both languages, phone and desk. It stores nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from flask import Blueprint, Response, g, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import force_locale

from accounts.access import requires
from accounts.permissions import Permission, reach_of
from campaigns.lookups import campaign_for, stops_of
from campaigns.models import Campaign, Stop
from questions.conditions import Reading, named_in, read
from questions.engine import Field, Occasion, Questionnaire
from questions.lookups import has_second_form, questionnaire_for, questionnaire_of
from questions.models import OF_MANY, AskedWhen, Kind
from questions.sheet import Sheet
from shared.clock import in_china, today
from shared.language import BABEL_LOCALES, CHINESE, current_language

bp = Blueprint("form_preview", __name__, url_prefix="/desk/campaigns/<int:campaign_id>/form/preview")
PLAN = Permission.PLAN_CAMPAIGNS
GIVEN = "given."
"""Before the key of a question of the first form, in the preview's address."""


@bp.get("")
@requires(PLAN)
def preview(campaign_id: int) -> ResponseReturnValue:
    """The frame: which stop, language, form and device."""
    campaign = campaign_for(g.staff, campaign_id, PLAN)
    stops = stops_of([campaign], reach_of(g.staff, PLAN))[campaign.id]
    stop = _wanted(stops)
    pretended = _pretended(campaign, stop)
    return render_template(
        "questions/preview.html",
        campaign=campaign,
        stops=stops,
        stop=stop,
        language=_language(),
        when=_when(),
        times=list(AskedWhen),
        device="desk" if request.args.get("device") == "desk" else "phone",
        has_second=stop is not None and has_second_form(stop),
        pretended=pretended,
        given={f"{GIVEN}{one.key}": given for one, given in pretended if given},
        prefix=GIVEN,
        of_many=OF_MANY,
    )


@bp.route("/sheet", methods=["GET", "POST"])
@requires(PLAN)
def sheet(campaign_id: int) -> ResponseReturnValue:
    """What stands in the frame. Sending it says what an applicant would be told; nothing is kept."""
    campaign = campaign_for(g.staff, campaign_id, PLAN)
    stop = _wanted(stops_of([campaign], reach_of(g.staff, PLAN))[campaign.id])
    with force_locale(BABEL_LOCALES[_language()]):
        made = _sheet(campaign, stop)
        is_whole = False
        if request.method == "POST":
            typed = request.form.to_dict(flat=False)
            for one in made.questionnaire:
                given = request.files.get(f"{one.key}-file")
                if one.kind in (Kind.FILE, Kind.PICTURE) and given is not None and given.filename:
                    typed[one.key] = [given.filename]
                    made.files[given.filename] = given.filename
            is_whole = not made.read(typed, file_of=_any_file).errors
        page = render_template(
            "questions/preview_sheet.html",
            campaign=campaign,
            stop=stop,
            sheet=made,
            is_whole=is_whole,
            when=_when(),
        )
    return _framed(page, 422 if made.errors else 200)


def _pretended(campaign: Campaign, stop: Stop | None) -> list[tuple[Field, list[str]]]:
    """The questions of the first form that conditions of the second look at, with what is pretended to be answered."""
    if _when() is not AskedWhen.AFTER_APPROVAL:
        return []
    named: set[str] = set()
    for one in _questionnaire(campaign, stop, AskedWhen.AFTER_APPROVAL):
        named |= named_in(one.condition)
    first = _questionnaire(campaign, stop, AskedWhen.APPLICATION)
    return [
        (one, [text for text in request.args.getlist(f"{GIVEN}{one.key}") if text])
        for one in first
        if one.key in named
    ]


def _questionnaire(
    campaign: Campaign, stop: Stop | None, when: AskedWhen, known: Mapping[str, Reading] | None = None
) -> Questionnaire:
    made = questionnaire_of(campaign, when) if stop is None else questionnaire_for(stop, when)
    return replace(made, known=known or {})


def _sheet(campaign: Campaign, stop: Stop | None) -> Sheet:
    readings = {one.key: read(one.kind, given, one.choice_keys) for one, given in _pretended(campaign, stop)}
    known = {key: reading for key, reading in readings.items() if reading is not None}
    questionnaire = _questionnaire(campaign, stop, _when(), known)
    if stop is None:
        return Sheet(questionnaire, Occasion(today()))
    occasion = Occasion(
        today(),
        opening=in_china(stop.starts_at).date(),
        closing=in_china(stop.registration_closes_at).date(),
    )
    return Sheet(questionnaire, occasion)


def _any_file(_one: Field, name: str) -> str:
    return name


def _wanted(stops: list[Stop]) -> Stop | None:
    """The stop of the address, else the first; None where there is none yet."""
    wanted = request.args.get("stop", type=int)
    return next((stop for stop in stops if stop.id == wanted), stops[0] if stops else None)


def _language() -> str:
    wanted = request.args.get("language", current_language())
    return wanted if wanted in BABEL_LOCALES else CHINESE


def _when() -> AskedWhen:
    later = request.args.get("when") == AskedWhen.AFTER_APPROVAL
    return AskedWhen.AFTER_APPROVAL if later else AskedWhen.APPLICATION


def _framed(page: str, status: int) -> Response:
    """May stand in a frame, but only in one of ours."""
    answer = make_response(page, status)
    answer.headers["X-Frame-Options"] = "SAMEORIGIN"
    answer.headers["Content-Security-Policy"] = (
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
    )
    return answer

"""The gate's pages: choose where one stands, scan, undo, see who came in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import uuid4

from flask import Blueprint, flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from wtforms import SelectChoice  # type: ignore[attr-defined]  # the stubs are of WTForms 3.2

from accounts.access import requires
from accounts.models import Staff
from accounts.permissions import Permission, reach_of
from campaigns.lookups import stop_for, stops_for
from campaigns.models import Stop
from checkin.check_in import may_undo, void_check_in
from checkin.device_lists import clashes_count
from checkin.errors import AlreadyCheckedIn, NothingScanned
from checkin.figures import Counted, counted_by_stop, counted_of
from checkin.forms import GatesForm, ScanForm, UndoForm
from checkin.lookups import (
    arrival_point,
    arrivals,
    check_in_at,
    last_arrivals,
    standing_check_in,
)
from checkin.models import CheckIn, Checkpoint
from checkin.present import Presented, present
from checkin.shown_fields import Teller
from checkin.stations import desks_of
from checkin.walk_in import may_take_walk_ins
from shared.clock import in_china, today
from shared.db import db, transaction
from shared.errors import Refusal
from shared.pages import page_of

bp = Blueprint("checkin", __name__, url_prefix="/gate")

OVER_COUNTED = 10
"""Of so many stops that are over the page says how many came."""


@dataclass(frozen=True, slots=True)
class Beside:
    """What a card says beside the name: the note for the gate, the ticked fields, and the arrival whose delegation is offered."""

    note: str | None = None
    fields: Sequence[Mapping[str, str]] = ()
    together: int | None = None


NOTHING = Beside()


@dataclass(frozen=True)
class GateChoice:
    """A stop to choose, with how many of how many have arrived; None for one that is long over."""

    stop: Stop
    counted: Counted | None


@bp.get("")
@requires(Permission.CHECK_IN)
def gates() -> ResponseReturnValue:
    """Where do you stand? A stop and the gate's name; today's stops come first."""
    stops = [stop for stop in stops_for(g.staff, Permission.CHECK_IN) if stop.cancelled_at is None]
    day = today()
    # People of years are not counted for a page on which somebody looks for the stop of today.
    ended = [stop.id for stop in stops if in_china(stop.ends_at).date() < day]
    counted = counted_by_stop({stop.id for stop in stops} - set(ended[:-OVER_COUNTED]))
    choices = [GateChoice(stop, counted.get(stop.id)) for stop in stops]
    now_on = [
        c for c in choices if in_china(c.stop.starts_at).date() <= day <= in_china(c.stop.ends_at).date()
    ]
    coming = [c for c in choices if in_china(c.stop.starts_at).date() > day]
    over = [c for c in reversed(choices) if in_china(c.stop.ends_at).date() < day]

    chosen = "gate" in request.args or "stop" in request.args
    form = GatesForm(request.args if chosen else None)
    form.stop.choices = [SelectChoice(str(stop.id), stop.city) for stop in stops]
    status = 200
    if chosen:
        if form.validate():
            session["gate"] = form.gate.data
            return redirect(url_for(".gate", stop_id=form.stop.data))
        status = 422
    else:
        first = next(iter(now_on or coming or over), None)
        form.stop.data = first.stop.id if first else None
        form.gate.data = _gate_name()
    page = render_template(
        "checkin/gates.html",
        form=form,
        groups=[
            (_("Today"), now_on, True),
            (_("Coming"), coming, not now_on),
            (_("Over"), over, not now_on and not coming),
        ],
        has_stops=bool(choices),
    )
    return page, status


@bp.get("/<int:stop_id>")
@requires(Permission.CHECK_IN)
def gate(stop_id: int) -> ResponseReturnValue:
    """The page that scans."""
    stop = stop_for(g.staff, stop_id, Permission.CHECK_IN)
    return _gate_page(stop, _next_scan(_gate_name()))


@bp.post("/<int:stop_id>")
@requires(Permission.CHECK_IN)
def scan(stop_id: int) -> ResponseReturnValue:
    """One scan: a name on green, or a refusal with its reason. A piece of the page for a script, else a whole one."""
    stop = stop_for(g.staff, stop_id, Permission.CHECK_IN)
    form = ScanForm()
    if not form.validate_on_submit():
        if not _asked_by_script():
            return _gate_page(stop, form), 422
        return _refused(stop, NothingScanned(next(iter(form.errors.values()))[0]), form.gate.data)
    session["gate"] = form.gate.data
    point = arrival_point(stop.id)
    try:
        with transaction():  # committed also when somebody is refused: that scan is kept too
            presented = present(
                form.code.data or "",
                checkpoint=point,
                gate=form.gate.data or "",
                by=g.staff,
                scan_id=form.scan_number,
            )
    except Refusal as refusal:
        return _refused(stop, refusal, form.gate.data)
    beside = _beside(stop, point, presented)
    if presented.refusal is not None:
        return _refused(stop, presented.refusal, form.gate.data, beside)
    arrival = db.session.get_one(CheckIn, presented.check_in_id)
    if _asked_by_script():
        return render_template(
            "checkin/arrived.html",
            stop=stop,
            arrival=arrival,
            beside=beside,
            desk=desks_of([point]).get(point.id),
        )
    return _gate_page(stop, _next_scan(arrival.gate), arrival=arrival, beside=beside)


@bp.post("/<int:stop_id>/void/<int:check_in_id>")
@requires(Permission.CHECK_IN)
def void(stop_id: int, check_in_id: int) -> ResponseReturnValue:
    """Undo an arrival that was a mistake."""
    stop = stop_for(g.staff, stop_id, Permission.CHECK_IN)
    form = UndoForm()
    if not form.validate_on_submit():
        return redirect(url_for(".arrived", stop_id=stop.id))
    check_in_at(stop, check_in_id)
    try:
        with transaction():
            arrival = void_check_in(check_in_id, by=g.staff, reason=form.reason.data)
    except Refusal as refusal:
        if _asked_by_script():
            return _refused(stop, refusal, None)
        flash(refusal.message, "error")
        return redirect(url_for(".arrived", stop_id=stop.id))
    if _asked_by_script():
        return "", 204
    flash(_("%(name)s counts as not arrived.", name=arrival.registration.person.full_name), "success")
    return redirect(url_for(".arrived", stop_id=stop.id))


@bp.get("/<int:stop_id>/arrived")
@requires(Permission.CHECK_IN)
def arrived(stop_id: int) -> ResponseReturnValue:
    """Who has come in, the newest first, each with an undo for whom it is to undo."""
    stop = stop_for(g.staff, stop_id, Permission.CHECK_IN)
    page = page_of(arrivals(stop), request.args.get("page", 1, type=int))
    plans = _plans(g.staff, stop)
    counted = counted_of(stop)
    return render_template(
        "checkin/arrived_list.html",
        stop=stop,
        page=page,
        counted=counted,
        desk=desks_of([arrival_point(stop.id)]),
        may_undo=lambda arrival: may_undo(arrival, by=g.staff, plans=plans),
    )


def _gate_page(
    stop: Stop,
    form: ScanForm,
    *,
    arrival: CheckIn | None = None,
    refusal: Refusal | None = None,
    beside: Beside = NOTHING,
) -> str:
    counted = counted_of(stop)
    point = arrival_point(stop.id)
    return render_template(
        "checkin/gate.html",
        stop=stop,
        desk=desks_of([point]).get(point.id),
        form=form,
        arrival=arrival,
        refusal=refusal,
        beside=beside,
        arrived_count=counted.arrived,
        expected_count=counted.expected,
        last_arrivals=last_arrivals(stop),
        takes_walk_ins=may_take_walk_ins(g.staff, stop),
        conflict_count=clashes_count(stop) if _plans(g.staff, stop) else None,
    )


def _refused(
    stop: Stop, refusal: Refusal, gate_name: str | None, beside: Beside = NOTHING
) -> ResponseReturnValue:
    if _asked_by_script():
        page = render_template("checkin/refused.html", stop=stop, refusal=refusal, beside=beside)
    else:
        page = _gate_page(stop, _next_scan(gate_name or _gate_name()), refusal=refusal, beside=beside)
    return page, refusal.status


def _beside(stop: Stop, point: Checkpoint, presented: Presented) -> Beside:
    """The note of whoever belongs here; of who is let in, or was before, also what is ticked and who came with him."""
    holder = presented.holder
    if holder is None or holder.stop_id != stop.id:
        return NOTHING
    note = holder.note if point.shows_notes else None
    if not (presented.let_in or isinstance(presented.refusal, AlreadyCheckedIn)):
        return Beside(note)
    standing = standing_check_in(holder.registration_id) if holder.group is not None else None
    return Beside(
        note,
        Teller(point.shown_fields, stop.campaign_id).told(holder.facts),
        standing.id if standing is not None else None,
    )


def _next_scan(gate_name: str) -> ScanForm:
    """An empty form with a number of its own, so that sending it twice is one scan."""
    return ScanForm(formdata=None, gate=gate_name, scan_id=str(uuid4()))


def _gate_name() -> str:
    """The gate this browser opened or named last."""
    return str(session.get("gate") or _("Main entrance"))


def _asked_by_script() -> bool:
    return request.headers.get("X-Requested-With") == "fetch"


def _plans(staff: Staff, stop: Stop) -> bool:
    return reach_of(staff, Permission.PLAN_CAMPAIGNS).covers(
        host_city_id=stop.host_city_id, campaign_id=stop.campaign_id, stop_id=stop.id
    )

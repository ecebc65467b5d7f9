"""The queue and what is done from it: filters, views that are kept, many at once, the preview at the side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from accounts.access import open_to_staff, requires
from accounts.permissions import Permission, reach_of
from campaigns.lookups import host_cities, stops_for, stops_within
from campaigns.models import Stop
from jobs.models import LongWork
from questions.lookups import fields_by_key
from registrations.assign import MOST_REVIEWERS, Reviewer, left_to_review, reviewers_of
from registrations.batch import batch_for, carry_out, choose, preview_of
from registrations.judge import BEGINS_AT
from registrations.lookups import arrived_at, history, place_in_line, registration_for
from registrations.models import Act, Batch, ReadyReason, Registration, RegistrationState
from registrations.queue import (
    COLUMNS,
    LINE,
    MOST_AT_ONCE,
    USUAL_VIEWS,
    channels_within,
    chosen_by,
    columns_named,
    counts_of,
    drop_view,
    everybody_within,
    may_decide,
    order_named,
    own_columns,
    piece_of,
    reviews_of,
    save_view,
    views_for,
)
from registrations.queue_forms import CarryOutForm, QueueForm
from registrations.quotas import quotas_of
from registrations.staff_views import bp, opinions_shown
from shared.db import db, transaction
from shared.errors import Refusal

MOST_ASKED_REVIEWERS = 200


@bp.get("")
@requires(Permission.SEE_REGISTRATIONS)
def registration_list() -> ResponseReturnValue:
    """All registrations within reach: narrowed, ordered and with the columns that the address says."""
    form = form_of(request.args)
    wanted = form.wanted()
    reach = reach_of(g.staff, Permission.SEE_REGISTRATIONS)
    everybody = everybody_within(reach, wanted.text)
    order, keys = order_named(request.args.get("sort", ""), wanted.text, broad=everybody.broad)
    piece = piece_of(
        everybody, wanted, keys, after=request.args.get("after"), before=request.args.get("before")
    )
    counts = counts_of(everybody, wanted)
    own = own_columns(form.own_questions)
    columns = columns_named(request.args.getlist("column"), own)
    ids = [row.id for row in piece.rows]
    views = views_for(g.staff)
    return render_template(
        "registrations/registration_list.html",
        form=form,
        wanted=wanted,
        piece=piece,
        counts=counts,
        total=counts.number(wanted.state),
        columns=columns,
        all_columns=[*COLUMNS, *own],
        order=order,
        exact=everybody.exact,
        left_to_score=left_to_review(g.staff),
        states=list(RegistrationState),
        cities={city.id: city.name for city in host_cities()},
        reviewers=reviews_of(ids) if any(column.name == "reviewers" for column in columns) else {},
        usual_views=[(str(label), query, _is_shown(query)) for label, query in USUAL_VIEWS],
        views=[(view, _is_shown(view.query)) for view in views],
        query=_query(),
        link=_link,
        may_decide=bool(reach_of(g.staff, Permission.REVIEW_REGISTRATIONS)),
        may_export=bool(reach_of(g.staff, Permission.EXPORT_REGISTRATIONS)),
        acts=[
            Act.CONFIRM,
            Act.OFFER,
            Act.WAIT,
            Act.DECLINE,
            Act.PRIORITY,
            Act.REVIEWERS,
            Act.LETTER,
            Act.GATE_NOTE,
            Act.NO_GATE_NOTE,
        ],
        most=MOST_AT_ONCE,
        line=LINE,
    )


@bp.get("/<int:registration_id>/brief")
@requires(Permission.SEE_REGISTRATIONS)
def registration_brief(registration_id: int) -> ResponseReturnValue:
    """One registration in short, for the side of the list."""
    found = registration_for(g.staff, registration_id, Permission.SEE_REGISTRATIONS)
    cities = {city.id: city.name for city in host_cities()}
    return render_template(
        "registrations/brief.html",
        registration=found,
        stop=found.stop,
        cities=[cities[number] for number in found.preferred_city_ids if number in cities],
        place=place_in_line(found) if found.state is RegistrationState.WAITING else None,
        arrived_at=arrived_at(found),
        history=history(found)[-4:],
        opinions=opinions_shown(found),
        may=_may(found),
    )


@bp.post("/views")
@requires(Permission.SEE_REGISTRATIONS)
def keep_view() -> ResponseReturnValue:
    """Keep the way one looks at the queue now."""
    query = only_filters(request.form.get("query", ""))
    try:
        with transaction():
            save_view(
                request.form.get("name", ""),
                without_words(query),
                shared=request.form.get("shared") == "y",
                by=g.staff,
            )
    except Refusal as refusal:
        flash(refusal.message, "error")
    else:
        flash(_("The view is kept."), "success")
    return redirect(_list_address(query), 303)


@bp.post("/views/<int:view_id>/drop")
@open_to_staff
def forget_view(view_id: int) -> ResponseReturnValue:
    """Forget an own view."""
    with transaction():
        drop_view(view_id, by=g.staff)
    flash(_("The view is forgotten."), "success")
    return redirect(url_for("registrations_staff.registration_list"), 303)


@bp.post("/batches")
@requires(Permission.REVIEW_REGISTRATIONS)
def choose_batch() -> ResponseReturnValue:
    """Choose people for an act: those ticked, or everybody whom the filter shows; then the preview."""
    query = only_filters(request.form.get("query", ""))
    try:
        act = Act(request.form.get("act", ""))
    except ValueError:
        flash(_("Choose what shall be done."), "error")
        return redirect(_list_address(query), 303)
    if request.form.get("everybody") == "y":
        ids = chosen_by(g.staff, form_of(MultiDict(parse_qsl(query))).wanted())
    else:
        ids = may_decide(g.staff, [int(text) for text in request.form.getlist("ids") if _is_id(text)])
    try:
        with transaction():
            batch = choose(act, ids, back=without_words(query), by=g.staff)
    except Refusal as refusal:
        flash(refusal.message, "error")
        return redirect(_list_address(query), 303)
    return redirect(url_for("registrations_staff.batch", batch_id=batch.id), 303)


@bp.get("/batches/<int:batch_id>")
@open_to_staff
def batch(batch_id: int) -> ResponseReturnValue:
    """What would become of each; once ordered, how far it is and who was passed over."""
    return _batch_page(batch_id)


@bp.post("/batches/<int:batch_id>")
@open_to_staff
def carry_out_batch(batch_id: int) -> ResponseReturnValue:
    """Carry it out."""
    chosen = batch_for(g.staff, batch_id)
    form = _carry_out_form(chosen)
    if "look" in request.form:  # for reviewers of another name: nothing is carried out, nothing typed is lost
        return _batch_page(batch_id, form)
    if not form.validate():
        return _batch_page(batch_id, form), 422
    options = form.options()
    if options["over_quota"] and not _may_go_over(chosen):
        options["over_quota"] = False
    try:
        with transaction():
            carry_out(batch_id, options, by=g.staff)
    except Refusal as refusal:
        field = "note" if options["over_quota"] and refusal.field == "reason" else refusal.field
        if field in form._fields:
            form[field].errors = [refusal.message]
        else:
            form.form_errors.append(refusal.message)
        return _batch_page(batch_id, form), refusal.status
    return redirect(url_for("registrations_staff.batch", batch_id=batch_id), 303)


def _batch_page(batch_id: int, form: CarryOutForm | None = None) -> str:
    chosen = batch_for(g.staff, batch_id)
    work = db.session.get(LongWork, chosen.work_id) if chosen.work_id else None
    form = form or _carry_out_form(chosen)
    may_go_over = _may_go_over(chosen)
    preview = None if work else preview_of(chosen, over_quota=may_go_over and bool(form.over_quota.data))
    names = {}
    if work and chosen.skipped:
        names = {
            row.id: row
            for row in db.session.scalars(
                select(Registration).where(Registration.id.in_([one[0] for one in chosen.skipped]))
            ).unique()
        }
    return render_template(
        "registrations/batch.html",
        batch=chosen,
        work=work,
        preview=preview,
        skipped=[(names[number], why) for number, why in chosen.skipped if number in names],
        form=form,
        back=_list_address(chosen.back),
        may_go_over=may_go_over,
    )


def _may_go_over(chosen: Batch) -> bool:
    """Whether one plans every stop that the batch is about; whoever plans only another may not go over its quotas."""
    planned = stops_within(reach_of(g.staff, Permission.PLAN_CAMPAIGNS)).with_only_columns(Stop.id)
    foreign = select(Registration.id).where(
        Registration.id.in_(chosen.registration_ids), Registration.stop_id.not_in(planned)
    )
    return db.session.scalar(foreign.limit(1)) is None


def _carry_out_form(chosen: Batch) -> CarryOutForm:
    reach = reach_of(g.staff, Permission.REVIEW_REGISTRATIONS)
    reasons = select(ReadyReason).order_by(ReadyReason.id)
    if not reach.everywhere:
        reasons = reasons.where(
            ReadyReason.host_city_id.is_(None) | ReadyReason.host_city_id.in_(reach.host_city_ids)
        )
    reviewers, more = list[Reviewer](), False
    if chosen.act is Act.REVIEWERS:
        theirs = select(Registration.stop_id).where(Registration.id.in_(chosen.registration_ids))
        ticked = [int(text) for text in request.form.getlist("reviewers") if _is_id(text)]
        reviewers, more = reviewers_of(
            stops_within(reach).where(Stop.id.in_(theirs)),
            find=request.form.get("find", ""),
            keep=ticked[:MOST_REVIEWERS],
            most=MOST_REVIEWERS,
        )
    return CarryOutForm(reasons=db.session.scalars(reasons).all(), reviewers=reviewers, more_reviewers=more)


def form_of(arguments: MultiDict[str, str]) -> QueueForm:
    """The filters as an address says them."""
    stops = stops_for(g.staff, Permission.SEE_REGISTRATIONS)
    of_stop = next((stop for stop in stops if stop.id == arguments.get("stop", type=int)), None)
    campaign_id = _campaign_among(stops, arguments)
    return QueueForm(
        stops=stops,
        cities=host_cities(),
        channels=channels_within(reach_of(g.staff, Permission.SEE_REGISTRATIONS)),
        reviewers=_asked_reviewers(campaign_id, arguments),
        quotas=quotas_of(of_stop.id) if of_stop else [],
        asked=list(fields_by_key(campaign_id).values()) if campaign_id else [],
        formdata=arguments,
    )


def known_campaign(arguments: MultiDict[str, str]) -> int | None:
    """The campaign to which an address narrows the list, itself or by a stop; None when it is not within reach."""
    return _campaign_among(stops_for(g.staff, Permission.SEE_REGISTRATIONS), arguments)


def _campaign_among(stops: Sequence[Stop], arguments: MultiDict[str, str]) -> int | None:
    stop_id, campaign_id = arguments.get("stop", type=int), arguments.get("campaign", type=int)
    named = (stop.campaign_id for stop in stops if stop.id == stop_id)
    campaign_id = next(named, campaign_id)
    return campaign_id if any(stop.campaign_id == campaign_id for stop in stops) else None


def _asked_reviewers(campaign_id: int | None, arguments: MultiDict[str, str]) -> list[Reviewer]:
    """The reviewers to narrow by: who was asked already and may review there."""
    stops = stops_within(reach_of(g.staff, Permission.SEE_REGISTRATIONS))
    if campaign_id is not None:
        stops = stops.where(Stop.campaign_id == campaign_id)
    chosen = arguments.get("reviewer", type=int)
    reviewers, _more = reviewers_of(
        stops, asked_only=True, keep=[chosen] if chosen else [], most=MOST_ASKED_REVIEWERS
    )
    return reviewers


def _may(found: Registration) -> dict[str, bool]:
    stop = found.stop
    within = reach_of(g.staff, Permission.REVIEW_REGISTRATIONS).covers(
        host_city_id=stop.host_city_id, campaign_id=stop.campaign_id, stop_id=stop.id
    )
    return {act.value: within and found.state in BEGINS_AT[act] for act in Act}


def _query() -> str:
    return only_filters(request.query_string.decode())


def only_filters(query: str) -> str:
    """A query string without the place in the list, so that it can be kept and come back to."""
    pairs = [
        (name, value)
        for name, value in parse_qsl(query[:4000])
        if name not in ("after", "before", "view", "csrf_token") and value
    ]
    return urlencode(pairs)


def without_words(query: str) -> str:
    """Fit to be kept: whom somebody looked for by name or mobile stands in no row, or he could not be erased from it."""
    return urlencode([(name, value) for name, value in parse_qsl(query) if name != "text"])


def _is_shown(query: str) -> bool:
    return sorted(parse_qsl(query)) == sorted(parse_qsl(_query()))


def _link(**changes: Any) -> str:
    """The list's address with ``changes``; None takes a part away. The place in the list begins anew."""
    arguments: dict[str, Any] = {
        name: values
        for name, values in request.args.to_dict(flat=False).items()
        if name not in ("after", "before")
    }
    arguments.update(changes)
    return url_for("registrations_staff.registration_list", **arguments)


def _list_address(query: str) -> str:
    plain = url_for("registrations_staff.registration_list")
    return f"{plain}?{query}" if query else plain


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10

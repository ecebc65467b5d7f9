"""How a stop gives its seats: hours for an offer, asking again, no-shows, quotas; and the reasons that are ready."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from accounts.access import requires
from accounts.permissions import Permission, reach_of
from audit.record import record
from campaigns.lookups import host_cities, stop_for
from campaigns.models import Stop
from registrations.lookups import counts_by_state, seat_rules_of
from registrations.models import Quota, QuotaDimension, ReadyReason, RegistrationState, SeatRules
from registrations.queue_forms import QuotaForm, ReadyReasonForm, SeatRulesForm
from registrations.quotas import answer_cells, cell_labels, change_quota, lift_quota, quotas_of, set_quota
from registrations.staff_views import bp
from registrations.still_coming import no_shows, release_no_shows
from shared.clock import now
from shared.db import db, transaction
from shared.errors import NotAllowed, NotFound, Refusal


@bp.get("/stops/<int:stop_id>/seats")
@requires(Permission.PLAN_CAMPAIGNS)
def seats(stop_id: int) -> ResponseReturnValue:
    """The rules and quotas of one stop."""
    return _seats_page(stop_for(g.staff, stop_id, Permission.PLAN_CAMPAIGNS))


@bp.post("/stops/<int:stop_id>/seats")
@requires(Permission.PLAN_CAMPAIGNS)
def keep_seat_rules(stop_id: int) -> ResponseReturnValue:
    """Keep how the stop gives its seats."""
    stop = stop_for(g.staff, stop_id, Permission.PLAN_CAMPAIGNS)
    form = SeatRulesForm()
    if not form.validate():
        return _seats_page(stop, rules_form=form), 422
    with transaction():
        rules = db.session.get(SeatRules, stop.id) or SeatRules(stop_id=stop.id)
        rules.offer_hours = form.offer_hours.data or None
        rules.asks_again = bool(form.asks_again.data)
        rules.releases_unanswered = bool(form.asks_again.data and form.releases_unanswered.data)
        rules.no_show_minutes = form.no_show_minutes.data
        db.session.add(rules)
        record("keep_seat_rules", stop, by=g.staff, offer_hours=rules.offer_hours)
    flash(_("Kept. Offers that are out already keep their time."), "success")
    return redirect(url_for("registrations_staff.seats", stop_id=stop.id), 303)


@bp.post("/stops/<int:stop_id>/quotas")
@requires(Permission.PLAN_CAMPAIGNS)
def new_quota(stop_id: int) -> ResponseReturnValue:
    """Limit one cell."""
    stop = stop_for(g.staff, stop_id, Permission.PLAN_CAMPAIGNS)
    form = _quota_form(stop)
    if not form.validate():
        return _seats_page(stop, quota_form=form), 422
    try:
        with transaction():
            set_quota(
                stop.id,
                QuotaDimension(form.dimension.data),
                form.chosen_value,
                most=form.most.data or 0,
                by=g.staff,
            )
    except Refusal as refusal:
        (form.most if refusal.field == "most" else form.dimension).errors = [refusal.message]
        return _seats_page(stop, quota_form=form), refusal.status
    return redirect(url_for("registrations_staff.seats", stop_id=stop.id), 303)


@bp.post("/stops/<int:stop_id>/quotas/<int:quota_id>")
@requires(Permission.PLAN_CAMPAIGNS)
def revise_quota(stop_id: int, quota_id: int) -> ResponseReturnValue:
    """Another number for a cell, or no limit any more."""
    stop = stop_for(g.staff, stop_id, Permission.PLAN_CAMPAIGNS)
    quota = db.session.get(Quota, quota_id)
    if quota is None or quota.stop_id != stop.id:
        raise NotFound
    most = request.form.get("most", type=int)
    try:
        with transaction():
            if request.form.get("lift"):
                lift_quota(quota.id, by=g.staff)
            elif most is not None and 0 <= most <= 100_000:
                change_quota(quota.id, most=most, by=g.staff)
    except Refusal as refusal:
        flash(refusal.message, "error")
    return redirect(url_for("registrations_staff.seats", stop_id=stop.id), 303)


@bp.post("/stops/<int:stop_id>/release")
@requires(Permission.PLAN_CAMPAIGNS)
def give_seats_of_no_shows(stop_id: int) -> ResponseReturnValue:
    """Give the seats of those who have not arrived to those who wait."""
    stop = stop_for(g.staff, stop_id, Permission.PLAN_CAMPAIGNS)
    try:
        with transaction():
            released = release_no_shows(stop.id, by=g.staff)
    except Refusal as refusal:
        flash(refusal.message, "error")
    else:
        flash(
            ngettext("%(num)s seat was given on.", "%(num)s seats were given on.", len(released)), "success"
        )
    return redirect(url_for("registrations_staff.seats", stop_id=stop.id), 303)


@bp.get("/reasons")
@requires(Permission.PLAN_CAMPAIGNS)
def ready_reasons() -> ResponseReturnValue:
    """The reasons for declining that are ready."""
    return _reasons_page(ReadyReasonForm())


@bp.post("/reasons")
@requires(Permission.PLAN_CAMPAIGNS)
def new_reason() -> ResponseReturnValue:
    """One more reason: the city's own, or from the province for all."""
    form = ReadyReasonForm()
    if not form.validate():
        return _reasons_page(form), 422
    reach = reach_of(g.staff, Permission.PLAN_CAMPAIGNS)
    if not (reach.everywhere or reach.host_city_ids):
        raise NotAllowed  # who plans one campaign or stop has no city whose reason it would be
    with transaction():
        reason = ReadyReason(
            text_zh=form.text_zh.checked,
            text_en=(form.text_en.data or "").strip(),
            host_city_id=None if reach.everywhere or not reach.host_city_ids else min(reach.host_city_ids),
        )
        db.session.add(reason)
        record("add_ready_reason", reason, by=g.staff)
    return redirect(url_for("registrations_staff.ready_reasons"), 303)


@bp.post("/reasons/<int:reason_id>/remove")
@requires(Permission.PLAN_CAMPAIGNS)
def remove_reason(reason_id: int) -> ResponseReturnValue:
    """Offer it no more; whoever was told it keeps what was said."""
    reason = db.session.get(ReadyReason, reason_id)
    reach = reach_of(g.staff, Permission.PLAN_CAMPAIGNS)
    if reason is None or not (reach.everywhere or reason.host_city_id in reach.host_city_ids):
        raise NotFound
    with transaction():
        record("remove_ready_reason", reason, by=g.staff)
        db.session.delete(reason)
    return redirect(url_for("registrations_staff.ready_reasons"), 303)


def _seats_page(
    stop: Stop, *, rules_form: SeatRulesForm | None = None, quota_form: QuotaForm | None = None
) -> str:
    quotas = quotas_of(stop.id)
    labels = cell_labels(quotas)
    counts = counts_by_state([stop.id])[stop.id]
    begun = stop.starts_at <= now() < stop.ends_at and stop.cancelled_at is None
    return render_template(
        "registrations/seats.html",
        stop=stop,
        rules_form=rules_form or SeatRulesForm(obj=seat_rules_of(stop.id)),
        quota_form=quota_form or _quota_form(stop),
        quotas=[(quota, labels[quota.id]) for quota in quotas],
        counts=counts,
        offered=counts[RegistrationState.OFFERED],
        waiting=counts[RegistrationState.WAITING],
        missing=len(no_shows(stop)) if begun else None,
    )


def _quota_form(stop: Stop) -> QuotaForm:
    return QuotaForm(cities=host_cities(), answers=answer_cells(stop.campaign_id))


def _reasons_page(form: ReadyReasonForm) -> str:
    reach = reach_of(g.staff, Permission.PLAN_CAMPAIGNS)
    statement = select(ReadyReason).order_by(ReadyReason.id)
    if not reach.everywhere:
        statement = statement.where(
            ReadyReason.host_city_id.is_(None) | ReadyReason.host_city_id.in_(reach.host_city_ids)
        )
    reasons = [
        (one, reach.everywhere or one.host_city_id in reach.host_city_ids)
        for one in db.session.scalars(statement)
    ]
    return render_template("registrations/ready_reasons.html", form=form, reasons=reasons)

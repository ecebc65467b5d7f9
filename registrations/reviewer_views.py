"""The reviewers' pages: scoring one registration after the other, and what is scored in a campaign."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import requires
from accounts.permissions import Permission, reach_of
from campaigns.lookups import campaign_for, host_cities
from campaigns.models import Campaign
from registrations.assign import (
    SCORABLE,
    USUAL_CRITERIA,
    add_criterion,
    criteria_of,
    declare_conflict,
    give_review,
    left_to_review,
    next_to_review,
    opinions_on,
    own_review,
    remove_criterion,
)
from registrations.lookups import registration_for
from registrations.models import Criterion
from registrations.queue_forms import CriterionForm
from registrations.staff_views import bp
from shared.db import db, transaction
from shared.errors import NotFound, Refusal


@bp.get("/to-score")
@requires(Permission.REVIEW_REGISTRATIONS)
def to_score() -> ResponseReturnValue:
    """The next registration one is asked to score, or the word that none is left."""
    following = next_to_review(g.staff, behind=request.args.get("behind", 0, type=int))
    if following is None:
        return render_template("registrations/nothing_to_score.html")
    return redirect(url_for("registrations_staff.score", registration_id=following), 303)


@bp.get("/<int:registration_id>/score")
@requires(Permission.REVIEW_REGISTRATIONS)
def score(registration_id: int) -> ResponseReturnValue:
    """One registration to be scored. What others gave is shown only to who has given own points."""
    return _score_page(registration_id)


@bp.post("/<int:registration_id>/score")
@requires(Permission.REVIEW_REGISTRATIONS)
def keep_score(registration_id: int) -> ResponseReturnValue:
    """Own points for one registration; then the next."""
    found = registration_for(g.staff, registration_id, Permission.REVIEW_REGISTRATIONS)
    points = {
        criterion.id: given
        for criterion in criteria_of(found.stop.campaign_id)
        if (given := request.form.get(f"points-{criterion.id}", type=int)) is not None
    }
    try:
        with transaction():
            give_review(found.id, points, note=request.form.get("note", "")[:1000], by=g.staff)
    except Refusal as refusal:
        return _score_page(registration_id, refusal=refusal), refusal.status
    flash(_("Your points for %(name)s are kept.", name=found.person.full_name), "success")
    return redirect(url_for("registrations_staff.to_score", behind=found.id), 303)


@bp.post("/<int:registration_id>/conflict")
@requires(Permission.REVIEW_REGISTRATIONS)
def say_conflict(registration_id: int) -> ResponseReturnValue:
    """Somebody one must not judge."""
    found = registration_for(g.staff, registration_id, Permission.REVIEW_REGISTRATIONS)
    try:
        with transaction():
            declare_conflict(found.id, reason=request.form.get("reason", "")[:300], by=g.staff)
    except Refusal as refusal:
        return _score_page(registration_id, refusal=refusal), refusal.status
    flash(_("Noted: you do not judge %(name)s.", name=found.person.full_name), "success")
    return redirect(url_for("registrations_staff.to_score", behind=found.id), 303)


@bp.get("/criteria/<int:campaign_id>")
@requires(Permission.PLAN_CAMPAIGNS)
def criteria(campaign_id: int) -> ResponseReturnValue:
    """What reviewers score in a campaign."""
    campaign = campaign_for(g.staff, campaign_id, Permission.PLAN_CAMPAIGNS, whole=True)
    return _criteria_page(campaign, CriterionForm())


@bp.post("/criteria/<int:campaign_id>")
@requires(Permission.PLAN_CAMPAIGNS)
def new_criterion(campaign_id: int) -> ResponseReturnValue:
    """One more; or the usual three at once."""
    campaign = campaign_for(g.staff, campaign_id, Permission.PLAN_CAMPAIGNS, whole=True)
    form = CriterionForm()
    if request.form.get("usual"):
        with transaction():
            known = {one.name_zh for one in criteria_of(campaign.id)}
            for name_zh, name_en, weight in USUAL_CRITERIA:
                if name_zh not in known:
                    add_criterion(campaign.id, name_zh=name_zh, name_en=name_en, weight=weight, by=g.staff)
        return redirect(url_for("registrations_staff.criteria", campaign_id=campaign.id), 303)
    if not form.validate():
        return _criteria_page(campaign, form), 422
    try:
        with transaction():
            add_criterion(
                campaign.id,
                name_zh=form.name_zh.checked,
                name_en=(form.name_en.data or "").strip(),
                weight=form.weight.data or 1,
                by=g.staff,
            )
    except Refusal as refusal:
        form.name_zh.errors = [refusal.message]
        return _criteria_page(campaign, form), refusal.status
    return redirect(url_for("registrations_staff.criteria", campaign_id=campaign.id), 303)


@bp.post("/criteria/<int:campaign_id>/<int:criterion_id>/remove")
@requires(Permission.PLAN_CAMPAIGNS)
def drop_criterion(campaign_id: int, criterion_id: int) -> ResponseReturnValue:
    """Score it no more."""
    campaign = campaign_for(g.staff, campaign_id, Permission.PLAN_CAMPAIGNS, whole=True)
    criterion = db.session.get(Criterion, criterion_id)
    if criterion is None or criterion.campaign_id != campaign.id:
        raise NotFound
    try:
        with transaction():
            remove_criterion(criterion, by=g.staff)
    except Refusal as refusal:
        flash(refusal.message, "error")
    return redirect(url_for("registrations_staff.criteria", campaign_id=campaign.id), 303)


def _criteria_page(campaign: Campaign, form: CriterionForm) -> str:
    return render_template(
        "registrations/criteria.html", campaign=campaign, form=form, criteria=criteria_of(campaign.id)
    )


def _score_page(registration_id: int, *, refusal: Refusal | None = None) -> str:
    found = registration_for(g.staff, registration_id, Permission.REVIEW_REGISTRATIONS)
    own = own_review(found.id, g.staff)
    has_said = own is not None and (own.given_at is not None or own.conflict is not None)
    cities = {city.id: city.name for city in host_cities()}
    points = {one.criterion_id: one.points for one in own.scores} if own else {}
    if request.method == "POST":
        points = {
            criterion.id: given
            for criterion in criteria_of(found.stop.campaign_id)
            if (given := request.form.get(f"points-{criterion.id}", type=int)) is not None
        }
    return render_template(
        "registrations/score.html",
        registration=found,
        stop=found.stop,
        criteria=criteria_of(found.stop.campaign_id),
        own=own,
        points=points,
        note=request.form.get("note", own.note or "" if own else ""),
        opinions=opinions_on(found) if has_said else None,
        cities=[cities[number] for number in found.preferred_city_ids if number in cities],
        left=left_to_review(g.staff),
        may_score=found.state in SCORABLE and (own is None or own.conflict is None),
        may_plan=reach_of(g.staff, Permission.PLAN_CAMPAIGNS).covers(
            host_city_id=found.stop.campaign.host_city_id, campaign_id=found.stop.campaign_id
        ),
        refusal=refusal,
    )

"""The organiser's desk: campaigns, stops, programmes, posters."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Field, Form

from accounts.access import requires
from accounts.permissions import Permission, reach_of
from campaigns import change_scope, opening, plan, poster
from campaigns import programme as programme_verbs
from campaigns.change_scope import Scope
from campaigns.forms import MOST_TEXT, CampaignForm, CancelForm, ChannelForm, ProgrammeForm, StopForm
from campaigns.lookups import (
    by_venues,
    campaign_for,
    campaigns_for,
    programme_item_of,
    stop_for,
    stops_of,
)
from campaigns.models import Campaign, ProgrammeItem, Stop
from campaigns.move_item import move_item, move_of, moves_people
from campaigns.standing import item_seats_of, phase_of, seats_of, standing_of
from shared.clock import in_china, now
from shared.db import transaction
from shared.errors import Refusal
from shared.markdown import as_html

bp = Blueprint("campaigns", __name__, url_prefix="/desk/campaigns")
bp.add_app_template_filter(standing_of, "standing")
bp.add_app_template_filter(seats_of, "seats")
bp.add_app_template_filter(phase_of, "phase")
bp.add_app_template_filter(item_seats_of, "item_seats")
bp.add_app_template_filter(by_venues, "by_venues")


@bp.app_template_filter("days_after")
def days_after(stop: Stop, first: Stop) -> int:
    """On which day after ``first``'s day a stop begins, in China."""
    return (in_china(stop.starts_at).date() - in_china(first.starts_at).date()).days


SEE, PLAN = Permission.SEE_CAMPAIGNS, Permission.PLAN_CAMPAIGNS

# From a stop to the work on it, by what it is for: permission, words, endpoint of a package above (named by text), its key,
# picture.
WAYS_ON = (
    (
        _l("Registration"),
        (
            (Permission.SEE_REGISTRATIONS, _l("Registrations"), "registrations_staff.registration_list", "stop", "users"),
            (PLAN, _l("Seats and quotas"), "registrations_staff.seats", "stop_id", "adjustments-horizontal"),
            (PLAN, _l("Delegations"), "delegations_staff.delegations", "stop_id", "school"),
            (PLAN, _l("Invitations"), "entry.invitations", "stop_id", "mail"),
            (PLAN, _l("Import a list"), "imports.imports", "stop_id", "upload"),
            (PLAN, _l("Enter a guest"), "entry.enter_guest", "stop_id", "user-plus"),
        ),
    ),
    (
        _l("Made ready for the day"),
        (
            (PLAN, _l("Checkpoints"), "checkpoints.checkpoints", "stop_id", "door"),
            (PLAN, _l("Scanning devices"), "devices.devices", "stop_id", "device-mobile-vibration"),
            (Permission.PRINT_BADGES, _l("Badges"), "badges.stop", "stop_id", "id-badge"),
            (PLAN, _l("Badges at the door"), "printing.printing", "stop_id", "printer"),
            (PLAN, _l("Screens in the hall"), "walls.walls", "stop_id", "device-desktop"),
        ),
    ),
    (
        _l("On the day and after"),
        (
            (Permission.CHECK_IN, _l("Gate"), "checkin.gate", "stop_id", "scan"),
            (PLAN, _l("On the spot"), "walk_in.walk_in", "stop_id", "door-enter"),
            (PLAN, _l("Live arrivals"), "live.live", "stop_id", "chart-bar"),
            (PLAN, _l("Conflicts at the gate"), "devices.conflicts", "stop_id", "alert-triangle"),
            (Permission.SEE_FUNNEL, _l("Arrival figures"), "afterwards.figures", "stop_id", "chart-line"),
        ),
    ),
)  # fmt: skip


@bp.get("/")
@requires(SEE)
def campaign_list() -> ResponseReturnValue:
    """Every campaign within reach, with its stops and how their seats fill."""
    campaigns = campaigns_for(g.staff, SEE)
    stops = stops_of(campaigns, reach_of(g.staff, SEE))
    return render_template(
        "campaigns/campaign_list.html",
        campaigns=campaigns,
        stops=stops,
        may_plan=bool(reach_of(g.staff, PLAN)),
    )


@bp.route("/new", methods=["GET", "POST"])
@requires(PLAN)
def draft() -> ResponseReturnValue:
    """A new campaign."""
    form = CampaignForm(g.staff)
    if request.method == "POST" and form.validate():
        try:
            with transaction():
                campaign = plan.draft_campaign(form.plan(), by=g.staff)
        except Refusal as refusal:
            return _beside(form, refusal, "campaigns/draft.html")
        flash(
            _("The draft is kept. Add its stops now; nobody but staff sees it before you publish it."),
            "success",
        )
        return redirect(url_for(".campaign", campaign_id=campaign.id))
    return render_template("campaigns/draft.html", form=form), 422 if form.errors else 200


@bp.post("/preview-text")
@requires(PLAN)
def preview_text() -> ResponseReturnValue:
    """A long text as the public will read it, for the editor."""
    return as_html(request.form.get("text", "")[:MOST_TEXT])


@bp.get("/<int:campaign_id>")
@requires(SEE)
def campaign(campaign_id: int) -> ResponseReturnValue:
    """One campaign and those of its stops that are within reach."""
    campaign = campaign_for(g.staff, campaign_id, SEE)
    stops = stops_of([campaign], reach_of(g.staff, SEE))[campaign.id]
    return render_template(
        "campaigns/campaign.html",
        campaign=campaign,
        stops=stops,
        may_plan=_may_plan(campaign),
        may_add_stop=_may_add_stop(campaign),
    )


@bp.route("/<int:campaign_id>/edit", methods=["GET", "POST"])
@requires(PLAN)
def revise(campaign_id: int) -> ResponseReturnValue:
    """Change what is said of a campaign."""
    campaign = campaign_for(g.staff, campaign_id, PLAN, whole=True)
    form = CampaignForm(g.staff, campaign)
    if request.method == "POST" and form.validate():
        try:
            with transaction():
                plan.revise_campaign(campaign.id, form.plan(), by=g.staff)
        except Refusal as refusal:
            return _beside(form, refusal, "campaigns/revise.html", campaign_id=campaign_id)
        flash(_("Saved."), "success")
        return redirect(url_for(".campaign", campaign_id=campaign_id))
    return render_template("campaigns/revise.html", form=form, campaign=campaign), 422 if form.errors else 200


@bp.post("/<int:campaign_id>/publish")
@requires(PLAN)
def publish(campaign_id: int) -> ResponseReturnValue:
    """Show the campaign to the public."""
    campaign = campaign_for(g.staff, campaign_id, PLAN, whole=True)
    try:
        with transaction():
            opening.publish_campaign(campaign.id, by=g.staff)
    except Refusal as refusal:
        flash(refusal.message, "error")
    else:
        flash(_("Published. Everybody can see it at the public address."), "success")
    return redirect(url_for(".campaign", campaign_id=campaign_id))


@bp.route("/<int:campaign_id>/stops/new", methods=["GET", "POST"])
@requires(PLAN)
def add_stop(campaign_id: int) -> ResponseReturnValue:
    """A new stop."""
    campaign = campaign_for(g.staff, campaign_id, PLAN)
    form = StopForm(g.staff, campaign)
    if request.method == "POST" and form.validate():
        try:
            with transaction():
                stop = plan.add_stop(campaign.id, form.plan(), by=g.staff)
        except Refusal as refusal:
            return _beside(form, refusal, "campaigns/add_stop.html", campaign_id=campaign_id)
        flash(_("The stop is added. Registration for it is still closed."), "success")
        return redirect(url_for(".stop", stop_id=stop.id))
    return render_template(
        "campaigns/add_stop.html", form=form, campaign=campaign
    ), 422 if form.errors else 200


@bp.get("/stops/<int:stop_id>")
@requires(SEE)
def stop(stop_id: int) -> ResponseReturnValue:
    """One stop: when, where, how its seats fill, its programme, its poster."""
    return _stop_page(stop_for(g.staff, stop_id, SEE))


@bp.route("/stops/<int:stop_id>/edit", methods=["GET", "POST"])
@requires(PLAN)
def revise_stop(stop_id: int) -> ResponseReturnValue:
    """Change a stop."""
    stop = stop_for(g.staff, stop_id, PLAN)
    form = StopForm(g.staff, stop.campaign, stop)
    has_others = len(change_scope.stops_in(stop, Scope.ALL, by=g.staff)) > 1
    status = 200
    if request.method == "POST" and "again" not in request.form:
        status = 422
        if form.validate():
            if has_others and form.chosen_scope is not Scope.THIS:
                return _change_several(stop, form)
            try:
                with transaction():
                    plan.revise_stop(stop.id, form.plan(), by=g.staff, programme_moves=form.moves_programme)
            except Refusal as refusal:
                return _beside(form, refusal, "campaigns/revise_stop.html", stop_id=stop_id)
            flash(_("Saved."), "success")
            return redirect(url_for(".stop", stop_id=stop_id))
    return render_template("campaigns/revise_stop.html", form=form, stop=stop, has_others=has_others), status


def _change_several(stop: Stop, form: StopForm) -> ResponseReturnValue:
    """Show what a change does at which stops; do it when that was shown."""
    stop_id, wanted, scope = stop.id, form.plan(), form.chosen_scope
    seal = request.form.get("seal")
    outdated = False
    if seal:
        try:
            with transaction():
                done = change_scope.change_stops(stop_id, wanted, scope, seal=seal, by=g.staff)
        except Refusal as refusal:
            return _beside(form, refusal, "campaigns/revise_stop.html", stop_id=stop_id)
        if done is not None:
            made, refused = done
            flash(
                _(
                    "Changed: %(stops)s.",
                    stops=_(", ").join(f"{one.city} {in_china(one.starts_at):%m-%d}" for one in made),
                ),
                "success",
            )
            for one in refused:
                flash(_("%(city)s stays as it is: %(reason)s", city=one.city, reason=one.refusal), "warning")
            return redirect(url_for(".campaign", campaign_id=stop.campaign_id))
        outdated = True
        stop = stop_for(g.staff, stop_id, PLAN)
    changes = change_scope.changes_of(stop, wanted, scope, by=g.staff)
    if not changes:
        flash(_("Nothing differs from how it is."), "info")
        return redirect(url_for(".stop", stop_id=stop_id))
    return render_template(
        "campaigns/change_several.html",
        stop=stop,
        scope=scope,
        changes=changes,
        seal=change_scope.seal_of(changes),
        typed=[(name, value) for name, value in request.form.items(multi=True) if name not in _NOT_TYPED],
        outdated=outdated,
    )


_NOT_TYPED = {"csrf_token", "seal", "again"}


@bp.post("/stops/<int:stop_id>/open")
@requires(PLAN)
def open_registration(stop_id: int) -> ResponseReturnValue:
    """Let people register from now on."""
    stop = stop_for(g.staff, stop_id, PLAN)
    publishes = "publish" in request.form and _may_plan(stop.campaign)
    try:
        with transaction():
            opening.open_registration(stop.id, by=g.staff)
            if publishes:
                opening.publish_campaign(stop.campaign_id, by=g.staff)
    except Refusal as refusal:
        flash(refusal.message, "error")
    else:
        if stop.campaign.is_published:
            flash(_("Registration is open."), "success")
        else:
            flash(_("Ready: registration opens as soon as the campaign is published."), "success")
    return redirect(url_for(".stop", stop_id=stop_id))


@bp.post("/stops/<int:stop_id>/close")
@requires(PLAN)
def close_registration(stop_id: int) -> ResponseReturnValue:
    """Let nobody register from now on."""
    stop = stop_for(g.staff, stop_id, PLAN)
    with transaction():
        opening.close_registration(stop.id, by=g.staff)
    flash(_("Registration is closed. You can open it again."), "success")
    return redirect(url_for(".stop", stop_id=stop_id))


@bp.route("/stops/<int:stop_id>/cancel", methods=["GET", "POST"])
@requires(PLAN)
def cancel_stop(stop_id: int) -> ResponseReturnValue:
    """Cancel a stop for good, with a reason."""
    stop = stop_for(g.staff, stop_id, PLAN)
    form = CancelForm()
    if request.method == "POST" and form.validate():
        try:
            with transaction():
                plan.cancel_stop(stop.id, reason=form.reason.data or "", by=g.staff)
        except Refusal as refusal:
            flash(refusal.message, "error")
        else:
            flash(
                _(
                    "The stop is cancelled. The public page says so, and whoever registered is told by e-mail."
                ),
                "success",
            )
        return redirect(url_for(".stop", stop_id=stop_id))
    return render_template("campaigns/cancel_stop.html", form=form, stop=stop), 422 if form.errors else 200


@bp.route("/stops/<int:stop_id>/programme", methods=["GET", "POST"])
@requires(PLAN)
def programme(stop_id: int) -> ResponseReturnValue:
    """The programme of a stop: what there is, and a form for the next item."""
    stop = stop_for(g.staff, stop_id, PLAN)
    form = ProgrammeForm(stop)
    if request.method == "POST" and form.validate():
        try:
            with transaction():
                programme_verbs.add_to_programme(stop.id, form.entry(), by=g.staff)
        except Refusal as refusal:
            return _beside(form, refusal, "campaigns/programme.html", stop_id=stop_id)
        flash(_("Added to the programme."), "success")
        return redirect(url_for(".programme", stop_id=stop_id))
    return render_template("campaigns/programme.html", form=form, stop=stop), 422 if form.errors else 200


@bp.route("/stops/<int:stop_id>/programme/<int:item_id>", methods=["GET", "POST"])
@requires(PLAN)
def revise_item(stop_id: int, item_id: int) -> ResponseReturnValue:
    """Change one item of the programme."""
    stop = stop_for(g.staff, stop_id, PLAN)
    item = programme_item_of(stop, item_id)
    form = ProgrammeForm(stop, item)
    status = 200
    if request.method == "POST" and "again" not in request.form:
        status = 422
        if form.validate():
            if moves_people(item, form.entry()):
                return _move_item(stop, item, form)
            try:
                with transaction():
                    programme_verbs.revise_item(item_id, form.entry(), stop_id=stop_id, by=g.staff)
            except Refusal as refusal:
                status = put_beside(form, refusal)
                stop = stop_for(g.staff, stop_id, PLAN)
                item = programme_item_of(stop, item_id)
            else:
                flash(_("Saved."), "success")
                return redirect(url_for(".programme", stop_id=stop_id))
    return render_template("campaigns/revise_item.html", form=form, stop=stop, item=item), status


def _move_item(stop: Stop, item: ProgrammeItem, form: ProgrammeForm) -> ResponseReturnValue:
    """Show whom another time or place touches; do it when that was shown."""
    stop_id, item_id, entry = stop.id, item.id, form.entry()
    seal = request.form.get("seal", "")
    try:
        if seal:
            with transaction():
                moved = move_item(item_id, entry, stop_id=stop_id, seal=seal, by=g.staff)
            if moved is not None:
                flash(_("Changed. Whoever has chosen it is told by e-mail."), "success")
                return redirect(url_for(".programme", stop_id=stop_id))
        stop = stop_for(g.staff, stop_id, PLAN)
        item = programme_item_of(stop, item_id)
        programme_verbs.refuse_item(stop, item, entry)
    except Refusal as refusal:
        status = put_beside(form, refusal)
        stop = stop_for(g.staff, stop_id, PLAN)
        item = programme_item_of(stop, item_id)
        return render_template("campaigns/revise_item.html", form=form, stop=stop, item=item), status
    return render_template(
        "campaigns/move_item.html",
        stop=stop,
        item=item,
        move=move_of(item, entry),
        has_begun=stop.starts_at <= now(),
        typed=[(name, value) for name, value in request.form.items(multi=True) if name not in _NOT_TYPED],
        outdated=bool(seal),
    )


@bp.post("/stops/<int:stop_id>/programme/<int:item_id>/remove")
@requires(PLAN)
def take_from_programme(stop_id: int, item_id: int) -> ResponseReturnValue:
    """Remove one item."""
    item = programme_item_of(stop_for(g.staff, stop_id, PLAN), item_id)
    try:
        with transaction():
            programme_verbs.take_from_programme(item.id, stop_id=stop_id, by=g.staff)
    except Refusal as refusal:
        flash(refusal.message, "error")
    else:
        flash(_("Removed from the programme."), "success")
    return redirect(url_for(".programme", stop_id=stop_id))


@bp.get("/stops/<int:stop_id>/poster.png")
@requires(SEE)
def poster_png(stop_id: int) -> ResponseReturnValue:
    """The code for a poster, as a picture to print."""
    stop = stop_for(g.staff, stop_id, SEE)
    form = ChannelForm(request.args)
    channel = form.channel.data if form.validate() else None
    name = f"{stop.campaign.slug}-{stop.id}{'-' + channel if channel else ''}.png"
    disposition = "attachment" if "download" in request.args else "inline"
    return (
        poster.poster_code(poster.poster_address(stop, channel)),
        200,
        {"Content-Type": "image/png", "Content-Disposition": f'{disposition}; filename="{name}"'},
    )


def _stop_page(stop: Stop) -> ResponseReturnValue:
    form = ChannelForm(request.args)
    channel = (form.channel.data or None) if form.validate() else None
    return render_template(
        "campaigns/stop.html",
        stop=stop,
        form=form,
        channel=channel,
        address=poster.poster_address(stop, channel),
        may_plan=_reaches(stop, PLAN),
        may_publish=_may_plan(stop.campaign),
        ways_on=_ways_on(stop),
    )


def _may_plan(campaign: Campaign) -> bool:
    reach = reach_of(g.staff, PLAN)
    return reach.covers(host_city_id=campaign.host_city_id, campaign_id=campaign.id)


def _may_add_stop(campaign: Campaign) -> bool:
    reach = reach_of(g.staff, PLAN)
    return _may_plan(campaign) or bool(reach.host_city_ids)


def _ways_on(stop: Stop) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """What for, then words, address and picture of each kind of work on ``stop`` that is one's own."""
    found = []
    for purpose, works in WAYS_ON:
        ways = []
        for permission, words, endpoint, key, picture in works:
            if _reaches(stop, permission):
                values: dict[str, Any] = {key: stop.id}
                ways.append((str(words), url_for(endpoint, **values), picture))
        if ways:
            found.append((str(purpose), ways))
    return found


def _reaches(stop: Stop, permission: Permission) -> bool:
    reach = reach_of(g.staff, permission)
    return reach.covers(host_city_id=stop.host_city_id, campaign_id=stop.campaign_id, stop_id=stop.id)


def _beside(form: Form, refusal: Refusal, template: str, **keys: int) -> ResponseReturnValue:
    """The page again with the refusal beside its field; the rows are read anew after the rollback."""
    status = put_beside(form, refusal)
    rows: dict[str, Campaign | Stop] = {}
    if "campaign_id" in keys:
        rows["campaign"] = campaign_for(g.staff, keys["campaign_id"], PLAN)
    if "stop_id" in keys:
        rows["stop"] = stop_for(g.staff, keys["stop_id"], PLAN)
    return render_template(template, form=form, **rows), status


def put_beside(form: Form, refusal: Refusal) -> int:
    """Write the refusal beside its field, or above the form where it has none; its status."""
    field: Field | None = form._fields.get(refusal.field or "")
    if field is None:
        form.form_errors.append(refusal.message)
    else:
        field.errors = [*field.errors, refusal.message]
    return refusal.status

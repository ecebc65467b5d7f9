"""Starting a campaign from another one or from a template, and the list of templates."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import requires
from accounts.permissions import reach_of
from campaigns import start_from
from campaigns.families import PURPOSES, built_in
from campaigns.forms import StartForm, TemplateForm
from campaigns.lookups import campaign_for, template_for, templates_for
from campaigns.models import Campaign, Family
from campaigns.outline import Outline
from campaigns.views import PLAN, bp, put_beside
from shared.db import transaction
from shared.errors import NotFound, Refusal


@bp.get("/templates")
@requires(PLAN)
def template_list() -> ResponseReturnValue:
    """What a campaign may start from: the kinds that come with the product, and the office's own templates."""
    reach = reach_of(g.staff, PLAN)
    return render_template(
        "campaigns/template_list.html",
        families=[(family, PURPOSES[family], built_in(family)) for family in Family],
        templates=[
            (template, reach.covers(host_city_id=template.host_city_id))
            for template in templates_for(g.staff)
        ],
    )


@bp.route("/templates/built-in/<family>", methods=["GET", "POST"])
@requires(PLAN)
def start_from_family(family: str) -> ResponseReturnValue:
    """Start from what comes with the product for a kind of campaign."""
    try:
        kind = Family(family)
    except ValueError:
        raise NotFound from None
    return _start(built_in(kind), kind.label)


@bp.route("/templates/<int:template_id>", methods=["GET", "POST"])
@requires(PLAN)
def start_from_template(template_id: int) -> ResponseReturnValue:
    """Start from one of the office's own templates."""
    template = template_for(g.staff, template_id)
    return _start(template.outline, template.name)


@bp.post("/templates/<int:template_id>/delete")
@requires(PLAN)
def delete_template(template_id: int) -> ResponseReturnValue:
    """Delete a template; campaigns that began with it stay."""
    template = template_for(g.staff, template_id)
    try:
        with transaction():
            start_from.delete_template(template.id, by=g.staff)
    except Refusal as refusal:
        flash(refusal.message, "error")
    else:
        flash(_("The template is deleted. Campaigns that began with it stay."), "success")
    return redirect(url_for(".template_list"))


@bp.route("/<int:campaign_id>/copy", methods=["GET", "POST"])
@requires(PLAN)
def copy_campaign(campaign_id: int) -> ResponseReturnValue:
    """A new draft like this campaign, on other days."""
    campaign = campaign_for(g.staff, campaign_id, PLAN, whole=True)
    form = StartForm(g.staff, campaign)
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                with transaction():
                    made = start_from.copy_campaign(campaign.id, form.start(), by=g.staff)
            except Refusal as refusal:
                status = put_beside(form, refusal)
                campaign = campaign_for(g.staff, campaign_id, PLAN, whole=True)
            else:
                return _made(made)
    stops = [stop for stop in campaign.stops if stop.cancelled_at is None]
    return render_template("campaigns/copy.html", form=form, campaign=campaign, stops=stops), status


@bp.route("/<int:campaign_id>/save-as-template", methods=["GET", "POST"])
@requires(PLAN)
def save_as_template(campaign_id: int) -> ResponseReturnValue:
    """Keep this campaign's outline under a name."""
    campaign = campaign_for(g.staff, campaign_id, PLAN, whole=True)
    form = TemplateForm()
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                with transaction():
                    start_from.save_as_template(campaign.id, form.name.data or "", by=g.staff)
            except Refusal as refusal:
                status = put_beside(form, refusal)
                campaign = campaign_for(g.staff, campaign_id, PLAN, whole=True)
            else:
                flash(_("The template is kept."), "success")
                return redirect(url_for(".template_list"))
    return render_template("campaigns/save_as_template.html", form=form, campaign=campaign), status


def _start(outline: Outline, name: str) -> ResponseReturnValue:
    form = StartForm(g.staff)
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                with transaction():
                    made = start_from.start_from(outline, form.start(), by=g.staff)
            except Refusal as refusal:
                status = put_beside(form, refusal)
            else:
                return _made(made)
    return render_template("campaigns/start.html", form=form, outline=outline, name=name), status


def _made(campaign: Campaign) -> ResponseReturnValue:
    flash(
        _("The draft is made. Look through its stops; nothing is open and nobody but staff sees it."),
        "success",
    )
    return redirect(url_for(".campaign", campaign_id=campaign.id))

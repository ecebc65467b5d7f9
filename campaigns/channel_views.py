"""The channels of a campaign, with their posters and how many registered by each."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import requires
from accounts.permissions import reach_of
from campaigns.channels import add_channel, remove_channel
from campaigns.forms import NewChannelForm
from campaigns.lookups import campaign_for, channel_of, channels_of
from campaigns.poster import campaign_address
from campaigns.views import PLAN, SEE, bp, put_beside
from shared.db import transaction
from shared.errors import NotAllowed, Refusal


@bp.route("/<int:campaign_id>/channels", methods=["GET", "POST"])
@requires(SEE)
def channels(campaign_id: int) -> ResponseReturnValue:
    """Every channel with its poster and its figures, and a form for the next one."""
    campaign = campaign_for(g.staff, campaign_id, SEE)
    may_plan = reach_of(g.staff, PLAN).covers(host_city_id=campaign.host_city_id, campaign_id=campaign.id)
    form = NewChannelForm()
    status = 200
    if request.method == "POST":
        if not may_plan:
            raise NotAllowed
        status = 422
        if form.validate():
            try:
                with transaction():
                    add_channel(campaign, form.word.data or "", form.name.data or "", by=g.staff)
            except Refusal as refusal:
                status = put_beside(form, refusal)
                campaign = campaign_for(g.staff, campaign_id, SEE)
            else:
                flash(_("The channel is added. Print its poster, or copy its address."), "success")
                return redirect(url_for(".channels", campaign_id=campaign_id))
    page = render_template(
        "campaigns/channels.html",
        campaign=campaign,
        stops=[stop for stop in campaign.stops if stop.cancelled_at is None],
        channels=[(channel, campaign_address(campaign, channel.word)) for channel in channels_of(campaign)],
        form=form,
        may_plan=may_plan,
    )
    return page, status


@bp.post("/<int:campaign_id>/channels/<int:channel_id>/remove")
@requires(PLAN)
def take_channel(campaign_id: int, channel_id: int) -> ResponseReturnValue:
    """Take a channel from the list."""
    campaign = campaign_for(g.staff, campaign_id, PLAN, whole=True)
    channel = channel_of(campaign, channel_id)
    with transaction():
        remove_channel(channel.id, by=g.staff)
    flash(_("The channel is removed. Registrations that came by it keep its word."), "success")
    return redirect(url_for(".channels", campaign_id=campaign_id))

"""What everybody sees: the campaigns that are published, and one of them with its stops."""

from __future__ import annotations

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue

from accounts.access import open_to_everyone
from campaigns.channel import channel_named
from campaigns.lookups import campaign_by_slug, draft_by_slug, published_campaigns
from campaigns.models import Campaign, Family, Stop
from campaigns.standing import Standing, standing_of
from shared.clock import now
from shared.errors import NotFound

bp = Blueprint("public", __name__)

NEXT_STOPS = 6


@bp.get("/")
@open_to_everyone
def campaign_list() -> ResponseReturnValue:
    """The front page: the stops that come next, then all campaigns, by kind if one is chosen."""
    everything = published_campaigns()
    chosen = _chosen_family()
    shown = [campaign for campaign in everything if chosen in (None, campaign.family)]
    moment = now()
    next_stops = sorted(
        (
            stop
            for campaign in shown
            for stop in campaign.stops
            if stop.ends_at > moment and stop.cancelled_at is None
        ),
        key=_soonest_useful,
    )
    return render_template(
        "public/campaign_list.html",
        campaigns=sorted(shown, key=lambda campaign: _is_over(campaign)),
        families=[family for family in Family if any(campaign.family is family for campaign in everything)],
        chosen=chosen,
        next_stops=next_stops[:NEXT_STOPS],
        is_over=_is_over,
        channel=channel_named(request.args.get("from")),
    )


@bp.get("/c/<slug>")
@open_to_everyone
def campaign(slug: str) -> ResponseReturnValue:
    """One campaign: what it is, its stops and their programmes. Staff may look at a draft."""
    try:
        campaign = campaign_by_slug(slug)
    except NotFound:
        if g.staff is None:
            raise
        campaign = draft_by_slug(g.staff, slug)
    channel = channel_named(request.args.get("from"))  # handed on to the registration form
    return render_template("public/campaign.html", campaign=campaign, channel=channel, is_over=_is_over)


def _soonest_useful(stop: Stop) -> tuple[bool, object, int]:
    """Those one can register for first, then by time."""
    standing = standing_of(stop)
    return standing not in (Standing.OPEN, Standing.WAITING_LIST), stop.starts_at, stop.id


def _is_over(campaign: Campaign) -> bool:
    moment = now()
    return all(stop.ends_at <= moment or stop.cancelled_at is not None for stop in campaign.stops)


def _chosen_family() -> Family | None:
    try:
        return Family(request.args.get("family", ""))
    except ValueError:
        return None

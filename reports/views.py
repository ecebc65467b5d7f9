"""What the office tells about itself."""

from __future__ import annotations

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue

from accounts.access import requires
from accounts.permissions import Permission
from campaigns.lookups import campaign_for, campaigns_for
from campaigns.models import Campaign
from reports.funnel import funnel_by_stop
from reports.roll_up import RollUp, roll_up_of
from reports.sources import Source, sources_of

bp = Blueprint("reports", __name__, url_prefix="/desk/reports")


@bp.app_template_global("roll_up")
def roll_up(campaign: Campaign) -> RollUp | None:
    """The campaign's figures for the page that shows it; None for whom they are not."""
    return roll_up_of(g.staff, campaign) if g.get("staff") is not None else None


@bp.app_template_global("sources")
def sources(campaign: Campaign) -> list[Source]:
    """By which channels people came to the campaign, for the page that shows it."""
    return sources_of(g.staff, campaign) if g.get("staff") is not None else []


@bp.get("/funnel")
@requires(Permission.SEE_FUNNEL)
def funnel() -> ResponseReturnValue:
    """From the registration to the signature, as a picture and by stop; of one campaign if asked."""
    campaign_id = request.args.get("campaign", type=int)
    campaign = None if campaign_id is None else campaign_for(g.staff, campaign_id, Permission.SEE_FUNNEL)
    return render_template(
        "reports/funnel.html",
        funnel_of=funnel_by_stop(g.staff, campaign_id=campaign_id),
        campaigns=campaigns_for(g.staff, Permission.SEE_FUNNEL),
        campaign=campaign,
    )

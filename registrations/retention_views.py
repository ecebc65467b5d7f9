"""For administrators: what will be removed when, what would go today, and whether a stopped run may go on."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import func, select

from accounts.access import requires
from accounts.permissions import Permission, reach_of
from campaigns.models import Campaign, Stop
from jobs.outbox import enqueue
from privacy.errors import OnlyForTheProvince
from privacy.purposes import CARDS, Purpose
from privacy.retention import confirm_purge, due_today, latest_runs
from registrations.tasks import purge_chunk
from shared.clock import in_china
from shared.db import db, transaction
from shared.errors import Refusal

bp = Blueprint("retention", __name__, url_prefix="/desk/retention")

SHOWN_PURPOSES = (Purpose.TRAVEL, Purpose.MESSAGES, Purpose.REGISTRATION, Purpose.FOLLOW_UP)


@bp.get("")
@requires(Permission.MANAGE_RETENTION)
def plan() -> ResponseReturnValue:
    """The dry run: nothing is changed by looking."""
    ends = db.session.execute(
        select(Campaign, func.max(Stop.ends_at))
        .join(Stop, Stop.campaign_id == Campaign.id)
        .group_by(Campaign.id)
        .order_by(func.max(Stop.ends_at))
    ).unique()
    days = {card.purpose: card.kept_days for card in CARDS}
    schedule = [
        (
            campaign,
            in_china(end).date(),
            [(in_china(end) + timedelta(days=days[purpose])).date() for purpose in SHOWN_PURPOSES],
        )
        for campaign, end in ends
    ]
    return render_template(
        "registrations/retention.html",
        due=due_today(),
        schedule=schedule,
        purposes=SHOWN_PURPOSES,
        runs=latest_runs(),
        for_the_province=reach_of(g.staff, Permission.MANAGE_RETENTION).everywhere,
    )


@bp.post("/runs/<int:run_id>/confirm")
@requires(Permission.MANAGE_RETENTION)
def confirm(run_id: int) -> ResponseReturnValue:
    """Let a stopped run go on."""
    try:
        if not reach_of(g.staff, Permission.MANAGE_RETENTION).everywhere:
            raise OnlyForTheProvince
        with transaction():
            enqueue(purge_chunk, run_id=confirm_purge(run_id, by=g.staff))
    except Refusal as refusal:
        flash(refusal.message, "error")
    else:
        flash(_("The run goes on in the background."), "success")
    return redirect(url_for("retention.plan"), 303)

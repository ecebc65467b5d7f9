"""Let the public in: publish a campaign, open and close registration for a stop."""

from __future__ import annotations

from sqlalchemy import func, select

from accounts.models import Staff
from audit.record import record
from campaigns.errors import DeadlineHasPassed, NoStopYet, StopIsCancelled
from campaigns.models import Campaign, Stop
from shared.clock import now
from shared.db import db, hold
from shared.errors import NotFound


def publish_campaign(campaign_id: int, *, by: Staff) -> Campaign:
    """Show a campaign to the public. Raises NoStopYet. Publishing twice changes nothing."""
    campaign = hold(Campaign, campaign_id)
    if campaign is None:
        raise NotFound
    if campaign.is_published:
        return campaign
    if not db.session.scalar(select(func.count()).where(Stop.campaign_id == campaign.id)):
        raise NoStopYet
    campaign.published_at = now()
    record("publish_campaign", campaign, by=by)
    return campaign


def open_registration(stop_id: int, *, by: Staff) -> Stop:
    """People may register from now on (in a draft: from its publication on).

    Raises StopIsCancelled or DeadlineHasPassed. Opening twice changes nothing.
    """
    stop = _held(stop_id)
    if stop.cancelled_at is not None:
        raise StopIsCancelled
    if stop.registration_closes_at <= now():
        raise DeadlineHasPassed
    if stop.registration_opened_at is None:
        stop.registration_opened_at = now()
        record("open_registration", stop, by=by)
    return stop


def close_registration(stop_id: int, *, by: Staff) -> Stop:
    """Nobody may register from now on, whatever the closing time says; it can be opened again."""
    stop = _held(stop_id)
    if stop.registration_opened_at is not None:
        stop.registration_opened_at = None
        record("close_registration", stop, by=by)
    return stop


def _held(stop_id: int) -> Stop:
    stop = hold(Stop, stop_id)
    if stop is None:
        raise NotFound
    return stop

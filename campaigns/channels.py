"""The channels of a campaign: by which posters, articles and links people are to hear of it."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError

from accounts.models import Staff
from audit.record import record
from campaigns.errors import ChannelTaken
from campaigns.models import Campaign, Channel
from shared.clock import now
from shared.db import db, hold, violated
from shared.errors import NotFound


def add_channel(campaign: Campaign, word: str, name: str, *, by: Staff) -> Channel:
    """A new channel. Raises ChannelTaken when the campaign has one of that word."""
    channel = Channel(campaign_id=campaign.id, word=word, name=name, created_at=now())
    try:
        with db.session.begin_nested():
            db.session.add(channel)
    except IntegrityError as error:
        if violated(error) == "uq_channels_word":
            raise ChannelTaken from None
        raise
    record("add_channel", channel, by=by, campaign_id=campaign.id, word=word)
    return channel


def remove_channel(channel_id: int, *, by: Staff) -> None:
    """Take a channel from the list; registrations that came by it keep its word. Raises NotFound."""
    channel = hold(Channel, channel_id)
    if channel is None:
        raise NotFound
    record("remove_channel", channel, by=by, campaign_id=channel.campaign_id, word=channel.word)
    db.session.delete(channel)

"""Publishing a campaign, opening and closing registration."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from audit.models import AuditEntry
from campaigns.errors import DeadlineHasPassed, NoStopYet, StopIsCancelled
from campaigns.opening import close_registration, open_registration, publish_campaign
from shared.clock import now
from shared.db import db, transaction
from tests.factories import accounts, campaigns


def acts() -> list[str]:
    return list(db.session.scalars(select(AuditEntry.act).order_by(AuditEntry.id)))


def test_a_campaign_without_a_stop_is_not_published(app: Flask) -> None:
    draft = campaigns.campaign(published_at=None)
    with pytest.raises(NoStopYet), transaction():
        publish_campaign(draft.id, by=accounts.staff())


def test_publishing_twice_keeps_the_first_moment(app: Flask) -> None:
    draft, admin = campaigns.campaign(published_at=None), accounts.staff()
    campaigns.stop(of=draft)
    with transaction():
        publish_campaign(draft.id, by=admin)
    first = draft.published_at
    with transaction():
        publish_campaign(draft.id, by=admin)
    assert draft.published_at == first
    assert acts() == ["publish_campaign"]


def test_a_stop_opens_and_closes_and_opens_again(app: Flask) -> None:
    stop, admin = campaigns.stop(registration_opened_at=None), accounts.staff()
    assert not stop.is_open
    for verb, is_open in ((open_registration, True), (close_registration, False), (open_registration, True)):
        with transaction():
            verb(stop.id, by=admin)
        assert stop.is_open is is_open
    assert acts() == ["open_registration", "close_registration", "open_registration"]


def test_a_stop_of_a_draft_opens_with_the_publication(app: Flask) -> None:
    draft, admin = campaigns.campaign(published_at=None), accounts.staff()
    stop = campaigns.stop(of=draft, registration_opened_at=None)
    with transaction():
        open_registration(stop.id, by=admin)
    assert not stop.is_open
    with transaction():
        publish_campaign(draft.id, by=admin)
    assert stop.is_open


def test_registration_does_not_open_after_its_deadline_nor_for_a_cancelled_stop(app: Flask) -> None:
    admin = accounts.staff()
    late = campaigns.stop(registration_opened_at=None, registration_closes_at=now() - timedelta(minutes=1))
    with pytest.raises(DeadlineHasPassed), transaction():
        open_registration(late.id, by=admin)
    cancelled = campaigns.stop(registration_opened_at=None, cancelled_at=now())
    with pytest.raises(StopIsCancelled), transaction():
        open_registration(cancelled.id, by=admin)

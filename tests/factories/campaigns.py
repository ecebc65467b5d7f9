"""Campaigns and stops."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any

from sqlalchemy import select

from campaigns.models import Campaign, Family, HostCity, ProgrammeItem, ProgrammeKind, Stop
from shared.clock import now
from shared.db import db

_numbers = count(1)


def host_city(name_en: str = "Taiyuan") -> HostCity:
    """One of the eleven cities that the migration wrote."""
    return db.session.scalars(select(HostCity).where(HostCity.name_en == name_en)).one()


def campaign(*, host: HostCity | None = None, **changes: Any) -> Campaign:
    """A published tour."""
    number = next(_numbers)
    values: dict[str, Any] = {
        "slug": f"tour-{number}",
        "family": Family.DOCTORS_TOUR,
        "year": 2026,
        "name_zh": f"博士太原行第{number}届",
        "name_en": f"Doctors' Tour {number}",
        "summary_zh": "",
        "summary_en": "",
        "host_city": host,
        "published_at": now() - timedelta(days=30),
        "created_at": now() - timedelta(days=40),
    }
    row = Campaign(**{**values, **changes})
    db.session.add(row)
    db.session.commit()
    return row


def stop(*, of: Campaign | None = None, host: HostCity | None = None, **changes: Any) -> Stop:
    """An open stop ten days ahead with 100 seats, hosted by Taiyuan unless told otherwise."""
    host = host or host_city()
    start = now() + timedelta(days=10)
    values: dict[str, Any] = {
        "campaign": of or campaign(host=host),
        "city_zh": host.name_zh,
        "city_en": host.name_en,
        "host_city": host,
        "venue_zh": "中国（太原）煤炭交易中心",
        "venue_en": "Taiyuan Coal Exchange Centre",
        "address_zh": "太原市万柏林区长风西街",
        "address_en": "Changfeng West Street, Taiyuan",
        "starts_at": start,
        "ends_at": start + timedelta(hours=8),
        "registration_closes_at": start - timedelta(days=1),
        "registration_opened_at": now() - timedelta(days=20),
        "needs_approval": False,
        "capacity": 100,
        "seats_taken": 0,
    }
    row = Stop(**{**values, **changes})
    db.session.add(row)
    db.session.commit()
    return row


def item(*, at: Stop, hours: tuple[float, float] = (1, 2), **changes: Any) -> ProgrammeItem:
    """A salon of the stop that applicants choose, from so many hours after its beginning to so many."""
    number = next(_numbers)
    values: dict[str, Any] = {
        "stop_id": at.id,
        "kind": ProgrammeKind.SALON,
        "title_zh": f"沙龙{number}",
        "title_en": f"Salon {number}",
        "place_zh": "二层",
        "place_en": "2nd floor",
        "starts_at": at.starts_at + timedelta(hours=hours[0]),
        "ends_at": at.starts_at + timedelta(hours=hours[1]),
        "is_chosen": True,
    }
    row = ProgrammeItem(**{**values, **changes})
    db.session.add(row)
    db.session.commit()
    return row

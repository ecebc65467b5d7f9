"""How a stop gives its seats goes along when its campaign is copied or kept as a template: its rules and its quotas."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from campaigns.models import Campaign, Stop
from campaigns.outline import Carried, carry
from registrations.models import Quota, QuotaDimension, SeatRules
from shared.db import db

_RULES = ("offer_hours", "asks_again", "releases_unanswered", "no_show_minutes")


def take_rules(_campaign: Campaign, stops: list[Stop]) -> list[dict[str, Any]]:
    """Each stop's rules (None: the defaults) and quotas, in the stops' order."""
    ids = [stop.id for stop in stops]
    rules = {
        row.stop_id: row for row in db.session.scalars(select(SeatRules).where(SeatRules.stop_id.in_(ids)))
    }
    quotas = db.session.scalars(select(Quota).where(Quota.stop_id.in_(ids)).order_by(Quota.id)).all()
    return [
        {
            "rules": {name: getattr(rules[stop.id], name) for name in _RULES} if stop.id in rules else None,
            "quotas": [
                {"dimension": quota.dimension.value, "value": quota.value, "most": quota.most}
                for quota in quotas
                if quota.stop_id == stop.id
            ],
        }
        for stop in stops
    ]


def put_rules(_campaign: Campaign, stops: list[Stop], parts: list[dict[str, Any]]) -> None:
    """Write them for the stops of a new campaign."""
    for stop, part in zip(stops, parts, strict=False):
        if part["rules"] is not None:
            db.session.add(SeatRules(stop_id=stop.id, **part["rules"]))
        for quota in part["quotas"]:
            db.session.add(
                Quota(
                    stop_id=stop.id,
                    dimension=QuotaDimension(quota["dimension"]),
                    value=quota["value"],
                    most=quota["most"],
                )
            )
    db.session.flush()


carry("seats", Carried(take_rules, put_rules))

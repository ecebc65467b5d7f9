"""A campaign without its days, its people and its address: what is copied, and what a template keeps.

An outline is a plain document (JSON). Its stops lie so many days after the first stop's day, at times of day as a clock
in China shows them, so that a campaign made of it keeps its rhythm over summer time elsewhere and leap days. Packages
above add what is theirs (the form's questions, how seats are given on) by ``carry``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select

from campaigns.models import Campaign, Channel, Family, ProgrammeItem, ProgrammeKind, Stop
from shared.clock import from_china, in_china, now
from shared.db import db

Outline = dict[str, Any]

_CAMPAIGN_TEXTS = ("summary_zh", "summary_en", "details_zh", "details_en", "poster_line")
_STOP_COLUMNS = (
    "city_zh", "city_en", "host_city_id", "venue_zh", "venue_en", "address_zh", "address_en", "details_zh",
    "details_en", "capacity", "needs_approval", "is_main_venue",
)  # fmt: skip
_ITEM_COLUMNS = (
    "title_zh", "title_en", "place_zh", "place_en", "route_zh", "route_en", "is_chosen", "capacity", "group_zh",
    "group_en", "group_is_must",
)  # fmt: skip


@dataclass(frozen=True)
class Carried:
    """What a package above adds: ``take`` makes a document of a campaign's stops, ``put`` rows out of it.

    Both get the campaign and its stops in the outline's order.
    """

    take: Callable[[Campaign, list[Stop]], Any]
    put: Callable[[Campaign, list[Stop], Any], None]


_carried: dict[str, Carried] = {}


def carry(name: str, carried: Carried) -> None:
    """Add a part to every outline from now on."""
    _carried[name] = carried


def outline_of(campaign: Campaign) -> Outline:
    """What a campaign is made of. Cancelled stops are left out; of people there is nothing in it."""
    stops = [stop for stop in campaign.stops if stop.cancelled_at is None]
    first = min((in_china(stop.starts_at).date() for stop in stops), default=None)
    places = {stop.id: place for place, stop in enumerate(stops)}
    channels = db.session.scalars(
        select(Channel).where(Channel.campaign_id == campaign.id).order_by(Channel.id)
    )
    return {
        "family": campaign.family.value,
        **{name: getattr(campaign, name) for name in _CAMPAIGN_TEXTS},
        "stops": [_stop_outline(stop, first, places) for stop in stops if first is not None],
        "channels": [{"word": channel.word, "name": channel.name} for channel in channels],
        "carried": {name: one.take(campaign, stops) for name, one in _carried.items()},
    }


def fill(
    campaign: Campaign, outline: Outline, *, first_day: date, host_of: Callable[[int | None], int | None]
) -> None:
    """Give a new campaign the outline's texts, stops, programmes and channels; nothing of it is open.

    ``host_of`` says who hosts a stop that the named city hosted before. The campaign is flushed.
    """
    for name in _CAMPAIGN_TEXTS:
        setattr(campaign, name, outline.get(name, ""))
    stops = [_stop(campaign, one, first_day, host_of) for one in outline["stops"]]
    for stop in stops:
        db.session.add(stop)
    db.session.flush()
    for stop, one in zip(stops, outline["stops"], strict=True):
        if one.get("main") is not None:
            stop.main_stop_id = stops[one["main"]].id
    for channel in outline.get("channels", []):
        db.session.add(Channel(campaign_id=campaign.id, **channel, created_at=now()))
    db.session.flush()
    for name, part in outline.get("carried", {}).items():
        if name in _carried:
            _carried[name].put(campaign, stops, part)


def family_of(outline: Outline) -> Family:
    """The kind of campaign an outline makes."""
    return Family(outline["family"])


def _stop_outline(stop: Stop, first: date, places: dict[int, int]) -> Outline:
    return {
        **{name: getattr(stop, name) for name in _STOP_COLUMNS},
        "begins": _after(first, stop.starts_at),
        "ends": _after(first, stop.ends_at),
        "closes": _after(first, stop.registration_closes_at),
        "main": places.get(stop.main_stop_id) if stop.main_stop_id is not None else None,
        "programme": [
            {
                **{name: getattr(item, name) for name in _ITEM_COLUMNS},
                "kind": item.kind.value,
                "begins": _after(first, item.starts_at),
                "ends": _after(first, item.ends_at),
            }
            for item in stop.programme
        ],
    }


def _stop(
    campaign: Campaign, one: Outline, first_day: date, host_of: Callable[[int | None], int | None]
) -> Stop:
    columns = {name: one[name] for name in _STOP_COLUMNS if name in one}
    return Stop(
        **{**columns, "host_city_id": host_of(one.get("host_city_id"))},
        campaign=campaign,
        starts_at=_moment(first_day, one["begins"]),
        ends_at=_moment(first_day, one["ends"]),
        registration_closes_at=_moment(first_day, one["closes"]),
        seats_taken=0,
        programme=[
            ProgrammeItem(
                **{name: item[name] for name in _ITEM_COLUMNS if name in item},
                kind=ProgrammeKind(item["kind"]),
                starts_at=_moment(first_day, item["begins"]),
                ends_at=_moment(first_day, item["ends"]),
            )
            for item in one["programme"]
        ],
    )


def _after(first: date, moment: datetime) -> list[Any]:
    """``[days after the first day, "09:00"]`` as a clock in China shows it."""
    there = in_china(moment)
    return [(there.date() - first).days, f"{there:%H:%M}"]


def _moment(first_day: date, after: list[Any]) -> datetime:
    days, clock = after
    return from_china(datetime.combine(first_day + timedelta(days=days), time.fromisoformat(clock)))

"""What everybody sees: the campaigns that are published, and one of them with its stops."""

from __future__ import annotations

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue

from accounts.access import open_to_everyone
from campaigns.calendar_file import calendar_of
from campaigns.channel import channel_named
from campaigns.lookups import campaign_by_slug, draft_by_slug, published_campaigns
from campaigns.models import Campaign, Family, Stop
from campaigns.poster import full_address
from campaigns.standing import Standing, standing_of
from shared.clock import in_china, now
from shared.errors import NotFound
from shared.language import in_language

bp = Blueprint("public", __name__)

NEXT_STOPS = 6


@bp.get("/")
@open_to_everyone
def campaign_list() -> ResponseReturnValue:
    """The front page: the stops that come next, then all campaigns; by kind, city and month if asked."""
    everything = published_campaigns()
    chosen = _chosen_family()
    city, month = request.args.get("city", ""), request.args.get("month", "")
    moment = now()
    all_stops = [stop for campaign in everything for stop in campaign.stops if stop.cancelled_at is None]
    cities = list(dict.fromkeys(stop.city_zh for stop in sorted(all_stops, key=lambda stop: stop.starts_at)))
    months = sorted({_month_of(stop) for stop in all_stops if stop.ends_at > moment})
    city = city if city in cities else ""
    month = month if month in {_month_of(stop) for stop in all_stops} else ""

    def is_asked_for(stop: Stop) -> bool:
        return city in ("", stop.city_zh) and month in ("", _month_of(stop))

    shown = [
        campaign
        for campaign in everything
        if chosen in (None, campaign.family)
        and (not (city or month) or any(is_asked_for(stop) for stop in campaign.stops))
    ]
    next_stops = sorted(
        (
            stop
            for campaign in shown
            for stop in campaign.stops
            if stop.ends_at > moment and stop.cancelled_at is None and is_asked_for(stop)
        ),
        key=_soonest_useful,
    )
    return render_template(
        "public/campaign_list.html",
        campaigns=sorted(shown, key=lambda campaign: _is_over(campaign)),
        families=[family for family in Family if any(campaign.family is family for campaign in everything)],
        chosen=chosen,
        cities=[(one, in_language(one, _city_in_english(all_stops, one))) for one in cities],
        city=city,
        months=months,
        month=month,
        next_stops=next_stops[:NEXT_STOPS],
        is_over=_is_over,
        channel=channel_named(request.args.get("from")),
    )


@bp.get("/c/<slug>")
@open_to_everyone
def campaign(slug: str) -> ResponseReturnValue:
    """One campaign: what it is, its stops and their programmes. Staff may look at a draft."""
    campaign = _campaign(slug)
    channel = channel_named(request.args.get("from"))  # handed on to the registration form
    return render_template(
        "public/campaign.html",
        campaign=campaign,
        channel=channel,
        is_over=_is_over,
        address=full_address("public.campaign", slug=slug),
    )


@bp.get("/c/<slug>/stops/<int:stop_id>")
@open_to_everyone
def stop(slug: str, stop_id: int) -> ResponseReturnValue:
    """One stop: when and where, what to know, its programme with what goes on now. Staff may look at a draft's."""
    stop = _stop(_campaign(slug), stop_id)
    return render_template(
        "public/stop.html",
        stop=stop,
        campaign=stop.campaign,
        related=[
            one
            for one in stop.campaign.stops
            if one.cancelled_at is None and one.id != stop.id and _are_related(one, stop)
        ],
        channel=channel_named(request.args.get("from")),
        address=full_address("public.stop", slug=slug, stop_id=stop_id),
    )


@bp.get("/c/<slug>/calendar.ics")
@open_to_everyone
def campaign_calendar(slug: str) -> ResponseReturnValue:
    """All stops of a campaign for one's own calendar."""
    campaign = _campaign(slug)
    return _calendar(campaign.stops, campaign.name, slug)


@bp.get("/c/<slug>/stops/<int:stop_id>/calendar.ics")
@open_to_everyone
def stop_calendar(slug: str, stop_id: int) -> ResponseReturnValue:
    """One stop for one's own calendar."""
    stop = _stop(_campaign(slug), stop_id)
    return _calendar([stop], f"{stop.campaign.name} · {stop.city}", f"{slug}-{stop_id}")


def _calendar(stops: list[Stop], name: str, file_name: str) -> ResponseReturnValue:
    return (
        calendar_of(stops, name=name, at=now()),
        200,
        {
            "Content-Type": "text/calendar; charset=utf-8",
            "Content-Disposition": f'attachment; filename="{file_name}.ics"',
        },
    )


def _campaign(slug: str) -> Campaign:
    try:
        return campaign_by_slug(slug)
    except NotFound:
        if g.staff is None:
            raise
        return draft_by_slug(g.staff, slug)


def _stop(campaign: Campaign, stop_id: int) -> Stop:
    for stop in campaign.stops:
        if stop.id == stop_id:
            return stop
    raise NotFound


def _are_related(one: Stop, other: Stop) -> bool:
    """Whether one is the main venue of the other, or both belong to one."""
    return (one.main_stop_id or one.id) == (other.main_stop_id or other.id)


def _month_of(stop: Stop) -> str:
    return f"{in_china(stop.starts_at):%Y-%m}"


def _city_in_english(stops: list[Stop], city_zh: str) -> str:
    return next((stop.city_en for stop in stops if stop.city_zh == city_zh and stop.city_en), city_zh)


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

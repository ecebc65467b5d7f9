"""Plan what is held, where and when: campaigns and their stops.

The plans are what a form or a seed hands in; moments carry their zone. Every verb here asks whether ``by`` may plan
for the host city named, because the form offers a choice and a choice can be forged.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from flask_babel import gettext as _
from pypinyin import lazy_pinyin
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from accounts.models import Staff
from accounts.permissions import Permission, reach_of
from audit.record import record
from campaigns.errors import (
    AddressIsOut,
    CapacityBelowSeatsTaken,
    HasSubVenues,
    NoMainVenue,
    NotWithinYourReach,
    ProgrammeOutside,
    SlugTaken,
    StopIsCancelled,
    StopIsOver,
)
from campaigns.facts import SeatsAdded, StopCancelled, StopMoved
from campaigns.models import Campaign, Family, ProgrammeItem, Stop
from jobs.outbox import announce
from shared.clock import now
from shared.db import db, hold, violated
from shared.display import clock, moment
from shared.errors import NotFound

LONGEST_SLUG = 60
MOST_NAMED = 3
MOVING = frozenset({"starts_at", "ends_at", "city_zh", "venue_zh", "address_zh"})
"""What of a stop is told to everybody who means to come when it changes."""


@dataclass(frozen=True)
class CampaignPlan:
    """A campaign as it is typed. ``slug`` is the last part of its public address; empty: made of the name."""

    family: Family
    year: int
    name_zh: str
    name_en: str = ""
    summary_zh: str = ""
    summary_en: str = ""
    details_zh: str = ""
    details_en: str = ""
    poster_line: str = ""
    slug: str = ""
    host_city_id: int | None = None
    own_page_asks_code: bool = False


@dataclass(frozen=True)
class StopPlan:
    """A stop as it is typed. ``city`` is where it takes place, ``host_city_id`` who in the province hosts it.

    It may be a main venue, or a sub-venue of the stop ``main_stop_id``.
    """

    city_zh: str
    venue_zh: str
    address_zh: str
    starts_at: datetime
    ends_at: datetime
    registration_closes_at: datetime
    capacity: int
    needs_approval: bool = False
    host_city_id: int | None = None
    city_en: str = ""
    venue_en: str = ""
    address_en: str = ""
    details_zh: str = ""
    details_en: str = ""
    is_main_venue: bool = False
    main_stop_id: int | None = None
    edits_close_at: datetime | None = None


def slug_for(name: str, year: int) -> str:
    """An address out of a name: ``博士太原行`` of 2026 → ``boshitaiyuanxing-2026``; ASCII, at most 60 characters."""
    name = name.replace(f"{year}年", " ")
    spelled = "".join(lazy_pinyin(name, errors=lambda rest: f" {rest} ")).lower()
    kept = "".join(character if character.isascii() and character.isalnum() else "-" for character in spelled)
    words = [word for word in kept.split("-") if word and word != str(year)]
    stem = "-".join(words)[: LONGEST_SLUG - 5].strip("-") or "campaign"
    return f"{stem}-{year}"


def draft_campaign(plan: CampaignPlan, *, by: Staff) -> Campaign:
    """A new campaign that only staff see. Raises NotWithinYourReach or SlugTaken.

    A slug typed by hand must be free; one made of the name gets a number when it is not.
    """
    _may_plan_for(by, plan.host_city_id)
    campaign = Campaign(**asdict(plan), created_at=now())
    campaign.slug = plan.slug or _free_slug(slug_for(plan.name_zh, plan.year))
    _flush_with_slug(campaign)
    record("draft_campaign", campaign, by=by, slug=campaign.slug)
    return campaign


def revise_campaign(campaign_id: int, plan: CampaignPlan, *, by: Staff) -> Campaign:
    """Change what is said of a campaign. Raises NotWithinYourReach, SlugTaken or AddressIsOut."""
    campaign = hold(Campaign, campaign_id)
    if campaign is None:
        raise NotFound
    _may_plan_for(by, plan.host_city_id, campaign_id=campaign.id)
    slug = plan.slug or campaign.slug
    if campaign.is_published and slug != campaign.slug:
        raise AddressIsOut
    changed = _take_over(campaign, {**asdict(plan), "slug": slug})
    _flush_with_slug(campaign)
    record("revise_campaign", campaign, by=by, changed=changed)
    return campaign


def add_stop(campaign_id: int, plan: StopPlan, *, by: Staff) -> Stop:
    """A new stop; registration for it is not open yet. Raises NotWithinYourReach or NoMainVenue."""
    campaign = db.session.get(Campaign, campaign_id)
    if campaign is None:
        raise NotFound
    _may_plan_for(by, plan.host_city_id, campaign_id=campaign.id)
    _refuse_unless_main(plan, campaign_id=campaign.id)
    stop = Stop(**asdict(plan), campaign=campaign, seats_taken=0)
    db.session.add(stop)
    record("add_stop", stop, by=by, capacity=stop.capacity)
    return stop


def revise_stop(stop_id: int, plan: StopPlan, *, by: Staff, programme_moves: bool = True) -> Stop:
    """Change a stop; its programme moves along with its start, unless it is to keep its times.

    Raises NotWithinYourReach, StopIsCancelled, NoMainVenue, HasSubVenues, ProgrammeOutside, or CapacityBelowSeatsTaken
    when more people hold a seat than there would be. The stop is held, so that nobody takes a seat between the check and the change.
    """
    stop = hold(Stop, stop_id)
    if stop is None:
        raise NotFound
    refuse_revision(stop, plan, by=by, programme_moves=programme_moves)
    later, seats_before = plan.starts_at - stop.starts_at, stop.capacity
    changed = _take_over(stop, asdict(plan))
    if later and programme_moves:
        for item in stop.programme:
            item.starts_at += later
            item.ends_at += later
    record("revise_stop", stop, by=by, changed=changed)
    if plan.capacity > seats_before:
        announce(SeatsAdded(stop_id=stop.id))
    if (
        MOVING & set(changed) and stop.ends_at > now()
    ):  # an address put right afterwards is no news to those who were there
        announce(StopMoved(stop_id=stop.id))
    return stop


def refuse_revision(stop: Stop, plan: StopPlan, *, by: Staff, programme_moves: bool = True) -> None:
    """Raise what ``revise_stop`` would raise for ``plan``."""
    _may_plan_for(by, plan.host_city_id, campaign_id=stop.campaign_id, stop_id=stop.id)
    if stop.cancelled_at is not None:
        raise StopIsCancelled
    if (plan.is_main_venue, plan.main_stop_id) != (stop.is_main_venue, stop.main_stop_id):
        _refuse_unless_main(plan, campaign_id=stop.campaign_id, stop_id=stop.id)
        if not plan.is_main_venue and db.session.scalar(
            select(Stop.id).where(Stop.main_stop_id == stop.id).limit(1)
        ):
            raise HasSubVenues
    if plan.capacity < stop.seats_taken:
        raise CapacityBelowSeatsTaken(stop.seats_taken)
    if (plan.starts_at, plan.ends_at) != (stop.starts_at, stop.ends_at):
        _refuse_outside(stop, plan, programme_moves=programme_moves)


def _refuse_outside(stop: Stop, plan: StopPlan, *, programme_moves: bool) -> None:
    """Raise ProgrammeOutside naming what of the programme would lie outside the new time; a trigger asks again."""
    later = plan.starts_at - stop.starts_at if programme_moves else timedelta()
    outside = [
        f"{item.title} {moment(item.starts_at + later)}–{clock(item.ends_at + later)}"
        for item in db.session.scalars(
            select(ProgrammeItem)
            .where(ProgrammeItem.stop_id == stop.id, ProgrammeItem.cancelled_at.is_(None))
            .order_by(ProgrammeItem.starts_at, ProgrammeItem.id)
        )
        if item.starts_at + later < plan.starts_at or item.ends_at + later > plan.ends_at
    ]
    if outside:
        named = _("; ").join(outside[:MOST_NAMED]) + ("…" if len(outside) > MOST_NAMED else "")
        raise ProgrammeOutside(named, number=len(outside), begins_anew=plan.starts_at != stop.starts_at)


def cancel_stop(stop_id: int, *, reason: str, by: Staff) -> Stop:
    """The stop does not take place: registration ends and whoever listens tells the people.

    Raises StopIsCancelled or StopIsOver. There is no way back, because people have been told.
    """
    stop = hold(Stop, stop_id)
    if stop is None:
        raise NotFound
    if stop.cancelled_at is not None:
        raise StopIsCancelled
    if stop.ends_at <= now():
        raise StopIsOver
    stop.cancelled_at = now()
    record("cancel_stop", stop, by=by, reason=reason)
    announce(StopCancelled(stop_id=stop.id))
    return stop


def _may_plan_for(
    by: Staff, host_city_id: int | None, *, campaign_id: int | None = None, stop_id: int | None = None
) -> None:
    reach = reach_of(by, Permission.PLAN_CAMPAIGNS)
    if not reach.covers(host_city_id=host_city_id, campaign_id=campaign_id, stop_id=stop_id):
        raise NotWithinYourReach


def _refuse_unless_main(plan: StopPlan, *, campaign_id: int, stop_id: int | None = None) -> None:
    """Raise NoMainVenue unless the main venue that ``plan`` names is one of this campaign; a trigger asks again."""
    if plan.main_stop_id is None:
        return
    main = db.session.get(Stop, plan.main_stop_id, populate_existing=True)
    if plan.is_main_venue or main is None or not main.is_main_venue:
        raise NoMainVenue
    if main.campaign_id != campaign_id or main.id == stop_id:
        raise NoMainVenue


def _take_over(row: Campaign | Stop, values: dict[str, object]) -> list[str]:
    """Write ``values`` onto ``row``; the names of those that differ."""
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    return changed


def _flush_with_slug(campaign: Campaign) -> None:
    try:
        with db.session.begin_nested():
            db.session.add(campaign)
    except IntegrityError as error:
        if violated(error) == "uq_campaigns_slug":
            raise SlugTaken from None
        raise


def _free_slug(wanted: str) -> str:
    taken = set(db.session.scalars(select(Campaign.slug).where(Campaign.slug.startswith(wanted))))
    number = 2
    slug = wanted
    while slug in taken:
        slug, number = f"{wanted}-{number}", number + 1
    return slug

"""Start a campaign from another one or from a template, and keep templates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy.exc import IntegrityError

from accounts.models import Staff
from accounts.permissions import Permission, reach_of
from audit.record import record
from campaigns.errors import NothingToCopy, NotWithinYourReach, TemplateNameTaken
from campaigns.models import Campaign, CampaignTemplate, HostCity
from campaigns.outline import Outline, family_of, fill, outline_of
from campaigns.plan import CampaignPlan, draft_campaign
from shared.clock import now
from shared.db import db, hold, violated
from shared.errors import NotFound


@dataclass(frozen=True)
class Start:
    """How the new campaign is called, who holds it, and on which day its first stop falls (a day in China)."""

    name_zh: str
    first_day: date
    name_en: str = ""
    host_city_id: int | None = None


def copy_campaign(campaign_id: int, start: Start, *, by: Staff) -> Campaign:
    """A new draft like another campaign, its days shifted so that the first stop falls on ``start.first_day``.

    Stops, programmes, texts, channels and what packages above carry along are copied; nothing of people, nothing is
    open, nothing published. Raises NotFound, NothingToCopy or NotWithinYourReach.
    """
    source = db.session.get(Campaign, campaign_id)
    if source is None:
        raise NotFound
    campaign = start_from(outline_of(source), start, by=by)
    record("copy_campaign", campaign, by=by, source_id=source.id)
    return campaign


def start_from(outline: Outline, start: Start, *, by: Staff) -> Campaign:
    """A new draft out of an outline. A stop keeps its host where ``by`` may plan for it; else the campaign's hosts it.

    Raises NothingToCopy or NotWithinYourReach.
    """
    if not outline["stops"]:
        raise NothingToCopy
    campaign = draft_campaign(
        CampaignPlan(
            family=family_of(outline),
            year=start.first_day.year,
            name_zh=start.name_zh,
            name_en=start.name_en,
            host_city_id=start.host_city_id,
        ),
        by=by,
    )
    reach = reach_of(by, Permission.PLAN_CAMPAIGNS)

    def host_of(before: int | None) -> int | None:
        return before if before is not None and reach.covers(host_city_id=before) else start.host_city_id

    fill(campaign, _with_places(outline, start), first_day=start.first_day, host_of=host_of)
    return campaign


def save_as_template(campaign_id: int, name: str, *, by: Staff) -> CampaignTemplate:
    """Keep a campaign's outline under a name; it belongs to whoever holds the campaign.

    Raises NotFound, NothingToCopy, NotWithinYourReach or TemplateNameTaken.
    """
    campaign = db.session.get(Campaign, campaign_id)
    if campaign is None:
        raise NotFound
    _refuse_beyond_reach(campaign.host_city_id, by, campaign_id=campaign.id)
    outline = outline_of(campaign)
    if not outline["stops"]:
        raise NothingToCopy
    template = CampaignTemplate(
        name=name,
        family=campaign.family,
        host_city_id=campaign.host_city_id,
        outline=outline,
        created_at=now(),
        created_by_id=by.id,
    )
    try:
        with db.session.begin_nested():
            db.session.add(template)
    except IntegrityError as error:
        if violated(error) == "uq_campaign_templates_name":
            raise TemplateNameTaken from None
        raise
    record("save_as_template", template, by=by, name=name, campaign_id=campaign.id)
    return template


def delete_template(template_id: int, *, by: Staff) -> None:
    """Delete a template; campaigns that began with it stay. Raises NotFound or NotWithinYourReach."""
    template = hold(CampaignTemplate, template_id)
    if template is None:
        raise NotFound
    _refuse_beyond_reach(template.host_city_id, by)
    record("delete_template", template, by=by, name=template.name)
    db.session.delete(template)


def _refuse_beyond_reach(host_city_id: int | None, by: Staff, *, campaign_id: int | None = None) -> None:
    reach = reach_of(by, Permission.PLAN_CAMPAIGNS)
    if not reach.covers(host_city_id=host_city_id, campaign_id=campaign_id):
        raise NotWithinYourReach


def _with_places(outline: Outline, start: Start) -> Outline:
    """The outline with a city where it has none: a built-in template takes place at whoever holds it."""
    host = db.session.get(HostCity, start.host_city_id) if start.host_city_id is not None else None
    zh, en = (host.name_zh, host.name_en) if host is not None else ("太原", "Taiyuan")
    stops = [stop if stop["city_zh"] else {**stop, **_named(stop, zh, en)} for stop in outline["stops"]]
    return {**outline, "stops": stops}


def _named(stop: Outline, zh: str, en: str) -> Outline:
    """The city, and behind it what tells several stops there apart."""
    part_zh, part_en = stop.get("named", ("", ""))
    return {
        "city_zh": f"{zh} · {part_zh}" if part_zh else zh,
        "city_en": f"{en} · {part_en}" if part_en else en,
    }

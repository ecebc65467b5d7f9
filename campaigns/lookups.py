"""Questions about campaigns and stops. Staff reach a row only through the doors here: ``stop_for``, ``campaign_for``."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, false, or_, select, true
from sqlalchemy.orm import selectinload

from accounts.models import Staff
from accounts.permissions import Permission, Reach, reach_of
from campaigns.models import Campaign, CampaignTemplate, Channel, HostCity, ProgrammeItem, Stop
from shared.db import db
from shared.errors import NotFound


def stops_within(reach: Reach) -> Select[Stop]:
    """A SELECT of the stops that lie within ``reach``, not ordered. A reach over employers holds no stop."""
    return select(Stop).where(_stop_lies_within(reach))


def stops_for(staff: Staff, permission: Permission) -> list[Stop]:
    """The stops for which ``staff`` may do ``permission``, the earliest first."""
    statement = stops_within(reach_of(staff, permission)).order_by(Stop.starts_at, Stop.id)
    return list(db.session.scalars(statement))


def stop_for(staff: Staff, stop_id: int, permission: Permission) -> Stop:
    """The only door to a stop for staff. Raises NotFound also for a stop that is another city's."""
    stop = db.session.scalar(stops_within(reach_of(staff, permission)).where(Stop.id == stop_id))
    if stop is None:
        raise NotFound
    return stop


def campaigns_for(staff: Staff, permission: Permission) -> list[Campaign]:
    """The campaigns in which ``staff`` may do ``permission`` somewhere, the newest year first.

    A province's campaign belongs to it when one of its stops lies within reach; read its stops through ``stops_of``.
    """
    statement = (
        select(Campaign)
        .where(_campaign_touches(reach_of(staff, permission)))
        .order_by(Campaign.year.desc(), Campaign.created_at.desc(), Campaign.id.desc())
    )
    return list(db.session.scalars(statement))


def campaign_for(staff: Staff, campaign_id: int, permission: Permission, *, whole: bool = False) -> Campaign:
    """The only door to a campaign for staff. Raises NotFound also for a campaign that is another city's.

    ``whole`` asks that the campaign itself lies within reach and not only one of its stops: a city may plan its
    stop of the province's tour, but not rename the tour.
    """
    reach = reach_of(staff, permission)
    rule = _campaign_lies_within(reach) if whole else _campaign_touches(reach)
    campaign = db.session.scalar(select(Campaign).where(Campaign.id == campaign_id, rule))
    if campaign is None:
        raise NotFound
    return campaign


def stops_of(campaigns: Iterable[Campaign], reach: Reach) -> dict[int, list[Stop]]:
    """The stops of ``campaigns`` within ``reach`` by campaign id, the earliest first, in one query."""
    found: dict[int, list[Stop]] = {campaign.id: [] for campaign in campaigns}
    if found:
        statement = stops_within(reach).where(Stop.campaign_id.in_(found)).order_by(Stop.starts_at, Stop.id)
        for stop in db.session.scalars(statement):
            found[stop.campaign_id].append(stop)
    return found


def published_campaigns() -> list[Campaign]:
    """What the public sees, with the stops loaded, the newest year first."""
    statement = (
        select(Campaign)
        .where(Campaign.published_at.is_not(None))
        .options(selectinload(Campaign.stops))
        .order_by(Campaign.year.desc(), Campaign.published_at.desc(), Campaign.id.desc())
    )
    return list(db.session.scalars(statement))


def campaign_by_slug(slug: str) -> Campaign:
    """A published campaign with its stops and their programmes. Raises NotFound, also for a draft."""
    return _whole_campaign(slug, Campaign.published_at.is_not(None))


def draft_by_slug(staff: Staff, slug: str) -> Campaign:
    """A campaign that ``staff`` may look at before the public does, with the same. Raises NotFound."""
    return _whole_campaign(slug, _campaign_touches(reach_of(staff, Permission.SEE_CAMPAIGNS)))


def _whole_campaign(slug: str, rule: ColumnElement[bool]) -> Campaign:
    campaign = db.session.scalar(
        select(Campaign)
        .where(Campaign.slug == slug, rule)
        .options(selectinload(Campaign.stops).selectinload(Stop.programme))
    )
    if campaign is None:
        raise NotFound
    return campaign


def host_cities() -> list[HostCity]:
    """The province's cities in the order of their administrative codes."""
    return list(db.session.scalars(select(HostCity).order_by(HostCity.code)))


def scope_name(staff: Staff) -> str:
    """For whom this member of staff works, for the sidebar: the cities, or the province; empty for an employer's."""
    scopes = {(g.host_city_id, g.campaign_id, g.stop_id, g.employer_id) for g in staff.grants}
    if (None, None, None, None) in scopes:
        return str(_("The whole province"))
    cities = {city_id for city_id, *_others in scopes if city_id is not None}
    return str(_(", ")).join(city.name for city in host_cities() if city.id in cities) if cities else ""


def programme_item_of(stop: Stop, item_id: int) -> ProgrammeItem:
    """One item of ``stop``'s programme. Raises NotFound for another stop's."""
    item = db.session.scalar(
        select(ProgrammeItem).where(ProgrammeItem.id == item_id, ProgrammeItem.stop_id == stop.id)
    )
    if item is None:
        raise NotFound
    return item


def main_venues(campaign_id: int) -> list[Stop]:
    """The campaign's main venues, the earliest first: to which of them a sub-venue may belong."""
    statement = select(Stop).where(Stop.campaign_id == campaign_id, Stop.is_main_venue)
    return list(db.session.scalars(statement.order_by(Stop.starts_at, Stop.id)))


def by_venues(stops: Iterable[Stop]) -> list[Stop]:
    """The same stops, each main venue followed by its sub-venues."""
    stops = list(stops)
    shown = {stop.id for stop in stops}
    subs: dict[int, list[Stop]] = {}
    for stop in stops:
        if stop.main_stop_id in shown and stop.main_stop_id is not None:
            subs.setdefault(stop.main_stop_id, []).append(stop)
    return [one for stop in stops if stop.main_stop_id not in shown for one in (stop, *subs.get(stop.id, ()))]


def channels_of(campaign: Campaign) -> list[Channel]:
    """The campaign's channels in the order in which they were added."""
    statement = select(Channel).where(Channel.campaign_id == campaign.id).order_by(Channel.id)
    return list(db.session.scalars(statement))


def channel_of(campaign: Campaign, channel_id: int) -> Channel:
    """One channel of ``campaign``. Raises NotFound for another campaign's."""
    channel = db.session.scalar(
        select(Channel).where(Channel.id == channel_id, Channel.campaign_id == campaign.id)
    )
    if channel is None:
        raise NotFound
    return channel


def templates_for(staff: Staff) -> list[CampaignTemplate]:
    """The templates from which ``staff`` may start: the province's and those of the cities within reach, by name."""
    return list(
        db.session.scalars(
            select(CampaignTemplate)
            .where(_template_lies_within(reach_of(staff, Permission.PLAN_CAMPAIGNS)))
            .order_by(CampaignTemplate.family, CampaignTemplate.name, CampaignTemplate.id)
        )
    )


def template_for(staff: Staff, template_id: int) -> CampaignTemplate:
    """The only door to a template. Raises NotFound also for another city's; changing it asks for more in the verb."""
    rule = _template_lies_within(reach_of(staff, Permission.PLAN_CAMPAIGNS))
    template = db.session.scalar(select(CampaignTemplate).where(CampaignTemplate.id == template_id, rule))
    if template is None:
        raise NotFound
    return template


def _template_lies_within(reach: Reach) -> ColumnElement[bool]:
    if reach.everywhere:
        return true()
    return or_(
        CampaignTemplate.host_city_id.is_(None), CampaignTemplate.host_city_id.in_(reach.host_city_ids)
    )


def _stop_lies_within(reach: Reach) -> ColumnElement[bool]:
    if reach.everywhere:
        return true()
    return or_(
        false(),
        Stop.host_city_id.in_(reach.host_city_ids),
        Stop.campaign_id.in_(reach.campaign_ids),
        Stop.id.in_(reach.stop_ids),
    )


def _campaign_lies_within(reach: Reach) -> ColumnElement[bool]:
    if reach.everywhere:
        return true()
    return or_(
        false(),
        Campaign.host_city_id.in_(reach.host_city_ids),
        Campaign.id.in_(reach.campaign_ids),
    )


def _campaign_touches(reach: Reach) -> ColumnElement[bool]:
    with_a_stop = select(Stop.campaign_id).where(_stop_lies_within(reach))
    return or_(_campaign_lies_within(reach), Campaign.id.in_(with_a_stop))

"""Fill a database with invented campaigns and people: a few hundred to look at, or many thousands to measure with.

The dice are loaded the same way every time: two demos of the same day hold the same people. Run it as
``flask --app app seed --size 100000`` (or ``python -m demo.seed``).
"""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, insert, select, text

from accounts.models import Role, RoleGrant, Staff
from accounts.sign_in import staff_with_login
from audit.record import record
from campaigns.models import Campaign, CampaignTemplate, Channel, HostCity, ProgrammeItem, Stop
from campaigns.outline import outline_of
from demo.accounts import PASSWORD
from demo.crowd import Crowd, Hiring, Scene, StopPlace
from demo.deciding import decide_some
from demo.forms import answer_form, write_form
from demo.gate import open_gate, stop_going_on
from demo.load import allow_time, load, unused_ids
from demo.names import remarkable_names
from demo.plans import CampaignPlan, StopPlan, at, many_plans, plans
from demo.staff import POSTS, add_demo_staff
from demo.trades import CHANNEL_NAMES, CONTACTS_EMPLOYER, EMPLOYERS
from demo.twice import register_twice
from demo.ways import open_other_ways
from employers.models import Employer
from jobs.outbox import announce
from leads.models import OPEN_STAGES, Lead
from people.models import Person
from privacy.purposes import Purpose
from privacy.texts import current
from registrations.facts import RegistrationConfirmed, RegistrationWaiting
from registrations.models import STANDING, ProgrammeChoice, Registration, RegistrationState
from registrations.tickets import make_first_key
from shared.clock import in_china, now
from shared.db import db, transaction

SEED = 1513
LETTERS = 18
CHOOSING = 0.85
"""Share of those who mean to come who choose one of a group."""
Say = Callable[[str], None]


def seed_if_empty() -> bool:
    """Put the demo into a database without campaigns; False when there are some. Needs an application context."""
    with transaction():
        if db.session.scalar(select(Campaign.id).limit(1)) is not None:
            return False
        allow_time()
        dice = random.Random(SEED)
        moment = now()
        scene = _scene(moment, password=PASSWORD)
        campaigns = [(plan, _add_campaign(plan, moment)) for plan in plans(in_china(moment).date())]
        size = sum(stop.crowd.size for plan, _campaign in campaigns for stop in plan.stops)
        crowd = Crowd(scene, dice, _ids(size), names=remarkable_names(dice))
        for plan, campaign in campaigns:
            _gather(crowd, plan, campaign)
        load(crowd.take_rows())
        for plan, campaign in campaigns:
            if plan.has_own_form:
                write_form(campaign)
                answer_form(campaign, dice)
        make_first_key()
        accounts = {login: account for login in POSTS if (account := staff_with_login(login))}
        decide_some(dice, accounts)
        choosing = random.Random(SEED + 1)  # a dice of its own: the others' throws stay what they were
        for _plan, campaign in campaigns:
            _choose(campaign, choosing)
            _add_channels(campaign)
        _keep_a_template([campaign for _plan, campaign in campaigns], moment)
        _write_to_the_latest()
        open_other_ways(accounts["admin"])
        register_twice()
        if (going_on := stop_going_on(moment)) is not None:
            open_gate(going_on, moment, random.Random(SEED + 2), accounts["gate"])
        record("seed", "demo", registrations=size)
    return True


def seed(people: int, *, say: Say = lambda _line: None) -> None:
    """Add ``people`` registrations on past stops with all that follows, besides the demo. ``say`` hears of progress.

    One transaction: all of it or nothing. Needs an application context.
    """
    if seed_if_empty():
        say("the demo is in")
    began = time.monotonic()
    with transaction():
        allow_time()
        moment = now()
        # Accounts that are still missing get a password nobody knows: this database may be somebody's own.
        scene = _scene(moment, password=secrets.token_urlsafe(24))
        first_number = _first_number()
        first_campaign = (db.session.scalar(select(func.max(Campaign.id))) or 0) + 1
        dice = random.Random(SEED + first_number)
        crowd = Crowd(scene, dice, _ids(people), first_number=first_number, held=_held())
        made = rows = 0
        for plan in many_plans(in_china(moment).date(), people, first_number=first_campaign):
            campaign = _add_campaign(plan, moment)
            _gather(crowd, plan, campaign)
            rows += load(crowd.take_rows())
            made += sum(stop.crowd.size for stop in plan.stops)
            say(f"{made:>9,} of {people:,} registrations, {rows:,} rows, {time.monotonic() - began:.1f} s")
        make_first_key()
        record("seed", "demo", registrations=people)
    with transaction():
        allow_time()
        db.session.execute(text("ANALYZE"))
    say(f"done in {time.monotonic() - began:.1f} s")


def seed_campaign(plan: CampaignPlan) -> int:
    """Add one campaign with its people; returns its id. One transaction. Needs an application context."""
    with transaction():
        allow_time()
        moment = now()
        scene = _scene(moment, password=secrets.token_urlsafe(24))
        first_number = _first_number()
        size = sum(stop.crowd.size for stop in plan.stops)
        crowd = Crowd(
            scene, random.Random(SEED + first_number), _ids(size), first_number=first_number, held=_held()
        )
        campaign = _add_campaign(plan, moment)
        _gather(crowd, plan, campaign)
        load(crowd.take_rows())
        make_first_key()
        record("seed", campaign, registrations=size)
        return campaign.id


def _first_number() -> int:
    return db.session.scalar(select(func.coalesce(func.max(Person.id), 0))) or 0


def _ids(size: int) -> dict[str, Iterator[int]]:
    return {table: unused_ids(table, size) for table in ("people", "registrations", "leads")}


def _scene(moment: datetime, *, password: str) -> Scene:
    """The staff and the employers, made where they are missing."""
    city_ids = {city.name_en: city.id for city in db.session.scalars(select(HostCity))}
    employers = {employer.name_zh: employer for employer in db.session.scalars(select(Employer))}
    for invented in EMPLOYERS:
        if invented.name_zh not in employers:
            employers[invented.name_zh] = Employer(
                name_zh=invented.name_zh,
                name_en=invented.name_en,
                industry_zh=invented.industry_zh,
                industry_en=invented.industry_en,
                host_city_id=city_ids[invented.city],
                created_at=moment - timedelta(days=400),
            )
            db.session.add(employers[invented.name_zh])
    db.session.flush()
    staff = add_demo_staff(city_ids, employers[CONTACTS_EMPLOYER].id, password=password)
    db.session.flush()
    return Scene(
        moment=moment,
        city_ids=sorted(city_ids.values()),
        employers=[Hiring(employers[e.name_zh].id, frozenset(e.trades)) for e in EMPLOYERS],
        organiser_ids={
            None: staff["admin"].id,
            city_ids["Taiyuan"]: staff["taiyuan"].id,
            city_ids["Jincheng"]: staff["jincheng"].id,
        },
        volunteer_ids=[staff["gate"].id, staff["gate.2"].id],
        recruiter_ids=_recruiters(),
        notice=current(Purpose.REGISTRATION),
        employers_text=current(Purpose.EMPLOYERS),
        wall_text=current(Purpose.WALL),
    )


def _recruiters() -> Sequence[int]:
    return db.session.scalars(
        select(Staff.id).join(RoleGrant).where(RoleGrant.role == Role.RECRUITER).order_by(Staff.id)
    ).all()


def _held() -> dict[int, int]:
    rows = db.session.execute(
        select(Lead.owner_id, func.count()).where(Lead.stage.in_(OPEN_STAGES)).group_by(Lead.owner_id)
    )
    return {owner_id: count for owner_id, count in rows if owner_id is not None}


def _add_campaign(plan: CampaignPlan, moment: datetime) -> Campaign:
    city_ids = {city.name_en: city.id for city in db.session.scalars(select(HostCity))}
    stops = [_stop(stop, city_ids, moment) for stop in plan.stops]
    opened = [stop.registration_opened_at for stop in stops if stop.registration_opened_at]
    published_at = (
        min([*opened, moment - timedelta(days=6)]) - timedelta(days=4) if plan.is_published else None
    )
    campaign = Campaign(
        slug=plan.slug,
        family=plan.family,
        year=plan.year,
        name_zh=plan.name[0],
        name_en=plan.name[1],
        summary_zh=plan.summary[0],
        summary_en=plan.summary[1],
        details_zh=plan.details[0],
        details_en=plan.details[1],
        poster_line=plan.poster_line,
        host_city_id=city_ids[plan.host_city] if plan.host_city else None,
        published_at=published_at,
        created_at=(published_at or moment) - timedelta(days=9),
        stops=stops,
    )
    db.session.add(campaign)
    db.session.flush()
    for stop, stop_plan in zip(stops, plan.stops, strict=True):
        if stop_plan.main is not None:
            stop.main_stop_id = stops[stop_plan.main].id
    db.session.flush()
    return campaign


def _stop(plan: StopPlan, city_ids: dict[str, int], moment: datetime) -> Stop:
    opened_at = None
    if plan.opened_before is not None and plan.crowd.size:
        # Far-off stops are open already: they have people, and a visitor can try the form.
        opened_at = min(plan.begins - plan.opened_before, moment - timedelta(days=17))
    first_day = in_china(plan.begins).date()
    return Stop(
        city_zh=plan.city[0],
        city_en=plan.city[1],
        host_city_id=city_ids[plan.host_city] if plan.host_city else None,
        venue_zh=plan.venue[0],
        venue_en=plan.venue[1],
        address_zh=plan.address[0],
        address_en=plan.address[1],
        starts_at=plan.begins,
        ends_at=plan.ends,
        registration_closes_at=plan.begins - plan.closes_before,
        registration_opened_at=opened_at,
        needs_approval=plan.needs_approval,
        capacity=plan.capacity,
        details_zh=plan.details[0],
        details_en=plan.details[1],
        is_main_venue=plan.is_main_venue,
        cancelled_at=moment - timedelta(days=3) if plan.cancelled else None,
        programme=[
            ProgrammeItem(
                kind=item.kind,
                title_zh=item.title[0],
                title_en=item.title[1],
                place_zh=item.place[0],
                place_en=item.place[1],
                is_chosen=item.is_chosen,
                capacity=item.capacity,
                group_zh=item.group[0],
                group_en=item.group[1],
                route_zh=item.route[0],
                route_en=item.route[1],
                starts_at=at(first_day + timedelta(days=item.day), item.begins.hour, item.begins.minute),
                ends_at=at(first_day + timedelta(days=item.day), item.ends.hour, item.ends.minute),
            )
            for item in plan.programme
        ],
    )


def _gather(crowd: Crowd, plan: CampaignPlan, campaign: Campaign) -> None:
    for stop_plan, stop in zip(plan.stops, campaign.stops, strict=True):
        if stop_plan.crowd.size == 0 or stop.registration_opened_at is None:
            continue
        place = StopPlace(
            stop.id, campaign.id, stop.host_city_id, stop.registration_opened_at, stop.registration_closes_at
        )
        crowd.gather(place, stop_plan)
        db.session.expire(stop, ["seats_taken"])


def _choose(campaign: Campaign, dice: random.Random) -> None:
    """Let most of those who mean to come choose from the programme, as far as there are seats."""
    for stop in campaign.stops:
        groups: dict[str, list[ProgrammeItem]] = {}
        for item in stop.programme:
            if item.is_chosen:
                groups.setdefault(item.group_zh or str(item.id), []).append(item)
        if not groups:
            continue
        people = db.session.execute(
            select(Registration.id, Registration.applied_at)
            .where(Registration.stop_id == stop.id, Registration.state.in_(STANDING))
            .order_by(Registration.id)
        ).all()
        left = {item.id: item.capacity or len(people) for items in groups.values() for item in items}
        rows = []
        for registration_id, applied_at in people:
            for items in groups.values():
                free = [item for item in items if left[item.id]]
                if not free or dice.random() > CHOOSING:
                    continue
                # The first of a group is the favourite, so that some are full while others have room.
                item = free[min(int(dice.random() ** 2 * len(free)), len(free) - 1)]
                left[item.id] -= 1
                rows.append(
                    {
                        "registration_id": registration_id,
                        "item_id": item.id,
                        "group_zh": item.group_zh,
                        "chosen_at": applied_at,
                    }
                )
        if rows:
            db.session.execute(insert(ProgrammeChoice), rows)


def _add_channels(campaign: Campaign) -> None:
    db.session.add_all(
        Channel(campaign_id=campaign.id, word=word, name=name, created_at=campaign.created_at)
        for word, name in CHANNEL_NAMES.items()
    )


def _keep_a_template(campaigns: list[Campaign], moment: datetime) -> None:
    """The tour of the season before, kept as the office's own template."""
    author = db.session.scalars(select(Staff.id).order_by(Staff.id).limit(1)).one()
    tour = campaigns[0]
    db.session.add(
        CampaignTemplate(
            name="高校行标准版（四城）",
            family=tour.family,
            host_city_id=tour.host_city_id,
            outline=outline_of(tour),
            created_at=moment - timedelta(days=100),
            created_by_id=author,
        )
    )


def _write_to_the_latest() -> None:
    """Let the newest applicants of stops ahead be told, so that the message log shows real mails."""
    facts = {
        RegistrationState.CONFIRMED: RegistrationConfirmed,
        RegistrationState.WAITING: RegistrationWaiting,
    }
    newest = (
        select(Registration.id, Registration.state)
        .join(Stop, Stop.id == Registration.stop_id)
        .where(Registration.state.in_(facts), Stop.starts_at > now())
        .order_by(Registration.applied_at.desc())
        .limit(LETTERS)
    )
    for registration_id, state in db.session.execute(newest).all():
        announce(facts[state](registration_id=registration_id))


def main() -> None:
    """Entry of ``python -m demo.seed --size N``."""
    from importlib import import_module

    from demo.cli import seed_command

    app = import_module("app").create_app()  # by name: what joins the packages stands above them
    with app.app_context():
        seed_command()


if __name__ == "__main__":
    main()

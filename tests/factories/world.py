"""Two cities with everything in them, for asking whether one sees the other's rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from accounts.models import Role, RoleGrant
from arrivals.walls import put_up
from campaigns.families import built_in
from campaigns.models import CampaignTemplate, Channel, ProgrammeItem, ProgrammeKind
from checkin.devices import open_code
from checkin.lookups import arrival_point
from checkin.models import CheckIn, DeviceRole, SetAside
from checkin.posters import PosterPlan, put_up_poster
from checkin.present import present
from delegations.models import Delegation
from employers.models import Employer
from imports.models import ImportRun, ImportState
from jobs.models import LongWork, WorkState
from leads.models import Lead, Stage
from messages.models import Message, MessageState
from people.merge import merge
from people.models import PairState, PersonPair
from printing.models import PrintJob, PrintState
from printing.print_queue import LEASE
from questions.lookups import pages_of, questions_of
from registrations.links import link_for
from registrations.models import (
    Act,
    BadgeClass,
    Batch,
    Criterion,
    Invitation,
    Quota,
    QuotaDimension,
    ReadyReason,
    RegistrationState,
    SavedView,
)
from registrations.tickets import make_first_key
from shared.clock import now
from shared.codes import new_code
from shared.db import db
from tests.factories import accounts, campaigns, gates, registrations
from tests.factories.people import somebody

_numbers = count(1)

NOT_ROWS = frozenset({"slug", "family", "language", "link", "token", "key", "receipt", "run_id"})
"""Arguments that name no row of one city: they are nobody's."""


@dataclass
class Side:
    """One city's rows; ``names`` is what each <argument> of an address stands for here."""

    city: str
    employer: Employer
    names: dict[str, Any]
    not_rows: frozenset[str] = NOT_ROWS
    device: dict[str, str] = field(default_factory=dict)
    """What a device of this city's stop shows; it supervises."""
    station: dict[str, str] = field(default_factory=dict)
    """What a printing station of this city's stop shows; it has a badge in its hands."""


def side(city: str) -> Side:
    """A campaign of this city with a stop, an arrival, a lead in the pool and a mail."""
    number = next(_numbers)
    host = campaigns.host_city(city)
    campaign = campaigns.campaign(host=host)
    stop = campaigns.stop(of=campaign, host=host)
    item = ProgrammeItem(
        stop_id=stop.id,
        kind=ProgrammeKind.BRIEFING,
        title_zh="政策宣讲",
        title_en="Briefing",
        place_zh="一号厅",
        place_en="Hall 1",
        starts_at=stop.starts_at,
        ends_at=stop.starts_at + timedelta(hours=1),
    )
    registration = registrations.registration(at=stop)
    check_in = CheckIn(
        registration=registration,
        stop_id=stop.id,
        gate="东门",
        scanned_by=accounts.staff(Role.GATE_VOLUNTEER, host_city_id=host.id),
        arrived_at=now(),
    )
    employer = Employer(
        name_zh=f"山西{city}重工{number}",
        name_en=f"{city} Heavy Industry {number}",
        industry_zh="装备制造",
        industry_en="Equipment",
        host_city_id=host.id,
        created_at=now(),
    )
    lead = Lead(
        person=registration.person,
        campaign=campaign,
        stop=stop,
        registration=registration,
        stage=Stage.NEW,
        score=50,
        due_at=now(),
        opened_at=now(),
    )
    message = Message(
        kind="confirmed",
        occasion="test",
        registration_id=registration.id,
        stop_id=stop.id,
        recipient="li@example.com",
        language="zh",
        subject="您已确认",
        body_text="您已确认",
        body_html="<p>您已确认</p>",
        message_id=f"<{city}.{number}@tests>",
        state=MessageState.KEPT,
        written_at=now(),
    )
    work = LongWork(
        kind="test",
        ordered_by_id=accounts.staff(Role.ORGANISER, host_city_id=host.id).id,
        arguments={},
        language="zh",
        state=WorkState.WAITING,
        chunk_size=1,
        ordered_at=now(),
    )
    template = CampaignTemplate(
        name=f"{city}行标准版{number}",
        family=campaign.family,
        host_city_id=host.id,
        outline=built_in(campaign.family),
        created_at=now(),
        created_by_id=accounts.staff(Role.ORGANISER, host_city_id=host.id).id,
    )
    invitation = Invitation(
        stop_id=stop.id,
        code=new_code(),
        note="",
        badge_class=BadgeClass.GUEST,
        quota=3,
        valid_until=stop.starts_at,
        language="zh",
        made_by_id=check_in.scanned_by.id,
        made_at=now(),
    )
    db.session.add(invitation)
    view = SavedView(
        staff_id=accounts.staff(Role.ORGANISER, host_city_id=host.id).id,
        name="待审核",
        query="state=applied",
        saved_at=now(),
    )
    batch = Batch(
        act=Act.CONFIRM, registration_ids=[registration.id], chosen_by_id=work.ordered_by_id, chosen_at=now()
    )
    reason = ReadyReason(text_zh="研究方向不符", text_en="", host_city_id=host.id)
    db.session.add(reason)
    criterion = Criterion(campaign_id=campaign.id, name_zh="学术水平")
    quota = Quota(stop_id=stop.id, dimension=QuotaDimension.EDUCATION, value="master", most=5)
    db.session.add_all([item, check_in, employer, lead, message, work, view, batch, criterion, quota])
    channel = Channel(campaign_id=campaign.id, word="fudan", name="复旦大学", created_at=now())
    grant = RoleGrant(
        staff_id=accounts.staff(Role.GATE_VOLUNTEER, host_city_id=host.id).id,
        role=Role.REVIEWER,
        stop_id=stop.id,
    )
    db.session.add_all([template, channel, grant])
    db.session.commit()
    person, like = registration.person, somebody(f"李文伯{number}")
    registrations.registration(RegistrationState.WITHDRAWN, at=stop, person=like)
    gone = somebody(f"李文渤{number}")
    pair = PersonPair(
        one_id=min(person.id, like.id),
        other_id=max(person.id, like.id),
        score=70,
        reasons=["mobile", "similar_name"],
        found_at=now(),
        state=PairState.OPEN,
    )
    db.session.add(pair)
    merged = merge(person.id, gone.id, by="system")
    imported = ImportRun(
        stop_id=stop.id,
        by_staff_id=check_in.scanned_by.id,
        file_name="名单.csv",
        read_as="UTF-8",
        row_count=0,
        state=ImportState.CHECKED,
        columns={},
        options={},
        uploaded_at=now(),
    )
    delegation = Delegation(
        stop_id=stop.id,
        university="山西大学",
        head="",
        head_rank="",
        note="",
        contact_name="王芳",
        contact_mobile="+8613800001111",
        contact_email="wang@example.com",
        language="zh",
        most=5,
        together=False,
        confirm_by=stop.registration_closes_at,
        opened_at=now(),
    )
    db.session.add_all([imported, delegation])
    db.session.commit()
    device = gates.device(stop, role=DeviceRole.SUPERVISE, vouched_by=check_in.scanned_by)
    shows = gates.token_of(device)
    door = arrival_point(stop.id)
    shown = present(
        registration.code, checkpoint=door, gate="东门", by=device.vouched_by, device=device, scan_id=uuid4()
    )
    aside = SetAside(id=uuid4(), device_id=device.id, received_at=now(), why="unknown_code", payload={})
    db.session.add(aside)
    invite = open_code(
        stop,
        name="",
        role=DeviceRole.SCAN,
        checkpoint_ids=[door.id],
        most_uses=3,
        lasts=timedelta(hours=1),
        by=device.vouched_by,
    ).invite
    station = gates.device(stop, role=DeviceRole.STATION, name="1号台", vouched_by=check_in.scanned_by)
    shows_printing = gates.token_of(station)
    job = PrintJob(
        stop_id=stop.id,
        registration_id=registration.id,
        asked_by_id=check_in.scanned_by.id,
        asked_at=now(),
        state=PrintState.TAKEN,
        taken_by_id=station.id,
        taken_at=now(),
        taken_until=now() + LEASE,
        tries=1,
    )
    db.session.add(job)
    db.session.commit()
    wall = put_up(stop, name="大厅", language="zh", by=device.vouched_by).wall
    poster = put_up_poster(
        door.id,
        PosterPlan(opens_at=stop.starts_at, closes_at=stop.ends_at, is_screen=False, place_word=""),
        by=device.vouched_by,
    )
    db.session.commit()
    link = link_for(registration)
    return Side(
        city,
        employer,
        {
            "slug": campaign.slug,
            "campaign_id": campaign.id,
            "stop_id": stop.id,
            "item_id": item.id,
            "question_id": questions_of(campaign.id)[-2].id,
            "page_id": pages_of(campaign.id)[0].id,
            "template_id": template.id,
            "channel_id": channel.id,
            "grant_id": grant.id,
            "family": campaign.family.value,
            "registration_id": registration.id,
            "person_id": person.id,
            "pair_id": pair.id,
            "merge_id": merged.id,
            "check_in_id": check_in.id,
            "checkpoint_id": arrival_point(stop.id).id,
            "lead_id": lead.id,
            "message_id": message.id,
            "work_id": work.id,
            "invitation_id": invitation.id,
            "view_id": view.id,
            "reason_id": reason.id,
            "batch_id": batch.id,
            "criterion_id": criterion.id,
            "quota_id": quota.id,
            "import_id": imported.id,
            "delegation_id": delegation.id,
            "link": link,
            "code": poster.code,
            "token": link,
            "receipt": "no-such-receipt",
            "run_id": 0,
            "language": "en",
            "key": "full_name",
            "device_id": device.id,
            "invite_id": invite.id,
            "scan_id": shown.scan_id,
            "aside_id": aside.id,
            "job_id": job.id,
            "wall_id": wall.id,
        },
        device=shows,
        station=shows_printing,
    )


def both_cities() -> tuple[Side, Side]:
    """Taiyuan, and Jincheng of which Taiyuan's staff must see nothing."""
    make_first_key()
    return side("Taiyuan"), side("Jincheng")

"""The demo's other ways in: invitations, a delegation that is being named, an academician entered by the office."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from accounts.models import Staff
from campaigns.models import Campaign, Stop
from delegations.gather import DelegationPlan, name_members, open_delegation
from registrations.enter_guest import enter_guest
from registrations.invite import InvitationPlan, invite
from registrations.models import BadgeClass, Basis, Education
from registrations.register import Application
from shared.clock import now
from shared.db import db

MEMBERS = ("白景行", "苗若兰", "郭守一", "段知秋", "申屠明")


def open_other_ways(by: Staff) -> None:
    """Use every way once at the first stop that is open and has seats. The caller holds the transaction."""
    stop = db.session.scalars(
        select(Stop)
        .join(Campaign)
        .where(
            Campaign.published_at.is_not(None),
            Stop.cancelled_at.is_(None),
            Stop.registration_opened_at <= now(),
            Stop.registration_closes_at > now(),
            Stop.seats_taken < Stop.capacity,
        )
        .order_by(Stop.starts_at, Stop.id)
        .limit(1)
    ).first()
    if stop is None:
        return
    until = stop.registration_closes_at
    invite(
        InvitationPlan(BadgeClass.EXPERT, until, quota=20, skips_approval=True, note="省科协推荐专家"),
        stop_id=stop.id,
        by=by,
    )
    invite(
        InvitationPlan(
            BadgeClass.GUEST, until, full_name="阎立群", email="yan.liqun@example.com", note="圆桌主持"
        ),
        stop_id=stop.id,
        by=by,
    )
    delegation = open_delegation(
        DelegationPlan(
            university="兰州大学",
            contact_name="樊晓静",
            contact_mobile="+8610000000001",
            contact_email="fan.xiaojing@example.com",
            most=12,
            head="白景行",
            head_rank="研究生院副院长",
            together=True,
        ),
        stop_id=stop.id,
    )
    name_members(
        delegation.id, [(name, f"member{number}@example.com") for number, name in enumerate(MEMBERS, start=1)]
    )
    guest = enter_guest(
        Application(
            full_name="裴令泽",
            mobile=None,
            email="",
            university="中国科学院山西煤炭化学研究所",
            education=Education.OTHER,
            research_field="",
            honour="中国科学院院士",
            secretary="薛秘书",
        ),
        stop_id=stop.id,
        submission_id=UUID(int=20260528),
        badge_class=BadgeClass.ACADEMICIAN,
        basis=Basis.INVITED,
        tells=False,
        by=by,
    )
    guest.code = "ACADEM29"  # two demos of one day hold the same people with the same codes
    guest.gate_note = "院士，请通知接待组王主任，并由礼仪引导至贵宾室"

"""Who is offered where a colleague is chosen."""

from __future__ import annotations

import pytest

from accounts.lookups import staff_who_may
from accounts.models import Role
from accounts.permissions import Permission, Reach
from shared.db import db
from tests.factories import accounts, campaigns


@pytest.mark.usefixtures("app")
def test_whoever_may_review_within_ones_reach_is_offered_and_nobody_of_another_city() -> None:
    taiyuan, jincheng = campaigns.host_city("Taiyuan"), campaigns.host_city("Jincheng")
    admin = accounts.staff()
    mine = accounts.staff(Role.REVIEWER, host_city_id=taiyuan.id)
    other = accounts.staff(Role.REVIEWER, host_city_id=jincheng.id)
    volunteer = accounts.staff(Role.GATE_VOLUNTEER, host_city_id=taiyuan.id)
    gone = accounts.staff(Role.REVIEWER, host_city_id=taiyuan.id)
    gone.is_active = False
    db.session.flush()
    within = Reach(host_city_ids=frozenset({taiyuan.id}))
    offered = {staff.id for staff in staff_who_may(Permission.REVIEW_REGISTRATIONS, within=within)}
    assert {admin.id, mine.id} <= offered
    assert not offered & {other.id, volunteer.id, gone.id}
    everywhere = {s.id for s in staff_who_may(Permission.REVIEW_REGISTRATIONS, within=Reach(everywhere=True))}
    assert {admin.id, mine.id, other.id} <= everywhere
    assert not everywhere & {volunteer.id, gone.id}

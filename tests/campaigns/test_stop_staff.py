"""A stop's own staff: who may give which role, to whom, and where it holds."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from accounts.models import Role, RoleGrant
from accounts.permissions import Permission, reach_of
from audit.models import AuditEntry
from campaigns.errors import NoSuchColleague, RoleIsGiven, RoleNotBelowOnes
from campaigns.stop_staff import give_role, roles_to_give, staff_of, take_role
from shared.db import db, transaction
from shared.errors import NotFound
from tests.conftest import Browser
from tests.factories import accounts, campaigns


def test_an_organiser_gives_roles_below_ones_own_for_one_stop_and_takes_them_back(app: Flask) -> None:
    stop = campaigns.stop()
    organiser = accounts.staff(Role.ORGANISER, host_city_id=stop.host_city_id)
    colleague = accounts.staff(
        Role.GATE_VOLUNTEER, login="xiaowang", host_city_id=campaigns.host_city("Datong").id
    )
    assert roles_to_give(organiser, stop) == [Role.REVIEWER, Role.GATE_VOLUNTEER, Role.VIEWER]
    assert Role.ORGANISER in roles_to_give(accounts.staff(), stop)
    with transaction():
        grant = give_role(stop, " XiaoWang ", Role.REVIEWER, by=organiser)
    db.session.expire_all()
    assert reach_of(colleague, Permission.REVIEW_REGISTRATIONS).stop_ids == {stop.id}
    with pytest.raises(RoleIsGiven), transaction():
        give_role(stop, "xiaowang", Role.REVIEWER, by=organiser)
    with pytest.raises(RoleNotBelowOnes), transaction():
        give_role(stop, "xiaowang", Role.ORGANISER, by=organiser)
    with pytest.raises(NoSuchColleague), transaction():
        give_role(stop, "nobody", Role.REVIEWER, by=organiser)
    with pytest.raises(NotFound), transaction():
        take_role(campaigns.stop(), grant.id, by=organiser)
    with transaction():
        take_role(stop, grant.id, by=organiser)
    assert staff_of(stop) == []
    acts = db.session.scalars(select(AuditEntry.act).where(AuditEntry.subject_kind == "RoleGrant")).all()
    assert acts == ["give_role", "take_role"]


def test_whoever_does_not_plan_the_stop_gives_no_role_there(app: Flask) -> None:
    stop = campaigns.stop()
    jincheng = campaigns.host_city("Jincheng").id
    for somebody in (
        accounts.staff(Role.REVIEWER, host_city_id=stop.host_city_id),
        accounts.staff(Role.ORGANISER, host_city_id=jincheng),
        accounts.staff(Role.ORGANISER, stop_id=campaigns.stop().id),
    ):
        assert roles_to_give(somebody, stop) == []
        with pytest.raises(RoleNotBelowOnes), transaction():
            give_role(stop, somebody.login, Role.GATE_VOLUNTEER, by=somebody)


def test_the_page_gives_takes_and_is_closed_to_another_city(client: Browser) -> None:
    stop = campaigns.stop()
    accounts.staff(Role.GATE_VOLUNTEER, login="xiaoli", stop_id=campaigns.stop().id)
    client.sign_in(accounts.staff(Role.ORGANISER, host_city_id=stop.host_city_id))
    address = f"/desk/campaigns/stops/{stop.id}/staff"
    assert client.post(address, data={"login": "xiaoli", "role": "gate_volunteer"}).status_code == 302
    assert "xiaoli" in client.get(address).text
    wrong = client.post(address, data={"login": "xiaoli2", "role": "gate_volunteer"})
    assert (wrong.status_code, 'value="xiaoli2"' in wrong.text) == (422, True)
    assert client.post(address, data={"login": "xiaoli", "role": "administrator"}).status_code == 422
    grant_id = db.session.scalars(select(RoleGrant.id).where(RoleGrant.stop_id == stop.id)).one()
    client.sign_in(accounts.staff(Role.ORGANISER, host_city_id=campaigns.host_city("Jincheng").id))
    assert client.get(address).status_code == 404
    assert client.post(f"{address}/{grant_id}/remove").status_code == 404
    client.sign_in(accounts.staff())
    assert client.post(f"{address}/{grant_id}/remove").status_code == 302
    assert client.post(f"{address}/{grant_id}/remove").status_code == 404

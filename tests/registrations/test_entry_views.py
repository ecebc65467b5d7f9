"""The office's and the invited person's pages: invitations from making to coming, guests without an address."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import func, select

from accounts.models import Role
from campaigns.models import Stop
from messages.models import Message
from people.models import Person
from registrations.models import BadgeClass, Basis, Invitation, Registration, RegistrationState, Way
from shared.clock import in_china, now
from shared.db import db
from tests.conftest import Browser
from tests.counting import CountQueries
from tests.factories import accounts, campaigns
from tests.promises import keep_promises


@pytest.fixture
def stop(app: Flask) -> Stop:
    """A stop whose form is closed."""
    return campaigns.stop(registration_closes_at=now() - timedelta(hours=1))


@pytest.fixture
def desk(stop: Stop, client: Browser) -> Browser:
    """An organiser of the stop's city."""
    client.sign_in(accounts.staff(Role.ORGANISER, host_city_id=stop.host_city_id))
    return client


def wanted(stop: Stop, **changes: Any) -> dict[str, str]:
    """What is typed to invite somebody."""
    return {
        "full_name": "王思远",
        "email": "wang@example.com",
        "badge_class": "expert",
        "valid_until": in_china(stop.starts_at).strftime("%Y-%m-%dT%H:%M"),
        "opens_closed": "y",
        "keeps_seats": "y",
        "language": "zh",
        **changes,
    }


def fill_in(client: Browser, stop: Stop, **changes: Any) -> Any:
    """Send the public form."""
    form = {
        "submission_id": str(uuid4()),
        "full_name": "王思远",
        "mobile": "13800001111",
        "email": "wang@example.com",
        "university": "山西大学",
        "education": "doctor",
        "research_field": "煤基新材料",
        "consent": "y",
        **changes,
    }
    return client.post(f"/c/{stop.campaign.slug}/stops/{stop.id}/register", data=form)


def link_in(message: Message) -> str:
    """The invitation's path in a mail."""
    return "/i/" + message.body_text.split("/i/")[1].split()[0]


def test_a_person_is_invited_by_mail_and_comes(desk: Browser, stop: Stop) -> None:
    assert desk.get(f"/desk/stops/{stop.id}/invitations/new").status_code == 200
    assert desk.post(f"/desk/stops/{stop.id}/invitations/new", data=wanted(stop)).status_code == 303
    again = desk.post(f"/desk/stops/{stop.id}/invitations/new", data=wanted(stop))
    assert again.status_code == 409
    assert "wang@example.com" in again.text
    keep_promises()
    mail = db.session.scalars(select(Message).where(Message.kind == "invitation")).one()
    invited = desk.application.test_client()
    assert isinstance(invited, Browser)
    closed = invited.get(f"/c/{stop.campaign.slug}/stops/{stop.id}/register")
    assert "full_name" not in closed.text
    assert "王思远" in invited.get(link_in(mail)).text
    page = invited.get(f"/c/{stop.campaign.slug}/stops/{stop.id}/register")
    assert 'value="wang@example.com"' in page.text
    other = fill_in(invited, stop, full_name="李文博")
    assert other.status_code == 409
    assert fill_in(invited, stop).status_code in (302, 303)
    row = db.session.scalars(select(Registration)).one()
    assert (row.way, row.badge_class, row.state) == (
        Way.INVITATION,
        BadgeClass.EXPERT,
        RegistrationState.CONFIRMED,
    )
    assert "/register" not in invited.get(link_in(mail)).text.split("<main")[1]
    listed = desk.get(f"/desk/stops/{stop.id}/invitations")
    assert f"/desk/registrations/{row.id}" in listed.text
    assert "1 / 1" in listed.text


def test_a_code_is_made_typed_and_taken_back(desk: Browser, stop: Stop) -> None:
    page = f"/desk/stops/{stop.id}/invitations/new?for=several"
    assert desk.post(page, data=wanted(stop, quota="0")).status_code == 422
    assert desk.post(page, data=wanted(stop, quota="101")).status_code == 422
    assert desk.post(page, data=wanted(stop, quota="5")).status_code == 303
    invitation = db.session.scalars(select(Invitation)).one()
    invited = desk.application.test_client()
    assert isinstance(invited, Browser)
    assert invited.get("/i?code=ABCDEFGH").status_code == 422
    assert invited.get(f"/i?code={invitation.spaced_code.lower()}").status_code == 302
    assert invited.get(f"/i/{invitation.code}").status_code == 200
    assert fill_in(invited, stop, full_name="李文博").status_code in (302, 303)
    act = f"/desk/stops/{stop.id}/invitations/{invitation.id}"
    desk.post(f"{act}/revoke")
    assert invited.get(f"/i/{invitation.code}").status_code == 200
    assert fill_in(invited, stop, mobile="13800002222").status_code == 409
    assert desk.post(f"{act}/send").status_code == 303
    assert db.session.get_one(Stop, stop.id).seats_held == 0


def test_the_list_takes_as_many_queries_for_three_as_for_one(
    desk: Browser, stop: Stop, count_queries: CountQueries
) -> None:
    def one_more(name: str) -> None:
        desk.post(f"/desk/stops/{stop.id}/invitations/new", data=wanted(stop, full_name=name))
        keep_promises()
        mail = db.session.scalars(
            select(Message).where(Message.kind == "invitation").order_by(Message.id.desc())
        ).first()
        assert mail is not None
        invited = desk.application.test_client()
        invited.get(link_in(mail))
        assert fill_in(invited, stop, full_name=name).status_code in (302, 303)  # type: ignore[arg-type]

    one_more("王思远")
    with count_queries() as for_one:
        desk.get(f"/desk/stops/{stop.id}/invitations")
    one_more("王思遥")
    one_more("王思邈")
    with count_queries() as for_three:
        desk.get(f"/desk/stops/{stop.id}/invitations")
    assert len(for_three) == len(for_one), for_three.listed()


def guest(**changes: Any) -> dict[str, str]:
    """What is typed about a guest who cannot be reached."""
    return {
        "submission_id": str(uuid4()),
        "full_name": "谢克昌",
        "badge_class": "academician",
        "honour": "中国工程院院士",
        "unit": "太原理工大学",
        "secretary": "王秘书",
        "secretary_mobile": "13900005555",
        "basis": "invited",
        **changes,
    }


def test_guests_need_no_address_and_are_not_written_to(desk: Browser, stop: Stop) -> None:
    page = f"/desk/stops/{stop.id}/guests/new"
    assert desk.get(page).status_code == 200
    assert desk.post(page, data=guest(tells="y")).status_code == 422
    assert desk.post(page, data=guest()).status_code == 303
    row = db.session.scalars(select(Registration)).one()
    assert (row.state, row.way, row.basis, row.email) == (
        RegistrationState.CONFIRMED,
        Way.OFFICE,
        Basis.INVITED,
        "",
    )
    assert row.person.mobile is None
    keep_promises()
    assert db.session.scalar(select(func.count()).select_from(Message)) == 0
    # The same name and unit is the same guest; of another unit, or at another stop, it is somebody else or a new stop.
    assert desk.post(page, data=guest()).status_code == 409
    assert desk.post(page, data=guest(unit="山西大学")).status_code == 303
    assert db.session.scalar(select(func.count()).select_from(Person)) == 2
    answer = desk.get(f"/desk/registrations/{row.id}")
    assert answer.status_code == 200
    assert "王秘书" in answer.text
    assert desk.get("/desk/registrations").status_code == 200


def test_a_guest_with_an_address_is_told_when_wished(desk: Browser, stop: Stop) -> None:
    page = f"/desk/stops/{stop.id}/guests/new"
    assert desk.post(page, data=guest(email="xie@example.com", tells="y")).status_code == 303
    keep_promises()
    assert db.session.scalars(select(Message.recipient)).all() == ["xie@example.com"]


def test_only_the_office_may_leave_the_address_out(stop: Stop) -> None:
    from tests.factories.registrations import registration

    with pytest.raises(Exception, match="ck_registrations_email_unless_entered"), db.session.begin_nested():
        registration(at=stop, email="")


def test_a_guest_at_a_full_stop_may_be_put_on_the_waiting_list(desk: Browser, stop: Stop) -> None:
    page = f"/desk/stops/{stop.id}/guests/new"
    assert "may_wait" not in desk.get(page).text
    stop.capacity = 0
    db.session.flush()
    refused = desk.post(page, data=guest())
    assert refused.status_code == 409
    assert "may_wait" in refused.text
    assert guest()["full_name"] in refused.text  # nothing typed is lost
    answer = desk.post(page, data=guest(may_wait="y"), follow_redirects=True)
    assert "候补名单" in answer.text
    assert db.session.scalars(select(Registration.state)).all() == [RegistrationState.WAITING]

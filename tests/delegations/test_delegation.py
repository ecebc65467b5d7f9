"""A university's delegation: named by one contact, confirmed by each member, approved and seated as a whole."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from accounts.models import Role
from campaigns.models import Stop
from delegations.decline import decline_delegation
from delegations.errors import DelegationIsDeclined
from delegations.gather import (
    DelegationPlan,
    admission_of,
    give_up_untaken_seats,
    lend_seats,
    name_members,
    open_delegation,
    remove_member,
    say_complete,
)
from delegations.links import delegation_link, member_link
from delegations.models import Delegation, DelegationMember
from messages.models import Message
from privacy.retention import due_today
from registrations.erase import erase
from registrations.models import Registration, RegistrationState, Way
from registrations.register import register, withdraw
from registrations.tasks import purge_daily
from shared.clock import now
from shared.db import db, transaction
from tests.conftest import Browser
from tests.counting import CountQueries
from tests.factories import accounts, campaigns, registrations
from tests.promises import keep_promises
from tests.registrations.applications import application
from tests.registrations.test_entry_views import fill_in

GIVEN = "伟芳娜敏静丽强磊军洋"


@pytest.fixture
def stop(app: Flask) -> Stop:
    """A stop of 50 seats."""
    return campaigns.stop(capacity=50)


def opened(stop: Stop, **changes: Any) -> Delegation:
    """A delegation of at most three."""
    values: dict[str, Any] = {
        "university": "山西大学",
        "contact_name": "王芳",
        "contact_mobile": "+8613800009999",
        "contact_email": "wang@example.com",
        "most": 3,
    }
    with transaction():
        return open_delegation(DelegationPlan(**{**values, **changes}), stop_id=stop.id)


def confirmed(member: DelegationMember) -> Registration:
    """The member gives his own data."""
    from uuid import uuid4

    with transaction():
        return register(
            application(full_name=member.full_name, email=member.email),
            stop_id=member.delegation.stop_id,
            submission_id=uuid4(),
            admission=admission_of(member),
        )


def named(delegation: Delegation, number: int) -> list[DelegationMember]:
    """So many members."""
    with transaction():
        return name_members(delegation.id, [(f"李{GIVEN[n]}", f"li{n}@example.com") for n in range(number)])


def states(delegation: Delegation) -> list[RegistrationState]:
    """Where those stand who have confirmed."""
    db.session.expire_all()
    statement = (
        select(Registration)
        .join(DelegationMember, DelegationMember.registration_id == Registration.id)
        .where(DelegationMember.delegation_id == delegation.id)
        .order_by(Registration.id)
    )
    return [row.state for row in db.session.scalars(statement)]


def test_no_mailbox_is_flooded_by_opening_delegations(client: Browser, stop: Stop) -> None:
    page = f"/c/{stop.campaign.slug}/stops/{stop.id}/delegation"
    typed = {
        "university": "太原理工大学",
        "most": "4",
        "full_name": "王芳",
        "mobile": "13800009999",
        "email": "wang@example.com",
    }
    answers = [client.post(page, data={**typed, "consent": "y"}).status_code for _time in range(7)]
    assert answers == [303] * 5 + [429] * 2
    assert client.post(page, data={**typed, "email": "li@example.com", "consent": "y"}).status_code == 303


def test_forty_are_named_confirm_and_are_approved_as_a_whole(app: Flask, client: Browser) -> None:
    stop = campaigns.stop(capacity=50, needs_approval=True)
    page = f"/c/{stop.campaign.slug}/stops/{stop.id}/delegation"
    assert client.get(page).status_code == 200
    typed = {
        "university": "太原理工大学",
        "most": "40",
        "full_name": "王芳",
        "mobile": "13800009999",
        "email": "wang@example.com",
        "head": "孙校长",
        "head_rank": "副校长",
        "consent": "y",
    }
    assert client.post(page, data={**typed, "most": "500"}).status_code == 422
    answer = client.post(page, data=typed)
    assert answer.status_code == 303
    manage = answer.headers["Location"]
    keep_promises()
    mail = db.session.scalars(select(Message).where(Message.kind == "delegation_opened")).one()
    assert manage in mail.body_text
    lines = "\n".join(
        f"李{a}{b}， li{n}@example.com"
        for n, (a, b) in enumerate((a, b) for a in GIVEN[:4] for b in GIVEN)
        if n < 38
    )
    wrong = client.post(f"{manage}/members", data={"lines": lines + "\n没有邮箱"})
    assert wrong.status_code == 422
    assert "没有邮箱" in wrong.text
    assert client.post(f"{manage}/members", data={"lines": lines}).status_code == 303
    sheet = "姓名,邮箱\n欧阳娜娜,o@example.com\n司马光,s@example.com\n".encode("gbk")
    answer = client.post(f"{manage}/members", data={"sheet": (io.BytesIO(sheet), "名单.csv")})
    assert answer.status_code == 303
    assert client.post(f"{manage}/members", data={"lines": "赵四 zhao@example.com"}).status_code == 409
    delegation = db.session.scalars(select(Delegation)).one()
    assert delegation.members_named == 40
    assert db.session.scalar(select(func.count()).select_from(Registration)) == 0
    keep_promises()
    links = {
        mail.recipient: "/delegation/member/" + mail.body_text.split("/delegation/member/")[1].split()[0]
        for mail in db.session.scalars(select(Message).where(Message.kind == "delegation_member"))
    }
    assert len(links) == 40
    member = client.application.test_client()
    assert isinstance(member, Browser)
    assert "欧阳娜娜" in member.get(links["o@example.com"]).text
    form = member.get(f"/c/{stop.campaign.slug}/stops/{stop.id}/register")
    assert "o@example.com" in form.text
    answer = fill_in(member, stop, full_name="欧阳娜娜", email="o@example.com", mobile="13700000001")
    assert answer.status_code in (302, 303)
    row = db.session.scalars(select(Registration)).one()
    assert (row.way, row.state) == (Way.DELEGATION, RegistrationState.APPLIED)
    own = client.get(manage).text
    assert "13700000001" not in own
    assert "o@example.com" not in own
    # The organiser sees the group and approves it as a whole; later members are confirmed at once.
    client.sign_in(accounts.staff(Role.ORGANISER, host_city_id=stop.host_city_id))
    assert "太原理工大学" in client.get(f"/desk/stops/{stop.id}/delegations").text
    desk = f"/desk/delegations/{delegation.id}"
    assert client.get(desk).status_code == 200
    client.post(f"{desk}/approve")
    assert states(delegation) == [RegistrationState.CONFIRMED]
    taken = db.session.get_one(Stop, stop.id)
    assert (taken.seats_taken, taken.seats_held) == (40, 39)
    assert client.post(f"{desk}/seats", data={"seats": "60"}).status_code == 422
    other = client.application.test_client()
    assert isinstance(other, Browser)
    other.get(links["s@example.com"])
    fill_in(other, stop, full_name="司马光", email="s@example.com", mobile="13700000002")
    assert states(delegation) == [RegistrationState.CONFIRMED] * 2
    client.sign_in(accounts.staff(Role.ORGANISER, host_city_id=campaigns.host_city("Jincheng").id))
    assert client.get(desk).status_code == 404


@pytest.mark.usefixtures("app")
def test_together_waits_for_seats_for_all_and_then_all_have_one() -> None:
    stop = campaigns.stop(capacity=3)
    single = registrations.registration(at=stop)
    delegation = opened(stop, together=True)
    members = named(delegation, 3)
    first = confirmed(members[0])
    with transaction():
        say_complete(delegation.id)
    assert first.state is RegistrationState.APPLIED
    assert states(delegation) == [RegistrationState.APPLIED]
    with transaction():
        withdraw(single.id, by="applicant")
    keep_promises()
    assert states(delegation) == [RegistrationState.CONFIRMED]
    row = db.session.get_one(Stop, stop.id)
    assert (row.seats_taken, row.seats_held) == (3, 2)
    newcomer = registrations.registration(RegistrationState.WAITING, at=stop)
    confirmed(db.session.get_one(DelegationMember, members[1].id))
    # The third never confirms: when the time is over, the seat goes to whoever waits.
    delegation = db.session.get_one(Delegation, delegation.id)
    delegation.confirm_by = now() - timedelta(minutes=1)
    with transaction():
        give_up_untaken_seats(delegation.id)
    assert db.session.get_one(Registration, newcomer.id).state is RegistrationState.CONFIRMED
    assert states(delegation) == [RegistrationState.CONFIRMED] * 2


@pytest.mark.usefixtures("app")
def test_lent_seats_are_nobody_elses(stop: Stop) -> None:
    stop.capacity = 2
    delegation = opened(stop)
    members = named(delegation, 3)
    with transaction():
        lend_seats(delegation.id, 2, by=accounts.staff())
    outsider = registrations.registration(RegistrationState.WAITING, at=stop)
    assert [confirmed(member).state for member in members] == [
        RegistrationState.CONFIRMED,
        RegistrationState.CONFIRMED,
        RegistrationState.WAITING,
    ]
    assert db.session.get_one(Registration, outsider.id).state is RegistrationState.WAITING


@pytest.mark.usefixtures("app")
def test_the_database_refuses_one_more_than_was_announced(stop: Stop) -> None:
    delegation = opened(stop, most=2)
    named(delegation, 2)
    insert = text(
        "INSERT INTO delegation_members (delegation_id, full_name, email, named_at) "
        "VALUES (:id, '多一人', 'more@example.com', now())"
    )
    with pytest.raises(Exception, match="ck_delegations_never_more_than_most"), db.session.begin_nested():
        db.session.execute(insert, {"id": delegation.id})
    # The negative control: without the constraint one more is named.
    db.session.execute(text("ALTER TABLE delegations DROP CONSTRAINT ck_delegations_never_more_than_most"))
    db.session.execute(insert, {"id": delegation.id})
    count = db.session.execute(text("SELECT members_named FROM delegations")).scalar_one()
    assert count == 3


def test_whoever_has_confirmed_is_not_taken_off(app: Flask, client: Browser, stop: Stop) -> None:
    from delegations.links import delegation_link

    delegation = opened(stop)
    members = named(delegation, 2)
    confirmed(members[0])
    manage = f"/delegation/{delegation_link(delegation)}"
    for member in members:
        client.post(f"{manage}/remove", data={"member": str(member.id)})
    assert db.session.get_one(Delegation, delegation.id).members_named == 1
    assert db.session.get_one(DelegationMember, members[0].id).removed_at is None
    other = opened(stop)
    mine = named(other, 1)[0]
    client.post(f"{manage}/remove", data={"member": str(mine.id)})
    assert db.session.get_one(DelegationMember, mine.id).removed_at is None
    assert client.get("/delegation/forged").status_code == 404


def test_the_list_takes_as_many_queries_for_three_as_for_one(
    app: Flask, client: Browser, stop: Stop, count_queries: CountQueries
) -> None:
    client.sign_in(accounts.staff(Role.ORGANISER, host_city_id=stop.host_city_id))
    named(opened(stop), 1)
    with count_queries() as for_one:
        client.get(f"/desk/stops/{stop.id}/delegations")
    named(opened(stop), 1)
    named(opened(stop), 1)
    with count_queries() as for_three:
        client.get(f"/desk/stops/{stop.id}/delegations")
    assert len(for_three) == len(for_one), for_three.listed()


def test_what_is_kept_of_people_goes_when_the_campaign_has_long_been_over(app: Flask, stop: Stop) -> None:
    delegation = opened(stop, head="李校长", head_rank="副校长", note="素食两位", most=4)
    members = named(delegation, 3)
    registration = confirmed(members[0])
    with transaction():
        remove_member(members[2].id)
    keep_promises()
    db.session.expire_all()
    stop.registration_opened_at = now() - timedelta(days=2_020)
    stop.registration_closes_at = now() - timedelta(days=2_010)
    stop.starts_at, stop.ends_at = now() - timedelta(days=2_001), now() - timedelta(days=2_000)
    db.session.commit()

    purge_daily()
    db.session.commit()
    keep_promises()
    db.session.expire_all()
    told = (delegation.contact_name, delegation.contact_mobile, delegation.contact_email)
    assert (*told, delegation.head, delegation.head_rank, delegation.note) == ("",) * 6
    assert {member.full_name for member in members} == {""}
    assert [member.email for member in members] == [str(member.id) for member in members]
    assert (delegation.university, delegation.members_named) == ("山西大学", 2), "still counted"
    assert registration.erased_at is not None
    mails = db.session.scalars(select(Message)).all()
    assert {"delegation_opened", "delegation_member"} <= {mail.kind for mail in mails}
    assert {mail.recipient + mail.body_text for mail in mails} == {""}
    assert {due.number for due in due_today()} == {0}, "done twice it changes nothing"


def test_whoever_erases_is_no_longer_named_where_nothing_was_confirmed(app: Flask, stop: Stop) -> None:
    delegation = opened(stop, contact_email="Xue@example.com")
    with transaction():
        member, other = name_members(
            delegation.id, [("薛晓燕", "xue@example.com"), ("李伟", "li@example.com")]
        )
    elsewhere = registrations.registration(full_name="薛晓燕", email="xue@example.com")
    with transaction():
        erasure = erase([elsewhere])
    db.session.expire_all()
    assert (delegation.contact_name, delegation.contact_mobile, delegation.contact_email) == ("", "", "")
    assert (member.full_name, member.email) == ("", str(member.id))
    assert member.removed_at is not None
    assert (other.full_name, delegation.members_named) == ("李伟", 1)
    assert (erasure.counts["delegations"], erasure.counts["delegation_members"]) == (1, 1)
    keep_promises()
    assert db.session.scalars(select(Message.recipient).where(Message.body_text != "")).all() == [
        "li@example.com"
    ]


def test_a_delegation_is_declined_as_a_whole_and_everybody_is_told_once(client: Browser) -> None:
    stop = campaigns.stop(capacity=2)
    delegation = opened(stop)
    first, second, silent = named(delegation, 3)
    keep_promises()
    organiser = accounts.staff(Role.ORGANISER, host_city_id=stop.host_city_id)
    with transaction():
        lend_seats(delegation.id, 1, by=organiser)
    seated, other = confirmed(first), registrations.registration(at=stop)
    waiting = confirmed(second)
    assert waiting.state is RegistrationState.WAITING
    link = delegation_link(delegation)
    silents = f"/delegation/member/{member_link(silent)}"
    db.session.execute(text("DELETE FROM messages"))
    client.sign_in(organiser)
    desk = f"/desk/delegations/{delegation.id}"
    assert client.post(f"{desk}/decline", data={"reason": ""}).status_code == 422
    assert client.post(f"{desk}/decline", data={"reason": "本站名额已满"}).status_code == 303
    assert client.post(f"{desk}/decline", data={"reason": "再次"}).status_code == 303  # said once
    assert "本站名额已满" in client.get(desk).text
    keep_promises()
    assert states(delegation) == [RegistrationState.DECLINED] * 2
    db.session.refresh(stop)
    assert stop.seats_left == 1
    db.session.refresh(other)
    assert other.state is RegistrationState.CONFIRMED
    told = sorted((one.kind, one.recipient) for one in db.session.scalars(select(Message)))
    assert told == [
        ("declined", seated.email),
        ("declined", waiting.email),
        ("delegation_declined", silent.email),
        ("delegation_declined", "wang@example.com"),
    ]
    assert all("本站名额已满" in one.body_text for one in db.session.scalars(select(Message)))
    assert "本站名额已满" in client.get(f"/delegation/{link}").text
    page = client.get(silents)
    assert "本站名额已满" in page.text
    assert "/register" not in page.text
    assert (
        client.post(f"/delegation/{link}/members", data={"lines": "赵四 zhao@example.com"}).status_code == 409
    )
    with pytest.raises(DelegationIsDeclined):
        confirmed(silent)
    with pytest.raises(DelegationIsDeclined), transaction():
        lend_seats(delegation.id, 1, by=organiser)
    with pytest.raises(DelegationIsDeclined), transaction():
        say_complete(delegation.id)
    with pytest.raises(DelegationIsDeclined), transaction():
        decline_delegation(delegation.id, by=organiser, reason="再次")


def test_the_database_lets_nobody_into_a_declined_delegation(app: Flask) -> None:
    stop = campaigns.stop(capacity=5)
    delegation = opened(stop)
    (member,) = named(delegation, 1)
    somebody = registrations.registration(at=stop)
    with transaction():
        decline_delegation(delegation.id, by=accounts.staff(Role.ADMINISTRATOR), reason="已满")
    for statement in (
        "INSERT INTO delegation_members (delegation_id, full_name, email, named_at) VALUES (:delegation, '', '', now())",
        "UPDATE delegation_members SET registration_id = :registration WHERE id = :member",
        "UPDATE delegations SET approved_at = now() WHERE id = :delegation",
    ):
        with pytest.raises(IntegrityError), db.session.begin_nested():
            db.session.execute(
                text(statement),
                {"delegation": delegation.id, "member": member.id, "registration": somebody.id},
            )

"""The demo: an office's rows that the office itself could have written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Self

import phonenumbers
import pytest
from flask import Flask
from sqlalchemy import func, select

from accounts.models import Staff
from accounts.permissions import Permission, reach_of
from accounts.sign_in import sign_in
from app import create_app
from campaigns.lookups import stops_for
from campaigns.models import Campaign, Family, HostCity, Stop
from checkin.models import CheckIn
from demo.accounts import DEMO_ACCOUNTS, DemoAccount
from demo.names import FOREIGN_NAMES, MINORITY_NAMES, RARE_NAMES
from demo.seed import seed, seed_if_empty
from leads.follow_up import HOLDING_CAP, claim_next
from leads.models import OPEN_STAGES, Lead, LeadHolding, Stage
from people.models import Person
from registrations.models import SEATED, BadgeClass, Registration, RegistrationState, StateChange
from registrations.people_lookups import open_pairs
from registrations.tickets import registration_id_on, ticket_for
from shared.clock import now, today
from shared.db import db, transaction
from tests.conftest import settings_for


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Stop the clock: on a busy machine minutes pass between two demos, and who has come by now depends on them."""

    class Stopped(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls.fromtimestamp(moment.timestamp(), tz)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("shared.clock.datetime", Stopped)
        yield


@pytest.fixture(scope="module")
def office(fresh_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A served office with the demo in it."""
    app = create_app(settings_for(fresh_database(), tmp_path_factory.mktemp("demo")))
    app.config["MADE_AT"] = now()
    with app.app_context(), at(app.config["MADE_AT"]):
        assert seed_if_empty() is True
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(autouse=True)
def inside(office: Flask) -> Iterator[None]:
    """Every test asks inside the application."""
    with office.app_context():
        yield


def _count(statement: object) -> int:
    return int(db.session.scalar(statement) or 0)  # type: ignore[call-overload]


def test_a_database_with_campaigns_is_left_alone() -> None:
    before = _count(select(func.count(Person.id)))
    assert seed_if_empty() is False
    assert _count(select(func.count(Person.id))) == before > 500


def test_every_family_and_every_state_is_there_to_look_at() -> None:
    assert set(db.session.scalars(select(Campaign.family))) == set(Family)
    assert set(db.session.scalars(select(Registration.state))) == set(RegistrationState)
    assert set(db.session.scalars(select(Lead.stage))) == set(Stage)


def test_one_campaign_is_over_one_goes_on_one_comes_and_one_is_a_draft() -> None:
    moment = now()
    stops = db.session.scalars(select(Stop)).all()
    assert any(stop.ends_at < moment - timedelta(days=30) for stop in stops)
    assert any(stop.starts_at <= moment <= stop.ends_at for stop in stops)
    assert sum(stop.is_open for stop in stops) >= 4
    assert any(not stop.campaign.is_published for stop in stops)


def test_the_seats_are_those_of_the_confirmed_and_of_whom_one_is_held_for() -> None:
    seated = (
        select(func.count())
        .where(Registration.stop_id == Stop.id, Registration.state.in_(SEATED))
        .scalar_subquery()
    )
    assert _count(select(func.count(Stop.id)).where(Stop.seats_taken != seated)) == 0
    assert _count(select(func.sum(Stop.seats_taken))) > 500


def test_people_wait_only_where_every_seat_is_taken() -> None:
    waiting = db.session.scalars(
        select(Registration).where(Registration.state == RegistrationState.WAITING)
    ).all()
    assert len(waiting) >= 10
    assert all(registration.stop.is_full for registration in waiting)


def test_whoever_owns_a_lead_holds_it() -> None:
    standing = select(LeadHolding.lead_id, LeadHolding.staff_id).where(LeadHolding.until_at.is_(None))
    owned = select(Lead.id, Lead.owner_id).where(Lead.owner_id.is_not(None))
    assert sorted(db.session.execute(standing).all()) == sorted(db.session.execute(owned).all()) != []


def test_each_doctor_who_came_has_one_lead_and_no_guest_has() -> None:
    came = select(Registration.id).join(CheckIn, CheckIn.registration_id == Registration.id)
    doctors = set(db.session.scalars(came.where(Registration.badge_class == BadgeClass.DOCTOR)))
    assert doctors == set(db.session.scalars(select(Lead.registration_id)))
    assert _count(select(func.count()).select_from(came.subquery())) > len(doctors) > 300


def test_nothing_has_happened_in_the_future_or_before_its_cause() -> None:
    moment = now()
    assert _count(select(func.count()).where(CheckIn.arrived_at > moment)) == 0
    assert _count(select(func.count()).where(StateChange.at > moment)) == 0
    assert _count(select(func.count()).where(Lead.claimed_at < Lead.opened_at)) == 0
    assert _count(select(func.count()).where(Lead.started_on < Lead.signed_on)) == 0
    assert _count(select(func.count()).where(Lead.started_on > today())) == 0
    early = (Registration.applied_at < Stop.registration_opened_at) | (
        Registration.applied_at > Stop.registration_closes_at
    )
    assert _count(select(func.count(Registration.id)).join(Stop).where(early)) == 0


def test_the_history_ends_where_the_registration_stands() -> None:
    last = select(func.max(StateChange.id)).group_by(StateChange.registration_id)
    ends = (
        select(func.count(Registration.id))
        .join(StateChange, StateChange.registration_id == Registration.id)
        .where(StateChange.id.in_(last), StateChange.after == Registration.state)
    )
    assert _count(ends) == _count(select(func.count(Registration.id)))


def test_registrations_are_numbered_as_they_came() -> None:
    moments = list(db.session.scalars(select(Registration.applied_at).order_by(Registration.id)))
    assert moments == sorted(moments)


def test_no_telephone_rings_and_no_mail_arrives() -> None:
    for person in db.session.scalars(select(Person)):
        if person.mobile is None:
            continue  # a guest whom the office entered
        if person.mobile.startswith("+86"):
            assert not phonenumbers.is_valid_number(phonenumbers.parse(person.mobile)), person.mobile
        else:
            assert person.mobile.startswith("+447700900"), person.mobile
        assert person.email.isascii()
        assert person.email.partition("@")[2] in {"example.com", "example.org", "example.net"}


def test_the_names_that_are_hard_to_print_are_among_them() -> None:
    names = set(db.session.scalars(select(Person.full_name)))
    assert len(names & set(RARE_NAMES)) >= 10
    assert names & set(MINORITY_NAMES)
    assert names & set(FOREIGN_NAMES)
    assert all(2 <= len(name) <= 50 for name in names)


@pytest.mark.parametrize("account", DEMO_ACCOUNTS, ids=lambda account: account.login)
def test_every_account_that_the_start_names_can_sign_in(account: DemoAccount) -> None:
    with transaction():
        assert isinstance(sign_in(account.login, account.password), Staff)


def test_the_organiser_of_jincheng_has_stops_and_none_of_them_is_taiyuans() -> None:
    jincheng = db.session.scalars(select(Staff).where(Staff.login == "jincheng")).one()
    host_ids = {stop.host_city_id for stop in stops_for(jincheng, Permission.PLAN_CAMPAIGNS)}
    assert host_ids == set(db.session.scalars(select(HostCity.id).where(HostCity.name_en == "Jincheng")))


def test_taiyuan_is_asked_about_two_pairs_of_whom_nobody_is_sure() -> None:
    taiyuan = db.session.scalars(select(Staff).where(Staff.login == "taiyuan")).one()
    pairs = db.session.scalars(open_pairs(reach_of(taiyuan, Permission.MERGE_PEOPLE))).all()
    assert {frozenset(pair.reasons) & {"mobile", "name", "similar_name"} for pair in pairs} >= {
        frozenset({"name"}),
        frozenset({"mobile", "similar_name"}),
    }


def test_a_confirmed_person_has_a_ticket_that_the_gate_can_read() -> None:
    registration = db.session.scalars(
        select(Registration).where(Registration.state == RegistrationState.CONFIRMED).limit(1)
    ).one()
    assert registration_id_on(ticket_for(registration)) == registration.id


def test_the_recruiter_has_room_to_claim_the_next_lead() -> None:
    recruiter = db.session.scalars(select(Staff).where(Staff.login == "recruiter")).one()
    with transaction():
        lead = claim_next(recruiter)
        assert lead.owner_id == recruiter.id
        db.session.flush()
        db.session.rollback()


def test_two_demos_of_one_day_hold_the_same_people(
    office: Flask, fresh_database: Callable[[], str], tmp_path: Path
) -> None:
    def people() -> list[tuple[object, ...]]:
        statement = (
            select(
                Person.full_name,
                Person.mobile,
                Registration.code,
                Registration.state,
                Registration.university,
            )
            .join(Registration, Registration.person_id == Person.id)
            .order_by(Person.mobile, Registration.code)
        )
        return [tuple(row) for row in db.session.execute(statement)]

    ours = people()
    other = create_app(settings_for(fresh_database(), tmp_path))
    with other.app_context():
        with at(office.config["MADE_AT"]):
            seed_if_empty()
        assert people() == ours
        db.session.remove()
        db.engine.dispose()


def test_many_people_come_by_copy_twice_and_every_rule_still_stands() -> None:
    before = _count(select(func.count(Registration.id)))
    lines: list[str] = []
    seed(1_500, say=lines.append)
    seed(700, say=lines.append)
    assert _count(select(func.count(Registration.id))) == before + 2_200
    assert "1,500 of 1,500" in lines[0]
    test_the_seats_are_those_of_the_confirmed_and_of_whom_one_is_held_for()
    test_whoever_owns_a_lead_holds_it()
    test_nothing_has_happened_in_the_future_or_before_its_cause()
    held = (
        select(func.count())
        .where(Lead.stage.in_(OPEN_STAGES), Lead.owner_id.is_not(None))
        .group_by(Lead.owner_id)
    )
    assert max(db.session.scalars(held)) <= HOLDING_CAP


def test_the_command_says_that_it_left_a_filled_database_alone(office: Flask) -> None:
    answer = office.test_cli_runner().invoke(args=["seed"])
    assert answer.exit_code == 0
    assert "not added" in answer.output

"""Two people become one with all that is theirs, and are taken apart again exactly."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Barrier, Thread
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from accounts.models import Role
from audit.models import AuditEntry
from campaigns.models import Stop
from jobs.models import OutboxJob
from leads.models import Contact, Lead, LeadHolding, Stage
from people.belongings import clashes_between, pointing_to_people
from people.errors import AlreadyOne, CannotBeUndone, DifferentIdNumbers, MergedOnward, NameAndMobileTaken
from people.find_or_add import find_or_add
from people.merge import id_number_of, merge, note_id_number, undo
from people.models import PairState, Person, PersonMerge, PersonPair
from people.pairs import ask_again, look_for_more, look_for_pairs, say_different
from registrations.models import Registration, RegistrationState
from registrations.register import register
from shared.clock import now
from shared.db import db, transaction, violated
from tests.conftest import settings_for
from tests.factories import accounts, campaigns, leads, registrations
from tests.factories.people import somebody
from tests.registrations.applications import application

NUMBER = "11010519491231002X"


def rows(*tables: str) -> dict[str, list[Any]]:
    """The tables as they stand in the database."""
    db.session.flush()
    return {
        table: list(db.session.execute(text(f"SELECT * FROM {table} ORDER BY id")).all()) for table in tables
    }


EVERYTHING = ("registrations", "leads", "lead_holdings", "contacts", "stops")


def people() -> list[Any]:
    """The people without what is sealed anew each time."""
    return list(
        db.session.execute(
            text(
                "SELECT id, full_name, mobile, email, name_folded, university_folded, education, mobile_hash, email_hash,"
                " id_number_hash, merged_into_id, (SELECT array_agg(DISTINCT k ORDER BY k) FROM unnest(search_keys) AS k)"
                " FROM people ORDER BY id"
            )
        )
    )


def test_whatever_was_the_others_is_his_and_goes_back_exactly(app: Flask) -> None:
    staff = accounts.staff(Role.ADMINISTRATOR)
    one, other, third = somebody("李文博"), somebody("李闻博"), somebody("王秀兰")
    with transaction():
        note_id_number(other.id, NUMBER)
    mine, his = registrations.registration(person=one), registrations.registration(person=other)
    lead = leads.lead(person=other, registration=his, stop=his.stop, campaign=his.stop.campaign)
    with transaction():
        db.session.add_all(
            PersonPair(one_id=a, other_id=b, score=60, reasons=["name"], found_at=now(), state=PairState.OPEN)
            for a, b in ((one.id, other.id), (other.id, third.id))
        )
    before, before_people = rows(*EVERYTHING, "person_pairs"), people()
    with transaction():
        done = merge(one.id, other.id, by=staff, choices={"email": other.id})
    assert done.survivor_id == one.id
    assert other.merged_into_id == one.id
    assert one.email == other.email
    assert id_number_of(one) == NUMBER
    assert {mine.person_id, his.person_id, lead.person_id} == {one.id}
    states = {(pair.one_id, pair.other_id): pair.state for pair in db.session.scalars(select(PersonPair))}
    assert states == {
        (one.id, other.id): PairState.MERGED,
        (one.id, third.id): PairState.OPEN,
    }
    assert NUMBER.encode() not in (done.moved or b"")
    with transaction():
        undo(done.id, by=staff)
    assert people() == before_people
    assert rows(*EVERYTHING, "person_pairs") == before
    assert db.session.scalar(select(func.count()).where(AuditEntry.act == "merge_people")) == 1
    assert db.session.scalar(select(func.count()).where(AuditEntry.act == "undo_merge")) == 1
    with pytest.raises(CannotBeUndone), transaction():
        undo(done.id, by=staff)


def test_two_registrations_for_one_stop_one_is_kept_and_the_other_stands_again_after_undo(app: Flask) -> None:
    staff, stop = accounts.staff(Role.ADMINISTRATOR), campaigns.stop(capacity=5)
    one, other = somebody("李文博"), somebody("李闻博")
    first = registrations.registration(RegistrationState.WAITING, at=stop, person=one)
    second = registrations.registration(at=stop, person=other)
    before = rows("registrations", "stops")
    (clash,) = clashes_between(one.id, other.id)
    assert [row_id for row_id, _words in clash.rows] == [second.id, first.id]
    with transaction():
        done = merge(one.id, other.id, by=staff)
    assert (first.state, second.state) == (RegistrationState.WITHDRAWN, RegistrationState.CONFIRMED)
    with transaction():
        undo(done.id, by=staff)
    assert rows("registrations", "stops") == before
    with transaction():
        done = merge(one.id, other.id, by=staff, kept={clash.field: first.id})
    # The seat is given on: to the one who waited, who is the same person.
    assert [one.state for one in (first, second)] == [
        RegistrationState.CONFIRMED,
        RegistrationState.WITHDRAWN,
    ]
    assert db.session.scalar(select(Stop.seats_taken).where(Stop.id == stop.id)) == 1
    with transaction():
        undo(done.id, by=staff)
    assert [one.state for one in (second,)] == [RegistrationState.CONFIRMED]


def test_two_leads_of_one_campaign_become_one_and_two_again(app: Flask) -> None:
    staff = accounts.staff(Role.ADMINISTRATOR)
    one, other = somebody("李文博"), somebody("李闻博")
    campaign = campaigns.campaign()
    both = []
    for person in (one, other):
        registration = registrations.registration(at=campaigns.stop(of=campaign), person=person)
        both.append(
            leads.lead(person=person, registration=registration, stop=registration.stop, campaign=campaign)
        )
    with transaction():
        both[1].stage, both[1].owner_id, both[1].claimed_at = Stage.CONTACTED, staff.id, now()
        for lead in both:
            db.session.add(
                Contact(lead_id=lead.id, staff_id=staff.id, channel="phone", reached=True, note="", at=now())
            )
            db.session.add(LeadHolding(lead_id=lead.id, staff_id=staff.id, from_at=now()))
    ids = [lead.id for lead in both]
    before = rows("leads", "lead_holdings", "contacts")
    with transaction():
        done = merge(one.id, other.id, by=staff)
    (left,) = db.session.scalars(select(Lead)).unique().all()
    assert (left.id, left.person_id) == (ids[1], one.id)
    assert set(db.session.scalars(select(Contact.lead_id))) == {left.id}
    with transaction():
        undo(done.id, by=staff)
    assert rows("leads", "lead_holdings", "contacts") == before


def test_choosing_name_and_mobile_of_the_newer_one_lets_that_one_stay(app: Flask) -> None:
    one, other = somebody("李文博"), somebody("李闻博")
    with transaction():
        done = merge(one.id, other.id, by="system", choices={"full_name": other.id, "mobile": other.id})
    assert (done.survivor_id, done.absorbed_id) == (other.id, one.id)


def test_a_name_with_a_mobile_that_a_third_person_has_is_refused(app: Flask) -> None:
    one, other = somebody("李文博", mobile="+8613800000001"), somebody("李闻博", mobile="+8613800000002")
    somebody("李文博", mobile="+8613800000002")
    before = people()
    with pytest.raises(NameAndMobileTaken), transaction():
        merge(one.id, other.id, by="system", choices={"mobile": other.id})
    assert people() == before


def test_whoever_was_merged_is_followed_to_whom_he_is(app: Flask) -> None:
    one, other, third = (somebody(name, mobile="+8613800000001") for name in ("李文博", "李闻博", "李文伯"))
    with transaction():
        merge(other.id, third.id, by="system")
        merge(one.id, other.id, by="system")
    for name in ("李文博", "李闻博", "李文伯"):
        assert somebody(name, mobile="+8613800000001").id == one.id
    from registrations.search import matching

    statement = select(Person.id).where(matching("李文伯"), Person.merged_into_id.is_(None))
    assert db.session.scalars(statement).all() == [one.id]


def test_merges_are_taken_back_in_their_order(app: Flask) -> None:
    one, other, third = somebody("李文博"), somebody("李闻博"), somebody("李文伯")
    with transaction():
        first = merge(other.id, third.id, by="system")
        second = merge(one.id, other.id, by="system")
    with pytest.raises(AlreadyOne), transaction():
        merge(third.id, one.id, by="system")
    with pytest.raises(MergedOnward), transaction():
        undo(first.id, by="system")
    with transaction():
        undo(second.id, by="system")
        undo(first.id, by="system")
    assert [person.merged_into_id for person in (one, other, third)] == [None, None, None]


def test_after_thirty_days_there_is_no_way_back(app: Flask) -> None:
    from datetime import timedelta

    from people.tasks import forget_merge

    one, other = somebody("李文博"), somebody("李闻博")
    with transaction():
        done = merge(one.id, other.id, by="system")
    promise = db.session.scalars(select(OutboxJob).where(OutboxJob.task == "people.tasks.forget_merge")).one()
    assert promise.due_at == done.undo_until
    with transaction():
        done.undo_until = now() - timedelta(minutes=1)
    with pytest.raises(CannotBeUndone), transaction():
        undo(done.id, by="system")
    with transaction():
        forget_merge(done.id)
    assert done.moved is None


def test_the_same_id_number_is_the_same_person_and_another_is_not(app: Flask) -> None:
    one, other, third = somebody("李文博"), somebody("李 文博"), somebody("王秀兰")
    with transaction():
        note_id_number(one.id, NUMBER)
        assert note_id_number(other.id, NUMBER).id == one.id
        note_id_number(third.id, "440524188001010014")
    assert other.merged_into_id == one.id
    with pytest.raises(DifferentIdNumbers), transaction():
        merge(one.id, third.id, by="system")
    with pytest.raises(DifferentIdNumbers), transaction():
        note_id_number(third.id, NUMBER)
    with pytest.raises(IntegrityError, match="uq_people_id_number"):
        db.session.execute(
            text(
                "UPDATE people SET id_number_hash = (SELECT id_number_hash FROM people WHERE id = :one) WHERE id = :id"
            ),
            {"one": one.id, "id": third.id},
        )


# Suggestions


def test_who_may_be_the_same_is_noted_once_with_the_reasons(app: Flask) -> None:
    one = somebody("李文博", email="li@example.com", university="山西大学")
    other = somebody("李文博", email="LI@example.com", university="SXU")
    for person in (one, other, one):
        with transaction():
            look_for_pairs(person.id)
    (pair,) = db.session.scalars(select(PersonPair)).all()
    assert (pair.one_id, pair.other_id, pair.score) == (one.id, other.id, 90)
    assert pair.reasons == ["email", "name", "university"]


def test_who_was_said_to_be_different_is_never_suggested_again(app: Flask) -> None:
    staff = accounts.staff(Role.ADMINISTRATOR)
    one, other, third = (somebody("李文博", email="li@example.com") for _ in range(3))
    with transaction():
        look_for_more(0)
    pairs = db.session.scalars(select(PersonPair).order_by(PersonPair.id)).all()
    assert len(pairs) == 3
    by_ids = {(pair.one_id, pair.other_id): pair for pair in pairs}
    with transaction():
        say_different(by_ids[one.id, third.id].id, by=staff)
        look_for_more(0)
    assert by_ids[one.id, third.id].state is PairState.DIFFERENT
    with transaction():
        merge(one.id, other.id, by=staff)
    states = {pair.state for pair in db.session.scalars(select(PersonPair))}
    assert PairState.OPEN not in states  # what was said of one of them holds of both
    with transaction():
        ask_again(by_ids[one.id, third.id].id, by=staff)
    assert by_ids[one.id, third.id].state is PairState.OPEN


def test_a_newcomer_is_compared_by_a_promise(app: Flask) -> None:
    person = somebody("李文博")
    promises = db.session.scalars(
        select(OutboxJob).where(OutboxJob.task == "people.tasks.look_for_pairs")
    ).all()
    assert [promise.arguments for promise in promises] == [{"person_id": person.id}]
    find_or_add(full_name="李文博", mobile=person.mobile or "", email="x@example.com")
    assert (
        len(
            db.session.scalars(select(OutboxJob).where(OutboxJob.task == "people.tasks.look_for_pairs")).all()
        )
        == 1
    )


# The schema by itself


def test_every_table_that_points_to_people_is_moved() -> None:
    import app as _app  # noqa: F401 - brings every model

    assert {(table.name, column.name) for table, column in pointing_to_people()} >= {
        ("registrations", "person_id"),
        ("leads", "person_id"),
    }


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        ("UPDATE people SET merged_into_id = id WHERE id = :one", "ck_people_not_merged_into_itself"),
        ("UPDATE people SET merged_into_id = :other WHERE id = :one", "merged_into_somebody_standing"),
        ("UPDATE registrations SET person_id = :other", "belongs_to_somebody_standing"),
        (
            "INSERT INTO person_pairs (one_id, other_id, score, reasons, found_at, state)"
            " VALUES (:other, :one, 60, '{}', now(), 'open')",
            "ck_person_pairs_smaller_first",
        ),
    ],
)
def test_the_database_refuses_a_circle_and_rows_of_somebody_merged(
    app: Flask, statement: str, constraint: str
) -> None:
    one, other = somebody("李文博"), somebody("李闻博")
    registrations.registration(person=one)
    with transaction():
        merge(one.id, other.id, by="system")
    with pytest.raises(IntegrityError) as refused:
        db.session.execute(text(statement), {"one": one.id, "other": other.id})
    assert violated(refused.value) == constraint


# Many at once


def at_once(app: Flask, *acts: Callable[[], object]) -> list[str]:
    """Each act in a thread and transaction of its own, let go together; what became of each."""
    together, told = Barrier(len(acts)), [""] * len(acts)

    def one(place: int, act: Callable[[], object]) -> None:
        with app.app_context():
            db.session.execute(text("SELECT 1"))
            together.wait()
            try:
                with transaction():
                    act()
                told[place] = "done"
            except Exception as error:
                told[place] = type(error).__name__
            db.session.remove()

    threads = [Thread(target=one, args=each) for each in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told


@pytest.fixture(scope="module")
def served(fresh_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """An application with a database of its own, whose commits are real."""
    from app import create_app

    app = create_app(settings_for(fresh_database(), tmp_path_factory.mktemp("served")))
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.mark.crowd
def test_two_merges_at_once_in_both_directions_make_one(served: Flask) -> None:
    with served.app_context():
        for _round in range(5):
            one, other, third = somebody("李文博"), somebody("李闻博"), somebody("李文伯")
            swapped = {"full_name": other.id, "mobile": other.id}
            told = at_once(
                served,
                partial(merge, one.id, other.id, by="system"),
                partial(merge, other.id, one.id, by="system"),
                partial(merge, one.id, other.id, by="system", choices=swapped),
                partial(merge, other.id, third.id, by="system"),
            )
            assert told.count("done") in (1, 2), told
            assert set(told) <= {"done", "AlreadyOne"}, told
            db.session.expire_all()
            standing = [person for person in (one, other, third) if person.merged_into_id is None]
            assert len(standing) == 3 - told.count("done")
        db.session.remove()


@pytest.mark.crowd
def test_a_registration_that_arrives_during_a_merge_is_of_the_one_who_stays(
    served: Flask, tmp_path: Path
) -> None:
    with served.app_context():
        for number in range(5):
            stop = campaigns.stop()
            mobile = f"+861390000{number:04d}"
            one, other = somebody("李文博", mobile=mobile), somebody("李闻博", mobile=mobile)
            told = at_once(
                served,
                partial(merge, one.id, other.id, by="system"),
                *(
                    partial(
                        register,
                        application(full_name=name, mobile=mobile),
                        stop_id=stop.id,
                        submission_id=uuid4(),
                    )
                    for name in ("李闻博", "李文博")
                ),
            )
            assert set(told) <= {"done", "AlreadyRegistered"}, told
            db.session.expire_all()
            of_whom = set(
                db.session.scalars(select(Registration.person_id).where(Registration.stop_id == stop.id))
            )
            standing = db.session.scalar(
                select(func.count()).where(
                    Registration.stop_id == stop.id, Registration.state != RegistrationState.WITHDRAWN
                )
            )
            assert of_whom == {one.id}, told
            assert standing == 1
        db.session.remove()


@pytest.mark.crowd
def test_without_the_guards_a_registration_would_be_left_with_somebody_who_is_gone(served: Flask) -> None:
    """The negative control: no trigger, and a registration made as if nobody held the person."""
    with served.app_context():
        one, other = somebody("李文博"), somebody("李闻博")
        registration = registrations.registration(person=one)
        with transaction():
            merge(one.id, other.id, by="system")
        db.session.execute(
            text("ALTER TABLE registrations DISABLE TRIGGER registrations_belong_to_somebody_standing")
        )
        db.session.execute(
            text("UPDATE registrations SET person_id = :other WHERE id = :id"),
            {"other": other.id, "id": registration.id},
        )
        left = db.session.scalar(
            select(func.count())
            .select_from(Registration)
            .join(Person, Person.id == Registration.person_id)
            .where(Person.merged_into_id.is_not(None))
        )
        db.session.rollback()
        db.session.remove()
    assert left == 1


def test_a_merge_is_one_row_and_never_two_that_stand(app: Flask) -> None:
    one, other = somebody("李文博"), somebody("李闻博")
    with transaction():
        merge(one.id, other.id, by="system")
    with pytest.raises(IntegrityError, match="uq_person_merges_standing"):
        db.session.add(
            PersonMerge(survivor_id=one.id, absorbed_id=other.id, merged_at=now(), undo_until=now())
        )
        db.session.flush()

"""Places of scarce choices: never given twice, given back with the registration, and counted by the database."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from threading import Barrier, Thread
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import create_engine, select, text

from audit.record import APPLICANT
from campaigns.models import Stop
from questions.models import ChoicePlaces, Kind, Question
from registrations.choices import take_choices
from registrations.errors import ChoiceIsFull
from registrations.models import Registration, RegistrationState
from registrations.register import register, withdraw
from registrations.step import take_step
from shared.db import db, transaction
from tests.conftest import settings_for
from tests.factories import campaigns, questions
from tests.registrations.applications import application

ROOMS, CLIENTS, ATTEMPTS = 10, 16, 48


def rooms(stop: Stop, capacity: int) -> Question:
    return questions.question(
        stop.campaign, kind=Kind.CHOICE, options=questions.choices("single", capacity=capacity)
    )


def taken(question: Question) -> int:
    statement = select(ChoicePlaces).where(ChoicePlaces.question_id == question.id)
    return db.session.scalars(statement.execution_options(populate_existing=True)).one().taken


def come(stop: Stop, question: Question, **changes: Any) -> Registration:
    with transaction():
        form = application(answers={question.key: "single"}, **changes)
        return register(form, stop_id=stop.id, submission_id=uuid4())


def test_a_place_is_taken_with_the_answer_and_the_next_one_hears_that_it_is_full(app: Flask) -> None:
    stop = campaigns.stop()
    question = rooms(stop, 1)
    come(stop, question)
    with pytest.raises(ChoiceIsFull) as refusal:
        come(stop, question)
    assert refusal.value.key == question.key
    assert taken(question) == 1


@pytest.mark.parametrize("act", ["withdraw", "declined", "expired"])
def test_a_place_is_given_back_by_whoever_no_longer_stands(app: Flask, act: str) -> None:
    stop = campaigns.stop()
    question = rooms(stop, 1)
    first = come(stop, question)
    with transaction():
        if act == "withdraw":
            withdraw(first.id, by=APPLICANT)
        else:
            take_step(first, RegistrationState(act), act=act, by=APPLICANT)
    assert taken(question) == 0
    assert first.answers == {question.key: "single"}  # what was said stays


def test_whoever_stands_again_takes_the_place_if_it_is_still_there(app: Flask) -> None:
    stop = campaigns.stop()
    question = rooms(stop, 1)
    first = come(stop, question)
    for state in (RegistrationState.DECLINED, RegistrationState.CONFIRMED):
        with transaction():
            take_step(first, state, act="test", by=APPLICANT)
    assert taken(question) == 1
    with transaction():
        take_step(first, RegistrationState.DECLINED, act="test", by=APPLICANT)
    come(stop, question)
    with transaction():
        take_step(first, RegistrationState.CONFIRMED, act="test", by=APPLICANT)
    assert taken(question) == 1


def test_a_changed_answer_gives_the_place_back(app: Flask) -> None:
    stop = campaigns.stop()
    question = rooms(stop, 1)
    first = come(stop, question)
    with transaction():
        first.answers = {}
        take_choices(first)
    assert taken(question) == 0


def test_places_are_counted_over_all_stops_unless_the_question_is_one_stops_own(app: Flask) -> None:
    here = campaigns.stop()
    there = campaigns.stop(of=here.campaign)
    question = rooms(here, 1)
    come(here, question)
    with pytest.raises(ChoiceIsFull):
        come(there, question)


def test_fewer_places_than_are_taken_are_refused_by_the_database(app: Flask) -> None:
    stop = campaigns.stop()
    question = rooms(stop, 2)
    come(stop, question)
    come(stop, question)
    question.options = questions.choices("single", capacity=1)
    with pytest.raises(Exception, match="ck_choice_places_never_oversold"):
        db.session.flush()
    db.session.rollback()


@pytest.fixture
def hotel(fresh_database: Any, tmp_path: Path) -> Any:
    """An application of its own with four stops of one campaign that share ten rooms."""
    from app import create_app

    url = fresh_database()
    app = create_app(settings_for(url, tmp_path))
    with app.app_context():
        first = campaigns.stop()
        stops = [first.id, *(campaigns.stop(of=first.campaign).id for _ in range(3))]
        key = rooms(first, ROOMS).key
    yield app, url, stops, key
    with app.app_context():
        db.engine.dispose()


def at_once(work: Any) -> Counter[str]:
    """What ``work(number)`` answers, done by many clients at the same time."""
    told: Counter[str] = Counter()
    together = Barrier(CLIENTS)

    def client(start: int) -> None:
        together.wait(30)
        for number in range(start, ATTEMPTS, CLIENTS):
            try:
                told[work(number)] += 1
            except Exception as error:
                told[type(error).__name__] += 1

    threads = [Thread(target=client, args=(start,)) for start in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told


@pytest.mark.crowd
def test_a_crowd_takes_every_room_and_not_one_more(hotel: Any) -> None:
    app, url, stops, key = hotel

    def work(number: int) -> str:
        with app.app_context(), transaction():
            form = application(mobile=f"+86150{number:08d}", answers={key: "single"})
            return register(form, stop_id=stops[number % 4], submission_id=uuid4()).state.value

    told = at_once(work)
    assert told == {"confirmed": ROOMS, "ChoiceIsFull": ATTEMPTS - ROOMS}
    engine = create_engine(url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT taken FROM choice_places")).scalar_one() == ROOMS
        assert connection.execute(text("SELECT count(*) FROM registrations")).scalar_one() == ROOMS
    engine.dispose()


@pytest.mark.crowd
@pytest.mark.parametrize("has_rule", [True, False], ids=["with the rule", "without it"])
def test_looking_before_taking_oversells_unless_the_schema_refuses(hotel: Any, has_rule: bool) -> None:
    """The negative control: a client that looks and then takes, without holding the places."""
    app, url, stops, _key = hotel
    engine = create_engine(url, pool_size=CLIENTS)
    with app.app_context(), transaction():
        for number in range(ATTEMPTS):
            register(application(mobile=f"+86151{number:08d}"), stop_id=stops[0], submission_id=uuid4())
        if not has_rule:
            db.session.execute(
                text("ALTER TABLE choice_places DROP CONSTRAINT ck_choice_places_never_oversold")
            )

    def work(number: int) -> str:
        with engine.begin() as connection:
            left = text("SELECT id FROM choice_places WHERE taken < capacity")
            places = connection.execute(left).scalar()
            if places is None:
                return "full"
            connection.execute(text("SELECT pg_sleep(0.05)"))
            connection.execute(
                text("INSERT INTO taken_choices (registration_id, places_id) SELECT id, :p FROM registrations "
                     "ORDER BY id OFFSET :n LIMIT 1"),
                {"p": places, "n": number},
            )  # fmt: skip
            return "taken"

    told = at_once(work)
    engine.dispose()
    if has_rule:
        assert told["taken"] == ROOMS
        assert told["IntegrityError"] > 0
    else:
        assert told["taken"] > ROOMS

"""A visit in a rush asks the database little, and a form kept in memory is never an old one."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import update

from campaigns.models import Campaign, Stop
from questions.kept_forms import KeptForm, KeptForms, Stamp, Which, kept_forms
from questions.lookups import questionnaire_for, questions_of
from questions.models import Kind
from registrations.errors import RegistrationClosed
from registrations.register import register
from shared.db import db, hold, transaction
from tests.conftest import Browser
from tests.counting import CountQueries
from tests.factories import campaigns, questions
from tests.registrations.applications import application
from tests.registrations.test_views import address, filled

MOST = {"form": 2, "sent": 13, "own page": 6}
"""Statements of one visit that gets no seat. Whoever needs another one asks whether the rush can bear it."""


def test_a_visit_in_a_rush_takes_so_many_statements_and_not_more_the_more_have_come(
    client: Browser, count_queries: CountQueries
) -> None:
    path = address(campaigns.stop(capacity=0))

    def visit(number: int) -> dict[str, int]:
        taken = {}
        person = filled(mobile=f"1310000{number:04d}", email=f"visitor{number}@example.com")
        acts: dict[str, Callable[[], str]] = {
            "form": lambda: client.get(path).text,
            "sent": lambda: client.post(path, data=person).location,
        }
        for name, act in acts.items():
            with count_queries() as sent:
                answer = act()
            taken[name] = len(sent)
            assert number == 1 or len(sent) <= MOST[name], sent.listed()
        with count_queries() as sent:
            assert 'class="own-place"' in client.get(answer).text
        assert len(sent) <= MOST["own page"], sent.listed()
        return {**taken, "own page": len(sent)}

    visit(1)  # makes the form
    assert visit(2) == visit(3) == visit(4)


def test_a_kept_form_is_made_anew_after_every_change_also_one_that_is_taken_back(
    app: Flask, count_queries: CountQueries
) -> None:
    stop = campaigns.stop()
    question = questions.question(stop.campaign, label_zh="原来的问题")
    questionnaire_for(stop)
    with count_queries() as sent:
        kept = questionnaire_for(stop)
    assert len(sent) == 1, sent.listed()

    with db.session.begin_nested() as change:
        question.label_zh = "没有保存的问题"
        db.session.flush()
        uncommitted = questionnaire_for(stop)
        change.rollback()
    assert [one.label_zh for one in uncommitted][-1] == "没有保存的问题"
    assert [one.label_zh for one in questionnaire_for(stop)] == [one.label_zh for one in kept]

    question.label_zh = "新的问题"
    db.session.commit()
    changed = questionnaire_for(stop)
    assert changed.version != kept.version
    assert changed.version == uncommitted.version  # which is why the stamp holds the moment too
    assert [one.label_zh for one in changed][-1] == "新的问题"


def test_without_the_stamp_a_kept_form_would_be_an_old_one(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = campaigns.stop()
    question = questions.question(stop.campaign, label_zh="原来的问题")
    questionnaire_for(stop)
    get = KeptForms.get

    def whatever_is_kept(kept: KeptForms, which: Which, _stamp: Stamp) -> KeptForm | None:
        return get(kept, which, kept._kept[which].stamp)

    monkeypatch.setattr(KeptForms, "get", whatever_is_kept)
    question.label_zh = "新的问题"
    db.session.commit()
    assert [one.label_zh for one in questionnaire_for(stop)][-1] == "原来的问题"


def test_what_is_left_of_a_scarce_choice_is_never_kept(app: Flask) -> None:
    stop = campaigns.stop()
    rooms = questions.question(
        stop.campaign, kind=Kind.CHOICE, options=questions.choices("single", "double", capacity=3)
    )

    def left() -> dict[str, int | None]:
        one = questionnaire_for(stop).field(rooms.key)
        assert one is not None
        return {choice.key: choice.left for choice in one.choices}

    assert left() == {"single": 3, "double": 3}
    with transaction():
        register(application(answers={rooms.key: "single"}), stop_id=stop.id, submission_id=uuid4())
    assert left() == {"single": 2, "double": 3}
    assert questions_of(stop.campaign_id)[-1].id == rooms.id


def test_only_so_many_forms_are_kept_and_the_longest_unused_is_let_go(app: Flask) -> None:
    few = KeptForms(most=2)
    stop = campaigns.stop()
    questionnaire_for(stop)
    form = next(iter(kept_forms()._kept.values()))
    for number in (1, 2):
        few.keep((number, None, ""), form)
    assert few.get((1, None, ""), form.stamp) is form
    few.keep((3, None, ""), form)
    assert few.get((2, None, ""), form.stamp) is None
    assert few.get((1, None, ""), form.stamp) is form


def test_whoever_waited_for_the_stop_sees_a_campaign_that_was_taken_back_meanwhile(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = campaigns.stop()

    def taken_back_while_we_wait(model: type[Stop], row_id: int) -> Stop | None:
        # The statement goes past the session, as another process's would.
        db.session.connection().execute(
            update(Campaign).where(Campaign.id == stop.campaign_id).values(published_at=None)
        )
        return hold(model, row_id)

    monkeypatch.setattr("registrations.register.hold", taken_back_while_we_wait)
    with pytest.raises(RegistrationClosed), transaction():
        register(application(), stop_id=stop.id, submission_id=uuid4())

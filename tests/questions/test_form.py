"""The form in the database: every campaign has one, its version grows, what is always asked stays."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from questions.lookups import fields_by_key, form_of, pages_of, questionnaire_for, questions_of
from questions.models import AskedWhen, Core, Kind, Question
from shared.db import db
from tests.factories import campaigns, questions


def test_every_new_campaign_has_a_form_with_the_usual_questions(app: Flask) -> None:
    stop = campaigns.stop()
    questionnaire = questionnaire_for(stop)
    assert questionnaire.version == 1
    assert {one.core for one in questionnaire if one.core} == set(Core)
    cities = questionnaire.core(Core.PREFERRED_CITIES)
    assert cities is not None
    assert len(cities.choices) == 11
    assert questionnaire_for(stop, AskedWhen.AFTER_APPROVAL).pages == ()


def test_the_version_grows_with_every_change_of_a_page_or_a_question(app: Flask) -> None:
    stop = campaigns.stop()
    page = pages_of(stop.campaign_id)[0]
    questions.question(stop.campaign, kind=Kind.TEXT)
    page.title_zh = "基本信息"
    db.session.commit()
    form = form_of(stop.campaign_id)
    db.session.refresh(form)
    assert form.version == 3
    assert questionnaire_for(stop).version == 3


def test_an_addition_of_a_stop_is_asked_there_and_nowhere_else(app: Flask) -> None:
    here = campaigns.stop()
    there = campaigns.stop(of=here.campaign)
    question = questions.question(here.campaign, stop_id=here.id)
    assert questionnaire_for(here).field(question.key) is not None
    assert questionnaire_for(there).field(question.key) is None


def test_an_archived_question_is_not_asked_but_stays_readable(app: Flask) -> None:
    stop = campaigns.stop()
    question = questions.question(stop.campaign)
    question.archived_at = stop.starts_at
    db.session.commit()
    assert questionnaire_for(stop).field(question.key) is None
    assert question.key in fields_by_key(stop.campaign_id)
    assert question.key not in {one.key for one in questions_of(stop.campaign_id)}


@pytest.mark.parametrize("core", ["full_name", "mobile", "email", "consent"])
@pytest.mark.parametrize("change", ["required = false", "archived_at = now()", "condition = '{}'"])
def test_what_is_always_asked_cannot_be_left_out(app: Flask, core: str, change: str) -> None:
    stop = campaigns.stop()
    statement = text(f"UPDATE questions SET {change} WHERE campaign_id = :campaign AND core = :core")
    with pytest.raises(IntegrityError, match="never_left_out"):
        db.session.execute(statement, {"campaign": stop.campaign_id, "core": core})


def test_two_questions_of_a_campaign_never_have_the_same_key(app: Flask) -> None:
    question = questions.question(campaigns.campaign())
    db.session.add(
        Question(
            campaign_id=question.campaign_id,
            page_id=question.page_id,
            key=question.key,
            kind=Kind.TEXT,
            label_zh="又一题",
            position=1,
        )
    )
    with pytest.raises(IntegrityError, match="uq_questions_key"):
        db.session.flush()

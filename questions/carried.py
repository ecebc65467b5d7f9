"""The form goes along when a campaign is copied or kept as a template: its pages, its questions, the stops' additions."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, select

from campaigns.models import Campaign, Stop
from campaigns.outline import Carried, carry
from privacy.purposes import Purpose
from questions.models import AskedWhen, Core, Kind, Question, QuestionPage, first_purpose
from shared.db import db

_PLAIN = (
    "key", "label_zh", "label_en", "help_zh", "help_en", "required", "position", "options", "condition", "restricted",
)  # fmt: skip


def take_form(campaign: Campaign, stops: list[Stop]) -> list[dict[str, Any]]:
    """The form's pages with their questions, without those that were archived. A stop is named by its place."""
    places = {stop.id: place for place, stop in enumerate(stops)}
    pages = db.session.scalars(
        select(QuestionPage)
        .where(QuestionPage.campaign_id == campaign.id)
        .order_by(QuestionPage.position, QuestionPage.id)
    ).all()
    questions = db.session.scalars(
        select(Question)
        .where(Question.campaign_id == campaign.id, Question.archived_at.is_(None))
        .order_by(Question.position, Question.id)
    ).all()
    return [
        {
            "title_zh": page.title_zh,
            "title_en": page.title_en,
            "position": page.position,
            "questions": [
                {
                    **{name: getattr(question, name) for name in _PLAIN},
                    "kind": question.kind.value,
                    "asked_when": question.asked_when.value,
                    "core": question.core.value if question.core else None,
                    "purpose": question.purpose.value if question.purpose else None,
                    "stop": places.get(question.stop_id) if question.stop_id else None,
                }
                for question in questions
                if question.page_id == page.id and (question.stop_id is None or question.stop_id in places)
            ],
        }
        for page in pages
    ]


def put_form(campaign: Campaign, stops: list[Stop], pages: list[dict[str, Any]]) -> None:
    """Write the form of a new campaign that nobody has seen yet, in place of the usual one."""
    if not pages:
        return
    db.session.execute(delete(Question).where(Question.campaign_id == campaign.id))
    db.session.execute(delete(QuestionPage).where(QuestionPage.campaign_id == campaign.id))
    for one in pages:
        page = QuestionPage(
            campaign_id=campaign.id,
            title_zh=one["title_zh"],
            title_en=one["title_en"],
            position=one["position"],
        )
        db.session.add(page)
        db.session.flush()
        for question in one["questions"]:
            kind, asked_when = Kind(question["kind"]), AskedWhen(question["asked_when"])
            core = Core(question["core"]) if question["core"] else None
            said = question.get("purpose")  # templates of earlier times may not say
            db.session.add(
                Question(
                    **{name: question[name] for name in _PLAIN},
                    campaign_id=campaign.id,
                    page_id=page.id,
                    stop_id=stops[question["stop"]].id if question["stop"] is not None else None,
                    kind=kind,
                    asked_when=asked_when,
                    core=core,
                    purpose=Purpose(said) if said else first_purpose(kind, core=core, asked_when=asked_when),
                )
            )
    db.session.flush()


carry("form", Carried(take_form, put_form))

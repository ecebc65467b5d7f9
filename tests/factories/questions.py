"""Questions of a campaign's form."""

from __future__ import annotations

from itertools import count
from typing import Any

from campaigns.models import Campaign
from questions.lookups import pages_of
from questions.models import Kind, Question, QuestionPage
from shared.db import db

_numbers = count(1)


def page(campaign: Campaign, **changes: Any) -> QuestionPage:
    """A further page."""
    number = next(_numbers)
    values: dict[str, Any] = {
        "title_zh": f"第{number}页",
        "title_en": f"Page {number}",
        "position": 100 + number,
    }
    row = QuestionPage(campaign_id=campaign.id, **{**values, **changes})
    db.session.add(row)
    db.session.commit()
    return row


def question(campaign: Campaign, **changes: Any) -> Question:
    """A voluntary line of text on the last page."""
    number = next(_numbers)
    values: dict[str, Any] = {
        "page_id": changes.pop("page", pages_of(campaign.id)[-1]).id,
        "key": f"question_{number}",
        "kind": Kind.TEXT,
        "label_zh": f"问题{number}",
        "label_en": f"Question {number}",
        "required": False,
        "position": 1000 + number,
        "options": {},
    }
    row = Question(campaign_id=campaign.id, **{**values, **changes})
    db.session.add(row)
    db.session.commit()
    return row


def choices(*keys: str, capacity: int | None = None) -> dict[str, Any]:
    """``options`` with these choices, each with as many places."""
    return {
        "choices": [
            {"key": key, "label_zh": f"选项{key}", "label_en": f"Choice {key}", "capacity": capacity}
            for key in keys
        ]
    }

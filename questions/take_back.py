"""Take back one's own last change of a form."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import select

from accounts.models import Staff
from privacy.purposes import Purpose
from questions.changes import (
    times_answered,
)
from questions.errors import (
    NothingToTakeBack,
)
from questions.form_in_hand import changing, page_by_id, question_by_id
from questions.lookups import questions_of
from questions.models import (
    AskedWhen,
    Core,
    FormChange,
    Kind,
    Question,
    QuestionPage,
)
from shared.clock import now
from shared.db import db


def take_back(campaign_id: int, *, by: Staff) -> FormChange:
    """Undo one's own last change. Raises NothingToTakeBack when there is none, or somebody went on from it."""
    last = last_change(campaign_id, by)
    if last is None:
        raise NothingToTakeBack
    with changing(campaign_id, "take_back", by=by, subject=last.subject) as change:
        for table, rows in last.after.items():
            for row_id, row in rows.items():
                if change.before[table].get(row_id) != row:
                    raise NothingToTakeBack
        _put_back(campaign_id, last.before)
        last.undone_at = now()
    return last


def last_change(campaign_id: int, staff: Staff) -> FormChange | None:
    """The last change of ``staff`` that can be taken back, or None."""
    return db.session.scalar(
        select(FormChange)
        .where(
            FormChange.campaign_id == campaign_id,
            FormChange.by_staff_id == staff.id,
            FormChange.undone_at.is_(None),
            FormChange.act != "take_back",
        )
        .order_by(FormChange.id.desc())
        .limit(1)
    )


def _put_back(campaign_id: int, before: dict[str, Any]) -> None:
    """Bring rows to what they were: pages that come back first, pages that go last."""
    pages, questions = before.get("pages", {}), before.get("questions", {})
    for row_id, values in pages.items():
        if values is not None:
            _write(QuestionPage, int(row_id), campaign_id, values)
    db.session.flush()
    for row_id, values in questions.items():
        if values is not None:
            _write(Question, int(row_id), campaign_id, values)
            continue
        question = question_by_id(int(row_id))
        if times_answered(campaign_id, [question])[question.id]:
            question.archived_at = now()
        else:
            db.session.delete(question)
    db.session.flush()
    for row_id, values in pages.items():
        if values is None:
            if any(str(one.page_id) == row_id for one in questions_of(campaign_id, archived=True)):
                raise NothingToTakeBack
            db.session.delete(page_by_id(int(row_id)))
    db.session.flush()


def _write(
    model: type[Question] | type[QuestionPage], row_id: int, campaign_id: int, values: dict[str, Any]
) -> None:
    row = db.session.get(model, row_id)
    if row is None:
        row = model(id=row_id, campaign_id=campaign_id)
        db.session.add(row)
    for name, value in values.items():
        setattr(row, name, _READ[name](value) if name in _READ and value is not None else value)


_READ: dict[str, Callable[[str], Any]] = {
    "kind": Kind,
    "core": Core,
    "asked_when": AskedWhen,
    "purpose": Purpose,
    "archived_at": datetime.fromisoformat,
}

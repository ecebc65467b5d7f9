"""Places of scarce choices ("hotel room: 40"): taken with the answers, given back when they change or nobody comes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete, or_, select, tuple_, update

from questions.models import ChoicePlaces, Question
from registrations.errors import ChoiceIsFull
from registrations.models import AnswerFile, Registration, TakenChoice
from shared.db import db
from shared.language import in_language


def take_choices(registration: Registration, *, or_go_without: bool = False) -> list[str]:
    """Hold the places of what ``registration.answers`` chooses and give back what it no longer does.

    The places are held in the order of their ids, after the stop and the registration. Returns the keys of questions
    whose choice is full (``or_go_without``), or raises ChoiceIsFull naming the first. The caller holds the transaction.
    """
    db.session.flush()
    chosen = _chosen(registration.answers)
    wanted: dict[int, str] = {}
    full: list[str] = []
    held = set(
        db.session.scalars(
            select(TakenChoice.places_id).where(TakenChoice.registration_id == registration.id)
        )
    )
    if chosen:
        statement = (
            select(ChoicePlaces, Question)
            .join(Question, Question.id == ChoicePlaces.question_id)
            .where(
                Question.campaign_id == registration.stop.campaign_id,
                or_(Question.stop_id.is_(None), Question.stop_id == registration.stop_id),
                Question.archived_at.is_(None),
                ChoicePlaces.capacity.is_not(None),
                tuple_(Question.key, ChoicePlaces.choice).in_(chosen),
            )
            .order_by(ChoicePlaces.id)
            .with_for_update(key_share=True, of=ChoicePlaces)
            .execution_options(populate_existing=True)
        )
        for places, question in db.session.execute(statement):
            is_full = places.capacity is not None and places.taken >= places.capacity
            if is_full and places.id not in held:
                if not or_go_without:
                    raise ChoiceIsFull(question.key, _label(question, places.choice))
                full.append(question.key)
            else:
                wanted[places.id] = question.key
    if given_back := held - set(wanted):
        db.session.execute(
            delete(TakenChoice).where(
                TakenChoice.registration_id == registration.id, TakenChoice.places_id.in_(given_back)
            )
        )
    new = [
        TakenChoice(registration_id=registration.id, places_id=places_id)
        for places_id in sorted(set(wanted) - held)
    ]
    db.session.add_all(new)
    db.session.flush()
    return full


def attach_files(registration: Registration, file_ids: Sequence[int]) -> None:
    """Let the files among the answers be this registration's. The caller holds the transaction."""
    if file_ids:
        db.session.execute(
            update(AnswerFile)
            .where(AnswerFile.file_id.in_(file_ids), AnswerFile.registration_id.is_(None))
            .values(registration_id=registration.id)
        )


def _chosen(answers: dict[str, Any]) -> list[tuple[str, str]]:
    """(question's key, choice's key) of every answer that may be a choice."""
    pairs = []
    for key, value in answers.items():
        if isinstance(value, str) and len(value) <= 60:
            pairs.append((key, value))
        elif isinstance(value, list):
            pairs.extend((key, item) for item in value if isinstance(item, str))
    return pairs


def _label(question: Question, key: str) -> str:
    for choice in question.options.get("choices", ()):
        if choice.get("key") == key:
            return in_language(str(choice.get("label_zh", key)), str(choice.get("label_en", "")))
    return str(_("This choice"))

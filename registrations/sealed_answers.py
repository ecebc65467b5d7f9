"""Answers to restricted questions: one sealed document a registration, bound to its row."""

from __future__ import annotations

import json
from typing import Any

from registrations.models import Registration
from shared.db import db
from shared.reseal import sealed_column
from shared.sealing import seal, unseal_text

sealed_column("registrations", "sealed_answers", use="registrations.sealed_answers")


def seal_answers(registration: Registration, answers: dict[str, Any]) -> None:
    """Keep ``answers`` to restricted questions by key; none: nothing is kept. The caller holds the transaction."""
    db.session.flush()  # the seal is bound to the id
    registration.sealed_answers = (
        seal(json.dumps(answers, ensure_ascii=False), context=_place(registration)) if answers else None
    )


def unsealed_answers(registration: Registration) -> dict[str, Any]:
    """The answers to restricted questions by key. Whoever shows them records it."""
    if registration.sealed_answers is None:
        return {}
    answers: dict[str, Any] = json.loads(
        unseal_text(registration.sealed_answers, context=_place(registration))
    )
    return answers


def _place(registration: Registration) -> str:
    return f"registrations.sealed_answers:{registration.id}"

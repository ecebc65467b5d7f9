"""Somebody whom the office enters without a mobile number: an academician, a leader, a reporter."""

from __future__ import annotations

from people.find_or_add import spelled
from people.models import Person
from shared.clock import now
from shared.db import db


def add_guest(*, full_name: str, email: str) -> Person:
    """A new person known by name only; ``full_name`` is NFC. The caller holds the transaction."""
    pinyin, initials = spelled(full_name)
    person = Person(
        full_name=full_name,
        mobile=None,
        email=email,
        name_pinyin=pinyin,
        name_initials=initials,
        created_at=now(),
    )
    db.session.add(person)
    db.session.flush()
    return person

"""Somebody whom the office enters without a mobile number: an academician, a leader, a reporter."""

from __future__ import annotations

from people.folding import folded_university
from people.keep import kept_forms
from people.models import Person
from shared.clock import now
from shared.db import db


def add_guest(*, full_name: str, email: str, university: str = "") -> Person:
    """A new person known by name and unit only; ``full_name`` is NFC. The caller holds the transaction."""
    person = Person(
        full_name=full_name,
        mobile=None,
        email=email,
        created_at=now(),
        university_folded=folded_university(university),
        **kept_forms(
            full_name=full_name, mobile=None, email=email, universities=[university] if university else ()
        ),
    )
    db.session.add(person)
    db.session.flush()
    return person

"""People, made the way the form makes them."""

from __future__ import annotations

from itertools import count

from people.find_or_add import find_or_add
from people.models import Person
from shared.db import transaction

_numbers = count(1)


def somebody(
    full_name: str = "李文博",
    *,
    mobile: str = "",
    email: str = "",
    university: str = "",
    education: str | None = None,
) -> Person:
    """A person of that name, with a mobile and an address of his own unless given."""
    number = next(_numbers)
    with transaction():
        return find_or_add(
            full_name=full_name,
            mobile=mobile or f"+86131{number:08d}",
            email=email or f"somebody{number}@example.com",
            university=university,
            education=education,
        )

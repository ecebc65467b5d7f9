"""Applications as the form hands them over, each of another person unless told otherwise."""

from __future__ import annotations

from itertools import count
from typing import Any

from registrations.models import Education
from registrations.register import Application

_numbers = count(1)


def application(**changes: Any) -> Application:
    """Dr Wang's application (each call another Dr Wang)."""
    number = next(_numbers)
    values: dict[str, Any] = {
        "full_name": "王思远",
        "mobile": f"+86131{number:08d}",
        "email": f"wang{number}@example.com",
        "university": "太原理工大学",
        "education": Education.DOCTOR,
        "research_field": "碳基半导体",
        "preferred_city_ids": [],
        "language": "zh",
        "channel": None,
    }
    return Application(**{**values, **changes})

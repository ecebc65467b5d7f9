"""Questions about employers."""

from __future__ import annotations

from sqlalchemy import select

from employers.models import Employer
from shared.db import db


def all_employers() -> list[Employer]:
    """Every employer, by name."""
    return list(db.session.scalars(select(Employer).order_by(Employer.name_zh)))

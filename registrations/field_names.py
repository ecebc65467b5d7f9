"""What the fields of a registration are called where a change of them is told."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import lazy_gettext as _l

_NAMES = {
    "full_name": _l("Full name"),
    "mobile": _l("Mobile number"),
    "email": _l("E-mail address"),
    "university": _l("University or institute"),
    "education": _l("You are"),
    "research_field": _l("Research field"),
    "preferred_city_ids": _l("Cities you could imagine working in"),
}


def field_names(fields: Iterable[str]) -> list[str]:
    """In the reader's language; an answer to a campaign's question is called by what is asked once it is known."""
    return [str(_NAMES.get(field, field)) for field in fields]

"""What the fields of a registration are called where a change of them is told."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import lazy_gettext as _l

from questions.lookups import fields_by_key

ANSWERS = "answers."
_NAMES = {
    "full_name": _l("Full name"),
    "mobile": _l("Mobile number"),
    "email": _l("E-mail address"),
    "university": _l("University or institute"),
    "education": _l("You are"),
    "research_field": _l("Research field"),
    "preferred_city_ids": _l("Cities you could imagine working in"),
}


def field_names(fields: Iterable[str], *, campaign_id: int | None = None) -> list[str]:
    """In the reader's language; an answer to one of the campaign's own questions is called as the question is."""
    fields = list(fields)
    names: dict[str, object] = dict(_NAMES)
    if campaign_id is not None and any(field.startswith(ANSWERS) for field in fields):
        names |= {f"{ANSWERS}{key}": one.label for key, one in fields_by_key(campaign_id).items()}
    return [str(names.get(field, field.removeprefix(ANSWERS))) for field in fields]

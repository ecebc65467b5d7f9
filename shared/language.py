"""In which language this reader is answered, and content kept in two languages."""

from __future__ import annotations

from flask import has_request_context, request
from flask_babel import get_locale

CHINESE, ENGLISH = "zh", "en"
BABEL_LOCALES = {CHINESE: "zh_Hans", ENGLISH: "en"}
COOKIE = "language"


def chosen_language() -> str:
    """The reader's choice (cookie), else Chinese: the product's first language whatever the browser says."""
    if has_request_context():
        chosen = request.cookies.get(COOKIE, "")
        if chosen in BABEL_LOCALES:
            return chosen
    return CHINESE


def current_language() -> str:
    """``zh`` or ``en``: the language this text is being written in (a mail may differ from the request)."""
    locale = get_locale()
    return ENGLISH if locale is not None and locale.language == "en" else CHINESE


def in_language(chinese: str, english: str) -> str:
    """Organiser's content in the reader's language; whichever exists when only one was written."""
    if current_language() == ENGLISH:
        return english or chinese
    return chinese or english

"""In which language this reader is answered, and content kept in two languages."""

from __future__ import annotations

from flask import g, has_request_context, request
from flask_babel import get_locale, refresh

CHINESE, ENGLISH = "zh", "en"
BABEL_LOCALES = {CHINESE: "zh_Hans", ENGLISH: "en"}
COOKIE = "language"


def chosen_language() -> str:
    """The reader's choice (cookie), else Chinese: the product's first language whatever the browser says.

    A program is answered in the language that it asks for with each request (``speak_as_asked``).
    """
    if has_request_context():
        if (asked_for := g.get("language")) in BABEL_LOCALES:
            return str(asked_for)
        chosen = request.cookies.get(COOKIE, "")
        if chosen in BABEL_LOCALES:
            return chosen
    return CHINESE


def speak_as_asked() -> None:
    """Answer this request in the language that its Accept-Language names, Chinese or English."""
    g.language = ENGLISH if request.accept_languages.best_match(["zh", "en"]) == "en" else CHINESE
    refresh()


def current_language() -> str:
    """``zh`` or ``en``: the language this text is being written in (a mail may differ from the request)."""
    locale = get_locale()
    return ENGLISH if locale is not None and locale.language == "en" else CHINESE


def in_language(chinese: str, english: str) -> str:
    """Organiser's content in the reader's language; whichever exists when only one was written."""
    if current_language() == ENGLISH:
        return english or chinese
    return chinese or english

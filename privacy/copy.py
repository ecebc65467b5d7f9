"""A copy of everything that is kept about somebody: each package tells its own chapter.

A package that keeps something about people says, once, in a file that app.py joins::

    @chapter("arrivals", _l("Arrivals"))
    def arrivals(scope: Scope) -> list[Entry]: ...
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from html import escape
from pathlib import Path
from typing import Any, TypeVar

from flask_babel import LazyString
from flask_babel import gettext as _

from privacy.purposes import CARDS
from shared.clock import now
from shared.display import moment as moment_in_words
from shared.language import current_language


@dataclass(frozen=True)
class Scope:
    """Whose data: a person, the registrations that were proven to be the reader's, and their address."""

    person_id: int
    registration_ids: Sequence[int]
    email: str


@dataclass(frozen=True)
class Fact:
    """One value: its name for programs, its name for people, the value, and how it reads where that says too little."""

    key: str
    label: str
    value: Any
    words: str | None = None


Entry = list[Fact]
Teller = Callable[[Scope], list[Entry]]
TellerT = TypeVar("TellerT", bound=Teller)
FilesOf = Callable[[Scope], list[tuple[str, Path]]]

_chapters: dict[str, tuple[LazyString, Teller]] = {}
_files: list[FilesOf] = []


def chapter(key: str, title: LazyString) -> Callable[[TellerT], TellerT]:
    """Let this function tell one chapter of the copy."""

    def remember(teller: TellerT) -> TellerT:
        _chapters[key] = (title, teller)
        return teller

    return remember


def files_of(function: FilesOf) -> FilesOf:
    """Let this function name files that belong into the copy, each by its name there and its place on the disk."""
    _files.append(function)
    return function


def fact(key: str, label: Any, value: Any, words: str | None = None) -> Fact:
    """One value with its names; ``words`` instead of the value in the page that people read."""
    return Fact(key, str(label), str(value) if isinstance(value, LazyString) else value, words)


def copy_of(scope: Scope, *, title: str) -> bytes:
    """A ZIP with ``data.json`` for programs, ``index.html`` for people, in the reader's language, and the files."""
    chapters = [(key, str(name), teller(scope)) for key, (name, teller) in _chapters.items()]
    whole = {
        "made_at": now().isoformat(),
        "purposes": [
            {"purpose": card.purpose.value, "kept_days": card.kept_days, "what_for": str(card.what_for)}
            for card in CARDS
        ],
        **{
            key: [{one.key: _plain(one.value) for one in entry} for entry in entries]
            for key, _n, entries in chapters
        },
    }
    bundle = io.BytesIO()
    with zipfile.ZipFile(bundle, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.json", json.dumps(whole, ensure_ascii=False, indent=2))
        archive.writestr("index.html", _page(title, [(name, entries) for _k, name, entries in chapters]))
        archive.writestr("copy.css", (Path(__file__).parent / "copy.css").read_text(encoding="utf-8"))
        for names in _files:
            for name, place in names(scope):
                if place.is_file():
                    archive.write(place, f"files/{name}")
    return bundle.getvalue()


def _page(title: str, chapters: list[tuple[str, list[Entry]]]) -> str:
    # Not inside the f-strings: there the texts are not found by `make messages`.
    made = str(_("As of %(moment)s", moment=moment_in_words(now())))
    nothing = str(_("Nothing."))
    parts = [
        "<!doctype html>",
        f'<html lang="{"en" if current_language() == "en" else "zh-Hans"}"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<link rel="stylesheet" href="copy.css"><title>{escape(title)}</title></head><body>',
        f"<h1>{escape(title)}</h1><p>{escape(made)}</p>",
    ]
    for name, entries in chapters:
        parts.append(f"<h2>{escape(name)}</h2>")
        if not entries:
            parts.append(f"<p>{escape(nothing)}</p>")
        for entry in entries:
            rows = "".join(
                f"<dt>{escape(one.label)}</dt><dd>{escape(one.words or _shown(one.value))}</dd>"
                for one in entry
                if one.value not in (None, "", [], {})
            )
            parts.append(f"<dl>{rows}</dl>")
    parts.append("</body></html>")
    return "\n".join(parts)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value


def _shown(value: Any) -> str:
    if isinstance(value, datetime):
        return moment_in_words(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if isinstance(value, list | tuple):
        return str(_(", ")).join(_shown(one) for one in value)
    return str(value)

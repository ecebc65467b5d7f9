"""What the form asks the server for while somebody types."""

from __future__ import annotations

import json
from functools import cache

from flask import Blueprint, Response
from pypinyin import Style, lazy_pinyin

from accounts.access import open_to_everyone
from shared.universities import UNIVERSITIES, folded

bp = Blueprint("questions", __name__)


@bp.get("/universities.json")
@open_to_everyone
def universities() -> Response:
    """Every university: ``[[Chinese name, English name, what it may be looked for by], …]``."""
    answer = Response(_universities(), content_type="application/json; charset=utf-8")
    answer.headers["Cache-Control"] = "public, max-age=86400"
    return answer


@cache
def _universities() -> str:
    rows = []
    for one in UNIVERSITIES:
        words = [folded(name) for name in (one.name_zh, one.name_en, *one.aliases)]
        words.append("".join(lazy_pinyin(one.name_zh)))
        words.append("".join(lazy_pinyin(one.name_zh, style=Style.FIRST_LETTER)))
        rows.append([one.name_zh, one.name_en, " ".join(dict.fromkeys(words))])
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))

"""The page that a computer with a printer keeps open.

Open to everyone: it holds nothing. What it prints it gets from /api/v1/print-jobs as a station that was joined to a stop.
"""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from accounts.access import open_to_everyone
from printing.papers import PAPERS
from printing.station_words import station_words

bp = Blueprint("station", __name__, url_prefix="/gate")


@bp.get("/station")
@open_to_everyone
def station() -> ResponseReturnValue:
    """Join, then print one badge after the other. A join code stands behind the #, which no server sees."""
    return render_template("printing/station.html", papers=PAPERS, words=station_words())

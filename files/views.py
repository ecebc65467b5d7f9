"""The one door to a file that was handed in."""

from __future__ import annotations

from flask import Blueprint, g, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from accounts.access import open_to_everyone
from files.access import opener_of
from files.hand_out import hand_out
from files.models import StoredFile
from shared.db import db, transaction
from shared.errors import NotFound

bp = Blueprint("files", __name__, url_prefix="/files")


@bp.get("/<token>")
@open_to_everyone
def download(token: str) -> ResponseReturnValue:
    """A file for staff who reach whom it is of, or for whoever holds the applicant's link; else it is not there.

    Opening writes a line into the record, so this GET has a transaction.
    """
    file = db.session.scalar(select(StoredFile).where(StoredFile.token == token))
    if file is None or file.removed_at is not None:
        raise NotFound
    by = opener_of(file, staff=g.staff, link=request.args.get("link"))
    if by is None:
        raise NotFound
    with transaction():
        return hand_out(file, by=by)

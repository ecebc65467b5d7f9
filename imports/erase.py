"""Empty the rows of lists that somebody came by. That a row was brought in is still counted."""

from __future__ import annotations

from sqlalchemy import update

from imports.models import ImportRow
from shared.db import db


def empty_rows(registration_ids: list[int]) -> None:
    """Remove what these rows say and what they replaced; run twice it changes nothing. The caller holds the transaction."""
    db.session.execute(
        update(ImportRow)
        .where(ImportRow.registration_id.in_(registration_ids))
        .values(entry=None, cells=None, before=None, problems=[])
        .execution_options(synchronize_session=False)
    )

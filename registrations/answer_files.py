"""Who may open a file that answers a question, and what becomes of one that was never sent."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from accounts.models import Staff
from accounts.permissions import Permission
from audit.record import APPLICANT, SYSTEM
from files.access import opens
from files.keep import remove_file
from files.models import StoredFile
from registrations.drafts import KEPT_FOR
from registrations.filling_in import PURPOSE
from registrations.links import registration_on_link
from registrations.lookups import registration_for
from registrations.models import AnswerFile
from registrations.proof import is_proven
from shared.clock import now
from shared.db import db
from shared.errors import NotFound


@opens(PURPOSE)
def may_open_answer(file: StoredFile, *, staff: Staff | None, link: str | None) -> Staff | str | None:
    """Staff who see the registration, or the applicant by the own link; a file not sent yet is nobody's to open."""
    registration_id = db.session.scalar(
        select(AnswerFile.registration_id).where(AnswerFile.file_id == file.id)
    )
    if registration_id is None:
        return None
    try:
        if link is not None:
            registration = registration_on_link(link)
            is_locked = registration.stop.campaign.own_page_asks_code and not is_proven(registration)
            return APPLICANT if registration.id == registration_id and not is_locked else None
        if staff is not None:
            registration_for(staff, registration_id, Permission.SEE_REGISTRATIONS)
            return staff
    except NotFound:
        pass
    return None


def remove_unsent_files() -> int:
    """Let files go that were handed in and never sent, once no draft can hold them; returns how many.

    The caller holds the transaction.
    """
    statement = (
        select(AnswerFile.file_id)
        .join(StoredFile, StoredFile.id == AnswerFile.file_id)
        .where(
            AnswerFile.registration_id.is_(None),
            StoredFile.removed_at.is_(None),
            StoredFile.kept_at < now() - KEPT_FOR - timedelta(days=1),
        )
        .limit(500)
    )
    ids = db.session.scalars(statement).all()
    for file_id in ids:
        remove_file(file_id, by=SYSTEM)
    return len(ids)

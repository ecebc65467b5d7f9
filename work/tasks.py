"""The worker's part: whoever ordered work that took its time is told that it is over."""

from __future__ import annotations

from datetime import timedelta

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _

from accounts.models import Staff
from jobs.long_work import WorkEnded, label_of, result_of, sentences_of
from jobs.models import LongWork, WorkState
from jobs.outbox import on
from messages.write import write_message
from shared.db import db
from shared.language import BABEL_LOCALES

WORTH_A_MAIL = timedelta(minutes=1)


@on(WorkEnded)
def tell_who_ordered(work_id: int, kind: str) -> None:  # noqa: ARG001 - a fact's listener takes all it carries
    """Write to whoever ordered it, when it took more than a minute and he has not cancelled it himself."""
    work = db.session.get(LongWork, work_id)
    if work is None or work.finished_at is None or work.state is WorkState.CANCELLED:
        return
    staff = db.session.get(Staff, work.ordered_by_id) if work.ordered_by_id else None
    if staff is None or not staff.email or work.finished_at - work.ordered_at < WORTH_A_MAIL:
        return
    write_message(
        "work_ended",
        occasion=f"work-{work.id}-{work.finished_at:%Y%m%d%H%M%S}",
        registration_id=None,
        stop_id=None,
        recipient=staff.email,
        language=work.language,
        context={
            "work": work,
            "label_of": label_of,
            "sentences_of": sentences_of,
            "has_result": result_of(work) is not None,
            "name": staff.full_name,
            "language": work.language,
            "link_words": _in_language(work.language),
            "link": f"{current_app.config['SETTINGS'].public_url}/work/{work.id}",
        },
    )


def _in_language(language: str) -> str:
    with force_locale(BABEL_LOCALES[language]):
        return str(_("See the result"))

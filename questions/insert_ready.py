"""Put ready questions of the library into a form: one of them, or a whole form."""

from __future__ import annotations

from collections.abc import Sequence

from accounts.models import Staff
from questions.errors import (
    NeedsReason,
)
from questions.form_in_hand import changing
from questions.library import READY, Ready, ReadyPage
from questions.lookups import questions_of
from questions.models import (
    AskedWhen,
    Core,
    Question,
    QuestionPage,
)


def add_ready(
    campaign_id: int,
    ready: Ready,
    *,
    by: Staff,
    page_id: int | None = None,
    after_id: int | None = None,
    reason: str = "",
) -> Question:
    """A question out of the library; an archived one of that key comes back. Raises NeedsReason or NotYourPart."""
    if ready.needs_reason and not reason.strip():
        raise NeedsReason
    with changing(campaign_id, "add_ready", by=by, subject=ready.label[0]) as change:
        change.may(None)
        return change.put_ready(ready, page_id=page_id, after_id=after_id, reason=reason.strip())


def insert_ready_form(campaign_id: int, pages: Sequence[ReadyPage], *, by: Staff) -> int:
    """Add a ready form's pages and those of its questions that are not there yet. Returns how many were added.

    The agreement moves to the end of the last page that is asked when registering.
    """
    with changing(campaign_id, "insert_ready_form", by=by) as change:
        change.may(None)
        added = 0
        last: QuestionPage | None = None
        for ready_page in pages:
            wanted = [READY[key] for key in ready_page.keys if key not in change.standing_keys()]
            if not wanted:
                continue
            page, after_id = None, None
            if ready_page.title[0]:
                page = change.new_page(*ready_page.title)
            else:
                standing = questions_of(campaign_id)
                after_id = next((one.id for one in standing if one.core is Core.EMAIL), None)
            for ready in wanted:
                put = change.put_ready(ready, page_id=page.id if page else None, after_id=after_id)
                after_id = put.id if after_id else None
                added += 1
            if page is not None and any(ready.asked_when is AskedWhen.APPLICATION for ready in wanted):
                last = page
        if last is not None:
            for question in questions_of(campaign_id):
                if question.core is Core.CONSENT:
                    change.place(question, last.id, before_id=None)
    return added

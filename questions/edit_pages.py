"""Change the pages of a campaign's form: add, rename, move, take away."""

from __future__ import annotations

from sqlalchemy import delete

from accounts.models import Staff
from questions.changes import (
    fingerprint,
)
from questions.errors import (
    FormChangedMeanwhile,
    LastPage,
)
from questions.form_in_hand import STEP, changing, page_by_id
from questions.lookups import pages_of, questions_of
from questions.models import (
    QuestionPage,
)
from shared.db import db

FIRST_TITLE = ("新的一页", "New page")
"""What a page is called in Chinese and in English until somebody names it."""


def add_page(
    campaign_id: int, *, by: Staff, title_zh: str = FIRST_TITLE[0], title_en: str = FIRST_TITLE[1]
) -> QuestionPage:
    """A page at the end. Raises NotYourPart."""
    with changing(campaign_id, "add_page", by=by, subject=title_zh) as change:
        change.may(None)
        return change.new_page(title_zh, title_en)


def rename_page(page_id: int, *, title_zh: str, title_en: str, seen: str, by: Staff) -> QuestionPage:
    """Call a page something else. Raises FormChangedMeanwhile or NotYourPart."""
    page = page_by_id(page_id)
    with changing(page.campaign_id, "rename_page", by=by, subject=title_zh) as change:
        db.session.refresh(page)
        change.may(None)
        if fingerprint(page) != seen:
            raise FormChangedMeanwhile("")
        page.title_zh, page.title_en = title_zh, title_en
    return page


def step_page(page_id: int, *, up: bool, by: Staff) -> None:
    """One page up or down with everything on it. Raises ConditionBroken or NotYourPart."""
    page = page_by_id(page_id)
    with changing(page.campaign_id, "step_page", by=by, subject=page.title_zh) as change:
        change.may(None)
        pages = pages_of(page.campaign_id)
        place = next(i for i, one in enumerate(pages) if one.id == page_id)
        other = place - 1 if up else place + 1
        if 0 <= other < len(pages):
            pages[place], pages[other] = pages[other], pages[place]
            for number, one in enumerate(pages, start=1):
                one.position = number * STEP


def remove_page(page_id: int, *, by: Staff) -> None:
    """Take a page away; its questions go to the end of the page before, else the start of the next.

    Raises LastPage, ConditionBroken or NotYourPart.
    """
    page = page_by_id(page_id)
    with changing(page.campaign_id, "remove_page", by=by, subject=page.title_zh) as change:
        change.may(None)
        pages = pages_of(page.campaign_id)
        if len(pages) < 2:
            raise LastPage
        place = next(i for i, one in enumerate(pages) if one.id == page_id)
        into = pages[place - 1 if place else 1]
        everything = questions_of(page.campaign_id, archived=True)
        moved = [one for one in everything if one.page_id == page_id]
        stay = [one for one in everything if one.page_id == into.id]
        for number, one in enumerate(stay + moved if place else moved + stay, start=1):
            one.page_id, one.position = into.id, number * STEP
        db.session.flush()
        db.session.execute(delete(QuestionPage).where(QuestionPage.id == page_id))
        db.session.expunge(page)

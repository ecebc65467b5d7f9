"""Who may open a file: asked of the package that keeps its id, by its purpose.

A package that stores files says, once::

    @opens("answer")
    def may_open_answer(file: StoredFile, *, staff: Staff | None, link: str | None) -> Staff | str | None: ...

and gets back who opens it for the record (a member of staff, or APPLICANT), or None when the asker may not.
``link`` is what stands in the address after ``?link=``: the applicant's signed link, for the package to check.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from accounts.models import Staff
from files.models import StoredFile


class Opener(Protocol):
    """Says who opens this file, or None when the asker may not."""

    def __call__(self, file: StoredFile, *, staff: Staff | None, link: str | None) -> Staff | str | None: ...


OpenerT = TypeVar("OpenerT", bound=Opener)
_openers: dict[str, Opener] = {}


def opens(purpose: str) -> Callable[[OpenerT], OpenerT]:
    """Let this function say who may open the files of ``purpose``."""

    def remember(opener: OpenerT) -> OpenerT:
        _openers[purpose] = opener
        return opener

    return remember


def opener_of(file: StoredFile, *, staff: Staff | None, link: str | None) -> Staff | str | None:
    """Who opens this file: staff, APPLICANT, or None. A purpose nobody answers for is open to nobody."""
    opener = _openers.get(file.purpose)
    return None if opener is None else opener(file, staff=staff, link=link)

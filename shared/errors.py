"""The refusal: how a rule says no in words that somebody at a desk or on a phone can act on."""

from __future__ import annotations

from typing import ClassVar

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l


class Refusal(Exception):
    """Base of everything that the office's rules refuse.

    ``status`` is the HTTP status, ``code`` is for programs, ``message`` is for people, ``field`` names the form's
    field it belongs to. It carries plain values and no rows: after the rollback those are stale.
    """

    status: ClassVar[int] = 409
    code: ClassVar[str] = "refused"
    sentence: ClassVar[LazyString | str] = _l("That is not possible now.")
    field: ClassVar[str | None] = None

    def __init__(self, message: LazyString | str | None = None) -> None:
        self._message = message
        super().__init__(self.code)

    @property
    def message(self) -> str:
        """The sentence in the reader's language."""
        return str(self._message if self._message is not None else self.sentence)


class NotFound(Refusal):
    """It does not exist, or it is not for the asker to know that it does."""

    status = 404
    code = "not_found"
    sentence = _l("We cannot find that. It may have been moved, or it belongs to another city.")


class NotAllowed(Refusal):
    """Signed in, but this is not one's to do."""

    status = 403
    code = "not_allowed"
    sentence = _l("Your account may not do this. Ask your administrator if you need it.")

"""How handing in and handing out say no."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from files.kinds import FileKind, kinds_in_words
from shared.errors import Refusal


class FileRefused(Refusal):
    """Base of what is said about a file that somebody hands in; form fields show it."""

    status = 415
    code = "file_refused"


class WrongKind(FileRefused):
    """It is not of a kind that is taken here, whatever its name says."""

    code = "wrong_kind_of_file"

    def __init__(self, kinds: frozenset[FileKind]) -> None:
        super().__init__(
            _(
                "This file cannot be taken here. Please hand in one of these: %(kinds)s.",
                kinds=kinds_in_words(kinds),
            )
        )


class OldWord(FileRefused):
    """Word before 2007, or a Word file with a password."""

    code = "old_word"
    sentence = _l(
        "This is an old Word file or one with a password. Save it as .docx or PDF, without a password."
    )


class HasMacros(FileRefused):
    """A Word file with programs in it."""

    code = "has_macros"
    sentence = _l("This Word file holds macros. Save it as .docx without macros, or as PDF.")


class HasProgram(FileRefused):
    """A PDF that would start something."""

    code = "has_program"
    sentence = _l("This PDF holds a program. Print it to a new PDF and hand that in.")


class ApplePicture(FileRefused):
    """HEIC, as telephones of Apple take it."""

    code = "apple_picture"
    sentence = _l("This is a HEIC picture, which many computers cannot open. Please hand in a JPEG or PNG.")


class BrokenFile(FileRefused):
    """It begins like what it should be and is not."""

    code = "broken_file"
    sentence = _l(
        "This file is damaged or was cut off on its way. Open it, save it anew and hand it in again."
    )


class TwoInOne(FileRefused):
    """Built to be two kinds at once."""

    code = "two_in_one"
    sentence = _l("Another file is hidden in this one. Save it anew and hand it in again.")


class EmptyFile(FileRefused):
    """Nothing in it."""

    code = "empty_file"
    sentence = _l("This file is empty. Please choose it again.")


class FileTooLarge(FileRefused):
    """More bytes than are taken."""

    status = 413
    code = "file_too_large"

    def __init__(self, largest: int) -> None:
        super().__init__(
            _("This file is too large. It may have %(megabytes)s MB.", megabytes=f"{largest / 1_000_000:g}")
        )


class UnpacksTooLarge(FileRefused):
    """A zip bomb, or a picture of a great many pixels."""

    status = 413
    code = "unpacks_too_large"
    sentence = _l("There is too much packed into this file. Please hand in a smaller one.")


class StorageIsFull(FileRefused):
    """The disk of the office is full."""

    status = 507
    code = "storage_is_full"
    sentence = _l(
        "Files cannot be taken at the moment. Everything else of yours is kept; please try again later."
    )


class FileIsInfected(Refusal):
    """The scanner found a virus: nobody gets it."""

    status = 403
    code = "file_is_infected"
    sentence = _l("A virus was found in this file, so nobody can open it. Please ask for another one.")


class FileIsMissing(Refusal):
    """The row is there and the file below DATA_DIR is not."""

    status = 410
    code = "file_is_missing"
    sentence = _l("This file is no longer on our disk. Please ask for it once more.")


class ScannerAway(Exception):
    """The scanner does not answer, or asks to be tried later."""


class ScannerRefused(Exception):
    """The scanner will never take this file; in its own words."""

"""How an import says no."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from shared.errors import Refusal


class NotASheet(Refusal):
    """The file is not what we can read; the sentence says why."""

    status = 422
    code = "not_a_sheet"
    sentence = _l("This file cannot be read as a list. Save it as CSV or XLSX and upload it again.")
    field = "sheet"


class ImportIsElsewhere(Refusal):
    """The import is not where this act begins: it has begun, is done, or its cells have been forgotten."""

    code = "import_is_elsewhere"
    sentence = _l("This import has gone on meanwhile. Look at it again, or upload the file once more.")


class ColumnsMissing(Refusal):
    """Without a name, and a way to tell people apart, nobody is registered."""

    status = 422
    code = "columns_missing"
    sentence = _l("Say which column holds the full name.")


class ColumnsTwice(Refusal):
    """Two columns cannot be the same thing."""

    status = 422
    code = "columns_twice"

    def __init__(self, label: str) -> None:
        super().__init__(_l("Two columns are chosen as “%(label)s”. Keep one of them.", label=label))

"""What is uploaded and chosen for an import."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, RadioField, SelectChoice, SelectField  # type: ignore[attr-defined]  # the stubs are of WTForms 3.2

from imports.check import Options
from registrations.models import BadgeClass, Basis, RegistrationState


class UploadForm(FlaskForm):
    """The sheet."""

    sheet = FileField(
        _l("CSV or XLSX file"),
        validators=[FileRequired(_l("Choose the file."))],
        description=_l(
            "The first line names the columns. CSV in UTF-8, GBK, UTF-16 or Big5 is read; of XLSX the first sheet. Up to 12 MB and 50,000 rows."
        ),
        render_kw={"accept": ".csv,.txt,.xlsx"},
    )


class OptionsForm(FlaskForm):
    """What is done with whom. Which column is what comes beside it, as ``column-<number>``."""

    begins = RadioField(
        _l("They begin as"),
        default="confirmed",
        choices=lambda: [
            SelectChoice(state.value, state.label)
            for state in (RegistrationState.CONFIRMED, RegistrationState.APPLIED, RegistrationState.WAITING)
        ],
    )
    no_seat = RadioField(
        _l("When no seat is left"),
        default="wait",
        choices=[
            SelectChoice("wait", _l("put on the waiting list")),
            SelectChoice("refuse", _l("refuse the row")),
        ],
    )
    existing = RadioField(
        _l("Whoever stands on the list already"),
        default="skip",
        choices=[
            SelectChoice("skip", _l("skip")),
            SelectChoice("update", _l("update with what the sheet says")),
        ],
    )
    earlier = RadioField(
        _l("Whoever was declined or has withdrawn"),
        default="skip",
        choices=[SelectChoice("skip", _l("skip")), SelectChoice("new", _l("register anew"))],
    )
    doubles = RadioField(
        _l("Who may stand in the file twice"),
        default="keep",
        choices=[
            SelectChoice("keep", _l("bring in both; they are shown under “Same person?”")),
            SelectChoice("skip", _l("skip the later row")),
        ],
        description=_l(
            "Rows that share name and university, mobile or e-mail, without being quite the same."
        ),
    )
    badge_class = SelectField(
        _l("Comes as, unless the sheet says it"),
        default="doctor",
        choices=lambda: [SelectChoice(one.value, one.label) for one in BadgeClass],
    )
    basis = RadioField(
        _l("On what ground we keep these data"),
        default="on_paper",
        choices=lambda: [SelectChoice(one.value, one.label) for one in (Basis.ON_PAPER, Basis.INVITED)],
    )
    tells = BooleanField(
        _l("Tell everybody who has an e-mail address, with the ticket"),
        description=_l("Whoever has been written to stays when the import is taken back."),
    )

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for required in (
            self.begins,
            self.no_seat,
            self.existing,
            self.earlier,
            self.doubles,
            self.badge_class,
            self.basis,
        ):
            required.flags.required = True

    def options(self) -> Options:
        """What was chosen; only after ``validate``."""
        return Options(
            existing=self.existing.data,
            earlier=self.earlier.data,
            doubles=self.doubles.data,
            begins=self.begins.data,
            no_seat=self.no_seat.data,
            basis=self.basis.data,
            badge_class=self.badge_class.data,
            tells=bool(self.tells.data),
        )


def chosen_columns() -> dict[int, str]:
    """Column number -> what it was chosen to be, out of the form that was sent."""
    chosen = {}
    for name, key in request.form.items():
        number = name.removeprefix("column-")
        if name.startswith("column-") and number.isascii() and number.isdigit() and len(number) < 4 and key:
            chosen[int(number)] = key
    return chosen

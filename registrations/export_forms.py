"""What is asked before the list becomes a file."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, RadioField, StringField
from wtforms.validators import DataRequired, InputRequired, Length

from registrations.exports import COLUMNS, Format
from registrations.queue_forms import TickField


class ExportForm(FlaskForm):
    """Which columns, in which format, why, and whether with full contact data."""

    columns = TickField(
        _l("Columns of the export"),
        coerce=str,
        validators=[InputRequired(_l("Please choose one column at least."))],
    )
    format = RadioField(_l("Format"), coerce=str, validators=[DataRequired()], default=Format.XLSX.value)
    contacts = BooleanField(_l("Mobile numbers and e-mail addresses in full"))
    reason = StringField(
        _l("What for"),
        description=_l("For example: to arrange the hotel. It stays in the record with your name."),
        validators=[
            InputRequired(_l("Please say what the file is for.")),
            Length(min=2, max=200, message=_l("Please write 2 to 200 characters.")),
        ],
    )

    def __init__(self, *, may_have_contacts: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.columns.choices = [(column.name, column.label) for column in COLUMNS]
        self.columns.flags.required = self.format.flags.required = True
        self.format.choices = [(one.value, one.label) for one in Format]
        if not may_have_contacts:
            del self.contacts

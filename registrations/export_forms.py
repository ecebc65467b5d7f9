"""What is asked before the list becomes a file."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, RadioField, StringField
from wtforms.validators import DataRequired, InputRequired, Length

from registrations.exports import COLUMNS, Format, answer_columns
from registrations.queue_forms import TickField


class ExportForm(FlaskForm):
    """Which columns, in which format, why, and whether with full contact data."""

    columns = TickField(
        _l("Columns of the export"),
        coerce=str,
        validators=[InputRequired(_l("Please choose one column at least."))],
    )
    answers = TickField(_l("Answers to the campaign's own questions"), coerce=str)
    restricted = TickField(
        _l("Restricted answers"),
        coerce=str,
        description=_l("Sealed in the database. That they were taken out, and which, is recorded."),
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

    def __init__(self, *, may_have_contacts: bool, campaign_id: int | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for field, restricted in ((self.answers, False), (self.restricted, True)):
            columns = answer_columns(campaign_id, restricted=restricted)
            field.choices = [(column.name, column.label) for column in columns]
            if not field.choices or (restricted and not may_have_contacts):
                del self[field.short_name]
        self.columns.choices = [(column.name, column.label) for column in COLUMNS]
        self.columns.flags.required = self.format.flags.required = True
        self.format.choices = [(one.value, one.label) for one in Format]
        if not may_have_contacts:
            del self.contacts

    @property
    def chosen_columns(self) -> list[str]:
        """The names of all columns that were ticked."""
        return [
            name
            for field in (self.columns, self.answers, self.restricted)
            if field
            for name in field.data or ()
        ]

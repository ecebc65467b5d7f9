"""What somebody may type about a lead."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (  # type: ignore[attr-defined]  # SelectChoice is newer than the stubs
    DateField,
    RadioField,
    SelectChoice,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError

from employers.models import Employer
from leads.models import OPEN_STAGES, Channel, Stage
from leads.reasons import LetGoReason
from shared.clock import from_china, today

DAY_FORMAT = "%Y-%m-%d"


def _stripped(text: str | None) -> str | None:
    return text.strip() if text else text


class ContactForm(FlaskForm):
    """One contact: how, reached or not, what was said, what is next."""

    channel = RadioField(
        _l("How"),
        choices=lambda: [SelectChoice(channel.value, channel.label) for channel in Channel],
        default=Channel.PHONE.value,
        validators=[InputRequired(_l("Choose how you were in touch."))],
    )
    reached = RadioField(
        _l("Reached?"),
        choices=lambda: [SelectChoice("yes", _("Reached")), SelectChoice("no", _("Not reached"))],
        default="yes",
        validators=[InputRequired(_l("Choose whether the person was reached."))],
    )
    note = TextAreaField(
        _l("What was said"),
        filters=[_stripped],
        validators=[
            DataRequired(_l("Write down what was said, for the colleague who may call next.")),
            Length(max=2000, message=_l("Please stay under 2,000 characters.")),
        ],
        render_kw={"rows": 3},
    )
    stage = SelectField(
        _l("The lead now stands at"),
        choices=lambda: (
            [SelectChoice("", _("As it follows from this contact"))]
            + [SelectChoice(stage.value, stage.label) for stage in OPEN_STAGES if stage is not Stage.NEW]
        ),
        validators=[Optional()],
    )
    next_on = DateField(
        _l("Next contact on"),
        format=DAY_FORMAT,
        validators=[Optional()],
        description=_l("Left empty, the usual time for this step is set."),
    )

    @property
    def chosen_stage(self) -> Stage | None:
        """The stage that was chosen, if any."""
        return Stage(self.stage.data) if self.stage.data else None

    @property
    def next_at(self) -> datetime | None:
        """The end of the chosen day in China, as a moment."""
        return from_china(datetime.combine(self.next_on.data, time(23, 59))) if self.next_on.data else None

    def validate_next_on(self, field: DateField) -> None:
        """A day that is over is a mistyped one."""
        if field.data and field.data < today():
            raise ValidationError(_l("The next contact cannot lie in the past."))


class SignForm(FlaskForm):
    """A signing and its evidence."""

    employer_id = SelectField(
        _l("Employer"), coerce=str, validators=[InputRequired(_l("Choose the employer out of the list."))]
    )
    position = StringField(
        _l("Position"),
        filters=[_stripped],
        validators=[DataRequired(_l("Which position was signed?")), Length(max=200)],
    )
    agreement_number = StringField(
        _l("Number of the agreement"),
        filters=[_stripped],
        validators=[DataRequired(_l("A signing is proved by the number of its agreement.")), Length(max=100)],
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )
    signed_on = DateField(
        _l("Day of signing"),
        format=DAY_FORMAT,
        default=today,
        validators=[InputRequired(_l("On which day was it signed?"))],
    )

    def fill_choices(self, employers: Iterable[Employer]) -> None:
        """The employers in the reader's language."""
        self.employer_id.choices = [
            SelectChoice("", _("Please choose")),
            *(SelectChoice(str(employer.id), employer.name) for employer in employers),
        ]

    def validate_signed_on(self, field: DateField) -> None:
        """It has happened when it is recorded."""
        _not_ahead(field.data, _l("The day of signing cannot lie ahead."))


class LetGoForm(FlaskForm):
    """Why it came to nothing this time."""

    reason = SelectField(
        _l("Reason"),
        choices=lambda: [
            SelectChoice("", _("Please choose")),
            *(SelectChoice(reason.value, reason.label) for reason in LetGoReason),
        ],
        validators=[InputRequired(_l("Please choose the reason."))],
    )
    note = TextAreaField(
        _l("In your own words"),
        filters=[_stripped],
        validators=[Length(max=500, message=_l("Please stay under 500 characters."))],
        render_kw={"rows": 2},
    )

    def validate_note(self, field: TextAreaField) -> None:
        """ "Another reason" says nothing without the words."""
        if self.reason.data == LetGoReason.OTHER.value and not field.data:
            raise ValidationError(_l("Please write the reason in a few words."))


class StartForm(FlaskForm):
    """The first day of work."""

    started_on = DateField(
        _l("First day of work"),
        format=DAY_FORMAT,
        default=today,
        validators=[InputRequired(_l("On which day did the work start?"))],
    )

    def validate_started_on(self, field: DateField) -> None:
        """It has happened when it is recorded."""
        _not_ahead(field.data, _l("The first day of work cannot lie ahead."))


def _not_ahead(day: date | None, sentence: str) -> None:
    if day and day > today():
        raise ValidationError(sentence)

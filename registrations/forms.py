"""What an applicant and a reviewer may type."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID, uuid4

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired, Length
from wtforms.widgets import CheckboxInput, HiddenInput, ListWidget

from campaigns.channel import channel_named
from campaigns.models import ProgrammeItem
from privacy.purposes import Purpose
from privacy.texts import current
from registrations.programme_field import ProgrammeField

MOST_CITIES = 3


class CitiesField(SelectMultipleField):
    """Some of the province's cities, as boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class RegisterForm(FlaskForm):
    """What of the applicant's form is not a question of the campaign's: those are in a questions.sheet.Sheet."""

    submission_id = HiddenField()
    channel = HiddenField()
    programme = ProgrammeField(_l("What you will come to"))
    shares_with_employers = BooleanField()
    shows_on_wall = BooleanField()

    def __init__(self, *, programme: Iterable[ProgrammeItem] = (), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.shares_with_employers.label.text = current(Purpose.EMPLOYERS).sentence
        self.shows_on_wall.label.text = current(Purpose.WALL).sentence
        self.programme.offer(programme)
        if _uuid(self.submission_id.data) is None:
            self.submission_id.data = str(uuid4())
        self.channel.data = channel_named(self.channel.data) or ""

    @property
    def submission(self) -> UUID:
        """The number of this form, given when it was first shown."""
        return UUID(self.submission_id.data)

    @property
    def was_open_too_long(self) -> bool:
        """Whether the page's token has run out, the session with it, or there never was one."""
        return "csrf_token" in self.errors


class ProgrammeChoiceForm(FlaskForm):
    """What an applicant chooses of the programme, after having registered."""

    programme = ProgrammeField(_l("What you will come to"))

    def __init__(self, *, programme: Iterable[ProgrammeItem], chosen: Iterable[int]) -> None:
        super().__init__(data={"programme": list(chosen)})
        self.programme.offer(programme)


class DecideForm(FlaskForm):
    """A decision, with what is to be said about it: the reason to the applicant, the note to colleagues."""

    reason = TextAreaField(
        _l("Reason"),
        validators=[Length(max=500, message=_l("Please stay under 500 characters."))],
        render_kw={"rows": 3},
    )

    note = StringField(
        _l("Note for colleagues"),
        validators=[Length(max=500, message=_l("Please stay under 500 characters."))],
    )
    over_quota = BooleanField(_l("Go over the quota"))

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.reason.flags.required = True  # of whoever declines; the verb asks for it


class ReissueForm(FlaskForm):
    """Why a ticket is issued anew; ``instead_of`` is the serial that the page has shown."""

    reason = StringField(
        _l("Why is the ticket issued anew?"),
        validators=[
            DataRequired(_l("Say why, in a sentence. It is kept with the registration.")),
            Length(max=300, message=_l("Please stay under 300 characters.")),
        ],
    )
    instead_of = IntegerField(widget=HiddenInput())


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None

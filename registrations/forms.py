"""What an applicant and a reviewer may type."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID, uuid4

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    HiddenField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Length
from wtforms.widgets import CheckboxInput, ListWidget

from campaigns.channel import channel_named
from campaigns.models import ProgrammeItem, Stop
from privacy.purposes import Purpose
from privacy.texts import current
from registrations.models import RegistrationState
from registrations.programme_field import ProgrammeField
from shared.clock import in_china

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

    def __init__(self, *, programme: Iterable[ProgrammeItem] = (), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.shares_with_employers.label.text = current(Purpose.EMPLOYERS).sentence
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


class ListForm(FlaskForm):
    """The staff's filters; they stand in the address."""

    class Meta:
        """A question changes nothing and needs no token."""

        csrf = False

    text = StringField(
        _l("Search"),
        validators=[Length(max=100)],
        render_kw={"type": "search", "placeholder": _l("Name, pinyin, last digits of the mobile, code")},
    )
    stop = SelectField(_l("Stop"), coerce=str, validate_choice=False)
    state = HiddenField()  # chosen by the tabs above the list

    def __init__(self, *, stops: list[Stop], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.stop.choices = [
            ("", _("All stops")),
            *((str(stop.id), f"{stop.city} {in_china(stop.starts_at):%Y-%m-%d}") for stop in stops),
        ]

    @property
    def chosen_stop_id(self) -> int | None:
        """The stop chosen, or None."""
        chosen = self.stop.data or ""
        return int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 10 else None

    @property
    def chosen_state(self) -> RegistrationState | None:
        """The state chosen, or None."""
        try:
            return RegistrationState(self.state.data or "")
        except ValueError:
            return None


class DecideForm(FlaskForm):
    """A decision, with what is to be said about it."""

    reason = TextAreaField(
        _l("Reason"),
        validators=[Length(max=500, message=_l("Please stay under 500 characters."))],
        render_kw={"rows": 3},
    )

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.reason.flags.required = True  # of whoever declines; the verb asks for it


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None

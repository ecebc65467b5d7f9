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
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from campaigns.channel import channel_named
from campaigns.models import HostCity, ProgrammeItem, Stop
from privacy.purposes import Purpose
from privacy.texts import current
from registrations.models import Education, RegistrationState
from registrations.programme_field import ProgrammeField
from registrations.register import Application
from shared.clock import in_china
from shared.fields import FullNameField, LineField, MailAddressField, MobileField

MOST_CITIES = 3


class CitiesField(SelectMultipleField):
    """Some of the province's cities, as boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class RegisterForm(FlaskForm):
    """The applicant's form: the core fields, each asked once and no more than a seat needs."""

    submission_id = HiddenField()
    channel = HiddenField()
    full_name = FullNameField(
        _l("Full name"), description=_l("As in your identity document; it is printed on your badge.")
    )
    mobile = MobileField(_l("Mobile number"))
    email = MailAddressField(_l("E-mail address"), description=_l("Your ticket is sent here."))
    university = LineField(
        _l("University or institute"),
        shortest=2,
        longest=100,
        description=_l("Where you study, work or graduated last."),
        render_kw={"list": "universities"},
    )
    education = RadioField(
        _l("You are"),
        validators=[InputRequired(_l("Please choose what fits best."))],
    )
    research_field = LineField(
        _l("Research field"),
        shortest=2,
        longest=200,
        description=_l("In a few words, for example: coal-based new materials, carbon fibre."),
    )
    preferred_city_ids = CitiesField(
        _l("Cities you could imagine working in"),
        coerce=int,
        description=_l("Up to three."),
    )
    programme = ProgrammeField(_l("What you will come to"))
    consent = BooleanField(
        _l("I agree that the talent office uses these data for this registration."),
        validators=[InputRequired(_l("Without your agreement we may not keep your registration."))],
    )

    shares_with_employers = BooleanField()

    def __init__(
        self, *, cities: list[HostCity], programme: Iterable[ProgrammeItem] = (), **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.shares_with_employers.label.text = current(Purpose.EMPLOYERS).sentence
        self.programme.offer(programme)
        self.education.choices = [(one.value, one.label) for one in Education]
        self.preferred_city_ids.choices = [(city.id, city.name) for city in cities]
        for required in (self.full_name, self.mobile, self.email, self.university, self.research_field):
            required.flags.required = True
        if _uuid(self.submission_id.data) is None:
            self.submission_id.data = str(uuid4())
        self.channel.data = channel_named(self.channel.data) or ""

    def validate_preferred_city_ids(self, field: CitiesField) -> None:
        """At most three."""
        if len(field.data or []) > MOST_CITIES:
            raise ValidationError(_("Please choose three cities at most."))

    @property
    def submission(self) -> UUID:
        """The number of this form, given when it was first shown."""
        return UUID(self.submission_id.data)

    def application(self, language: str) -> Application:
        """What was said; only after ``validate``."""
        return Application(
            full_name=self.full_name.checked,
            mobile=self.mobile.checked,
            email=self.email.checked,
            university=self.university.checked,
            education=Education(self.education.data),
            research_field=self.research_field.checked,
            preferred_city_ids=list(self.preferred_city_ids.data or []),
            language=language,
            channel=self.channel.data or None,
            shares_with_employers=bool(self.shares_with_employers.data),
            programme_item_ids=list(self.programme.data),
        )


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

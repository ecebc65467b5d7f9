"""What is typed or scanned at the gate."""

from __future__ import annotations

import unicodedata
from typing import Any
from uuid import UUID, uuid4

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, HiddenField, RadioField, SelectField, StringField, ValidationError
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from checkin.walk_in import CHANNEL
from privacy.purposes import Purpose
from privacy.texts import current, version_of
from registrations.entry_forms import OptionalMailField
from registrations.models import BadgeClass, Education
from registrations.register import CONSENT_VERSION, Application
from shared.fields import FullNameField, LineField, MobileField

LONGEST_GATE = 40


def without_controls(text: str | None) -> str | None:
    """A hand scanner ends a code with Enter or Tab and may begin it with a control character; none belongs to it.

    Blanks stay: a ticket's code may hold one.
    """
    if text is None:
        return None
    return "".join(
        character for character in text if unicodedata.category(character) not in {"Cc", "Cf", "Cs"}
    )


def trimmed(text: str | None) -> str | None:
    """Without control characters, and without blanks at the ends."""
    cleaned = without_controls(text)
    return cleaned.strip() if cleaned is not None else None


class GatesForm(FlaskForm):
    """At which stop and at which entrance one stands; sent by GET, it changes nothing."""

    class Meta:
        csrf = False

    stop = RadioField(  # type: ignore[call-arg]  # the stubs are of WTForms 3.2
        _l("Stop"),
        coerce=int,
        validators=[InputRequired(_l("Choose where you stand."))],
        invalid_choice_message=_l("Choose where you stand."),
        invalid_value_message=_l("Choose where you stand."),
    )
    gate = StringField(
        _l("Entrance"),
        filters=[trimmed],
        validators=[DataRequired(_l("Name the gate, for example East door.")), Length(max=LONGEST_GATE)],
        description=_l("Everybody who is scanned twice is told this name."),
        render_kw={"autocomplete": "off", "list": "gate-names", "maxlength": LONGEST_GATE},
    )


class ScanForm(FlaskForm):
    """One scan: a ticket's code or the eight characters that were read aloud."""

    code = StringField(
        _l("Code"),
        filters=[without_controls],
        validators=[DataRequired(_l("Scan a ticket or type its code.")), Length(max=300)],
    )
    gate = StringField(
        _l("Entrance"),
        filters=[trimmed],
        validators=[DataRequired(_l("Name the gate, for example East door.")), Length(max=LONGEST_GATE)],
    )
    scan_id = HiddenField(validators=[Optional()])

    def validate_scan_id(self, field: HiddenField) -> None:
        """A number of the page's own making."""
        try:
            UUID(field.data or "")
        except ValueError:
            raise ValidationError(
                str(_l("This scan was not understood. Please scan the ticket again."))
            ) from None

    @property
    def scan_number(self) -> UUID | None:
        """``scan_id`` as it is stored."""
        return UUID(self.scan_id.data) if self.scan_id.data else None


class UndoForm(FlaskForm):
    """Why an arrival is taken back; may stay empty."""

    reason = StringField(_l("Reason"), filters=[trimmed], validators=[Optional(), Length(max=200)])


class WalkInForm(FlaskForm):
    """Somebody on the spot: what a seat needs and no more."""

    submission_id = HiddenField()
    gate = StringField(filters=[trimmed], validators=[Optional(), Length(max=LONGEST_GATE)])
    full_name = FullNameField(_l("Full name"))
    mobile = MobileField(_l("Mobile number"))
    university = LineField(_l("University or unit"), shortest=2, longest=100)
    email = OptionalMailField(
        _l("E-mail address"), description=_l("Only if the person wants the ticket by mail.")
    )
    badge_class = SelectField(_l("Comes as"), default=BadgeClass.DOCTOR.value)
    consent = BooleanField(
        validators=[
            InputRequired(
                _l("Let the person read the sentence and tick the box. Without it we may not keep anything.")
            )
        ]
    )

    consent_version = CONSENT_VERSION

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.badge_class.choices = [(one.value, one.label) for one in BadgeClass]
        self.consent.label.text = current(Purpose.REGISTRATION).sentence
        for required in (self.full_name, self.mobile, self.university, self.consent):
            required.flags.required = True

    @property
    def submission(self) -> UUID:
        """The number of this form, given when it was first shown."""
        try:
            return UUID(self.submission_id.data or "")
        except ValueError:
            return uuid4()

    def application(self, language: str) -> Application:
        """What was said; only after ``validate``."""
        return Application(
            full_name=self.full_name.checked,
            mobile=self.mobile.checked,
            email=self.email.checked,
            university=self.university.checked,
            education=Education.OTHER,
            research_field="",
            language=language,
            channel=CHANNEL,
            consent_version=self.consent_version,
        )


API_FIELDS = {
    "full_name": "full_name",
    "mobile": "mobile",
    "university": "unit",
    "consent": "consent_version",
}
"""What a device calls the fields of a walk-in."""


def walk_in_form(sent: dict[str, Any]) -> WalkInForm:
    """What a device sends of somebody on the spot. Consent is the version of the text that the person has agreed to."""
    typed = {
        field: value
        for field, name in API_FIELDS.items()
        if isinstance(value := sent.get(name), str) and field != "consent"
    }
    if version_of(Purpose.REGISTRATION, str(sent.get("consent_version"))):
        typed["consent"] = "y"
    typed["badge_class"] = str(sent.get("badge_class") or BadgeClass.DOCTOR.value)
    form = WalkInForm(formdata=MultiDict(typed), meta={"csrf": False})
    form.consent_version = str(sent.get("consent_version"))
    return form


class VolunteersForm(FlaskForm):
    """Whether a stop's volunteers may register people on the spot."""

    allowed = BooleanField()

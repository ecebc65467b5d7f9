"""What is typed or scanned at the gate."""

from __future__ import annotations

import unicodedata
from uuid import UUID

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, StringField, ValidationError
from wtforms.validators import DataRequired, InputRequired, Length, Optional

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
